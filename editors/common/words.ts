/** What is said of a notebook, in words that people read. */

import type { Counts, Graph, Severity, Status } from "./protocol";

const WORDS: readonly (readonly [Severity, string, string])[] = [
  ["error", "error", "errors"],
  ["warning", "warning", "warnings"],
  ["info", "note", "notes"],
  ["hint", "hint", "hints"],
];

/** "2 errors, 1 hint"; `null` where nothing was found. */
export function countsInWords(counts: Counts): string | null {
  const parts = WORDS.flatMap(([severity, one, many]) => {
    const count = counts[severity] ?? 0;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  return parts.length === 0 ? null : parts.join(", ");
}

/** "cells 2, 5 and 7 more", counted from 1. @param most how many are named. */
export function cellsInWords(indices: readonly number[], most = 8): string {
  const shown = indices
    .slice(0, most)
    .map((index) => index + 1)
    .join(", ");
  const more = indices.length > most ? ` and ${indices.length - most} more` : "";
  return `${indices.length === 1 ? "cell" : "cells"} ${shown}${more}`;
}

/** Names as a list. @param most how many are named. */
export function namesInWords(names: readonly string[], most = 6): string {
  const shown = names.slice(0, most).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** A status in a few words, and in sentences. */
export function statusInWords(status: Status): { short: string; long: string[] } {
  const found = countsInWords(status.findings);
  const runs = status.runsFromTop ? "runs from the top" : "does not run from the top";
  const long = [
    status.runsFromTop ? "This notebook runs from the top." : "This notebook does not run from the top.",
    ...status.why,
    found === null ? "Nothing was found." : `Found: ${found}.`,
  ];
  if (status.stale.length > 0) {
    long.push(`Stale: run ${cellsInWords(status.stale.map(({ index }) => index))}.`);
  }
  return { short: found === null ? runs : `${found} · ${runs}`, long };
}

/** The line above the picture of a notebook. */
export function graphInWords(graph: Graph): string {
  const stale = graph.cells.filter(({ state }) => state === "stale" || state === "edited").map(({ index }) => index);
  const parts = [graph.runsFromTop ? "Runs from the top." : "Does not run from the top."];
  if (stale.length > 0) {
    parts.push(`Stale: ${cellsInWords(stale)}.`);
  }
  return parts.join(" ");
}
