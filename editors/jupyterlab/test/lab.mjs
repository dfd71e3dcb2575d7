// A real JupyterLab in a browser without a window, driven by keyboard and pointer.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";

import { PATIENCE, freePort, until } from "../../common/test/until.mjs";

/** A notebook of code cells: each a text, or `{ text, ...fields of the cell }`. */
export function notebook(...cells) {
  return JSON.stringify({
    cells: cells.map((cell, index) => {
      const { text, ...fields } = typeof cell === "string" ? { text: cell } : cell;
      const own = { id: `cell-${index}`, cell_type: "code", metadata: {}, source: text };
      return { ...own, execution_count: null, outputs: [], ...fields };
    }),
    metadata: {
      kernelspec: { display_name: "Python 3 (ipykernel)", language: "python", name: "python3" },
      language_info: { name: "python" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  });
}

export class Lab {
  /**
   * @param options.venv a virtual environment with JupyterLab and the wheel
   * @param options.base the URL that everything is below, as behind a JupyterHub: `/user/ann/`
   * @param options.token empty for none
   * @param options.settings of plugins, by their ids
   * @param options.options of the command line
   */
  static async start({ venv, base = "/", token = "", files = {}, settings = {}, options = [] }) {
    const own = new Lab();
    own.home = mkdtempSync(path.join(tmpdir(), "cellwise-lab-"));
    own.folder = path.join(own.home, "work");
    own.base = base;
    own.token = token;
    mkdirSync(own.folder);
    for (const [name, text] of Object.entries(files)) {
      own.write(name, text);
    }
    for (const [plugin, value] of Object.entries({
      "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false },
      ...settings,
    })) {
      const [extension, name] = plugin.split(":");
      const file = path.join(own.home, "settings", extension, `${name}.jupyterlab-settings`);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify(value));
    }
    own.port = await freePort();
    own.server = spawn(
      path.join(venv, "bin", "jupyter-lab"),
      [
        ...["--no-browser", "--allow-root", "--ip=127.0.0.1", `--port=${own.port}`, "--port-retries=0"],
        ...[`--ServerApp.root_dir=${own.folder}`, `--ServerApp.base_url=${base}`],
        ...[`--IdentityProvider.token=${token}`, "--ServerApp.password="],
        "--expose-app-in-browser",
        ...options,
      ],
      {
        // Some extensions write where they are started.
        cwd: own.home,
        env: {
          ...process.env,
          PATH: `${path.join(venv, "bin")}:${process.env.PATH}`,
          HOME: own.home,
          JUPYTERLAB_SETTINGS_DIR: path.join(own.home, "settings"),
          JUPYTERLAB_WORKSPACES_DIR: path.join(own.home, "workspaces"),
          JUPYTER_PLATFORM_DIRS: "0",
        },
        stdio: ["ignore", "pipe", "pipe"],
        // A group of its own, so that its kernels and servers end with it.
        detached: true,
      },
    );
    own.log = "";
    for (const stream of [own.server.stdout, own.server.stderr]) {
      stream.on("data", (data) => (own.log += data));
    }
    const tools = path.join(process.env.CELLWISE_DRIVER, "package.json");
    const { chromium } = createRequire(tools)("playwright-core");
    own.browser = await chromium.launch({
      ...(process.env.CELLWISE_BROWSER ? { executablePath: process.env.CELLWISE_BROWSER } : {}),
      args: ["--no-sandbox"],
    });
    await until("JupyterLab to answer", async () => {
      const query = token === "" ? "" : `?token=${token}`;
      return (await fetch(`http://127.0.0.1:${own.port}${base}api/status${query}`)).ok;
    });
    return own;
  }

  async stop() {
    await this.browser?.close();
    const ended = () => this.server.exitCode !== null || this.server.signalCode !== null;
    const end = (signal) => {
      try {
        process.kill(-this.server.pid, signal);
      } catch {
        // It has ended by itself.
      }
    };
    end("SIGTERM");
    // With real-time collaboration it sometimes never ends by itself.
    await until("the server to end", ended, 5000).catch(() => end("SIGKILL"));
    await until("the server to be gone", ended, 5000);
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  write(name, text) {
    const file = path.join(this.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  read(name) {
    return readFileSync(path.join(this.folder, name), "utf8");
  }

  /** Opens a notebook in a browser tab of its own. */
  async open(name, { context = null } = {}) {
    const own = context ?? (await this.browser.newContext({ viewport: { width: 1280, height: 860 } }));
    const page = await own.newPage();
    const tab = new Tab(this, page, name);
    page.on("pageerror", (error) => tab.errors.push(error.message));
    page.on("console", (message) => tab.console.push(message.text()));
    // A save dialog blocks everything.
    page.on("dialog", (dialog) => void dialog.accept());
    // A workspace of its own for each tab: two cannot share one.
    const workspace = `w${this.tabs++}`;
    const query = this.token === "" ? "" : `?token=${this.token}`;
    await page.goto(`http://127.0.0.1:${this.port}${this.base}lab/workspaces/${workspace}/tree/${name}${query}`);
    await page.locator(".jp-NotebookPanel:visible .jp-Notebook .jp-Cell").first().waitFor({ timeout: PATIENCE });
    await until("the kernel", () => tab.ask((panel) => panel.sessionContext.session?.kernel?.status === "idle"));
    return tab;
  }

  tabs = 0;
}

export class Tab {
  constructor(lab, page, name) {
    this.lab = lab;
    this.page = page;
    this.name = name;
    this.errors = [];
    this.console = [];
  }

  /** Asks the page about the notebook that is shown: `question` is given its panel and `argument`. */
  ask(question, argument) {
    return this.page.evaluate(
      ([text, own]) => new Function(`return ${text}`)()(window.jupyterapp.shell.currentWidget, own, window.jupyterapp),
      [question.toString(), argument],
    );
  }

  cells() {
    return this.ask((panel) => panel.content.model.sharedModel.cells.map((cell) => cell.getSource()));
  }

  outputs() {
    return this.ask((panel) =>
      panel.content.model.sharedModel.cells.map((cell) =>
        (cell.getOutputs?.() ?? []).map((output) => output.text ?? output.data?.["text/plain"] ?? output.ename).join(""),
      ),
    );
  }

  cell(index) {
    return this.page.locator(".jp-NotebookPanel:visible .jp-Notebook .jp-Cell").nth(index);
  }

  /** Puts the cursor at the end of a cell, or behind the first place of `text` in it. */
  async edit(index, text = null) {
    await this.cell(index).locator(".cm-content").click();
    if (text === null) {
      await this.page.keyboard.press("Control+End");
      return;
    }
    await this.ask(
      async (panel, [at, needle]) => {
        const { editor } = panel.content.widgets[at];
        const place = editor.getPositionAt(editor.model.sharedModel.getSource().indexOf(needle) + needle.length);
        editor.setCursorPosition(place);
      },
      [index, text],
    );
  }

  async command(id, args = {}) {
    await this.page.evaluate(([name, own]) => window.jupyterapp.commands.execute(name, own), [id, args]);
  }

  /** The squiggles of a cell: `severity: the text below which it stands`. */
  squiggles(index) {
    return this.cell(index)
      .locator(".cellwise-squiggle")
      .evaluateAll((marks) =>
        marks.map((mark) => `${[...mark.classList].find((name) => /-(error|warning|info|hint)$/.test(name)).slice(9)}: ${mark.textContent}`),
      );
  }

  async squiggle(index, expected) {
    return until(`the squiggle “${expected}” in cell ${index + 1}`, async () =>
      (await this.squiggles(index)).includes(expected),
    );
  }

  async noSquiggle(index) {
    return until(`no squiggle in cell ${index + 1}`, async () => (await this.squiggles(index)).length === 0);
  }

  async runAll() {
    await this.command("notebook:run-all-cells");
    await until("the kernel to be idle", () =>
      this.ask((panel) => panel.sessionContext.session?.kernel?.status === "idle"),
    );
  }

  async save() {
    await this.command("docmanager:save");
    await until("the notebook to be saved", () => this.ask((panel) => !panel.context.model.dirty));
  }

  async menu(title) {
    const item = this.page.locator(".cellwise-menu .lm-Menu-item", { hasText: title }).first();
    await item.waitFor();
    return item;
  }

  /** Leaves the name that the extension proposes for a new function. */
  async keepName() {
    const button = this.page.locator(".jp-Dialog .jp-mod-reject");
    await button.click();
    await button.waitFor({ state: "hidden" });
  }

  async screenshot(name) {
    const folder = process.env.CELLWISE_SCREENSHOTS;
    if (folder) {
      mkdirSync(folder, { recursive: true });
      await this.page.screenshot({ path: path.join(folder, `${name}.png`) });
    }
  }
}
