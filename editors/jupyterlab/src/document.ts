/**
 * One notebook as the server knows it: `notebookDocument/*` for what happens in JupyterLab.
 *
 * Signals of the shared model only mark what is to be looked at; `flush` compares it with what
 * the server was told last and sends the difference. So an edit of several cells, by us, by a
 * person, or by somebody else who works on the same notebook, is one message and cannot be told
 * in the wrong order.
 */

import type { CellChange, ISharedCell, ISharedNotebook } from "@jupyter/ydoc";
import type { CodeCellModel } from "@jupyterlab/cells";
import type { NotebookPanel } from "@jupyterlab/notebook";
import { NotebookActions } from "@jupyterlab/notebook";
import type { IDisposable } from "@lumino/disposable";
import { Signal } from "@lumino/signaling";
import type { NotebookNow } from "../../common/plan";
import { change, isCode, kindOf, positionAt } from "./cells";
import { outputsOf } from "./outputs";
import type { Connection } from "./connection";

/** A cell as the server was told of it last. */
export interface SyncedCell {
  readonly uri: string;
  /** The cell itself; another object after it was moved. */
  cell: ISharedCell;
  version: number;
  text: string;
  type: string;
  language: string;
  count: number | null;
  success: boolean | null;
}

export class NotebookDocument implements IDisposable {
  /** `folder` is the URI of the folder that JupyterLab shows as its root. */
  constructor(
    readonly panel: NotebookPanel,
    private readonly connection: Connection,
    private readonly folder: string,
    private readonly secretMarks: () => readonly string[],
  ) {
    this.shared.changed.connect(this.notebookChanged, this);
    this.panel.context.saveState.connect(this.saved, this);
    this.panel.context.pathChanged.connect(this.renamed, this);
    this.panel.context.sessionContext.kernelChanged.connect(this.languageChanged, this);
    this.shared.metadataChanged.connect(this.languageChanged, this);
    NotebookActions.executed.connect(this.executed, this);
    this.uri = this.currentUri();
    this.open();
  }

