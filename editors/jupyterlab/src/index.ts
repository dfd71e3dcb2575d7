/** The labextension: puts the parts together. */

import { ILayoutRestorer } from "@jupyterlab/application";
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette, ISessionContextDialogs } from "@jupyterlab/apputils";
import { EditorExtensionRegistry, IEditorExtensionRegistry } from "@jupyterlab/codemirror";
import { IDocumentManager } from "@jupyterlab/docmanager";
import { INotebookTracker, NotebookActions } from "@jupyterlab/notebook";
import type { NotebookPanel } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { IStatusBar } from "@jupyterlab/statusbar";
import { LabIcon } from "@jupyterlab/ui-components";
import type { ISharedCell } from "@jupyter/ydoc";
import type { JSONObject } from "@lumino/coreutils";
import type { Graph } from "../../common/protocol";
import { Actions } from "./actions";
import { select } from "./apply";
import { Connection } from "./connection";
import type { NotebookDocument } from "./document";
import type { Host } from "./editor";
import { Editors, selectedRange } from "./editor";
import { explain } from "./explain";
import icon from "./icon";
import type { ListedFinding } from "./panel";
import { SidePanel } from "./panel";
import { Session } from "./session";
import { serverSettings } from "./settings";
import { StatusItem } from "./status";

const PLUGIN = "cellwise:plugin";

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: "Notebook hygiene: says what will fail on a run from the top, and does the repair.",
  autoStart: true,
  requires: [INotebookTracker, IEditorExtensionRegistry, IDocumentManager, IRenderMimeRegistry],
  optional: [ICommandPalette, ISettingRegistry, IStatusBar, ILayoutRestorer, ISessionContextDialogs],
  activate,
};

export default plugin;

