"""Writes notebooks as texts and reads them back: by jupytext, and by hand where it cannot."""

import jupytext


def quarto(notebook):
    """As `quarto convert` does: chunks of `{python}` with their prose between."""
    parts = ["---\njupyter: python3\n---\n"]
    for cell in notebook.cells:
        text = cell.source
        if cell.cell_type == "code":
            fence = "```"
            while any(line.lstrip().startswith(fence) for line in text.split("\n")):
                fence += "`"
            parts.append(f"{fence}{{python}}\n{text}\n{fence}\n" if text else f"{fence}{{python}}\n{fence}\n")
        else:
            parts.append(text + "\n")
    return "\n".join(parts)


def from_quarto(text):
    cells, fence, lines = [], None, []
    for line in text.split("\n"):
        if fence is None and line.endswith("`{python}"):
            fence, lines = line.removesuffix("{python}"), []
        elif fence is not None and line == fence:
            cells.append("\n".join(lines))
            fence = None
        else:
            lines.append(line)
    return cells


COMMAND = "\n\n# COMMAND ----------\n\n"


def databricks(notebook):
    """As Databricks exports: magics behind MAGIC, prose below %md."""
    parts = []
    for cell in notebook.cells:
        text = cell.source
        if cell.cell_type != "code":
            text = "%md\n" + text
        if text.startswith("%"):
            text = "\n".join(f"# MAGIC {line}" if line else "# MAGIC" for line in text.split("\n"))
        parts.append(text)
    return "# Databricks notebook source\n" + COMMAND.join(parts) + "\n"


def from_databricks(text):
    cells = []
    if not text.partition("\n")[2].strip():
        return cells
    # A blank line may stand between the header and the first cell, as behind a separator.
    for part in text.partition("\n")[2].removeprefix("\n").split(COMMAND):
        lines = part.removesuffix("\n").split("\n")
        if lines[0].startswith("# MAGIC"):
            lines = [line[8:] for line in lines]
        if not lines[0].startswith("%md"):
            cells.append("\n".join(lines))
    return cells


def of_jupytext(form):
    def write(notebook):
        return jupytext.writes(notebook, form)

    def read(text):
        return [cell.source for cell in jupytext.reads(text, form).cells if cell.cell_type == "code"]

    return write, read


# Name: extension, writer of a notebook, reader of its code cells.
FORMATS = {
    "percent": (".py", *of_jupytext("py:percent")),
    "hydrogen": (".py", *of_jupytext("py:hydrogen")),
    "markdown": (".md", *of_jupytext("md:markdown")),
    "myst": (".md", *of_jupytext("md:myst")),
    "rmarkdown": (".Rmd", *of_jupytext("Rmd:rmarkdown")),
    "quarto": (".qmd", quarto, from_quarto),
    "databricks": (".py", databricks, from_databricks),
}
