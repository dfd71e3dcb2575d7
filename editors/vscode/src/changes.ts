/**
 * Tells whether an edit still means the notebook that it was made for.
 *
 * VS Code counts a notebook's version up after a cell's text has changed, and tells no server: what the
 * server knows as the newest is often one or two behind (seen in 1.100). So the changes themselves are
 * counted. What the server resolves, it resolves after everything that was sent before.
 */

import * as vscode from "vscode";

/** Changes of cells or their texts, in any notebook. */
let changes = 0;

export type Stamp = number;

export function stamp(): Stamp {
  return changes;
}

export function watchChanges(): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length > 0 && document.uri.scheme === "vscode-notebook-cell") {
        changes += 1;
      }
    }),
    vscode.workspace.onDidChangeNotebookDocument(({ contentChanges }) => {
      if (contentChanges.length > 0) {
        changes += 1;
      }
    }),
  );
}
