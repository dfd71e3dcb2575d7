// What a person does, in a real workbench. All scenarios share one; each has a notebook of its own.
// Waits are for conditions: nothing here sleeps.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { until } from "../../common/test/until.mjs";
import { CHAIN, DISORDERED, HOSTILE, MESSY, code, markdown, notebook, printed } from "./notebooks.mjs";
import { Workbench } from "./workbench.mjs";

const { CELLWISE: cellwise, CELLWISE_TOOLS: tools, CELLWISE_BROWSER: browser } = process.env;
const extension = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const { version } = JSON.parse(readFileSync(path.join(extension, "package.json"), "utf8"));
const vsix = path.join(extension, `cellwise-${version}.vsix`);
const pictures = process.env.CELLWISE_PICTURES ?? path.join(tools, "pictures");
mkdirSync(pictures, { recursive: true });

const FILES = {
  "messy.ipynb": MESSY,
  "extract.ipynb": MESSY,
  "palette.ipynb": MESSY,
  "order.ipynb": DISORDERED,
  "stale-edit.ipynb": CHAIN,
  "run.ipynb": CHAIN,
  "graph.ipynb": MESSY,
  "hostile.ipynb": HOSTILE,
  "crash.ipynb": MESSY,
  "settings.ipynb": MESSY,
  "explain.ipynb": MESSY,
  "menu.ipynb": MESSY,
  "outputs.ipynb": notebook(code("c1", null, "print(1)  # probe: secret large fails"), code("c2", null, "print(2)")),
  "script.py": "# %%\nx = 1\n\n# %%\nprint(np.zeros(x))\n",
  "databricks.py": "# Databricks notebook source\nimport math\n\n# COMMAND ----------\n\nprint(math.pi, missing_name)\n",
  "move.ipynb": notebook(
    code("c1", 1, "import math"),
    code("c2", 2, "def area(width, height):\n    return width * height"),
    code("c3", 3, "print(area(2, math.pi), missing_name)"),
  ),
  "imports.ipynb": notebook(code("c1", null, "import os\n\nprint(os.sep)"), code("c2", null, "import json\n\nprint(json.dumps(1))"), code("c3", null, "print(2)")),
  "sales.ipynb": notebook(code("c1", null, "import math"), markdown("m1", "## Count the sales"), code("c2", null, "sales = [1, 2]\nprint(len(sales))\nif len(sales) > 9:\n    print(missing)")),
  "save.ipynb": notebook(code("c1", null, "print(np.zeros(1))"), code("c2", null, "breakpoint()\nprint(1)"), code("c3", null, "print(2)")),
  "clear.ipynb": notebook(
    code("c1", 2, "x = 1", [printed("1\n")]),
    code("c2", 1, "print(x)", [printed("x".repeat(150_000))]),
  ),
};

let w;

before(async () => {
  w = await Workbench.start(tools, { vsix, files: FILES, cellwise, browser });
});

after(async () => {
  await w?.stop();
});

/** A scenario leaves a picture where it fails, and no notebook open. */
function scenario(name, run) {
  test(name, { timeout: 150_000 }, async () => {
    try {
      await run();
    } catch (error) {
      const file = path.join(pictures, `failed-${name.replaceAll(/[^a-z0-9]+/gi, "-").slice(0, 60)}.png`);
      await w.screenshot(file).catch(() => undefined);
      error.message += ` (picture: ${file})`;
      throw error;
    } finally {
      await w.closeAll();
    }
  });
}

async function opened(name) {
  await w.open(name);
  return w.found((findings) => findings.length > 0);
}

scenario("a messy notebook shows what is wrong where it is", async () => {
  const findings = await opened("messy.ipynb");
  assert.ok(findings.includes("4: undefined-name"), findings.join());
  assert.ok(findings.includes("4: out-of-order-execution"), findings.join());
  await until("the squiggle", () => w.page.locator(".cell .squiggly-error").count());
  await w.screenshot(path.join(pictures, "squiggles.png"));
});

