/** The commands of the palette, the toolbar and the menus: the server's code actions, asked for by name. */

import * as vscode from "vscode";
import { type CodeAction as LspCodeAction, CodeActionRequest, type LanguageClient } from "vscode-languageclient/node";

import type { NotebookEdit, Targets } from "../../common/protocol";
import { stamp } from "./changes";
import { applyNotebookEdit } from "./edit";
import { type ActionData, dataOf, reasonOf, resolve } from "./middleware";
import { chooseTarget } from "./targets";

export interface NamedAction {
  /** Its name with the server. */
  readonly action: string;
  readonly title: string;
}

/** @param cell the cell whose toolbar or menu was used; otherwise it is the one that is selected. */
export async function runAction(
  { action, title }: NamedAction,
  cell: unknown,
  client: LanguageClient | undefined,
): Promise<boolean> {
  const place = placeOf(cell);
  if (place === undefined) {
    return tell("open a notebook and select a cell first.");
  }
  if (client === undefined) {
    return tell("the server is not running. “Cellwise: Restart Server” starts it.");
  }
  const answer = await client.sendRequest(CodeActionRequest.type, {
    textDocument: { uri: place.document.uri.toString() },
    range: client.code2ProtocolConverter.asRange(place.range),
    context: { diagnostics: [] },
  });
  const offered = (answer ?? []).filter((own): own is LspCodeAction => dataOf(own as LspCodeAction)?.action === action);
  const chosen = offered.find((own) => own.disabled === undefined);
  if (chosen !== undefined) {
    return chooseAndApply(chosen, client);
  }
  const reason = offered[0]?.disabled?.reason;
  return tell(reason === undefined ? `“${title}” has nothing to do here.` : `“${title}” is not possible: ${reason}`);
}

/** Asks where an action asks, and carries it out. */
export async function chooseAndApply(action: LspCodeAction, client: LanguageClient | undefined): Promise<boolean> {
  if (client === undefined) {
    return false;
  }
  try {
    let chosen = action;
    if (dataOf(action)?.ask === "module") {
      const answer = await client.sendRequest<Targets | null>("cellwise/targets", { data: action.data as unknown });
      const argument = answer === null ? undefined : await chooseTarget(answer);
      if (argument === undefined) {
        return false;
      }
      chosen = { ...action, data: { ...dataOf(action), argument } satisfies Partial<ActionData> };
    }
    const asked = stamp();
    const { edit, command } = await resolve(chosen, client);
    if (edit !== undefined && !(await vscode.workspace.applyEdit(await client.protocol2CodeConverter.asWorkspaceEdit(edit)))) {
      return await tell("the cell has changed meanwhile, so nothing was done.");
    }
    if (command?.command === "cellwise.applyNotebookEdit") {
      return await applyNotebookEdit(command.arguments?.[0] as NotebookEdit, asked);
    }
    if (command !== undefined) {
      await vscode.commands.executeCommand(command.command, ...((command.arguments ?? []) as unknown[]));
    }
    return true;
  } catch (error) {
    void vscode.window.showWarningMessage(`Cellwise: ${reasonOf(error)}`);
    return false;
  }
}

function tell(message: string): Promise<false> {
  void vscode.window.showInformationMessage(`Cellwise: ${message}`);
  return Promise.resolve(false);
}

interface Place {
  readonly document: vscode.TextDocument;
  readonly range: vscode.Range;
}

function placeOf(cell: unknown): Place | undefined {
  const text = vscode.window.activeTextEditor;
  const own = isCell(cell) ? cell : selectedCell();
  if (own !== undefined) {
    const isFocused = text?.document === own.document;
    return { document: own.document, range: isFocused ? text.selection : new vscode.Range(0, 0, 0, 0) };
  }
  // A script with cells is a text.
  return text?.document.languageId === "python" ? { document: text.document, range: text.selection } : undefined;
}

function isCell(value: unknown): value is vscode.NotebookCell {
  return typeof value === "object" && value !== null && "notebook" in value && "document" in value;
}

function selectedCell(): vscode.NotebookCell | undefined {
  const editor = vscode.window.activeNotebookEditor;
  const index = editor?.selection.start;
  return editor === undefined || index === undefined || index >= editor.notebook.cellCount
    ? undefined
    : editor.notebook.cellAt(index);
}
