/** Tells the server what its rules need of outputs: VS Code sends none of them. */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";

import { type OutputItem, summarize } from "../../common/outputs";

/** Outputs come in bursts while a cell runs; they are told when it has been quiet for so long, in milliseconds. */
const QUIET = 300;

export function reportOutputs(client: LanguageClient): vscode.Disposable {
  const marks = secretMarks(client);
  if (marks === undefined) {
    return new vscode.Disposable(() => undefined);
  }
  const waiting = new Map<vscode.NotebookDocument, Set<vscode.NotebookCell>>();
  let timer: NodeJS.Timeout | undefined;
  const later = (notebook: vscode.NotebookDocument, cells: readonly vscode.NotebookCell[]): void => {
    const own = waiting.get(notebook) ?? new Set();
    for (const cell of cells) {
      own.add(cell);
    }
    waiting.set(notebook, own);
    clearTimeout(timer);
    timer = setTimeout(send, QUIET);
  };
  const send = (): void => {
    for (const [notebook, cells] of waiting) {
      // A cell that is gone has no outputs to tell.
      const told = [...cells].filter((cell) => cell.index >= 0);
      if (!notebook.isClosed && told.length > 0) {
        void client.sendNotification("cellwise/outputs", {
          notebook: notebook.uri.toString(),
          cells: told.map((cell) => summarize(cell.document.uri.toString(), items(cell), marks)),
        });
      }
    }
    waiting.clear();
  };
  const opened = (notebook: vscode.NotebookDocument): void => {
    const cells = notebook.getCells().filter((cell) => cell.outputs.length > 0);
    if (cells.length > 0) {
      later(notebook, cells);
    }
  };
  vscode.workspace.notebookDocuments.forEach(opened);
  return vscode.Disposable.from(
    vscode.workspace.onDidOpenNotebookDocument(opened),
    vscode.workspace.onDidChangeNotebookDocument(({ notebook, cellChanges, contentChanges }) => {
      const changed = cellChanges.filter((change) => change.outputs !== undefined).map((change) => change.cell);
      // A copy of a cell comes with its outputs, and with a new name.
      const added = contentChanges.flatMap((change) => change.addedCells.filter((cell) => cell.outputs.length > 0));
      if (changed.length > 0 || added.length > 0) {
        later(notebook, [...changed, ...added]);
      }
    }),
    new vscode.Disposable(() => {
      clearTimeout(timer);
    }),
  );
}

function secretMarks(client: LanguageClient): readonly string[] | undefined {
  const experimental = client.initializeResult?.capabilities.experimental as
    | { cellwise?: { secretMarks?: string[] } }
    | undefined;
  return experimental?.cellwise?.secretMarks;
}

function* items(cell: vscode.NotebookCell): Generator<OutputItem> {
  for (const output of cell.outputs) {
    for (const { mime, data } of output.items) {
      yield { mime, bytes: data.byteLength, text: () => new TextDecoder().decode(data) };
    }
  }
}
