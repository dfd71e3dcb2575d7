/** The item in the status bar: what was found in this notebook, and whether it runs from the top. */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";

import type { Status } from "../../common/protocol";
import { statusInWords } from "../../common/words";
import { runCells } from "./run";

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("cellwise.status", vscode.StatusBarAlignment.Left, 40);
  private readonly known = new Map<string, Status>();
  private readonly watching: vscode.Disposable;

  constructor() {
    this.item.name = "Cellwise";
    this.item.command = "cellwise.showFindings";
    this.watching = vscode.Disposable.from(
      vscode.window.onDidChangeActiveNotebookEditor(() => {
        this.show();
      }),
      vscode.window.onDidChangeActiveTextEditor(() => {
        this.show();
      }),
    );
  }

  follow(client: LanguageClient): vscode.Disposable {
    const listening = client.onNotification("cellwise/status", (status: Status) => {
      this.known.set(status.notebook, status);
      this.show();
    });
    return new vscode.Disposable(() => {
      listening.dispose();
      this.known.clear();
      this.show();
    });
  }

  async runStale(): Promise<void> {
    const status = this.current();
    if (status === undefined || status.stale.length === 0) {
      void vscode.window.showInformationMessage("Cellwise: no cell of this notebook is stale.");
      return;
    }
    await runCells({ uri: status.notebook }, status.stale);
  }

  dispose(): void {
    this.watching.dispose();
    this.item.dispose();
  }

  private current(): Status | undefined {
    const shown = vscode.window.activeNotebookEditor?.notebook.uri ?? vscode.window.activeTextEditor?.document.uri;
    return shown === undefined ? undefined : this.known.get(shown.toString());
  }

  private show(): void {
    const status = this.current();
    if (status === undefined) {
      this.item.hide();
      return;
    }
    const words = statusInWords(status);
    this.item.text = `$(${status.runsFromTop ? "pass" : "error"}) ${words.short}`;
    this.item.tooltip = [...words.long, "", "Choose to see the findings."].join("\n");
    this.item.accessibilityInformation = { label: `Cellwise: ${words.long.join(" ")}` };
    this.item.backgroundColor = status.runsFromTop
      ? undefined
      : new vscode.ThemeColor("statusBarItem.warningBackground");
    this.item.show();
  }
}
