/** Cells of a notebook as documents of the server. */

import type { ISharedCell, ISharedCodeCell } from "@jupyter/ydoc";
import type { Position } from "../../common/protocol";

export function isCode(cell: ISharedCell): cell is ISharedCodeCell {
  return cell.cell_type === "code";
}

/** 1 is markup, 2 is code. Raw cells go as code in the language `raw`, as VS Code sends them. */
export function kindOf(cell: ISharedCell): 1 | 2 {
  return cell.cell_type === "markdown" ? 1 : 2;
}

export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const line = before.split("\n").length - 1;
  return { line, character: offset - (before.lastIndexOf("\n") + 1) };
}

/** The one change that makes `after` of `before`, as small as equal ends allow. */
export function change(before: string, after: string): { start: number; end: number; text: string } {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) {
    start++;
  }
  let same = 0;
  while (
    same < shorter - start &&
    before[before.length - 1 - same] === after[after.length - 1 - same]
  ) {
    same++;
  }
  return { start, end: before.length - same, text: after.slice(start, after.length - same) };
}
