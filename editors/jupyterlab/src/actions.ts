/** Code actions: asked for, shown in a menu, resolved, and carried out. */

import type { ISharedCell } from "@jupyter/ydoc";
import { Notification } from "@jupyterlab/apputils";
import type { IDocumentManager } from "@jupyterlab/docmanager";
import { CommandRegistry } from "@lumino/commands";
import { Menu } from "@lumino/widgets";
import type { NotebookEdit, Range } from "../../common/protocol";
import { Refused, apply, fromWorkspaceEdit } from "./apply";
import { CONTENT_MODIFIED, ConnectionLost, ResponseError } from "./connection";
import type { CodeAction, Diagnostic } from "./lsp";
import type { Session } from "./session";

const APPLY = "cellwise.applyNotebookEdit";

export class Actions {
  constructor(
    private readonly session: Session,
    private readonly manager: IDocumentManager,
  ) {}

  /** What the server offers for a selection; nothing where it is away or the cell unknown to it. */
  async at(cell: ISharedCell, range: Range, diagnostics: readonly Diagnostic[]): Promise<readonly CodeAction[]> {
    const place = this.session.find(cell);
    if (place === null) {
      return [];
    }
    place.document.flush();
    try {
      const actions = await this.session.connection.request<readonly CodeAction[] | null>("textDocument/codeAction", {
        textDocument: { uri: place.synced.uri },
        range,
        context: { diagnostics },
      });
      return actions ?? [];
    } catch (error) {
      if (error instanceof ConnectionLost || error instanceof ResponseError) {
        return [];
      }
      throw error;
    }
  }

  /** Opens a menu of what can be done, at a place in the window's pixels. */
  async showMenu(cell: ISharedCell, range: Range, at: { x: number; y: number }): Promise<void> {
    const diagnostics = this.session.find(cell) ? this.session.diagnosticsOf(this.session.find(cell)!.synced.uri) : [];
    const actions = await this.at(cell, range, diagnostics);
    const commands = new CommandRegistry();
    const menu = new Menu({ commands });
    menu.addClass("cellwise-menu");
    if (actions.length === 0) {
      commands.addCommand("none", {
        label: this.session.state === "running" ? "Nothing to do here" : "The Cellwise server is not running",
        isEnabled: () => false,
        execute: () => undefined,
      });
      menu.addItem({ command: "none" });
    }
    let group: string | null = null;
    actions.forEach((action, index) => {
      const kind = action.kind?.split(".")[0] ?? "";
      if (group !== null && kind !== group) {
        menu.addItem({ type: "separator" });
      }
      group = kind;
      const { disabled } = action;
      commands.addCommand(String(index), {
        label: action.title,
        caption: disabled === undefined ? action.title : `Not possible: ${disabled.reason}`,
        isEnabled: () => disabled === undefined,
        execute: () => void this.run(cell, action),
      });
      menu.addItem({ command: String(index) });
    });
    menu.aboutToClose.connect(() => {
      // Lumino still reads the menu while it closes.
      queueMicrotask(() => menu.dispose());
    });
    menu.open(at.x, at.y);
    menu.activateNextItem();
  }

  /** Resolves an action and carries it out. What goes wrong is told, and nothing is done then. */
  async run(cell: ISharedCell, action: CodeAction): Promise<void> {
    try {
      await this.tryRun(cell, action);
    } catch (error) {
      Notification.error(sentence(error), { autoClose: 8000 });
      if (!isExpected(error)) {
        console.error("Cellwise:", error);
      }
    }
  }

  private async tryRun(cell: ISharedCell, action: CodeAction): Promise<void> {
    const place = this.session.find(cell);
    if (place === null) {
      throw new Refused("The cell is gone. Nothing was done.");
    }
    const { document } = place;
    document.flush();
    const { edit, command } = await this.session.connection.request<CodeAction>("codeAction/resolve", action);
    if (command?.command === APPLY) {
      await apply(command.arguments?.[0] as NotebookEdit, document, this.manager, this.session.folder);
    } else if (edit !== undefined) {
      await apply(fromWorkspaceEdit(edit, document), document, this.manager, this.session.folder);
    }
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof Refused || error instanceof ResponseError || error instanceof ConnectionLost;
}

function sentence(error: unknown): string {
  if (error instanceof ResponseError && error.code === CONTENT_MODIFIED) {
    return "The cell has changed since this was offered, so nothing was done. Choose the action again.";
  }
  return error instanceof Error ? error.message : String(error);
}
