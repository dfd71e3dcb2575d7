/** The server's life: found, started, restarted, and what people are told when it cannot be. */

import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import * as vscode from "vscode";
import {
  type ClientCapabilities,
  CloseAction,
  ErrorAction,
  type FeatureState,
  LanguageClient,
  type LanguageClientOptions,
  State,
  type StaticFeature,
} from "vscode-languageclient/node";

import { ABILITIES } from "../../common/protocol";
import { findProgram } from "./binary";
import { middleware } from "./middleware";
import { settingsForServer } from "./configuration";

/** Crashes in this time, in milliseconds, that are taken for one cause: then the server is left alone. */
const CRASH_WINDOW = 3 * 60_000;
const MAX_CRASHES = 4;

/** Called with each new connection; what it returns ends with the connection. */
export type Connected = (client: LanguageClient) => vscode.Disposable;

export class Server implements vscode.Disposable {
  readonly output = vscode.window.createOutputChannel("Cellwise", { log: true });
  private client: LanguageClient | undefined;
  private crashes: number[] = [];
  /** Starting and stopping wait for one another. */
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly connected: Connected,
  ) {}

  /** The connection, if there is one now. */
  get running(): LanguageClient | undefined {
    return this.client?.state === State.Running ? this.client : undefined;
  }

  start(): Promise<void> {
    return this.inTurn(() => this.startNow());
  }

  restart(): Promise<void> {
    return this.inTurn(async () => {
      await this.stopNow();
      this.crashes = [];
      await this.startNow();
    });
  }

  stop(): Promise<void> {
    return this.inTurn(() => this.stopNow());
  }

  dispose(): void {
    this.output.dispose();
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(work, work);
    return this.turn;
  }

  private async startNow(): Promise<void> {
    const found = findProgram(
      {
        setting: vscode.workspace.getConfiguration("cellwise").get("path", ""),
        extensionFolder: this.context.extensionPath,
        workspaceFolders: (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath),
        trusted: vscode.workspace.isTrusted,
        home: homedir(),
        environment: process.env,
        windows: process.platform === "win32",
      },
      isProgram,
    );
    if ("missing" in found) {
      this.output.error(found.missing);
      void tellMissing(found.missing, this.context.extensionUri);
      return;
    }
    this.output.info(`Starting ${found.program} (from ${found.from})`);
    const client = new LanguageClient(
      "cellwise",
      "Cellwise",
      { command: found.program, args: ["server"] },
      this.options(),
    );
    client.registerFeature(new ResolvesCommands());
    // Registered by its existence: a connection that comes back after a crash is a new one.
    let whileConnected: vscode.Disposable | undefined;
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Running) {
        whileConnected = this.connected(client);
      } else {
        whileConnected?.dispose();
        whileConnected = undefined;
        // What a server that is gone has found, its successor does not know to take back.
        client.diagnostics?.clear();
      }
    });
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      const message = `${found.program} could not be started: ${error instanceof Error ? error.message : String(error)}`;
      this.output.error(message);
      void this.tellBroken(message);
    }
  }

  private async stopNow(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client === undefined) {
      return;
    }
    try {
      await client.dispose(2000);
    } catch {
      // A server that does not answer any more is ended by its connection.
    }
  }

  private options(): LanguageClientOptions {
    return {
      // Markdown and raw cells too: actions on a notebook are asked for at its first cell, whatever it is.
      documentSelector: [
        { notebook: "*", language: "python" },
        { notebook: "*", language: "markdown" },
        { notebook: "*", language: "raw" },
        { scheme: "file", language: "python" },
        { scheme: "untitled", language: "python" },
      ],
      initializationOptions: () => ({
        ...ABILITIES,
        settings: settingsForServer(),
      }),
      outputChannel: this.output,
      middleware: middleware(() => this.running),
      errorHandler: {
        error: (error) => {
          this.output.error(error.message);
          return { action: ErrorAction.Continue, handled: true };
        },
        closed: () => {
          const now = Date.now();
          this.crashes = [...this.crashes.filter((time) => now - time < CRASH_WINDOW), now];
          if (this.crashes.length <= MAX_CRASHES) {
            this.output.warn("The server ended unexpectedly and is started again.");
            return { action: CloseAction.Restart, handled: true };
          }
          void this.tellBroken(
            `The server ended ${this.crashes.length} times within ${CRASH_WINDOW / 60_000} minutes and was not started again.`,
          );
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
    };
  }

  private async tellBroken(message: string): Promise<void> {
    const choice = await vscode.window.showErrorMessage(`Cellwise: ${message}`, "Restart Server", "Show Output");
    if (choice === "Restart Server") {
      await this.restart();
    } else if (choice === "Show Output") {
      this.output.show();
    }
  }
}

async function tellMissing(message: string, extension: vscode.Uri): Promise<void> {
  const install = "How to Install";
  const choose = "Choose Program…";
  const choice = await vscode.window.showErrorMessage(`Cellwise: ${message}`, install, choose, "Open Settings");
  if (choice === install) {
    await vscode.commands.executeCommand("markdown.showPreview", vscode.Uri.joinPath(extension, "README.md"));
  } else if (choice === choose) {
    const chosen = await vscode.window.showOpenDialog({ title: "The program cellwise", canSelectMany: false });
    const file = chosen?.[0];
    if (file !== undefined) {
      const target = vscode.ConfigurationTarget.Global;
      await vscode.workspace.getConfiguration("cellwise").update("path", file.fsPath, target);
    }
  } else if (choice !== undefined) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "cellwise.path");
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, process.platform === "win32" ? constants.F_OK : constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** vscode-languageclient 9 announces that edits are resolved late; VS Code does the same for commands. */
class ResolvesCommands implements StaticFeature {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    const action = capabilities.textDocument?.codeAction;
    if (action !== undefined) {
      action.resolveSupport = { properties: ["edit", "command"] };
    }
  }

  initialize(): void {
    // Nothing follows from the server's answer.
  }

  getState(): FeatureState {
    return { kind: "static" };
  }

  clear(): void {
    // Nothing is kept.
  }
}
