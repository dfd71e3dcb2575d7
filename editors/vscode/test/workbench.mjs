// A real workbench in a browser without a window: started fresh, driven by keyboard and pointer,
// and asked what it holds through the probe (test/probe).
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { PATIENCE, freePort, until } from "../../common/test/until.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));

export class Workbench {
  /**
   * @param tools the folder in which `install.sh` put things
   * @param options.vsix the packed extension
   * @param options.files what is in the workspace: name to text
   * @param options.settings of the user
   * @param options.cellwise the program; `null` to leave the setting out
   */
  static async start(tools, { vsix, files = {}, settings = {}, cellwise = null, environment = {}, browser }) {
    const own = new Workbench();
    own.folder = mkdtempSync(path.join(tmpdir(), "cellwise-vscode-"));
    own.workspace = path.join(own.folder, "ws");
    const user = path.join(own.folder, "user");
    const extensions = path.join(own.folder, "extensions");
    mkdirSync(own.workspace);
    for (const [name, text] of Object.entries(files)) {
      own.write(name, text);
    }
    cpSync(path.join(here, "probe"), path.join(extensions, "cellwise.probe-0.0.0"), { recursive: true });
    // As people install it.
    const codeServer = [path.join(tools, "workbench", "node_modules", "code-server")];
    const node = process.env.CELLWISE_NODE ?? process.execPath;
    const folders = ["--user-data-dir", user, "--extensions-dir", extensions];
    mkdirSync(path.join(user, "User"), { recursive: true });
    writeFileSync(path.join(user, "config.yaml"), "");
    const config = ["--config", path.join(user, "config.yaml")];
    execFileSync(node, [...codeServer, ...config, ...folders, "--install-extension", vsix], { stdio: "pipe" });
    writeFileSync(
      path.join(user, "User", "settings.json"),
      JSON.stringify({
        ...(cellwise === null ? {} : { "cellwise.path": cellwise }),
        "security.workspace.trust.enabled": false,
        "workbench.startupEditor": "none",
        "workbench.tips.enabled": false,
        "workbench.secondarySideBar.defaultVisibility": "hidden",
        "window.commandCenter": false,
        "chat.commandCenter.enabled": false,
        "extensions.ignoreRecommendations": true,
        "extensions.autoCheckUpdates": false,
        "telemetry.telemetryLevel": "off",
        "files.autoSave": "off",
        "editor.accessibilitySupport": "off",
        ...settings,
      }),
    );
    const port = await freePort();
    own.probePort = await freePort();
    own.server = spawn(
      node,
      [
        ...[...codeServer, ...config, ...folders, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`],
        ...["--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"],
        "--disable-getting-started-override",
      ],
      {
        env: { ...process.env, CELLWISE_PROBE_PORT: String(own.probePort), ...environment },
        stdio: ["ignore", "pipe", "pipe"],
        // A group of its own, so that its children end with it.
        detached: true,
      },
    );
    own.log = "";
    for (const stream of [own.server.stdout, own.server.stderr]) {
      stream.on("data", (data) => (own.log += data));
    }
    const { chromium: browsers } = createRequire(path.join(tools, "driver", "package.json"))("playwright-core");
    own.browser = await browsers.launch({
      ...(browser === undefined || browser === "" ? {} : { executablePath: browser }),
      args: ["--no-sandbox", "--disable-gpu"],
    });
    const context = await own.browser.newContext({ viewport: { width: 1280, height: 860 } });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    context.setDefaultTimeout(PATIENCE);
    own.page = await context.newPage();
    const address = `http://127.0.0.1:${port}/?folder=${encodeURIComponent(own.workspace)}`;
    await until("the workbench to answer", async () => (await fetch(address)).ok);
    await own.page.goto(address);
    await own.page.waitForSelector(".monaco-workbench", { timeout: PATIENCE });
    await until("the probe to answer", () => own.ask("return true"));
    return own;
  }

  async stop() {
    await this.browser?.close();
    if (this.server !== undefined && this.server.exitCode === null) {
      process.kill(-this.server.pid, "SIGKILL");
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  write(name, text) {
    const file = path.join(this.workspace, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  read(name) {
    return readFileSync(path.join(this.workspace, name), "utf8");
  }

  /** The files of the workspace, by their paths in it. */
  files() {
    return readdirSync(this.workspace, { recursive: true });
  }

  /** Runs the body of an async function in the extension host; it has `vscode` and `probe`. */
  async ask(body) {
    const response = await fetch(`http://127.0.0.1:${this.probePort}/`, {
      method: "POST",
      body,
      // VS Code does not answer every command; whoever waits for a condition asks again.
      signal: AbortSignal.timeout(PATIENCE / 3),
    }).catch((error) => {
      // Node prints what is aborted as `{}`.
      throw new Error(`the extension host did not answer (${error.message}): ${body.trim().slice(0, 200)}`);
    });
    const { value, error } = await response.json();
    if (error !== undefined) {
      throw new Error(error);
    }
    return value;
  }

  /** Chooses a command in the palette, by keyboard. */
  async command(title) {
    await this.pick("F1", title);
  }

  /** Opens a file by its name, by keyboard. */
  async open(name) {
    await this.pick("Control+p", name);
    const isOpen = `const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
      return tab !== undefined && tab.label === ${JSON.stringify(path.basename(name))};`;
    await until(`${name} to be open`, () => this.ask(isOpen));
    if (name.endsWith(".ipynb")) {
      await until("the cells to be shown", () => this.page.locator(".notebookOverlay .cell-list-container .monaco-list-row").count());
    }
  }

  /** Types into a quick input and takes the first entry, once it is what was typed. */
  async pick(key, text) {
    const input = this.page.locator(".quick-input-widget .quick-input-box input");
    // A cold workbench loses keys.
    await until(`${key} to open`, async () => {
      if (!(await input.isVisible())) {
        await this.page.keyboard.press(key);
      }
      await input.waitFor({ state: "visible", timeout: 2000 });
      return true;
    });
    await this.choose(text, key === "F1" ? `>${text}` : text);
  }

  /** Takes what is listed first for a text in the quick input that is open, or is about to be. */
  async choose(text, typed = text, placeholder = "") {
    const which = placeholder === "" ? "" : `[placeholder*="${placeholder}"]`;
    const input = this.page.locator(`.quick-input-widget .quick-input-box input${which}`);
    await input.waitFor({ timeout: PATIENCE });
    await input.fill(typed);
    const first = this.page.locator(".quick-input-list .monaco-list-row").first();
    await until(`“${text}” to be listed`, async () => ((await first.getAttribute("aria-label")) ?? "").includes(text));
    await this.page.keyboard.press("Enter");
  }

  /** The cells of the active notebook: kind, text, count, outputs. */
  cells() {
    return this.ask(`const editor = vscode.window.activeNotebookEditor;
      return editor.notebook.getCells().map((cell) => ({
        kind: cell.kind === 2 ? "code" : "markup", text: cell.document.getText(),
        uri: cell.document.uri.toString(), metadata: cell.metadata, outputs: cell.outputs.length,
        order: cell.executionSummary?.executionOrder ?? null }));`);
  }

  texts() {
    return this.cells().then((cells) => cells.map(({ text }) => text));
  }

  /** Our diagnostics of the active notebook: "cell index: rule". */
  findings() {
    return this.ask(`const { notebook } = vscode.window.activeNotebookEditor;
      return notebook.getCells().flatMap((cell) => vscode.languages.getDiagnostics(cell.document.uri)
        .filter((found) => found.source === "cellwise")
        .map((found) => cell.index + ": " + (found.code.value ?? found.code)));`);
  }

  /** Puts the cursor at the start of a cell. What is typed next goes there. */
  async focusCell(index) {
    const go = `const editor = vscode.window.activeNotebookEditor;
      await vscode.window.showNotebookDocument(editor.notebook, { selections: [new vscode.NotebookRange(${index}, ${index + 1})] });
      await vscode.commands.executeCommand("notebook.cell.edit");
      return true;`;
    await until("the cell to be selected", () => this.ask(go));
    await until(`cell ${index + 1} to have the cursor`, () =>
      this.ask(`return vscode.window.activeTextEditor?.document === vscode.window.activeNotebookEditor.notebook.cellAt(${index}).document;`),
    );
    // The probe sees the editor before the page has given it the keys.
    await until("the keys to go there", () =>
      this.page.evaluate(() => document.activeElement?.closest(".cell-editor-container") !== null),
    );
    await this.press("Control+Home");
  }

  async press(...keys) {
    for (const key of keys) {
      await this.page.keyboard.press(key);
    }
  }

  /** Opens the menu of code actions at the cursor and chooses an entry by arrows and Enter. */
  async chooseAction(title) {
    const menu = this.page.locator(".action-widget");
    const focused = menu.locator(".monaco-list-row.focused");
    const seen = new Set();
    await until(`“${title}” to be chosen`, async () => {
      if (!(await menu.isVisible())) {
        await this.page.keyboard.press("Control+.");
        await menu.waitFor({ state: "visible", timeout: 5000 });
      }
      const label = (await focused.count()) === 0 ? "" : (await focused.innerText({ timeout: 1000 })).trim();
      seen.add(label);
      if (label.includes(title)) {
        await this.page.keyboard.press("Enter");
        return true;
      }
      await this.page.keyboard.press("ArrowDown");
      return false;
    }).catch((error) => {
      error.message += `; the menu has ${[...seen].join(", ")}`;
      throw error;
    });
    await menu.waitFor({ state: "hidden" });
  }

  /** Waits until the texts of the cells are as they should be, and returns them. */
  became(isSo) {
    return until("the cells to change", async () => {
      const texts = await this.texts();
      return isSo(texts) && texts;
    });
  }

  /** Waits until the findings are as they should be, and returns them. */
  async found(isSo) {
    let seen;
    try {
      return await until("the findings", async () => {
        seen = await this.findings();
        return isSo(seen) && seen;
      });
    } catch (error) {
      error.message += `; they are ${seen?.join(", ")}`;
      throw error;
    }
  }

  /** Waits for a notification, and closes all of them. */
  async toldThat(pattern) {
    const texts = () => this.page.locator(".notifications-toasts .notification-list-item-message").allInnerTexts();
    await until(`a notification that says ${pattern}`, async () => (await texts()).some((text) => pattern.test(text)));
    await this.ask('await vscode.commands.executeCommand("notifications.clearAll");');
  }

  isDirty() {
    return this.ask("return vscode.window.activeNotebookEditor.notebook.isDirty;");
  }

  save() {
    return this.ask("await vscode.window.activeNotebookEditor.notebook.save();");
  }

  /** The selected text. */
  selection() {
    return this.ask("const e = vscode.window.activeTextEditor; return e?.document.getText(e.selection) ?? null;");
  }

  /** Selects a cell, and leaves the cursor out of it. */
  async selectCell(index) {
    await this.ask(`const editor = vscode.window.activeNotebookEditor;
      await vscode.window.showNotebookDocument(editor.notebook, { selections: [new vscode.NotebookRange(${index}, ${index + 1})] });
      await vscode.commands.executeCommand("notebook.cell.quitEdit");`);
  }

  /** Undo as the keys do it when no cell has the cursor. */
  async undo() {
    await this.ask('await vscode.commands.executeCommand("notebook.cell.quitEdit");');
    await this.press("Control+z");
  }

  /** The inner page of a webview: the one that has such an element. */
  panel(selector) {
    return until(`a panel with ${selector}`, async () => {
      for (const frame of this.page.frames()) {
        if ((await frame.locator(selector).count().catch(() => 0)) > 0) {
          return frame;
        }
      }
      return undefined;
    });
  }

  /** Closes what is open and keeps nothing of it. */
  async closeAll() {
    await this.ask(`await vscode.commands.executeCommand("workbench.action.closeQuickOpen");
      await vscode.commands.executeCommand("notifications.clearAll");
      for (let left = 20; left > 0 && vscode.window.tabGroups.activeTabGroup.activeTab !== undefined; left--) {
        await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
      }`);
  }

  screenshot(file) {
    return this.page.screenshot({ path: file });
  }
}
