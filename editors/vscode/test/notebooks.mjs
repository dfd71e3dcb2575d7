// Notebooks that the scenarios open, as Jupyter would write them.

export function markdown(id, source) {
  return { cell_type: "markdown", id, metadata: {}, source: lines(source) };
}

export function code(id, count, source, outputs = [], metadata = {}) {
  return { cell_type: "code", execution_count: count, id, metadata, outputs, source: lines(source) };
}

export function printed(...text) {
  return { name: "stdout", output_type: "stream", text };
}

export function notebook(...cells) {
  const metadata = {
    kernelspec: { display_name: "Python 3", language: "python", name: "python3" },
    language_info: { name: "python" },
  };
  return `${JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`;
}

function lines(text) {
  return text.split(/(?<=\n)/);
}

/** One of everything: hidden state, a name of a deleted cell, imports in the middle. */
export const MESSY = notebook(
  markdown("m1", "# Prices of the summer"),
  code("c1", 1, 'import csv\npath = "prices.csv"'),
  markdown("m2", "## Reading"),
  code("c2", 7, "rows = list(csv.reader(open(path)))\nprices = [float(row[1]) for row in rows]\nprices.sort()"),
  code("c3", 4, "total = sum(prices)\nprint(total, currency)", [printed("41.5 EUR\n")]),
  code("c4", 5, "import statistics\nmiddle = statistics.median(prices)\nprint(middle)", [printed("3.25\n")]),
);

export const DISORDERED = notebook(
  markdown("m1", "# Out of order"),
  code("c1", 3, "print(total)", [printed("6\n")], { tags: ["keep"] }),
  code("c2", 1, "values = [1, 2, 3]"),
  code("c3", 2, "total = sum(values)"),
);

/** Cells that hang together: `a`, then `b`, then `c`; `other` stands by itself. */
export const CHAIN = notebook(
  code("c1", 1, "a = 1"),
  code("c2", 2, "b = a + 1", [printed("2\n")]),
  code("c3", 3, "other = 0"),
  code("c4", 4, "c = b + 1", [printed("3\n")]),
);

/** Titles and names as somebody hostile would choose them. */
export const HOSTILE = notebook(
  markdown("m1", "# <img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"),
  code("c1", null, "# </text></svg><img src=x onerror=\"document.title='taken'\">\nx = 1"),
  code("c2", null, "print(x)"),
);
