/** Carries out what the server proposes: cells as one undo step, files through Jupyter's contents. */

import type { ISharedNotebook } from "@jupyter/ydoc";
import type { IDocumentManager } from "@jupyterlab/docmanager";
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { PartialJSONObject } from "@lumino/coreutils";
import type { Contents } from "@jupyterlab/services";
import { ServerConnection } from "@jupyterlab/services";
import type { KeptCell, PlannedCell } from "../../common/plan";
import { mergeMetadata, plan } from "../../common/plan";
import type { CellOp, FileOp, NotebookEdit, Position, Range } from "../../common/protocol";
import { applyTextEdits } from "../../common/text";
import { change, isCode } from "./cells";
import type { NotebookDocument } from "./document";
import type { WorkspaceEdit } from "./lsp";

/** Why nothing was done, as a sentence for a person. */
export class Refused extends Error {}

/** A `WorkspaceEdit` in the words of a notebook edit, so that it takes the same way. */
export function fromWorkspaceEdit(edit: WorkspaceEdit, document: NotebookDocument): NotebookEdit {
  const cells: CellOp[] = [];
  for (const operation of edit.documentChanges ?? []) {
    if ("kind" in operation) {
      throw new Refused("The edit creates a file, which this version of the extension is not told how.");
    }
    const { uri, version } = operation.textDocument;
    const index = document.cells.findIndex((cell) => cell.uri === uri);
    for (const { range, newText } of operation.edits) {
      cells.push({ op: "replace", uri, index, version: version ?? -1, range, text: newText });
    }
  }
  return { notebook: { uri: document.uri, version: document.version }, cells, files: [], select: null };
}

/**
 * Applies an edit as a whole, or nothing of it.
 *
 * @throws {Refused}
 */
export async function apply(
  edit: NotebookEdit,
  document: NotebookDocument,
  manager: IDocumentManager,
  folder: string,
): Promise<void> {
  const { panel } = document;
  if (panel.content.model?.readOnly === true) {
    throw new Refused("The notebook is read-only. Nothing was done.");
  }
  const files = await Promise.all(edit.files.map((file) => prepare(file, manager, folder)));
  // Whoever typed while the files were looked at has a new version, and the edit is refused here.
  const planned = plan(edit, document.now());
  if ("refused" in planned) {
    throw new Refused(planned.refused);
  }
  for (const write of files) {
    await write();
  }
  const { shared } = document;
  const cells = [...shared.cells];
  // Before the transaction: a cell that is taken out no longer knows what it was.
  const splices = planned.splices.map(({ start, remove, cells: placed }) => ({
    start,
    remove,
    json: placed.map((cell) => toJson(cell, cells)),
  }));
  shared.transact(() => {
    for (const kept of planned.inPlace) {
      changeInPlace(kept, cells);
    }
    for (const { start, remove, json } of splices) {
      shared.deleteCellRange(start, start + remove);
      shared.insertCells(start, json);
    }
  });
  document.flush();
  if (planned.select !== null) {
    await select(panel, planned.select.index, planned.select.range);
  }
}

function changeInPlace(kept: KeptCell, cells: ISharedNotebook["cells"]): void {
  const cell = cells[kept.index];
  if (cell === undefined) {
    return;
  }
  if (kept.edits.length > 0) {
    const { start, end, text } = change(cell.getSource(), kept.text);
    cell.updateSource(start, end, text);
  }
  if (isCode(cell)) {
    if (kept.clearOutputs) {
      cell.setOutputs([]);
    }
    if (kept.clearCount) {
      cell.execution_count = null;
    }
  }
  if (kept.metadata !== null) {
    cell.setMetadata(mergeMetadata(cell.getMetadata(), kept.metadata) as PartialJSONObject);
  }
}

type CellJson = Parameters<ISharedNotebook["insertCell"]>[1];

/** A cell as it is put in. One that moves keeps its id, its outputs and its metadata. */
function toJson(placed: PlannedCell, cells: ISharedNotebook["cells"]): CellJson {
  if (placed.from === "edit") {
    const type = placed.kind === "markup" ? "markdown" : placed.language === "raw" ? "raw" : "code";
    return { cell_type: type, source: placed.text };
  }
  const cell = cells[placed.index];
  if (cell === undefined) {
    throw new Refused("A cell is gone. Nothing was done.");
  }
  const json = cell.toJSON() as unknown as Record<string, unknown> & { cell_type: string };
  json.source = placed.text;
  if (placed.clearOutputs && cell.cell_type === "code") {
    json.outputs = [];
  }
  if (placed.clearCount && cell.cell_type === "code") {
    json.execution_count = null;
  }
  if (placed.metadata !== null) {
    json.metadata = mergeMetadata(cell.getMetadata(), placed.metadata);
  }
  return json as CellJson;
}

/** Puts the cursor into a cell. @param range what is selected there; `null` leaves the selection as it is. */
export async function select(panel: NotebookPanel, index: number, range: Range | null): Promise<void> {
  const notebook = panel.content;
  notebook.activeCellIndex = index;
  notebook.deselectAll();
  const cell = notebook.activeCell;
  if (cell === null) {
    return;
  }
  await notebook.scrollToItem(index);
  await cell.ready;
  if (range === null) {
    return;
  }
  notebook.mode = "edit";
  const at = ({ line, character }: Position) => ({ line, column: character });
  cell.editor?.setSelection({ start: at(range.start), end: at(range.end) });
  cell.editor?.focus();
}

/** Checks a file operation, and returns what carries it out. */
async function prepare(file: FileOp, manager: IDocumentManager, folder: string): Promise<() => Promise<void>> {
  const uri = "create" in file ? file.create : file.edit;
  const path = contentsPath(uri, folder);
  const { contents } = manager.services;
  const before = await textOf(contents, path);
  if ("create" in file) {
    if (before !== null) {
      throw new Refused(`${path} exists already. Nothing was done.`);
    }
    return async () => {
      await makeFolders(contents, path);
      await contents.save(path, { type: "file", format: "text", content: file.text });
    };
  }
  const widget = manager.findWidget(path);
  const context = widget && manager.contextForWidget(widget);
  if (context?.model.dirty === true) {
    throw new Refused(`${path} is open with changes that are not saved. Save them first. Nothing was done.`);
  }
  if (before !== file.expected) {
    throw new Refused(`${path} has changed since this was offered. Nothing was done.`);
  }
  return async () => {
    const content = applyTextEdits(file.expected, file.edits);
    await contents.save(path, { type: "file", format: "text", content });
    await context?.revert();
  };
}

/** The path that Jupyter knows a file by. */
function contentsPath(uri: string, folder: string): string {
  const root = folder.replace(/\/$/, "") + "/";
  const [own, base] = [decodeURIComponent(uri), decodeURIComponent(root)];
  if (!own.startsWith(base)) {
    throw new Refused(`${own} is outside of the folder that JupyterLab shows. Nothing was done.`);
  }
  return own.slice(base.length);
}

async function textOf(contents: Contents.IManager, path: string): Promise<string | null> {
  try {
    const model = await contents.get(path, { type: "file", format: "text", content: true });
    return String(model.content);
  } catch (error) {
    if (error instanceof ServerConnection.ResponseError && error.response.status === 404) {
      return null;
    }
    throw new Refused(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function makeFolders(contents: Contents.IManager, path: string): Promise<void> {
  const folders = path.split("/").slice(0, -1);
  for (let depth = 1; depth <= folders.length; depth++) {
    const folder = folders.slice(0, depth).join("/");
    try {
      await contents.get(folder, { content: false });
    } catch {
      await contents.save(folder, { type: "directory" });
    }
  }
}
