/** Text edits of LSP on a string. */

import type { Position, Range, TextEdit } from "./protocol";

/** The offset of a position in UTF-16 units, or `null` where the text has no such place. */
export function offsetAt(text: string, position: Position): number | null {
  return offsetIn(text, lineStarts(text), position);
}

function offsetIn(text: string, starts: readonly number[], position: Position): number | null {
  const start = starts[position.line];
  if (start === undefined || position.character < 0) {
    return null;
  }
  const next = starts[position.line + 1];
  const end = next === undefined ? text.length : endOfLine(text, next);
  const offset = start + position.character;
  return offset <= end ? offset : null;
}

/** Where the line before the one that starts at `next` ends, its line break left out. */
function endOfLine(text: string, next: number): number {
  return text.startsWith("\r\n", next - 2) ? next - 2 : next - 1;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const lineBreak of text.matchAll(/\r\n|\n|\r/g)) {
    starts.push(lineBreak.index + lineBreak[0].length);
  }
  return starts;
}

interface Placed {
  start: number;
  end: number;
  text: string;
}

/** What is wrong with edits of this text, as the end of a sentence; `null` if they can be applied. */
export function badEdit(text: string, edits: readonly TextEdit[]): string | null {
  const placed = place(text, edits);
  if (placed === null) {
    return "names a place that it does not have";
  }
  for (const [at, edit] of placed.entries()) {
    const before = placed[at - 1];
    if (before !== undefined && edit.start < before.end) {
      return "overlaps another one";
    }
  }
  return null;
}

/**
 * The text after the edits, which all mean the text before. Several insertions at one place keep
 * their order.
 *
 * @throws RangeError if `badEdit` finds something.
 */
export function applyTextEdits(text: string, edits: readonly TextEdit[]): string {
  const bad = badEdit(text, edits);
  const placed = place(text, edits);
  if (bad !== null || placed === null) {
    throw new RangeError(`a text edit ${bad ?? "is wrong"}`);
  }
  let result = "";
  let done = 0;
  for (const edit of placed) {
    result += text.slice(done, edit.start) + edit.text;
    done = edit.end;
  }
  return result + text.slice(done);
}

function place(text: string, edits: readonly TextEdit[]): Placed[] | null {
  if (edits.length === 0) {
    return [];
  }
  const starts = lineStarts(text);
  const placed: Placed[] = [];
  for (const edit of edits) {
    const start = offsetIn(text, starts, edit.range.start);
    const end = offsetIn(text, starts, edit.range.end);
    if (start === null || end === null || end < start) {
      return null;
    }
    placed.push({ start, end, text: edit.newText });
  }
  // Sorting is stable, so that insertions at one place keep their order; an insertion comes before
  // a replacement that starts there.
  return placed.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** The text in a range, or `null` where the text has no such place. */
export function textIn(text: string, range: Range): string | null {
  const start = offsetAt(text, range.start);
  const end = offsetAt(text, range.end);
  return start === null || end === null || end < start ? null : text.slice(start, end);
}