  /** The notebook's URI. Two tabs with one notebook differ in the query, which is no part of the path. */
  uri: string;
  version = 1;
  /** In the order of the notebook. */
  cells: SyncedCell[] = [];

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    window.clearTimeout(this.printing);
    this.close();
    Signal.clearData(this);
  }

  get shared(): ISharedNotebook {
    const model = this.panel.content.model;
    if (model === null) {
      throw new Error("the notebook has no content yet");
    }
    return model.sharedModel;
  }

  /** The notebook as of now, for planning an edit. */
  now(): NotebookNow {
    this.flush();
    return {
      uri: this.uri,
      version: this.version,
      cells: this.cells.map(({ uri, version, text }) => ({ uri, version, text })),
    };
  }

  byUri(uri: string): SyncedCell | undefined {
    return this.cells.find((cell) => cell.uri === uri);
  }

  byCell(cell: ISharedCell): SyncedCell | undefined {
    return this.cells.find((synced) => synced.cell === cell);
  }

  /** Tells the server everything from the start, as after it was started again. */
  reopen(): void {
    this.close();
    this.uri = this.currentUri();
    this.open();
  }

  /** Tells the server what has changed since it was told last. Does nothing if nothing has. */
  flush(): void {
    if (this._isDisposed || this.panel.isDisposed) {
      return;
    }
    this.scheduled = false;
    if (this.order) {
      this.order = false;
      this.flushOrder();
    }
    const dirty = [...this.dirty];
    this.dirty.clear();
    for (const cell of dirty) {
      const synced = this.byCell(cell);
      if (synced !== undefined) {
        this.flushCell(synced);
      }
    }
  }

  private open(): void {
    this.dirty.clear();
    this.order = false;
    const cells = this.shared.cells;
    const uris = this.urisOf(cells);
    this.cells = cells.map((cell, index) => this.take(cell, uris[index] ?? ""));
    this.connection.notify("notebookDocument/didOpen", {
      notebookDocument: {
        uri: this.uri,
        notebookType: "jupyter-notebook",
        version: this.version,
        metadata: { metadata: this.shared.getMetadata(), nbformat: this.shared.nbformat },
        cells: this.cells.map((cell) => this.described(cell)),
      },
      cellTextDocuments: this.cells.map(textDocument),
    });
    this.sendOutputs(this.cells.map(({ cell }) => cell));
  }

  private close(): void {
    for (const { cell } of this.cells) {
      cell.changed.disconnect(this.cellChanged, this);
    }
    this.connection.notify("notebookDocument/didClose", {
      notebookDocument: { uri: this.uri },
      cellTextDocuments: this.cells.map(({ uri }) => ({ uri })),
    });
    this.cells = [];
  }

  /** Starts to follow a cell. */
  private take(cell: ISharedCell, uri: string): SyncedCell {
    cell.changed.connect(this.cellChanged, this);
    return {
      uri,
      cell,
      version: 1,
      text: cell.getSource(),
      type: cell.cell_type,
      language: this.languageOf(cell),
      count: countOf(cell),
      success: null,
    };
  }

  /** A cell with its metadata in the shape in which VS Code sends it. */
  private described(synced: SyncedCell): object {
    const { cell, uri, count, success } = synced;
    const own = { id: cell.getId(), metadata: cell.getMetadata() };
    if (!isCode(cell)) {
      return { kind: kindOf(cell), document: uri, metadata: own };
    }
    const summary =
      count === null ? {} : { executionSummary: { executionOrder: count, ...(success === null ? {} : { success }) } };
    // What ran is not what stands there: the summary tells that it ran, the missing count that it was edited since.
    const executionCount = this.isEdited(cell) ? null : count;
    return { kind: 2, document: uri, metadata: { ...own, execution_count: executionCount }, ...summary };
  }

  /** Whether JupyterLab has seen the cell run and its text change afterwards. */
  private isEdited(cell: ISharedCell): boolean {
    const cells = this.panel.content.model?.cells;
    const index = this.shared.cells.indexOf(cell);
    if (cells === undefined || index < 0 || index >= cells.length) {
      return false;
    }
    const model = cells.get(index);
    return model.type === "code" && (model as CodeCellModel).isDirty;
  }

  private flushOrder(): void {
    const cells = this.shared.cells;
    const uris = this.urisOf(cells);
    const old = this.cells;
    const shorter = Math.min(old.length, cells.length);
    // A cell is the same if its URI is, and its kind: a change of kind makes another object with the same id.
    const same = (was: SyncedCell | undefined, cell: ISharedCell | undefined, uri: string | undefined) =>
      was !== undefined && cell !== undefined && was.uri === uri && was.type === cell.cell_type;
    let start = 0;
    while (start < shorter && same(old[start], cells[start], uris[start])) {
      start++;
    }
    let end = 0;
    while (
      end < shorter - start &&
      same(old[old.length - 1 - end], cells[cells.length - 1 - end], uris[cells.length - 1 - end])
    ) {
      end++;
    }
    const removed = old.slice(start, old.length - end);
    const before = new Map(removed.map((cell) => [cell.uri, cell]));
    const placed: SyncedCell[] = [];
    const opened: SyncedCell[] = [];
    const closed = new Set(removed);
    for (let index = start; index < cells.length - end; index++) {
      const cell = cells[index];
      const uri = uris[index];
      if (cell === undefined || uri === undefined) {
        continue;
      }
      const was = before.get(uri);
      if (was !== undefined && was.type === cell.cell_type) {
        closed.delete(was);
        placed.push(was);
      } else {
        const synced = this.take(cell, uri);
        opened.push(synced);
        placed.push(synced);
      }
    }
    const next = [...old.slice(0, start), ...placed, ...old.slice(old.length - end)];
    for (const gone of closed) {
      gone.cell.changed.disconnect(this.cellChanged, this);
    }
    // Moving makes new objects of the cells, also of those that stand where they stood.
    next.forEach((synced, index) => {
      const cell = cells[index];
      if (cell !== undefined && synced.cell !== cell) {
        synced.cell.changed.disconnect(this.cellChanged, this);
        cell.changed.connect(this.cellChanged, this);
        synced.cell = cell;
        this.dirty.add(cell);
      }
    });
    this.cells = next;
    if (removed.length === 0 && placed.length === 0) {
      return;
    }
    this.changed({
      structure: {
        array: {
          start,
          deleteCount: removed.length,
          cells: placed.map((cell) => this.described(cell)),
        },
        didOpen: opened.map(textDocument),
        didClose: [...closed].map(({ uri }) => ({ uri })),
      },
    });
    this.cellsChanged.emit();
  }

  private flushCell(synced: SyncedCell): void {
    const { cell } = synced;
    const language = this.languageOf(cell);
    if (language !== synced.language) {
      this.reopen();
      return;
    }
    const text = cell.getSource();
    const count = countOf(cell);
    const ran = this.ran.get(synced.uri);
    if (isCode(cell) && count !== synced.count) {
      synced.count = count;
      synced.success = null;
      // What ran is the text at the start of the run, not what somebody has typed meanwhile.
      if (count !== null && ran !== undefined) {
        this.sendText(synced, ran);
      }
      this.sendData(synced);
    }
    this.sendText(synced, text);
  }

  private sendText(synced: SyncedCell, text: string): void {
    if (text === synced.text) {
      return;
    }
    const { start, end, text: inserted } = change(synced.text, text);
    const range = { start: positionAt(synced.text, start), end: positionAt(synced.text, end) };
    synced.text = text;
    synced.version += 1;
    this.changed({
      textContent: [
        {
          document: { uri: synced.uri, version: synced.version },
          changes: [{ range, text: inserted }],
        },
      ],
    });
  }

  private sendData(synced: SyncedCell): void {
    const { cell, uri, count, success } = synced;
    const own = { id: cell.getId(), metadata: cell.getMetadata(), execution_count: count };
    const summary =
      count === null ? {} : { executionSummary: { executionOrder: count, ...(success === null ? {} : { success }) } };
    this.changed({ data: [{ kind: 2, document: uri, metadata: own, ...summary }] });
  }

  private changed(cells: object): void {
    this.version += 1;
    this.connection.notify("notebookDocument/didChange", {
      notebookDocument: { uri: this.uri, version: this.version },
      change: { cells },
    });
  }

  private notebookChanged(): void {
    this.order = true;
    this.schedule();
  }

  private cellChanged(cell: ISharedCell, what: CellChange): void {
    if (what.outputsChange !== undefined || what.streamOutputChange !== undefined) {
      this.printed.add(cell);
      // Outputs come in small pieces, and are of use only as a whole.
      this.printing ||= window.setTimeout(() => {
        this.printing = 0;
        this.sendOutputs([...this.printed]);
        this.printed.clear();
      }, 200);
    }
    if (what.executionStateChange?.newValue === "running") {
      const synced = this.byCell(cell);
      if (synced !== undefined) {
        this.ran.set(synced.uri, cell.getSource());
      }
    }
    this.dirty.add(cell);
    this.schedule();
  }

  private executed(_: unknown, run: { notebook: object; cell: { model: { sharedModel: ISharedCell } }; success: boolean }): void {
    if (run.notebook !== this.panel.content) {
      return;
    }
    this.flush();
    const synced = this.byCell(run.cell.model.sharedModel);
    if (synced !== undefined && synced.count !== null) {
      synced.success = run.success;
      this.sendSuccess(synced);
      this.ran.delete(synced.uri);
    }
  }

  /** How a run ended. The count stays unsaid: it was told, and the text may have changed since. */
  private sendSuccess(synced: SyncedCell): void {
    const { uri, count, success } = synced;
    this.changed({
      data: [{ kind: 2, document: uri, executionSummary: { executionOrder: count, success } }],
    });
  }

  private schedule(): void {
    if (!this.scheduled) {
      this.scheduled = true;
      queueMicrotask(() => this.flush());
    }
  }

  private sendOutputs(cells: readonly ISharedCell[]): void {
    if (this._isDisposed) {
      return;
    }
    const told = cells.flatMap((cell) => {
      const synced = this.byCell(cell);
      return synced === undefined || !isCode(cell)
        ? []
        : [outputsOf(synced.uri, cell.getOutputs(), this.secretMarks())];
    });
    if (told.length > 0) {
      this.connection.notify("cellwise/outputs", { notebook: this.uri, cells: told });
    }
  }

  private saved(_: unknown, state: string): void {
    if (state === "completed") {
      this.flush();
      this.connection.notify("notebookDocument/didSave", { notebookDocument: { uri: this.uri } });
    }
  }

  private renamed(): void {
    if (this.currentUri() !== this.uri) {
      this.reopen();
    }
  }

  private languageChanged(): void {
    for (const { cell } of this.cells) {
      this.dirty.add(cell);
    }
    this.schedule();
  }

  private languageOf(cell: ISharedCell): string {
    if (cell.cell_type !== "code") {
      return cell.cell_type;
    }
    const metadata = this.shared.getMetadata();
    return metadata.language_info?.name ?? this.panel.content.model?.defaultKernelLanguage ?? "python";
  }

  private currentUri(): string {
    const path = this.panel.context.localPath.split("/").map(encodeURIComponent).join("/");
    return `${this.folder.replace(/\/$/, "")}/${path}?tab=${TAB}`;
  }

  /** URIs by the cells' ids. An id that occurs twice, which Jupyter forbids, gets a number. */
  private urisOf(cells: readonly ISharedCell[]): string[] {
    const seen = new Map<string, number>();
    return cells.map((cell) => {
      const id = cell.getId();
      const before = seen.get(id) ?? 0;
      seen.set(id, before + 1);
      const number = before === 0 ? "" : `~${before}`;
      return `cellwise-cell:${TAB}/${this.number}/${encodeURIComponent(id)}${number}`;
    });
  }

  /** Cells came, went or moved. */
  readonly cellsChanged = new Signal<this, void>(this);

  private readonly number = nextNumber++;
  /** Cells whose text, count or metadata may differ from what the server knows. */
  private readonly dirty = new Set<ISharedCell>();
  /** Cells whose outputs changed. */
  private readonly printed = new Set<ISharedCell>();
  private printing = 0;
  /** The order of cells may differ. */
  private order = false;
  private scheduled = false;
  /** By URI: the text with which the last run of a cell began. */
  private readonly ran = new Map<string, string>();
  private _isDisposed = false;
}

/** Behind jupyter_lsp all tabs share one process, which keys what it knows by URI. */
const TAB = crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36) ?? "0";

let nextNumber = 1;

function countOf(cell: ISharedCell): number | null {
  return isCode(cell) ? cell.execution_count : null;
}

function textDocument({ uri, language, version, text }: SyncedCell): object {
  return { uri, languageId: language, version, text };
}
