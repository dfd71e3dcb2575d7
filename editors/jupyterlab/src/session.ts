/** The open notebooks and what the server says about them. */

import { PageConfig } from "@jupyterlab/coreutils";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import type { ISharedCell } from "@jupyter/ydoc";
import type { JSONObject } from "@lumino/coreutils";
import { Signal } from "@lumino/signaling";
import type { Status } from "../../common/protocol";
import { ABILITIES } from "../../common/protocol";
import type { Connection, Notification } from "./connection";
import { ResponseError } from "./connection";
import { NotebookDocument, SyncedCell } from "./document";
import type { Diagnostic, PublishDiagnostics } from "./lsp";

export type State = "starting" | "running" | "stopped";

export class Session {
  constructor(
    readonly connection: Connection,
    tracker: INotebookTracker,
    private settings: JSONObject,
  ) {
    connection.opened.connect(() => void this.initialize());
    connection.closed.connect(() => {
      this.setState("stopped");
    });
    connection.notified.connect((_, notification) => this.notified(notification));
    tracker.widgetAdded.connect((_, panel) => this.add(panel));
    tracker.forEach((panel) => this.add(panel));
    connection.connect();
  }

  state: State = "starting";
  readonly stateChanged = new Signal<this, State>(this);

  /** The findings of a cell changed. */
  readonly diagnosticsChanged = new Signal<this, SyncedCell>(this);

  /** A status or a graph changed. */
  readonly shown = new Signal<this, void>(this);

  statusOf(panel: NotebookPanel | null): Status | null {
    const document = this.documentOf(panel);
    return (document && this.statuses.get(document.uri)) ?? null;
  }

  documentOf(panel: NotebookPanel | null): NotebookDocument | null {
    return (panel && this.documents.get(panel)) ?? null;
  }

  /** The cell that an editor shows, with its notebook. */
  find(cell: ISharedCell): { document: NotebookDocument; synced: SyncedCell } | null {
    for (const document of this.documents.values()) {
      const synced = document.byCell(cell);
      if (synced !== undefined) {
        return { document, synced };
      }
    }
    return null;
  }

  diagnosticsOf(uri: string): readonly Diagnostic[] {
    return this.diagnostics.get(uri) ?? [];
  }

  /** New settings, as in cellwise.toml. */
  configure(settings: JSONObject): void {
    this.settings = settings;
    this.connection.notify("workspace/didChangeConfiguration", { settings: { cellwise: settings } });
  }

  private add(panel: NotebookPanel): void {
    void panel.context.ready.then(async () => {
      await panel.revealed;
      if (panel.isDisposed || panel.content.model === null || this.documents.has(panel)) {
        return;
      }
      this.waiting.add(panel);
      panel.disposed.connect(() => this.remove(panel));
      this.openWaiting();
    });
  }

  private remove(panel: NotebookPanel): void {
    this.waiting.delete(panel);
    const document = this.documents.get(panel);
    this.documents.delete(panel);
    document?.dispose();
  }

  /** Opens what was shown while there was no server. */
  private openWaiting(): void {
    if (this.state !== "running") {
      return;
    }
    for (const panel of this.waiting) {
      const document = new NotebookDocument(panel, this.connection, this.folder, () => this.secretMarks);
      this.documents.set(panel, document);
    }
    this.waiting.clear();
  }

  private async initialize(): Promise<void> {
    try {
      const { capabilities } = await this.connection.request<{
        capabilities: { experimental?: { cellwise?: { secretMarks?: string[] } } };
      }>("initialize", this.initializeParams());
      this.secretMarks = capabilities.experimental?.cellwise?.secretMarks ?? [];
    } catch (error) {
      if (error instanceof ResponseError) {
        console.error("Cellwise: the server refuses to start:", error.message);
        this.setState("stopped");
      }
      return;
    }
    this.connection.notify("initialized", {});
    this.diagnostics.clear();
    this.statuses.clear();
    this.setState("running");
    for (const document of this.documents.values()) {
      document.reopen();
    }
    this.openWaiting();
  }

  private initializeParams(): object {
    return {
      processId: null,
      clientInfo: { name: "JupyterLab", version: PageConfig.getOption("appVersion") },
      rootUri: this.folder,
      workspaceFolders: [{ uri: this.folder, name: "JupyterLab" }],
      capabilities: {
        notebookDocument: { synchronization: { executionSummarySupport: true } },
        textDocument: {
          codeAction: {
            codeActionLiteralSupport: { codeActionKind: { valueSet: ["quickfix", "refactor", "source"] } },
            dataSupport: true,
            disabledSupport: true,
            isPreferredSupport: true,
            resolveSupport: { properties: ["edit", "command"] },
          },
          hover: { contentFormat: ["markdown"] },
          publishDiagnostics: { codeDescriptionSupport: true, versionSupport: true },
        },
        workspace: {
          workspaceEdit: { documentChanges: true },
          didChangeConfiguration: {},
        },
      },
      initializationOptions: {
        ...ABILITIES,
        settings: this.settings,
      },
    };
  }

  private notified({ method, params }: Notification): void {
    switch (method) {
      case "cellwise/socket": {
        const { rootUri } = params as { rootUri: string | null };
        this.folder = rootUri ?? this.folder;
        break;
      }
      case "textDocument/publishDiagnostics":
        this.published(params as PublishDiagnostics);
        break;
      case "window/logMessage":
        console.info("Cellwise:", (params as { message: string }).message);
        break;
      case "cellwise/status": {
        const status = params as Status;
        this.statuses.set(status.notebook, status);
        this.shown.emit();
        break;
      }
      case "cellwise/graphChanged":
        this.shown.emit();
        break;
      default:
    }
  }

  private published({ uri, diagnostics }: PublishDiagnostics): void {
    this.diagnostics.set(uri, diagnostics);
    for (const document of this.documents.values()) {
      const synced = document.byUri(uri);
      if (synced !== undefined) {
        this.diagnosticsChanged.emit(synced);
        return;
      }
    }
  }

  private setState(state: State): void {
    if (state !== this.state) {
      this.state = state;
      this.stateChanged.emit(state);
    }
  }

  /** The URI of the folder that JupyterLab shows. jupyter_lsp tells it by the page, our own socket by a message. */
  folder = PageConfig.getOption("rootUri") || "jupyter:///";
  private readonly documents = new Map<NotebookPanel, NotebookDocument>();
  private readonly waiting = new Set<NotebookPanel>();
  /** What a secret can start with, for telling of outputs. */
  private secretMarks: readonly string[] = [];
  private readonly statuses = new Map<string, Status>();
  private readonly diagnostics = new Map<string, readonly Diagnostic[]>();
}
