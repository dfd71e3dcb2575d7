/**
 * Plans an edit of a notebook: checks it against the notebook of this moment, and says which cells
 * stand where afterwards. Free of any editor; carrying it out is a few lines in each.
 *
 * A plan is made as a whole or refused as a whole, so that no half of an edit is ever applied.
 */

import type { CellKind, NotebookEdit, Select, TextEdit } from "./protocol";
import { applyTextEdits, badEdit } from "./text";

/** What an editor knows of a cell when an edit arrives. */
export interface CellNow {
  readonly uri: string;
  /** The version of its text; `null` where an editor counts none, which drops that one check. */
  readonly version: number | null;
  readonly text: string;
}

export interface NotebookNow {
  readonly uri: string;
  readonly version: number | null;
  readonly cells: readonly CellNow[];
}

/** A cell that is there before the edit and after it. */
export interface KeptCell {
  readonly from: "notebook";
  /** Its index before the edit. */
  readonly index: number;
  readonly moved: boolean;
  /** Edits of its text, in the text before; none where it stays. */
  readonly edits: readonly TextEdit[];
  readonly text: string;
  readonly clearOutputs: boolean;
  readonly clearCount: boolean;
  /** To be merged into its Jupyter metadata; `null` removes a key. */
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

export interface NewCell {
  readonly from: "edit";
  readonly kind: CellKind;
  readonly language: string;
  readonly text: string;
}

export type PlannedCell = KeptCell | NewCell;

/** Cells that take the place of `remove` cells at `start`; both mean the notebook before the edit. */
export interface Splice {
  readonly start: number;
  readonly remove: number;
  readonly cells: readonly PlannedCell[];
}

export interface Plan {
  /** All cells as they stand afterwards. */
  readonly cells: readonly PlannedCell[];
  /** How to get there: from the last to the first, so that no splice shifts the next. */
  readonly splices: readonly Splice[];
  /** Cells that stay where they are and change in text, outputs, count or metadata. */
  readonly inPlace: readonly KeptCell[];
  readonly select: Select | null;
}

/** Why nothing is done, as a sentence for a person. */
export interface Refusal {
  readonly refused: string;
}

const STALE = "The notebook has changed since this was offered, so nothing was done. Choose the action again.";

export function plan(edit: NotebookEdit, now: NotebookNow): Plan | Refusal {
  const stale = check(edit, now);
  if (stale !== null) {
    return { refused: stale };
  }
  const kept = changes(edit, now);
  if ("refused" in kept) {
    return kept;
  }
  const count = now.cells.length;
  const before: PlannedCell[][] = Array.from({ length: count + 1 }, () => []);
  const gone = new Set<number>();
  for (const op of edit.cells) {
    switch (op.op) {
      case "insert":
        before[op.index]?.push({ from: "edit", kind: op.kind, language: op.language, text: op.text });
        break;
      case "move": {
        const cell = kept.cells[op.index];
        if (cell !== undefined) {
          before[op.before]?.push({ ...cell, moved: true });
        }
        gone.add(op.index);
        break;
      }
      case "delete":
        gone.add(op.index);
        break;
      default:
    }
  }

  const cells: PlannedCell[] = [];
  const splices: Splice[] = [];
  const inPlace: KeptCell[] = [];
  let open: { start: number; remove: number; cells: PlannedCell[] } | null = null;
  for (let index = 0; index <= count; index++) {
    const here = before[index] ?? [];
    if (here.length > 0) {
      open ??= { start: index, remove: 0, cells: [] };
      open.cells.push(...here);
      cells.push(...here);
    }
    if (gone.has(index)) {
      open ??= { start: index, remove: 0, cells: [] };
      open.remove += 1;
      continue;
    }
    if (open !== null) {
      splices.push(open);
      open = null;
    }
    const cell = kept.cells[index];
    if (cell !== undefined) {
      cells.push(cell);
      if (isChanged(cell)) {
        inPlace.push(cell);
      }
    }
  }
  splices.reverse();
  if (edit.select !== null && cells[edit.select.index] === undefined) {
    return { refused: "The edit selects a cell that it does not leave. Nothing was done." };
  }
  return { cells, splices, inPlace, select: edit.select };
}

/**
 * The same plan for an editor that cannot do some changes in place: such a cell is replaced by a
 * copy. Splices that touch become one, so that no two are at the same index.
 */
export function withCopies(
  planned: Plan,
  needsCopy: (cell: KeptCell) => boolean,
): Pick<Plan, "splices" | "inPlace"> {
  const copies = planned.inPlace
    .filter(needsCopy)
    .map((cell): Splice => ({ start: cell.index, remove: 1, cells: [cell] }));
  const ascending = [...planned.splices, ...copies].sort((a, b) => a.start - b.start || a.remove - b.remove);
  const splices: Splice[] = [];
  for (const splice of ascending) {
    const before = splices.at(-1);
    if (before !== undefined && before.start + before.remove === splice.start) {
      splices[splices.length - 1] = {
        start: before.start,
        remove: before.remove + splice.remove,
        cells: [...before.cells, ...splice.cells],
      };
    } else {
      splices.push(splice);
    }
  }
  return { splices: splices.reverse(), inPlace: planned.inPlace.filter((cell) => !needsCopy(cell)) };
}

function isChanged(cell: KeptCell): boolean {
  return cell.edits.length > 0 || cell.clearOutputs || cell.clearCount || cell.metadata !== null;
}

function check(edit: NotebookEdit, now: NotebookNow): string | null {
  if (edit.notebook.uri !== now.uri) {
    return "The edit is for another notebook. Nothing was done.";
  }
  if (now.version !== null && edit.notebook.version !== now.version) {
    return STALE;
  }
  const count = now.cells.length;
  for (const op of edit.cells) {
    if (op.op === "insert") {
      if (!isIndex(op.index, count + 1)) {
        return STALE;
      }
      continue;
    }
    const cell = isIndex(op.index, count) ? now.cells[op.index] : undefined;
    if (cell?.uri !== op.uri || (cell.version ?? op.version) !== op.version) {
      return STALE;
    }
    if (op.op === "move" && !isIndex(op.before, count + 1)) {
      return STALE;
    }
  }
  return null;
}

function isIndex(index: number, end: number): boolean {
  return Number.isInteger(index) && index >= 0 && index < end;
}

/** What becomes of each cell, wherever it stands. */
function changes(edit: NotebookEdit, now: NotebookNow): { cells: KeptCell[] } | Refusal {
  const edits = new Map<number, TextEdit[]>();
  const clearOutputs = new Set<number>();
  const metadata = new Map<number, Record<string, unknown>>();
  const placed = new Set<number>();
  for (const op of edit.cells) {
    switch (op.op) {
      case "replace": {
        const own = edits.get(op.index) ?? [];
        own.push({ range: op.range, newText: op.text });
        edits.set(op.index, own);
        break;
      }
      case "clearOutputs":
        clearOutputs.add(op.index);
        break;
      case "setMetadata":
        metadata.set(op.index, { ...metadata.get(op.index), ...op.metadata });
        break;
      case "move":
      case "delete":
        if (placed.has(op.index)) {
          return { refused: `The edit moves or deletes cell ${op.index + 1} twice. Nothing was done.` };
        }
        placed.add(op.index);
        break;
      case "insert":
        break;
      default:
        return {
          refused: `This version of the extension does not know the operation “${(op as { op: string }).op}”. Update it. Nothing was done.`,
        };
    }
  }
  const cells: KeptCell[] = [];
  for (const [index, cell] of now.cells.entries()) {
    const own = edits.get(index) ?? [];
    const bad = badEdit(cell.text, own);
    if (bad !== null) {
      return { refused: `An edit of cell ${index + 1} ${bad}. Nothing was done.` };
    }
    const { execution_count: executionCount, ...rest } = metadata.get(index) ?? {};
    const setsCount = executionCount !== undefined && executionCount !== null;
    if (setsCount) {
      return { refused: "An execution count can be cleared and not set. Nothing was done." };
    }
    cells.push({
      from: "notebook",
      index,
      moved: false,
      edits: own,
      text: own.length > 0 ? applyTextEdits(cell.text, own) : cell.text,
      clearOutputs: clearOutputs.has(index),
      clearCount: clearOutputs.has(index) || executionCount === null,
      metadata: Object.keys(rest).length > 0 ? rest : null,
    });
  }
  return { cells };
}

/** `onto` with `changed` merged into it: a `null` removes a key. */
export function mergeMetadata(
  onto: Readonly<Record<string, unknown>>,
  changed: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const [key, value] of Object.entries({ ...onto, ...changed })) {
    if (changed[key] !== null) {
      merged[key] = value;
    }
  }
  return merged;
}
