/** Code actions: asked for, shown in a menu, resolved, and carried out. */

import type { ISharedCell } from "@jupyter/ydoc";
import { InputDialog, Notification } from "@jupyterlab/apputils";
import type { IDocumentManager } from "@jupyterlab/docmanager";
import { CommandRegistry } from "@lumino/commands";
import { Menu } from "@lumino/widgets";
import type { NotebookEdit, Range, Select, Targets } from "../../common/protocol";
import { Refused, apply, fromWorkspaceEdit } from "./apply";
import { CONTENT_MODIFIED, ConnectionLost, ResponseError } from "./connection";
import type { NotebookDocument } from "./document";
import type { CodeAction, Diagnostic, WorkspaceEdit } from "./lsp";
import type { Session } from "./session";
import { chooseTarget } from "./targets";

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
    const place = this.session.find(cell);
    const diagnostics = place === null ? [] : this.session.diagnosticsOf(place.synced.uri);
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

  /** Carries out an action of a notebook by its name, wherever the cursor is. */
  async runNamed(name: string, document: NotebookDocument | null): Promise<void> {
    for (const { cell } of document?.cells ?? []) {
      const start = { line: 0, character: 0 };
      const offered = (await this.at(cell, { start, end: start }, [])).find(({ data }) => data?.action === name);
      if (offered !== undefined) {
        return this.run(cell, offered);
      }
    }
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
    const { connection } = this.session;
    document.flush();
    let chosen = action;
    if (action.data?.ask === "module") {
      const targets = await connection.request<Targets | null>("cellwise/targets", { data: action.data });
      const argument = targets === null ? null : await chooseTarget(targets);
      if (argument === null) {
        return;
      }
      chosen = { ...action, data: { ...action.data, argument } };
    }
    const { edit, command } = await connection.request<CodeAction>("codeAction/resolve", chosen);
    if (command?.command === APPLY) {
      const own = command.arguments?.[0] as NotebookEdit;
      await apply(own, document, this.manager, this.session.folder);
      if (own.select !== null) {
        await this.rename(document, own.select);
      }
    } else if (edit !== undefined) {
      await apply(fromWorkspaceEdit(edit, document), document, this.manager, this.session.folder);
    }
  }

  /** Asks for another name of what an action has just made, and renames it in all cells. */
  private async rename(document: NotebookDocument, { index, range }: Select): Promise<void> {
    const synced = document.cells[index];
    const name = synced && nameIn(synced.text, range);
    if (synced === undefined || name == null) {
      return;
    }
    const { button, value } = await InputDialog.getText({
      title: "Name",
      text: name,
      okLabel: "Use this name",
      cancelLabel: "Keep",
      selectionRange: name.length,
    });
    if (!button.accept || value === null || value.trim() === "" || value.trim() === name) {
      return;
    }
    document.flush();
    const edit = await this.session.connection.request<WorkspaceEdit | null>("textDocument/rename", {
      textDocument: { uri: synced.uri },
      position: range.start,
      newName: value.trim(),
    });
    if (edit !== null) {
      await apply(fromWorkspaceEdit(edit, document), document, this.manager, this.session.folder);
    }
  }
}

/** The text in a range of one line, if it is a name. */
function nameIn(text: string, { start, end }: Range): string | null {
  const line = text.split("\n")[start.line] ?? "";
  const name = start.line === end.line ? line.slice(start.character, end.character) : "";
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) ? name : null;
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
