import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";

import type { NotebookEdit, RunCells } from "../../common/protocol";
import { chooseAndApply, type NamedAction, runAction } from "./actions";
import { type Stamp, watchChanges } from "./changes";
import { settingsForServer } from "./configuration";
import { applyNotebookEdit, UndoKey } from "./edit";
import { explainRule, RulePages } from "./explain";
import { GraphPanel } from "./graph";
import { reportOutputs } from "./outputs";
import { runCells } from "./run";
import { Server } from "./server";
import { StatusItem } from "./status";
import { checkWorkspace } from "./workspace";

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const running = (): LanguageClient | undefined => server?.running;
  const status = new StatusItem();
  const pages = new RulePages(running);
  const graph = new GraphPanel(context.extensionUri, running);
  const own = new Server(context, (client) =>
    vscode.Disposable.from(status.follow(client), graph.follow(client), reportOutputs(client)),
  );
  server = own;

  const command = (name: string, run: (...args: never[]) => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(`cellwise.${name}`, run);
  const action = (name: string, of: NamedAction): vscode.Disposable =>
    command(name, (cell?: unknown) => runAction(of, cell, running()));
  context.subscriptions.push(
    own,
    status,
    pages,
    graph,
    vscode.workspace.registerTextDocumentContentProvider("cellwise", pages),
    // Sent by the server.
    command("applyNotebookEdit", (edit: NotebookEdit, asked?: Stamp) => applyNotebookEdit(edit, asked)),
    command("undoEdit", () => UndoKey.undo()),
    UndoKey.watch(),
    watchChanges(),
    command("runCells", ({ notebook, cells }: RunCells) => runCells(notebook, cells)),
    command("chooseAndApply", (chosen: never) => chooseAndApply(chosen, running())),
    // Chosen by people.
    action("extractCellToFunction", { action: "extract-cell-to-function", title: "Extract Cell to Function" }),
    action("moveToModule", { action: "move-to-module", title: "Move to Module" }),
    action("orderCells", { action: "order-cells", title: "Order Cells" }),
    action("gatherImports", { action: "gather-imports", title: "Gather Imports" }),
    action("promoteNotebook", { action: "promote-notebook", title: "Promote Notebook" }),
    command("runStaleCells", () => status.runStale()),
    command("explainRule", (rule?: unknown) => explainRule(rule, pages)),
    command("checkWorkspace", () => checkWorkspace(running())),
    command("showGraph", (place?: { cell?: number }) => { graph.show(place?.cell); }),
    command("showFindings", () => vscode.commands.executeCommand("workbench.actions.view.problems")),
    command("restartServer", () => own.restart()),
    command("showOutput", () => {
      own.output.show();
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("cellwise.path")) {
        void own.restart();
      } else if (change.affectsConfiguration("cellwise")) {
        void running()?.sendNotification("workspace/didChangeConfiguration", {
          settings: { cellwise: settingsForServer() },
        });
      }
    }),
    // A program of the workspace's own environment may be started now.
    vscode.workspace.onDidGrantWorkspaceTrust(() => own.restart()),
  );
  await own.start();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
