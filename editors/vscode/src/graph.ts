/** The picture of a notebook, in a panel beside it. */

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";

import type { Graph } from "../../common/protocol";
import { openNotebook, revealCell } from "./edit";

/** What the panel is told. */
export type ToPanel =
  | { readonly type: "graph"; readonly graph: Graph; readonly selected: number | null }
  | { readonly type: "select"; readonly selected: number | null }
  | { readonly type: "none"; readonly message: string };

/** What the panel tells. */
export type FromPanel =
  | { readonly type: "ready" }
  | { readonly type: "open"; readonly notebook: string; readonly cell: string; readonly index: number }
  | { readonly type: "order"; readonly notebook: string };

/** Changes of a notebook are drawn when there was none for so long, in milliseconds. */
const QUIET = 120;

export class GraphPanel implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private notebook: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly watching: vscode.Disposable;

  constructor(
    private readonly extension: vscode.Uri,
    private readonly client: () => LanguageClient | undefined,
  ) {
    this.watching = vscode.Disposable.from(
      vscode.window.onDidChangeActiveNotebookEditor((editor) => {
        if (editor !== undefined && this.panel !== undefined) {
          this.look(editor.notebook.uri.toString());
        }
      }),
      vscode.window.onDidChangeNotebookEditorSelection(({ notebookEditor }) => {
        if (notebookEditor.notebook.uri.toString() === this.notebook) {
          this.post({ type: "select", selected: this.selected() });
        }
      }),
    );
  }

  follow(client: LanguageClient): vscode.Disposable {
    this.later();
    return client.onNotification("cellwise/graphChanged", ({ notebook }: { notebook: string }) => {
      if (notebook === this.notebook) {
        this.later();
      }
    });
  }

  show(cell?: number): void {
    const notebook = vscode.window.activeNotebookEditor?.notebook.uri.toString();
    if (this.panel === undefined) {
      this.open();
    } else {
      this.panel.reveal(undefined, true);
    }
    if (notebook !== undefined) {
      this.look(notebook);
    }
    if (cell !== undefined) {
      this.post({ type: "select", selected: cell });
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.watching.dispose();
    this.panel?.dispose();
  }

  private open(): void {
    const dist = vscode.Uri.joinPath(this.extension, "dist");
    const panel = vscode.window.createWebviewPanel(
      "cellwise.graph",
      "Cellwise Graph",
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { enableScripts: true, localResourceRoots: [dist], retainContextWhenHidden: false },
    );
    panel.iconPath = new vscode.ThemeIcon("type-hierarchy-sub") as never;
    panel.webview.onDidReceiveMessage((message: FromPanel) => {
      void this.receive(message);
    });
    panel.onDidChangeViewState(() => {
      // What changed while nobody looked was not asked for.
      this.later();
    });
    panel.onDidDispose(() => {
      this.panel = undefined;
    });
    this.panel = panel;
    panel.webview.html = page(panel.webview, dist);
  }

  private look(notebook: string): void {
    this.notebook = notebook;
    this.later();
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), QUIET);
  }

  private async refresh(): Promise<void> {
    const { notebook, panel } = this;
    if (panel?.visible !== true || notebook === undefined) {
      return;
    }
    const client = this.client();
    if (client === undefined) {
      this.post({ type: "none", message: "The Cellwise server is not running." });
      return;
    }
    try {
      const graph = await client.sendRequest<Graph | null>("cellwise/graph", { notebook });
      // The answer may be for a notebook that nobody looks at any more.
      if (notebook === this.notebook) {
        this.post(
          graph === null
            ? { type: "none", message: "This notebook is not open." }
            : { type: "graph", graph, selected: this.selected() },
        );
      }
    } catch (error) {
      this.post({ type: "none", message: error instanceof Error ? error.message : String(error) });
    }
  }

  private post(message: ToPanel): void {
    void this.panel?.webview.postMessage(message);
  }

  private selected(): number | null {
    const editor = vscode.window.visibleNotebookEditors.find(
      (shown) => shown.notebook.uri.toString() === this.notebook,
    );
    return editor?.selection.start ?? null;
  }

  private async receive(message: FromPanel): Promise<void> {
    if (message.type === "ready") {
      await this.refresh();
      return;
    }
    const notebook = openNotebook(message.notebook);
    if (notebook === undefined) {
      return;
    }
    if (message.type === "open") {
      // By its name: it may have moved since it was drawn.
      const cell = notebook.getCells().find((own) => own.document.uri.toString() === message.cell);
      if (cell !== undefined) {
        await revealCell(notebook, cell.index);
      }
      return;
    }
    await revealCell(notebook, 0);
    await vscode.commands.executeCommand("cellwise.orderCells");
  }
}

function page(webview: vscode.Webview, dist: vscode.Uri): string {
  const nonce = randomBytes(16).toString("base64url");
  const file = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${file("graph.css")}">
<title>Cellwise Graph</title>
</head>
<body>
<header><p id="summary" role="status"></p><button id="order" type="button" hidden>Order cells</button></header>
<main><svg id="picture" role="group" aria-label="Cells and what flows between them"></svg></main>
<script nonce="${nonce}" src="${file("graph.js")}"></script>
</body>
</html>`;
}
