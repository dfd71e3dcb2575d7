/**
 * The messages of editors/PROTOCOL.md as types. Positions are those of LSP: lines from 0, characters
 * in UTF-16 units.
 */

/** What our extensions can do, as `initializationOptions` say it. */
export const ABILITIES = {
  notebookEdits: true,
  runCells: true,
  choices: true,
  status: true,
  graph: true,
  outputs: true,
};

export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

export interface TextEdit {
  readonly range: Range;
  readonly newText: string;
}

export type CellKind = "code" | "markup";

/** A cell as the server saw it: all three are checked before anything is done. */
export interface CellRef {
  readonly uri: string;
  readonly index: number;
  readonly version: number;
}

export interface InsertOp {
  readonly op: "insert";
  /** The new cell lands before the cell that is at `index` before the edit. */
  readonly index: number;
  readonly kind: CellKind;
  readonly language: string;
  readonly text: string;
}

export interface ReplaceOp extends CellRef {
  readonly op: "replace";
  readonly range: Range;
  readonly text: string;
}

export interface MoveOp extends CellRef {
  readonly op: "move";
  readonly before: number;
}

export interface DeleteOp extends CellRef {
  readonly op: "delete";
}

export interface ClearOutputsOp extends CellRef {
  readonly op: "clearOutputs";
}

export interface SetMetadataOp extends CellRef {
  readonly op: "setMetadata";
  /** Merged into the cell's metadata; `null` removes a key. `execution_count` is the cell's own. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export type CellOp = InsertOp | ReplaceOp | MoveOp | DeleteOp | ClearOutputsOp | SetMetadataOp;

export interface CreateFile {
  readonly create: string;
  readonly text: string;
}

export interface EditFile {
  readonly edit: string;
  /** The whole text that the file must have. */
  readonly expected: string;
  readonly edits: readonly TextEdit[];
}

export type FileOp = CreateFile | EditFile;

export interface Select {
  /** Of the notebook after the edit. */
  readonly index: number;
  readonly range: Range;
}

/** The argument of `cellwise.applyNotebookEdit`. */
export interface NotebookEdit {
  readonly notebook: { readonly uri: string; readonly version: number };
  readonly cells: readonly CellOp[];
  readonly files: readonly FileOp[];
  readonly select: Select | null;
}

/** A cell to run; its version where it matters which text is run. */
export interface StaleCell {
  readonly uri: string;
  readonly index: number;
  readonly version?: number;
}

/** The argument of `cellwise.runCells`. */
export interface RunCells {
  readonly notebook: { readonly uri: string; readonly version: number };
  readonly cells: readonly StaleCell[];
}

export type Severity = "error" | "warning" | "info" | "hint";

export type Counts = Readonly<Partial<Record<Severity, number>>>;

/** `cellwise/status`. */
export interface Status {
  readonly notebook: string;
  readonly version: number;
  readonly findings: Counts;
  readonly runsFromTop: boolean;
  readonly why: readonly string[];
  readonly stale: readonly StaleCell[];
}

export type CellState = "fresh" | "stale" | "edited" | "never";

export interface GraphCell {
  readonly uri: string;
  readonly index: number;
  readonly kind: CellKind;
  readonly title: string;
  readonly executionCount: number | null;
  readonly state: CellState;
  readonly binds: readonly string[];
  readonly findings: Counts;
  readonly worst: Severity | null;
}

export interface GraphEdge {
  /** The cell that binds. */
  readonly from: number;
  /** The cell that reads. */
  readonly to: number;
  readonly names: readonly string[];
  /** Fails on a run from the top. */
  readonly backward: boolean;
}

/** The answer to `cellwise/graph`. */
export interface Graph {
  readonly notebook: string;
  readonly version: number;
  readonly cells: readonly GraphCell[];
  readonly edges: readonly GraphEdge[];
  readonly runsFromTop: boolean;
  /** The indices of the cells in the order that `order-cells` would make; `null` if there is none. */
  readonly order: readonly number[] | null;
}

/** An element of the answer to `cellwise/targets`. */
export interface Target {
  readonly argument: string;
  readonly label: string;
  readonly description: string;
  readonly isNew: boolean;
}

/** The answer to `cellwise/targets`. */
export interface Targets {
  readonly targets: readonly Target[];
  readonly definitions: readonly { readonly name: string; readonly cell: number; readonly selected: boolean }[];
  readonly placeholder: string;
}

/** The answer to `cellwise/checkWorkspace`. */
export interface WorkspaceReport {
  readonly notebooks: number;
  readonly findings: Counts;
  readonly files: readonly { readonly uri: string; readonly findings: Counts }[];
}

/** One cell of `cellwise/outputs`. */
export interface CellOutputs {
  readonly uri: string;
  readonly bytes: number;
  readonly error: { readonly ename: string; readonly evalue: string } | null;
  readonly suspects: readonly string[];
}
