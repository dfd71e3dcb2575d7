/** JSON-RPC over a socket that comes back by itself. */

import { URLExt } from "@jupyterlab/coreutils";
import { ServerConnection } from "@jupyterlab/services";
import { ISignal, Signal } from "@lumino/signaling";

/** An error answer of the server. */
export class ResponseError extends Error {
  constructor(
    message: string,
    readonly code: number,
  ) {
    super(message);
  }
}

/** The connection ended before the answer came. */
export class ConnectionLost extends Error {
  constructor() {
    super("The Cellwise server is not running at the moment; it is being started again.");
  }
}

/** `ContentModified` of LSP: the notebook moved on while the request was under way. */
export const CONTENT_MODIFIED = -32801;

export interface Notification {
  readonly method: string;
  readonly params: unknown;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Waits between attempts, in milliseconds. The last one repeats. */
const WAITS = [250, 500, 1000, 2000, 5000, 15000];

/** A connection that lived this long, in milliseconds, starts again with the first wait. */
const LONG_LIVED = 10000;

/**
 * The places where a server may be: the socket of our own server extension, and that of jupyter_lsp
 * for those who switched ours off.
 */
const PLACES = [
  ["cellwise", "socket"],
  ["lsp", "ws", "cellwise-notebook"],
];

export class Connection {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  /** The socket is open. Nothing has been said yet. */
  get opened(): ISignal<this, void> {
    return this._opened;
  }

  /** The socket closed; requests that wait for an answer have failed. It opens again by itself. */
  get closed(): ISignal<this, void> {
    return this._closed;
  }

  get notified(): ISignal<this, Notification> {
    return this._notified;
  }

  connect(): void {
    this.open();
  }

  /** Ends the process and starts another one. */
  restart(): void {
    this.attempts = 0;
    if (this.socket === null) {
      this.open();
    } else {
      this.socket.close();
    }
  }

  /** @throws {ResponseError | ConnectionLost} */
  request<T>(method: string, params: unknown): Promise<T> {
    const socket = this.socket;
    if (socket === null || socket.readyState !== socket.OPEN) {
      return Promise.reject(new ConnectionLost());
    }
    // Behind jupyter_lsp all tabs share one process and hear each other's answers.
    const id = `${this.name}-${this.nextId++}`;
    return new Promise<T>((resolve, reject) => {
      this.pending.set(id, { resolve: (result) => resolve(result as T), reject });
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }

  /** Says nothing while the connection is down: whoever opens it again starts afresh. */
  notify(method: string, params: unknown): void {
    const socket = this.socket;
    if (socket !== null && socket.readyState === socket.OPEN) {
      socket.send(JSON.stringify({ jsonrpc: "2.0", method, params }));
    }
  }

  private open(): void {
    window.clearTimeout(this.timer);
    const { WebSocket, wsUrl, appendToken, token } = this.settings;
    const place = PLACES[this.place] ?? [];
    const query = appendToken && token !== "" ? `?token=${encodeURIComponent(token)}` : "";
    const socket = new WebSocket(URLExt.join(wsUrl, ...place) + query);
    this.socket = socket;
    let since: number | null = null;
    socket.onopen = () => {
      since = Date.now();
      this._opened.emit();
    };
    socket.onmessage = (event) => this.received(String(event.data));
    socket.onclose = () => {
      this.socket = null;
      if (since === null) {
        this.place = (this.place + 1) % PLACES.length;
      } else if (Date.now() - since > LONG_LIVED) {
        this.attempts = 0;
      }
      const lost = [...this.pending.values()];
      this.pending.clear();
      for (const request of lost) {
        request.reject(new ConnectionLost());
      }
      this._closed.emit();
      const wait = WAITS[Math.min(this.attempts, WAITS.length - 1)];
      this.attempts += 1;
      this.timer = window.setTimeout(() => this.open(), wait);
    };
  }

  private received(text: string): void {
    const message = JSON.parse(text) as {
      id?: string | number | null;
      method?: string;
      params?: unknown;
      result?: unknown;
      error?: { code: number; message: string };
    };
    if (message.method !== undefined) {
      if (message.id === undefined) {
        this._notified.emit({ method: message.method, params: message.params });
      } else {
        // We announce nothing that a server could ask for.
        const error = { code: -32601, message: `${message.method} is not supported` };
        this.socket?.send(JSON.stringify({ jsonrpc: "2.0", id: message.id, error }));
      }
      return;
    }
    const id = String(message.id);
    const pending = this.pending.get(id);
    if (pending === undefined) {
      return;
    }
    this.pending.delete(id);
    if (message.error !== undefined) {
      pending.reject(new ResponseError(message.error.message, message.error.code));
    } else {
      pending.resolve(message.result ?? null);
    }
  }

  private readonly name = crypto.getRandomValues(new Uint32Array(2)).join("-");
  private readonly pending = new Map<string, Pending>();
  private socket: WebSocket | null = null;
  private nextId = 1;
  private place = 0;
  private attempts = 0;
  private timer = 0;
  private _opened = new Signal<this, void>(this);
  private _closed = new Signal<this, void>(this);
  private _notified = new Signal<this, Notification>(this);
}
