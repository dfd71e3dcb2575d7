/** The manual pages of the rules. */

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";

import rules from "./rules.json";

export class RulePages implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly client: () => LanguageClient | undefined) {}

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const rule = uri.path.replace(/^\//, "").replace(/\.md$/, "");
    const client = this.client();
    if (client === undefined) {
      return "The Cellwise server is not running. “Cellwise: Restart Server” starts it.";
    }
    const page = await client.sendRequest<{ markdown: string } | null>("cellwise/explain", { rule });
    return page?.markdown ?? `There is no rule ${rule}.`;
  }

  dispose(): void {
    this.changed.dispose();
  }
}

/** @param rule its name; without one, people choose, those found at the cursor first. */
export async function explainRule(rule: unknown, pages: RulePages): Promise<void> {
  const name = typeof rule === "string" ? rule : await chooseRule();
  if (name === undefined) {
    return;
  }
  const uri = vscode.Uri.from({ scheme: "cellwise", authority: "rules", path: `/${name}.md` });
  // Asked for again, as another version of the server may have other words.
  await pages.provideTextDocumentContent(uri);
  await vscode.commands.executeCommand("markdown.showPreview", uri);
}

async function chooseRule(): Promise<string | undefined> {
  const here = new Set(rulesAtCursor());
  const items = rules.map(({ name, summary, group }) => ({ label: name, description: group, detail: summary }));
  const [first, rest] = [items.filter(({ label }) => here.has(label)), items.filter(({ label }) => !here.has(label))];
  const separator = (label: string): vscode.QuickPickItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const picked = await vscode.window.showQuickPick<vscode.QuickPickItem>(
    first.length === 0 ? items : [separator("found here"), ...first, separator("all rules"), ...rest],
    { title: "Explain Rule", placeHolder: "Rule", matchOnDetail: true },
  );
  return picked?.label;
}

function rulesAtCursor(): string[] {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    return [];
  }
  return vscode.languages
    .getDiagnostics(editor.document.uri)
    .filter(({ source, range }) => source === "cellwise" && range.intersection(editor.selection) !== undefined)
    .map(({ code }) => (typeof code === "object" ? String(code.value) : String(code)));
}
