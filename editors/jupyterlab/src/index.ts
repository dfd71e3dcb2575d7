/** The labextension: puts the parts together. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette } from "@jupyterlab/apputils";
import { EditorExtensionRegistry, IEditorExtensionRegistry } from "@jupyterlab/codemirror";
import { IDocumentManager } from "@jupyterlab/docmanager";
import { INotebookTracker } from "@jupyterlab/notebook";
import type { ISharedCell } from "@jupyter/ydoc";
import { Actions } from "./actions";
import { Connection } from "./connection";
import type { Host } from "./editor";
import { Editors, selectedRange } from "./editor";
import { Session } from "./session";

const plugin: JupyterFrontEndPlugin<void> = {
  id: "cellwise:plugin",
  description: "Notebook hygiene: says what will fail on a run from the top, and does the repair.",
  autoStart: true,
  requires: [INotebookTracker, IEditorExtensionRegistry, IDocumentManager],
  optional: [ICommandPalette],
  activate,
};

export default plugin;

function activate(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  registry: IEditorExtensionRegistry,
  manager: IDocumentManager,
  palette: ICommandPalette | null,
): void {
  const session = new Session(new Connection(app.serviceManager.serverSettings), tracker, {});
  const actions = new Actions(session, manager);
  const editors = new Editors();
  const host: Host = {
    diagnosticsOf: (cell) => {
      const place = session.find(cell);
      return place === null ? [] : session.diagnosticsOf(place.synced.uri);
    },
    actionsAt: (cell, range, diagnostics) => actions.at(cell, range, diagnostics),
    run: (cell, action) => void actions.run(cell, action),
    showMenu: (cell, range, at) => void actions.showMenu(cell, range, at),
    explain: () => undefined,
  };

  registry.addExtension({
    name: "cellwise:findings",
    factory: ({ model }) => {
      const cell = model.sharedModel as ISharedCell;
      // Editors of files and of the console's prompt are none of ours.
      return "cell_type" in cell
        ? EditorExtensionRegistry.createImmutableExtension(editors.extension(cell, host))
        : null;
    },
  });
  session.diagnosticsChanged.connect((_, synced) => editors.show(synced.cell, host));

  app.commands.addCommand("cellwise:actions", {
    label: "Cellwise: What Can Be Done Here",
    caption: "Repairs and refactorings for the cursor or the cell",
    isEnabled: () => tracker.activeCell !== null,
    execute: () => {
      const cell = tracker.activeCell;
      if (cell === null) {
        return;
      }
      const shared = cell.model.sharedModel;
      const view = editors.views_(shared)[0];
      if (view === undefined) {
        return;
      }
      const head = view.coordsAtPos(view.state.selection.main.head);
      const { left, bottom } = head ?? cell.node.getBoundingClientRect();
      host.showMenu(shared, selectedRange(view), { x: left, y: bottom });
    },
  });
  app.contextMenu.addItem({ command: "cellwise:actions", selector: ".jp-Notebook .jp-Cell", rank: 4 });
  for (const selector of [".jp-Notebook.jp-mod-editMode .jp-Cell", ".jp-Notebook.jp-mod-commandMode:focus"]) {
    app.commands.addKeyBinding({ command: "cellwise:actions", keys: ["Alt Enter"], selector });
  }
  palette?.addItem({ command: "cellwise:actions", category: "Cellwise" });
}
