/** Runs cells in whatever kernel the notebook has. */

import * as vscode from "vscode";

import type { StaleCell } from "../../common/protocol";
import { MOVED_ON, openNotebook } from "./edit";

/** Hands the cells to the kernel in their order; a kernel leaves out those after one that fails. */
export async function runCells(of: { readonly uri: string }, cells: readonly StaleCell[]): Promise<boolean> {
  const notebook = openNotebook(of.uri);
  // The notebook's version is no reason to refuse: it counts each run and each line of output.
  const asTold = notebook !== undefined && cells.every((cell) => isAsTold(notebook, cell));
  if (!asTold) {
    void vscode.window.showWarningMessage(`Cellwise: ${MOVED_ON}`);
    return false;
  }
  await vscode.commands.executeCommand("notebook.cell.execute", {
    ranges: cells.map(({ index }) => ({ start: index, end: index + 1 })),
    document: notebook.uri,
  });
  return true;
}

function isAsTold(notebook: vscode.NotebookDocument, { uri, index, version }: StaleCell): boolean {
  if (index >= notebook.cellCount) {
    return false;
  }
  const { document } = notebook.cellAt(index);
  return document.uri.toString() === uri && (version ?? document.version) === document.version;
}