async function activate(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  registry: IEditorExtensionRegistry,
  manager: IDocumentManager,
  rendermime: IRenderMimeRegistry,
  palette: ICommandPalette | null,
  settingRegistry: ISettingRegistry | null,
  statusBar: IStatusBar | null,
  restorer: ILayoutRestorer | null,
  dialogs: ISessionContextDialogs | null,
): Promise<void> {
  const connection = new Connection(app.serviceManager.serverSettings);
  const editors = new Editors();
  const session = new Session(connection, tracker, {});
  const actions = new Actions(session, manager);
  const host: Host = {
    diagnosticsOf: (cell) => {
      const place = session.find(cell);
      return place === null ? [] : session.diagnosticsOf(place.synced.uri);
    },
    actionsAt: (cell, range, diagnostics) => actions.at(cell, range, diagnostics),
    run: (cell, action) => void actions.run(cell, action),
    showMenu: (cell, range, at) => void actions.showMenu(cell, range, at),
    explain: (rule) => void app.commands.execute("cellwise:explain", { rule }),
  };
  // At once and not after the settings: editors that are open already would be left out.
  registry.addExtension({
    name: "cellwise:findings",
    factory: ({ model }) => {
      const cell = model.sharedModel as ISharedCell;
      // Editors of files have no cell, and the console's prompt belongs to no notebook.
      return "cell_type" in cell
        ? EditorExtensionRegistry.createImmutableExtension(editors.extension(cell, host))
        : null;
    },
  });
  session.diagnosticsChanged.connect((_, synced) => editors.show(synced.cell, host));

  const document = (): NotebookDocument | null => session.documentOf(tracker.currentWidget);
  const side = new SidePanel({
    graph: (panel) => ask<Graph>("cellwise/graph", panel),
    findings: async (panel) => (await ask<readonly ListedFinding[]>("cellwise/findings", panel)) ?? [],
    status: (panel) => session.statusOf(panel),
    reveal: (panel, index, range) => {
      app.shell.activateById(panel.id);
      void select(panel, index, range);
    },
    explain: host.explain,
    runStale: () => void app.commands.execute("cellwise:run-stale"),
    order: () => void actions.runNamed("order-cells", document()),
  });
  async function ask<T>(method: string, panel: NotebookPanel): Promise<T | null> {
    const own = session.documentOf(panel);
    own?.flush();
    return own === null ? null : connection.request<T | null>(method, { notebook: own.uri }).catch(() => null);
  }
  side.id = "cellwise-panel";
  side.title.icon = new LabIcon({ name: "cellwise:icon", svgstr: icon });
  side.title.caption = "Cellwise";
  app.shell.add(side, "right", { rank: 900 });
  restorer?.add(side, side.id);

  const item = new StatusItem(() => void app.commands.execute("cellwise:show-panel"));
  statusBar?.registerStatusItem("cellwise:status", {
    item,
    align: "left",
    rank: 50,
  });
  const refresh = (): void => {
    item.setHidden(tracker.currentWidget === null);
    item.show_(session.state, session.statusOf(tracker.currentWidget));
    side.refresh();
  };
  session.shown.connect(refresh);
  session.stateChanged.connect(() => {
    editors.showAll(host);
    refresh();
  });
  tracker.currentChanged.connect((_, panel) => {
    side.show_(panel);
    refresh();
  });
  tracker.activeCellChanged.connect(() => side.select(tracker.currentWidget?.content.activeCellIndex ?? 0));
  side.show_(tracker.currentWidget);
  refresh();

  app.commands.addCommand("cellwise:actions", {
    label: "Show What Can Be Done Here",
    caption: "Repairs and refactorings for the cursor or the cell",
    isEnabled: () => tracker.activeCell !== null,
    execute: () => {
      const cell = tracker.activeCell;
      const view = cell && editors.viewsOf(cell.model.sharedModel)[0];
      if (cell == null || view == null) {
        return;
      }
      const head = view.coordsAtPos(view.state.selection.main.head);
      const { left, bottom } = head ?? cell.node.getBoundingClientRect();
      host.showMenu(cell.model.sharedModel, selectedRange(view), { x: left, y: bottom });
    },
  });
  app.commands.addCommand("cellwise:run-stale", {
    label: "Run Stale Cells",
    caption: "Runs the cells whose results are older than what they were made of, in order",
    isEnabled: () => (session.statusOf(tracker.currentWidget)?.stale.length ?? 0) > 0,
    execute: async () => {
      const panel = tracker.currentWidget;
      const stale = session.statusOf(panel)?.stale ?? [];
      if (panel === null || stale.length === 0) {
        return;
      }
      const own = session.documentOf(panel);
      own?.flush();
      const uris = new Set(stale.map(({ uri }) => uri));
      const cells = panel.content.widgets.filter((_, index) => uris.has(own?.cells[index]?.uri ?? ""));
      await NotebookActions.runCells(panel.content, cells, panel.sessionContext, dialogs ?? undefined);
    },
  });
  app.commands.addCommand("cellwise:show-panel", {
    label: "Show Cells and Findings",
    execute: () => app.shell.activateById(side.id),
  });
  app.commands.addCommand("cellwise:restart", {
    label: "Restart the Cellwise Server",
    execute: () => connection.restart(),
  });
  app.commands.addCommand("cellwise:explain", {
    label: "Explain a Rule",
    execute: ({ rule }) => explain(String(rule), connection, app, rendermime),
  });
  app.contextMenu.addItem({ command: "cellwise:actions", selector: ".jp-Notebook .jp-Cell", rank: 4 });
  for (const command of ["cellwise:actions", "cellwise:run-stale", "cellwise:show-panel", "cellwise:restart"]) {
    palette?.addItem({ command, category: "Cellwise" });
  }

  const settings = await settingRegistry?.load(PLUGIN).catch(() => null);
  if (settings != null) {
    const configure = (): void => session.configure(serverSettings(settings.user as JSONObject));
    settings.changed.connect(configure);
    configure();
  }
}