scenario("a cell is extracted from the menu of the keyboard, named, and one undo brings back every byte", async () => {
  await opened("extract.ipynb");
  const before = await w.texts();
  await w.focusCell(3);
  await w.chooseAction("Extract");
  const cells = await w.became((texts) => texts.length === before.length + 1);
  const [, name] = /^def (\w+)\(/.exec(cells[3]);
  assert.ok(cells[4].includes(`${name}(`), cells[4]);
  assert.deepEqual(cells.toSpliced(3, 2), before.toSpliced(3, 1));
  await until("the new name to be selected", async () => (await w.selection()) === name);
  await w.page.locator(".rename-box input").waitFor();
  await w.press("Escape");
  const ids = (await w.cells()).map(({ metadata }) => metadata.id);
  assert.equal(new Set(ids).size, ids.length, ids.join());
  assert.equal(ids[4], "c2", "the cell keeps its id");

  await w.press("Control+z");
  await w.became((texts) => texts.length === before.length);
  await until("the notebook to be as it was saved", async () => !(await w.isDirty()));
  await w.save();
  assert.equal(w.read("extract.ipynb"), MESSY);
});

scenario("an extraction from the palette needs no cursor in the cell, and its name is asked for", async () => {
  await opened("palette.ipynb");
  // After typing, VS Code counts a version that no server is told.
  await w.focusCell(4);
  await w.press("Control+End");
  await w.page.keyboard.type("  # typed");
  await w.became((texts) => texts[4].endsWith("# typed"));
  await w.selectCell(3);
  await w.command("Cellwise: Extract Cell to Function");
  await w.became((texts) => texts.length === 7);
  const box = w.page.locator(".rename-box input");
  await box.waitFor();
  await w.screenshot(path.join(pictures, "extract.png"));
  await box.fill("read_prices");
  await w.press("Enter");
  const texts = await w.became((now) => now[3].startsWith("def read_prices("));
  assert.match(texts[4], /read_prices\(/);
  await w.save();
  const saved = JSON.parse(w.read("palette.ipynb"));
  assert.match(saved.cells[3].source[0], /^def read_prices\(/);
  assert.deepEqual(
    saved.cells.toSpliced(3, 2).map(({ id }) => id),
    ["m1", "c1", "m2", "c3", "c4"],
  );
});

scenario("the menu of a cell has what people look for there", async () => {
  await opened("menu.ipynb");
  const row = w.page.locator(".cell-list-container .monaco-list-row", { hasText: "csv.reader" });
  await row.locator(".view-line").first().click({ button: "right" });
  const menu = w.page.locator(".context-view .monaco-menu");
  await menu.getByText("Move to Module").waitFor();
  const extract = menu.getByText("Extract Cell to Function");
  // A menu takes no click while it is new: its first tenth of a second belongs to the button that opened it.
  await until("the menu to take the click", async () => {
    await extract.click({ timeout: 2000 }).catch(() => undefined);
    await menu.waitFor({ state: "hidden", timeout: 2000 });
    return true;
  });
  await w.became((texts) => texts.length === 7);
});

scenario("what cannot be done is said with its reason", async () => {
  await opened("messy.ipynb");
  await w.selectCell(0);
  await w.command("Cellwise: Extract Cell to Function");
  await w.toldThat(/nothing to do here|not possible/);
});

scenario("cells are put in order with their outputs, and back by one undo", async () => {
  await opened("order.ipynb");
  await w.selectCell(1);
  await w.command("Cellwise: Order Cells");
  const ordered = await w.became((texts) => texts.at(-1) === "print(total)");
  assert.deepEqual(ordered, ["# Out of order", "values = [1, 2, 3]", "total = sum(values)", "print(total)"]);
  const last = (await w.cells()).at(-1);
  assert.equal(last.outputs, 1);
  assert.deepEqual([last.metadata.id, last.metadata.metadata.tags], ["c1", ["keep"]]);
  await w.undo();
  await w.became((texts) => texts[1] === "print(total)");
  await until("the notebook to be as it was saved", async () => !(await w.isDirty()));
  await w.save();
  assert.equal(w.read("order.ipynb"), DISORDERED);
});

scenario("outputs are cleared by a quick fix, and come back by one undo", async () => {
  await opened("clear.ipynb");
  await w.found((findings) => findings.includes("1: large-output"));
  await w.focusCell(1);
  await w.chooseAction("lear");
  await until("the outputs to be gone", async () => (await w.cells())[1].outputs === 0);
  await w.undo();
  await until("the outputs to be back", async () => (await w.cells())[1].outputs === 1);
  await until("the notebook to be as it was saved", async () => !(await w.isDirty()));
});

scenario("an edit for a notebook that has moved on is refused and says so", async () => {
  await w.open("stale-edit.ipynb");
  const before = await w.texts();
  const refused = await w.ask(`const { notebook } = vscode.window.activeNotebookEditor;
    const cell = notebook.cellAt(1);
    const uri = cell.document.uri.toString(), version = cell.document.version;
    const edit = (own) => ({ notebook: { uri: notebook.uri.toString(), version: notebook.version }, files: [], select: null,
      cells: [{ op: "insert", index: 0, kind: "code", language: "python", text: "x" }, { op: "delete", uri, index: 1, version, ...own }] });
    const apply = (edit) => vscode.commands.executeCommand("cellwise.applyNotebookEdit", edit);
    const old = edit({});
    old.notebook.version -= 1;
    return [await apply(edit({ version: version + 1 })), await apply(edit({ uri: uri + "9" })), await apply(old)];`);
  assert.deepEqual(refused, [false, false, false]);
  await w.toldThat(/has changed since|changed meanwhile/);
  assert.deepEqual(await w.texts(), before);
});

scenario("a function moves to a module, and the notebook imports it", async () => {
  await opened("move.ipynb");
  await w.selectCell(1);
  await w.command("Cellwise: Move to Module");
  await w.choose("geometry.py", "geometry", "module.py");
  await until("the module", () => w.files().includes("geometry.py"));
  assert.match(w.read("geometry.py"), /^def area\(width, height\):\n {4}return width \* height$/m);
  const texts = await w.became((now) => !now.join("\n").includes("def area"));
  assert.match(texts.join("\n"), /^from geometry import area$/m);
});

scenario("all safe repairs are made on save", async () => {
  await w.ask(`await vscode.workspace.getConfiguration("notebook").update("codeActionsOnSave",
    { "notebook.source.fixAll": "explicit" }, vscode.ConfigurationTarget.Workspace);`);
  await opened("save.ipynb");
  await w.focusCell(2);
  await w.press("Control+End");
  await w.page.keyboard.type("  # seen");
  await w.press("Control+s");
  const repaired = ["import numpy as np", "print(np.zeros(1))", "print(1)", "print(2)  # seen"];
  await w.became((texts) => texts.join("|") === repaired.join("|"));
  const saved = () => JSON.parse(w.read("save.ipynb")).cells.map(({ source }) => source.join(""));
  await until("the file to have it", () => saved().join("|") === repaired.join("|"));
  await until("nothing to be left to save", async () => !(await w.isDirty()));
});

scenario("imports are gathered on save", async () => {
  await w.ask(`await vscode.workspace.getConfiguration("notebook").update("codeActionsOnSave",
    { "notebook.source.organizeImports": "explicit" }, vscode.ConfigurationTarget.Workspace);`);
  await opened("imports.ipynb");
  await w.focusCell(2);
  await w.press("Control+End");
  await w.page.keyboard.type("  # seen");
  await w.press("Control+s");
  const gathered = ["import json\nimport os\n\nprint(os.sep)", "print(json.dumps(1))", "print(2)  # seen"];
  await w.became((texts) => texts.join("|") === gathered.join("|"));
  const saved = () => JSON.parse(w.read("imports.ipynb")).cells.map(({ source }) => source.join(""));
  await until("the file to have it", () => saved().join("|") === gathered.join("|"));
});

scenario("a notebook is promoted to a module and calls it", async () => {
  await opened("sales.ipynb");
  await w.selectCell(2);
  await w.command("Cellwise: Promote Notebook");
  await w.choose("counting.py", "counting", "module.py");
  await until("the module", () => w.files().includes("counting.py"));
  assert.match(w.read("counting.py"), /^def count_sales\(\):\n {4}sales = \[1, 2\]$/m);
  const texts = await w.became((now) => !now.join("\n").includes("sales = ["));
  assert.match(texts.join("\n"), /^from counting import count_sales$/m);
});

scenario("scripts with cells are notebooks, too", async () => {
  const lines = () =>
    w.ask(`return vscode.languages.getDiagnostics(vscode.window.activeTextEditor.document.uri)
      .filter(({ source }) => source === "cellwise")
      .map((found) => found.range.start.line + ": " + (found.code.value ?? found.code));`);
  await w.open("databricks.py");
  await until("the finding", async () => (await lines()).includes("5: undefined-name"));
  await w.open("script.py");
  await until("the finding", async () => (await lines()).includes("4: undefined-name"));
  await w.press("Control+End", "ArrowUp", "Home", ...Array(7).fill("ArrowRight"));
  await w.chooseAction("import numpy as np");
  const text = () => w.ask("return vscode.window.activeTextEditor.document.getText();");
  await until("the import", async () => (await text()).includes("import numpy as np\n"));
  await until("nothing to be missing", async () => !(await lines()).some((line) => line.includes("undefined-name")));
});

scenario("stale cells run in their order, by the lens and by the palette", async () => {
  await w.open("run.ipynb");
  await w.ask("probe.ran.length = 0;");
  await w.focusCell(0);
  await w.press("End");
  await w.page.keyboard.type("0");
  await w.found((findings) => findings.some((finding) => finding.includes("stale-cell")));
  const last = w.page.locator(".cell-list-container .monaco-list-row", { hasText: "c = b + 1" });
  const lens = last.locator(".codelens-decoration a", { hasText: "stale: run 1, 2, 4" });
  await until("the lens", () => lens.count());
  await lens.click();
  await until("the kernel to have run", async () => (await w.ask("return probe.ran;")).length >= 3);
  assert.deepEqual(await w.ask("return probe.ran;"), ["a = 10", "b = a + 1", "c = b + 1"]);
  await w.found((findings) => !findings.some((finding) => finding.includes("stale-cell")));

  await w.ask("probe.ran.length = 0;");
  await w.focusCell(1);
  await w.press("End");
  await w.page.keyboard.type("0");
  await w.found((findings) => findings.some((finding) => finding.includes("stale-cell")));
  await w.command("Cellwise: Run Stale Cells");
  await until("the kernel to have run", async () => (await w.ask("return probe.ran;")).length >= 2);
  assert.deepEqual(await w.ask("return probe.ran;"), ["b = a + 10", "c = b + 1"]);
});

scenario("the status bar says what was found and whether the notebook runs from the top", async () => {
  await opened("messy.ipynb");
  const item = w.page.locator(".statusbar-item", { hasText: "from the top" });
  await until("the item", () => item.count());
  assert.match(await item.first().innerText(), /error.*does not run from the top/s);
});

scenario("the panel shows the notebook, follows edits, and leads to the cells", async () => {
  await opened("graph.ipynb");
  await w.command("Cellwise: Show Graph of Notebook");
  const graph = await w.panel("#picture .cw-cell");
  await until("six cells", async () => (await graph.locator(".cw-cell").count()) === 6);
  assert.ok((await graph.locator(".cw-wire").count()) >= 3);
  await w.screenshot(path.join(pictures, "graph.png"));

  await graph.locator(".cw-cell").nth(4).click();
  await until("the cursor to be in cell 5", () =>
    w.ask("const e = vscode.window.activeNotebookEditor; return vscode.window.activeTextEditor?.document === e.notebook.cellAt(4).document;"),
  );
  await until("cell 5 to be marked", async () => (await graph.locator(".cw-selected").getAttribute("data-index")) === "4");

  const wires = await graph.locator(".cw-flow").count();
  await w.press("Control+End");
  await w.page.keyboard.type("\nprint(path)");
  await until("one more arrow", async () => (await graph.locator(".cw-flow").count()) === wires + 1);
  await until("a stale cell", () => graph.locator(".cw-cell.cw-edited, .cw-cell.cw-stale").count());
});

scenario("a hostile notebook is drawn as text", async () => {
  await w.open("hostile.ipynb");
  await w.command("Cellwise: Show Graph of Notebook");
  const graph = await w.panel("#picture .cw-cell");
  await until("three cells", async () => (await graph.locator(".cw-cell").count()) === 3);
  assert.match(await graph.locator(".cw-title").first().textContent(), /<img/);
  assert.equal(await graph.locator("img").count(), 0);
  assert.equal(await graph.evaluate(() => document.title), "Cellwise Graph");
  const policy = await graph.locator("meta[http-equiv]").getAttribute("content");
  assert.match(policy, /^default-src 'none'; style-src [^;]+; script-src 'nonce-[\w-]+'; base-uri 'none'; form-action 'none'$/);
});

scenario("outputs reach the rules without being sent", async () => {
  await w.open("outputs.ipynb");
  await w.selectCell(0);
  await w.ask('await vscode.commands.executeCommand("notebook.cell.execute");');
  await w.found((findings) => ["secret", "large-output", "failed-cell"].every((rule) => findings.includes(`0: ${rule}`)));
  await w.ask('await vscode.commands.executeCommand("notebook.clearAllCellsOutputs");');
  await w.found((findings) => !findings.some((finding) => /secret|large-output|failed-cell/.test(finding)));
});

scenario("a setting of a rule holds at once", async () => {
  await opened("settings.ipynb");
  const set = (value) =>
    w.ask(`await vscode.workspace.getConfiguration("cellwise").update("rules.undefined-name", ${value}, vscode.ConfigurationTarget.Workspace);`);
  await set('"off"');
  await w.found((findings) => !findings.includes("4: undefined-name") && findings.length > 0);
  await set("undefined");
  await w.found((findings) => findings.includes("4: undefined-name"));
});

scenario("a rule's page opens from the palette", async () => {
  await opened("explain.ipynb");
  await w.command("Cellwise: Explain Rule");
  await w.choose("undefined-name", "undefined-name", "Rule");
  const page = await w.panel("h1#undefined-name");
  assert.match(await page.locator("body").innerText(), /A name that no cell binds/);
});

scenario("the workspace is checked, with its closed notebooks", async () => {
  await opened("messy.ipynb");
  await w.command("Cellwise: Check Workspace");
  await w.toldThat(/notebooks checked: \d+ error/);
});

scenario("a server that is killed comes back with its findings", async () => {
  const before = await opened("crash.ipynb");
  const pid = serverOf(w.server.pid);
  process.kill(pid, "SIGKILL");
  await until("another server", () => {
    const now = serverOf(w.server.pid);
    return now !== undefined && now !== pid;
  });
  await w.found((findings) => findings.join() === before.join());
  await w.focusCell(3);
  await w.selectCell(3);
  await w.command("Cellwise: Extract Cell to Function");
  await w.became((texts) => texts.length === 7);
  const closed = await w.ask(`return vscode.languages.getDiagnostics().filter(([uri, found]) =>
    uri.scheme === "file" && found.some(({ source }) => source === "cellwise")).length;`);
  assert.equal(closed, 0, "what the server that is gone had found in closed notebooks is gone, too");
});

scenario("no notebook was ever opened as a text", async () => {
  const texts = await w.ask(`return vscode.workspace.textDocuments
    .filter((document) => document.uri.scheme === "file" && document.uri.path.endsWith(".ipynb")).length;`);
  assert.equal(texts, 0);
});

test("without the program there is a message with buttons, and with it the server starts", { timeout: 150_000 }, async () => {
  const bare = await Workbench.start(tools, { vsix, files: { "a.ipynb": MESSY }, browser });
  try {
    await bare.open("a.ipynb");
    const toast = bare.page.locator(".notification-list-item", { hasText: "was found neither" });
    await toast.getByRole("button", { name: "How to Install" }).waitFor();
    await toast.getByRole("button", { name: "Choose Program…" }).waitFor();
    await bare.ask(`await vscode.workspace.getConfiguration("cellwise")
      .update("path", ${JSON.stringify(cellwise)}, vscode.ConfigurationTarget.Global);`);
    await bare.found((findings) => findings.includes("4: undefined-name"));
  } finally {
    await bare.stop();
  }
});

test("an extension packed for a platform brings its program", { timeout: 150_000 }, async () => {
  // What is packed stands for the program, which is large.
  const folder = mkdtempSync(path.join(tmpdir(), "cellwise-program-"));
  const program = path.join(folder, "cellwise");
  writeFileSync(program, `#!/bin/sh\nexec '${cellwise}' "$@"\n`, { mode: 0o755 });
  const target = `linux-${process.arch}`;
  execFileSync(process.execPath, [path.join(extension, "scripts", "package.mjs"), target, program], { stdio: "pipe" });
  const own = path.join(extension, `cellwise-${target}-${version}.vsix`);
  const packed = await Workbench.start(tools, { vsix: own, files: { "a.ipynb": MESSY }, browser });
  try {
    await packed.open("a.ipynb");
    await packed.found((findings) => findings.includes("4: undefined-name"));
  } finally {
    await packed.stop();
    rmSync(own);
    rmSync(folder, { recursive: true });
  }
});

/** The process id of the server among the descendants of a process. */
function serverOf(root) {
  const parents = new Map();
  let server;
  const processes = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" }).trim().split("\n");
  for (const line of processes) {
    const [, pid, parent, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    parents.set(Number(pid), Number(parent));
    if (args === `${cellwise} server`) {
      let above = Number(pid);
      while (above !== undefined && above !== root) {
        above = parents.get(above) ?? (above > 1 ? parentOf(above) : undefined);
      }
      server = above === root ? Number(pid) : server;
    }
  }
  return server;
}

function parentOf(pid) {
  try {
    return Number(execFileSync("ps", ["-o", "ppid=", "-p", String(pid)], { encoding: "utf8" }));
  } catch {
    return undefined;
  }
}
