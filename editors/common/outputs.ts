/**
 * What the server is told of a cell's outputs: their size, the error, and the lines in which a
 * secret might stand. Never more.
 */

import type { CellOutputs } from "./protocol";

/** One representation of one output, as editors keep them. */
export interface OutputItem {
  readonly mime: string;
  /** The size in bytes. */
  readonly bytes: number;
  /** Its text, asked for only where a text is looked through. */
  text(): string;
}

const MAX_LINES = 20;
const MAX_CHARACTERS = 500;
/** Longer texts are looked through up to here: an output of gigabytes must not hold up the editor. */
const MAX_SEARCHED = 1_000_000;

/** The MIME type of an error in VS Code; its text is JSON with `name` and `message`. */
export const ERROR_MIME = "application/vnd.code.notebook.error";

/** @param marks what a secret can start with, as the server names them; they count in any case. */
export function summarize(uri: string, items: Iterable<OutputItem>, marks: readonly string[]): CellOutputs {
  let bytes = 0;
  let error: CellOutputs["error"] = null;
  const suspects: string[] = [];
  for (const item of items) {
    bytes += item.bytes;
    if (item.mime === ERROR_MIME) {
      error ??= readError(item.text());
    }
    if (marks.length > 0 && suspects.length < MAX_LINES && isText(item.mime)) {
      findSuspects(item.text().slice(0, MAX_SEARCHED), marks, suspects);
    }
  }
  return { uri, bytes, error, suspects };
}

export function isText(mime: string): boolean {
  return (
    mime.startsWith("text/") ||
    mime === ERROR_MIME ||
    mime === "application/json" ||
    mime === "application/vnd.code.notebook.stdout" ||
    mime === "application/vnd.code.notebook.stderr"
  );
}

function readError(json: string): CellOutputs["error"] {
  try {
    const error: unknown = JSON.parse(json);
    const field = (key: string): string => {
      const value: unknown = (error as Record<string, unknown> | null)?.[key];
      return typeof value === "string" ? value.slice(0, MAX_CHARACTERS) : "";
    };
    return { ename: field("name"), evalue: field("message") };
  } catch {
    return { ename: "", evalue: "" };
  }
}

function findSuspects(text: string, marks: readonly string[], into: string[]): void {
  const seen = new Set(into);
  const folded = foldCase(text);
  for (const mark of marks.map(foldCase)) {
    for (let at = folded.indexOf(mark); at !== -1; at = folded.indexOf(mark, at + mark.length)) {
      const start = text.lastIndexOf("\n", at - 1) + 1;
      const next = text.indexOf("\n", at);
      const line = text.slice(start, next === -1 ? undefined : next);
      // A line that is too long is cut around the mark, not before it.
      const from = Math.max(0, Math.min(at - start - 100, line.length - MAX_CHARACTERS));
      const shown = line.slice(from, from + MAX_CHARACTERS);
      if (!seen.has(shown)) {
        seen.add(shown);
        into.push(shown);
        if (into.length >= MAX_LINES) {
          return;
        }
      }
    }
  }
}

/** Marks are ASCII, and other letters must keep their length: a place in the result is one in the text. */
function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
