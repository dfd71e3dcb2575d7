/** Where the client's own ways are not enough. */

import * as vscode from "vscode";
import {
  CodeActionResolveRequest,
  type CodeAction as LspCodeAction,
  type LanguageClient,
  type Middleware,
  ResponseError,
} from "vscode-languageclient/node";

import { stamp } from "./changes";
import { MOVED_ON } from "./edit";

/** The fields of an action's `data` that are not opaque. */
export interface ActionData {
  readonly action: string;
  readonly argument: string | null;
  readonly ask?: string;
}

/** `data` of a server's code action, which the client keeps on the object. */
export function dataOf(action: vscode.CodeAction | LspCodeAction): ActionData | undefined {
  return (action as { data?: ActionData }).data;
}

export function middleware(client: () => LanguageClient | undefined): Middleware {
  return {
    async provideCodeActions(document, range, context, token, next) {
      const actions = await next(document, range, context, token);
      const running = client();
      for (const action of actions ?? []) {
        // What asks is not resolved on being chosen but carried out by a command, which can ask.
        if (action instanceof vscode.CodeAction && action.disabled === undefined && running !== undefined) {
          const unresolved = dataOf(action)?.ask === undefined ? undefined : await asLsp(action, running);
          if (unresolved !== undefined) {
            action.command = { title: action.title, command: "cellwise.chooseAndApply", arguments: [unresolved] };
            delete (action as { data?: unknown }).data;
          }
        }
      }
      return actions;
    },
    async resolveCodeAction(item, token, next) {
      if (dataOf(item) === undefined) {
        return item;
      }
      const asked = stamp();
      try {
        const resolved = await next(item, token);
        if (resolved?.command?.command === "cellwise.applyNotebookEdit") {
          resolved.command.arguments?.push(asked);
        }
        return resolved;
      } catch (error) {
        // VS Code itself says nothing and does nothing.
        if (!token.isCancellationRequested) {
          void vscode.window.showWarningMessage(`Cellwise: ${reasonOf(error)}`);
        }
        return item;
      }
    },
    handleDiagnostics(uri, diagnostics, next) {
      for (const diagnostic of diagnostics) {
        const { code } = diagnostic;
        if (typeof code === "object" && code.target.scheme === "cellwise") {
          // Such a link would open as an empty text; the command shows the page.
          const argument = encodeURIComponent(JSON.stringify([code.value]));
          diagnostic.code = { value: code.value, target: vscode.Uri.parse(`command:cellwise.explainRule?${argument}`) };
        }
      }
      next(uri, diagnostics);
    },
  };
}

async function asLsp(action: vscode.CodeAction, client: LanguageClient): Promise<LspCodeAction> {
  return client.code2ProtocolConverter.asCodeAction(action);
}

export async function resolve(action: LspCodeAction, client: LanguageClient): Promise<LspCodeAction> {
  return client.sendRequest(CodeActionResolveRequest.type, action);
}

/** `ContentModified` of LSP. */
const CONTENT_MODIFIED = -32801;

/** A server's refusal as a sentence for a person. */
export function reasonOf(error: unknown): string {
  if (error instanceof ResponseError && error.code === CONTENT_MODIFIED) {
    return MOVED_ON;
  }
  const message = error instanceof Error ? error.message : String(error);
  const sentence = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
