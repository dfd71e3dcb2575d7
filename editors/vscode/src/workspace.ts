/** “Check Workspace”. */

import * as vscode from "vscode";
import { type LanguageClient, ResponseError, type WorkDoneProgressReport } from "vscode-languageclient/node";

import type { WorkspaceReport } from "../../common/protocol";
import { countsInWords } from "../../common/words";
import { reasonOf } from "./middleware";

/** Makes tokens of this session distinct. */
let count = 0;

export async function checkWorkspace(client: LanguageClient | undefined): Promise<void> {
  if (client === undefined) {
    void vscode.window.showInformationMessage(
      "Cellwise: the server is not running. “Cellwise: Restart Server” starts it.",
    );
    return;
  }
  const title = "Cellwise: checking the notebooks of this workspace";
  const report = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    (progress, token) => ask(client, progress, token),
  );
  if (report === undefined) {
    return;
  }
  const notebooks = `${report.notebooks} ${report.notebooks === 1 ? "notebook" : "notebooks"}`;
  const found = countsInWords(report.findings);
  if (found === null) {
    void vscode.window.showInformationMessage(`Cellwise: ${notebooks} checked, nothing found.`);
    return;
  }
  const show = "Show Findings";
  if ((await vscode.window.showInformationMessage(`Cellwise: ${notebooks} checked: ${found}.`, show)) === show) {
    await vscode.commands.executeCommand("workbench.actions.view.problems");
  }
}

async function ask(
  client: LanguageClient,
  progress: vscode.Progress<{ message?: string; increment?: number }>,
  token: vscode.CancellationToken,
): Promise<WorkspaceReport | undefined> {
  const workDoneToken = `cellwise-workspace-${++count}`;
  let done = 0;
  const listening = client.onNotification(
    "$/progress",
    ({ token: of, value }: { token: string | number; value: WorkDoneProgressReport }) => {
      if (of === workDoneToken) {
        const { percentage = done, message } = value;
        progress.report({ increment: percentage - done, ...(message === undefined ? {} : { message }) });
        done = percentage;
      }
    },
  );
  try {
    return await client.sendRequest<WorkspaceReport>("cellwise/checkWorkspace", { workDoneToken }, token);
  } catch (error) {
    const wasCancelled = token.isCancellationRequested && error instanceof ResponseError;
    if (!wasCancelled) {
      void vscode.window.showErrorMessage(`Cellwise: ${reasonOf(error)}`);
    }
    return undefined;
  } finally {
    listening.dispose();
  }
}
