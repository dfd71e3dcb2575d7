/** Carries out `cellwise.applyNotebookEdit`: files first, then all cells as one undo step. */

import { randomBytes } from "node:crypto";

import * as vscode from "vscode";

import { type KeptCell, mergeMetadata, type Plan, plan, type PlannedCell, withCopies } from "../../common/plan";
import type { FileOp, NotebookEdit, Range, Select } from "../../common/protocol";
import { applyTextEdits, badEdit, textIn } from "../../common/text";

export const MOVED_ON = "The notebook has changed meanwhile, so nothing was done. Choose the action again.";

/** Says what was refused, so that nobody wonders why nothing happens. @returns whether it was done. */
export async function applyNotebookEdit(edit: NotebookEdit): Promise<boolean> {
  const refusal = await carryOut(edit);
  if (refusal === null) {
    return true;
  }
  void vscode.window.showWarningMessage(`Cellwise: ${refusal}`);
  return false;
}

async function carryOut(edit: NotebookEdit): Promise<string | null> {
  const notebook = openNotebook(edit.notebook.uri);
  if (notebook === undefined) {
    return "The notebook is not open any more. Nothing was done.";
  }
  const planned = plan(edit, {
    uri: edit.notebook.uri,
    version: notebook.version,
    cells: notebook.getCells().map((cell) => ({
      uri: cell.document.uri.toString(),
      version: cell.document.version,
      text: cell.document.getText(),
    })),
  });
  if ("refused" in planned) {
    return planned.refused;
  }
  const version = notebook.version;
  const files = await readFiles(edit.files);
  if ("refused" in files) {
    return files.refused;
  }
  if (notebook.version !== version) {
    return MOVED_ON;
  }
  const written: FileChange[] = [];
  try {
    for (const change of files.changes) {
      await write(change, change.after);
      written.push(change);
    }
    if (!(await vscode.workspace.applyEdit(cellEdits(notebook, planned)))) {
      throw new Error(MOVED_ON);
    }
  } catch (error) {
    for (const change of written.reverse()) {
      await write(change, change.before);
    }
    return error instanceof Error ? error.message : String(error);
  }
  await UndoKey.arm(notebook);
  if (planned.select !== null) {
    await select(notebook, planned.select);
  }
  return null;
}

export function openNotebook(uri: string): vscode.NotebookDocument | undefined {
  return vscode.workspace.notebookDocuments.find((notebook) => notebook.uri.toString() === uri);
}

/**
 * All changes of cells as one edit of the notebook.
 *
 * A cell whose text, outputs or count change is replaced by a changed copy. The API has no other way
 * to change outputs. For text it has; but VS Code's Jupyter extension answers each edit of a text with
 * one of its own (the count is cleared), which costs another undo and, on undo, lands on whatever
 * cell has taken the index by then, and gives it a second cell's id (seen in 1.100). Undo brings the
 * cells themselves back.
 */
function cellEdits(notebook: vscode.NotebookDocument, planned: Plan): vscode.WorkspaceEdit {
  const { splices, inPlace } = withCopies(
    planned,
    (cell) => cell.edits.length > 0 || cell.clearOutputs || cell.clearCount,
  );
  const newId = idsOf(notebook);
  const edits: vscode.NotebookEdit[] = splices.map(
    ({ start, remove, cells }) =>
      new vscode.NotebookEdit(
        new vscode.NotebookRange(start, start + remove),
        cells.map((cell) => cellData(notebook, cell, newId)),
      ),
  );
  for (const cell of inPlace) {
    const metadata = metadataOf(notebook.cellAt(cell.index), cell);
    edits.push(vscode.NotebookEdit.updateCellMetadata(cell.index, metadata));
  }
  const edit = new vscode.WorkspaceEdit();
  edit.set(notebook.uri, edits);
  return edit;
}

/** Makes ids for new cells where the notebook's format has them; otherwise the Jupyter extension would, as an edit of its own. */
function idsOf(notebook: vscode.NotebookDocument): () => string | null {
  const { nbformat, nbformat_minor: minor } = notebook.metadata as Record<string, unknown>;
  const hasIds = typeof nbformat === "number" && typeof minor === "number" && (nbformat > 4 || (nbformat === 4 && minor >= 5));
  const taken = new Set(notebook.getCells().map((cell): unknown => cell.metadata["id"]));
  return () => {
    if (!hasIds) {
      return null;
    }
    for (;;) {
      const id = randomBytes(4).toString("hex");
      if (!taken.has(id)) {
        taken.add(id);
        return id;
      }
    }
  };
}

function cellData(
  notebook: vscode.NotebookDocument,
  cell: PlannedCell,
  newId: () => string | null,
): vscode.NotebookCellData {
  if (cell.from === "edit") {
    const isCode = cell.kind === "code";
    const kind = isCode ? vscode.NotebookCellKind.Code : vscode.NotebookCellKind.Markup;
    const data = new vscode.NotebookCellData(kind, cell.text, cell.language);
    const id = newId();
    data.metadata = {
      ...(isCode ? { execution_count: null } : {}),
      ...(id === null ? {} : { id }),
      metadata: {},
    };
    return data;
  }
  const before = notebook.cellAt(cell.index);
  const copy = new vscode.NotebookCellData(before.kind, cell.text, before.document.languageId);
  copy.metadata = metadataOf(before, cell);
  copy.outputs = cell.clearOutputs ? [] : [...before.outputs];
  if (before.executionSummary !== undefined && !cell.clearCount) {
    copy.executionSummary = before.executionSummary;
  }
  return copy;
}

