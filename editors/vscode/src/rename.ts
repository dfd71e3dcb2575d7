/**
 * Renames what an edit has just named. The server names a new function so that nothing else has the
 * name; so until the notebook changes, every word that reads so in the cells of the edit is the function.
 */

import * as vscode from "vscode";

/** Starts a rename at the selection, of all words `name` in `cells`. */
export async function renameNew(name: string, cells: readonly vscode.TextDocument[]): Promise<void> {
  const versions = cells.map(({ version }) => version);
  const isUnchanged = (): boolean => cells.every(({ version }, at) => version === versions[at]);
  const provider = vscode.languages.registerRenameProvider(
    cells.map(({ uri: { scheme, path } }) => ({ scheme, pattern: path, language: "python" })),
    {
      prepareRename(document, position) {
        const range = document.getWordRangeAtPosition(position, WORD);
        if (range === undefined || document.getText(range) !== name || !isUnchanged()) {
          // Says to ask the next one who can rename.
          throw new Error("This is not what was just extracted.");
        }
        return range;
      },
      provideRenameEdits(_document, _position, newName) {
        if (!isUnchanged()) {
          throw new Error("The notebook has changed meanwhile.");
        }
        if (WORD.exec(newName)?.[0] !== newName) {
          throw new Error(`“${newName}” is no name in Python.`);
        }
        const edit = new vscode.WorkspaceEdit();
        for (const document of cells) {
          edit.set(
            document.uri,
            rangesOf(name, document).map((range) => new vscode.TextEdit(range, newName)),
          );
        }
        return edit;
      },
    },
  );
  try {
    // Done when the box is closed, with a name or without.
    await vscode.commands.executeCommand("editor.action.rename");
  } finally {
    provider.dispose();
  }
}

const WORD = /[\p{L}_][\p{L}\p{N}_]*/u;

function rangesOf(name: string, document: vscode.TextDocument): vscode.Range[] {
  const words = document.getText().matchAll(new RegExp(WORD, "gu"));
  return [...words]
    .filter(([word]) => word === name)
    .map(({ index }) => new vscode.Range(document.positionAt(index), document.positionAt(index + name.length)));
}