/** The Jupyter extension keeps Jupyter's own metadata one level down, beside the count and the id. */
function metadataOf(before: vscode.NotebookCell, cell: KeptCell): Record<string, unknown> {
  const metadata: Record<string, unknown> = { ...before.metadata };
  // A cell that was edited has no count any more: what its count said is gone. VS Code does the same.
  if (cell.clearCount || (cell.edits.length > 0 && before.kind === vscode.NotebookCellKind.Code)) {
    metadata["execution_count"] = null;
  }
  if (cell.metadata !== null) {
    const jupyter = (metadata["metadata"] ?? {}) as Record<string, unknown>;
    metadata["metadata"] = mergeMetadata(jupyter, cell.metadata);
  }
  return metadata;
}

function asRange({ start, end }: Range): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

interface FileChange {
  readonly uri: vscode.Uri;
  /** `null`: there is no file. */
  readonly before: string | null;
  readonly after: string | null;
}

async function readFiles(
  files: readonly FileOp[],
): Promise<{ changes: FileChange[] } | { refused: string }> {
  const changes: FileChange[] = [];
  for (const file of files) {
    const uri = vscode.Uri.parse("create" in file ? file.create : file.edit);
    const name = vscode.workspace.asRelativePath(uri);
    const text = await read(uri);
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    if (open?.isDirty === true) {
      return { refused: `${name} has changes that are not saved. Save it and choose the action again.` };
    }
    if ("create" in file) {
      if (text !== null) {
        return { refused: `${name} exists already. Nothing was done.` };
      }
      changes.push({ uri, before: null, after: file.text });
      continue;
    }
    if (text !== file.expected) {
      return { refused: `${name} has changed meanwhile, so nothing was done. Choose the action again.` };
    }
    const bad = badEdit(text, file.edits);
    if (bad !== null) {
      return { refused: `An edit of ${name} ${bad}. Nothing was done.` };
    }
    changes.push({ uri, before: text, after: applyTextEdits(text, file.edits) });
  }
  return { changes };
}

async function read(uri: vscode.Uri): Promise<string | null> {
  try {
    const bytes = await vscode.workspace.fs.readFile(uri);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === "FileNotFound") {
      return null;
    }
    throw error;
  }
}

async function write({ uri }: FileChange, text: string | null): Promise<void> {
  if (text === null) {
    await vscode.workspace.fs.delete(uri);
  } else {
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  }
}

/** Goes to the place, and where it is a name, starts to rename it. */
async function select(notebook: vscode.NotebookDocument, { index, range }: Select): Promise<void> {
  const cell = notebook.cellAt(index);
  const editor = await revealCell(notebook, index);
  if (editor?.document !== cell.document) {
    return;
  }
  editor.selection = new vscode.Selection(asRange(range).start, asRange(range).end);
  const name = textIn(cell.document.getText(), range);
  if (name !== null && /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) {
    // Not waited for: the edit is done, whatever becomes of the name.
    void vscode.commands.executeCommand("editor.action.rename");
  }
}

/** Shows a cell and puts the cursor into it. */
export async function revealCell(
  notebook: vscode.NotebookDocument,
  index: number,
): Promise<vscode.TextEditor | undefined> {
  const range = new vscode.NotebookRange(index, index + 1);
  const shown = vscode.window.visibleNotebookEditors.find((editor) => editor.notebook === notebook);
  const column = shown?.viewColumn;
  const editor = await vscode.window.showNotebookDocument(notebook, {
    ...(column === undefined ? {} : { viewColumn: column }),
    selections: [range],
  });
  editor.revealRange(range, vscode.NotebookEditorRevealType.InCenterIfOutsideViewport);
  if (notebook.cellAt(index).kind === vscode.NotebookCellKind.Code) {
    await vscode.commands.executeCommand("notebook.cell.edit");
  }
  return vscode.window.activeTextEditor;
}

/**
 * VS Code keeps the undo of a cell's text apart from that of the notebook's cells, and a cursor in a
 * cell reaches the first alone. So that the key undoes what was just done, it is ours until
 * something else has changed.
 */
const UNDO = "cellwise.canUndo";

export const UndoKey = {
  notebook: undefined as vscode.NotebookDocument | undefined,

  async arm(notebook: vscode.NotebookDocument): Promise<void> {
    this.notebook = notebook;
    await vscode.commands.executeCommand("setContext", UNDO, true);
  },

  async undo(): Promise<void> {
    this.release();
    await vscode.commands.executeCommand("notebook.cell.quitEdit");
    await vscode.commands.executeCommand("undo");
  },

  release(): void {
    if (this.notebook !== undefined) {
      this.notebook = undefined;
      void vscode.commands.executeCommand("setContext", UNDO, false);
    }
  },

  watch(): vscode.Disposable {
    return vscode.workspace.onDidChangeNotebookDocument(({ notebook, contentChanges, cellChanges }) => {
      const isEdit = contentChanges.length > 0 || cellChanges.some(({ document }) => document !== undefined);
      if (notebook === this.notebook && isEdit) {
        this.release();
      }
    });
  },
};
