// What people do in JupyterLab, in the real one: a kernel, pylsp beside, a token, a base URL as behind a JupyterHub.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";

import { until } from "../../common/test/until.mjs";
import { Lab, notebook } from "./lab.mjs";

const files = {
  "squiggle.ipynb": notebook("import os\nx = 1", "print(undefined_thing)"),
  "extract.ipynb": notebook("limit = 4", "total = sum(range(limit))\nprint(total)", "print(total * 2)"),
  "bulb.ipynb": notebook("values = [1, 2, 3]", "total = sum(values)\nprint(total)"),
  "order.ipynb": notebook("print(later + 1)", { text: "later = 3", metadata: { tags: ["kept"] } }, "print(later)"),
  "module.ipynb": notebook("start = 21", "def double(price):\n    return price * 2", "print(double(start))"),
  "stale.ipynb": notebook("base = 2", "double = base * 2", "print(double)"),
  "tabs.ipynb": notebook("shared = 1", "print(missing_one)"),
  "name.ipynb": notebook("a = 1", "print(b)"),
  "kernel.ipynb": notebook("n = 20", "print(n + 1)"),
  "killed.ipynb": notebook("k = 1", "print(gone_name)"),
  "settings.ipynb": notebook("s = 1", "print(nowhere)"),
  "panel.ipynb": notebook("p = 1", "print(p + nothing_binds)", "print(p)"),
};

let lab;
before(async () => {
  lab = await Lab.start({ venv: process.env.CELLWISE_VENV, base: "/user/ann%40home/", token: "a-token", files });
});
after(async () => {
  await lab?.stop();
});

async function inTab(name, work) {
  const tab = await lab.open(name);
  try {
    await work(tab);
    assert.deepEqual(tab.errors, [], "no script error on the page");
  } catch (error) {
    await tab.screenshot(`failed-${name.replace(".ipynb", "")}`);
    throw error;
  } finally {
    await tab.page.context().close();
  }
}

test("squiggles stand beside those of pylsp, with a tooltip that explains", async () => {
  await inTab("squiggle.ipynb", async (tab) => {
    await tab.squiggle(1, "error: undefined_thing");
    await tab.page.locator(".cm-lintRange", { hasText: "import os" }).first().waitFor();
    await tab.cell(1).locator(".cellwise-squiggle").hover();
    const message = tab.page.locator(".cellwise-tooltip .cellwise-message");
    await message.waitFor();
    assert.match(await message.textContent(), /`undefined_thing` is bound by no cell.*undefined-name/);
    await tab.screenshot("tooltip");
    await tab.page.locator(".cellwise-tooltip .cellwise-rule").click();
    await tab.page.locator(".cellwise-page", { hasText: "undefined-name" }).waitFor();
  });
});

test("a name that is typed gets its squiggle, and one that is bound loses it", async () => {
  await inTab("squiggle.ipynb", async (tab) => {
    await tab.squiggle(1, "error: undefined_thing");
    await tab.edit(0);
    await tab.page.keyboard.type("\nundefined_thing = 2");
    await tab.noSquiggle(1);
    await tab.edit(1);
    await tab.page.keyboard.type("\nprint(other_thing)");
    await tab.squiggle(1, "error: other_thing");
  });
});

test("Alt+Enter extracts a cell to a function: the same outputs, and one undo", async () => {
  await inTab("extract.ipynb", async (tab) => {
    await tab.runAll();
    await until("the outputs", async () => (await tab.outputs()).join("|") === "|6\n|12\n");
    const cells = await tab.cells();
    await tab.edit(1);
    await tab.page.keyboard.press("Alt+Enter");
    await (await tab.menu("Extract cell to function")).click();
    await until("the new cell", async () => (await tab.cells()).length === 4);
    await tab.keepName();
    const extracted = await tab.cells();
    assert.match(extracted[1], /^def \w+\(limit\):\n/);
    await tab.runAll();
    await until("the same outputs", async () => (await tab.outputs()).join("|") === "||6\n|12\n");
    await tab.command("notebook:undo-cell-action");
    assert.deepEqual(await tab.cells(), cells, "one undo takes it back");
    await tab.command("notebook:redo-cell-action");
    assert.deepEqual(await tab.cells(), extracted);
  });
});

test("the name of a new function is asked for, and changed where it is called", async () => {
  await inTab("bulb.ipynb", async (tab) => {
    await tab.edit(1);
    await tab.cell(1).locator(".cellwise-bulb").click();
    await (await tab.menu("Extract cell to function")).click();
    const field = tab.page.locator(".jp-Dialog input");
    await field.waitFor();
    await field.fill("add_up");
    await tab.page.locator(".jp-Dialog .jp-mod-accept").click();
    await until("the name in both cells", async () => {
      const [, definition, call] = await tab.cells();
      return /^def add_up\(/.test(definition) && /add_up\(values\)/.test(call);
    });
  });
});

test("the menu opens on a cell, too: by Alt+Enter and by the pointer", async () => {
  await inTab("extract.ipynb", async (tab) => {
    await tab.edit(1);
    await tab.page.keyboard.press("Escape");
    await until("the command mode", () => tab.ask((panel) => panel.content.mode === "command"));
    await tab.page.keyboard.press("Alt+Enter");
    await tab.menu("Extract cell to function");
    await tab.page.keyboard.press("Escape");
    await tab.page.locator(".cellwise-menu").waitFor({ state: "detached" });
    await tab.cell(1).locator(".cm-content").click({ button: "right" });
    await tab.page.locator(".lm-Menu-item", { hasText: "Show What Can Be Done Here" }).click();
    await tab.menu("Extract cell to function");
    await tab.page.keyboard.press("Escape");
    assert.equal((await tab.cells()).length, 3, "nothing was done");
  });
});

test("where our server extension is switched off, jupyter_lsp carries the messages", async () => {
  const other = await Lab.start({
    venv: process.env.CELLWISE_VENV,
    files: { "other.ipynb": files["squiggle.ipynb"] },
    options: ["--ServerApp.jpserver_extensions=cellwise=False"],
  });
  try {
    const tab = await other.open("other.ipynb");
    await tab.squiggle(1, "error: undefined_thing");
    await tab.edit(0);
    await tab.page.keyboard.type("\nundefined_thing = 2");
    await tab.noSquiggle(1);
  } finally {
    await other.stop();
  }
});

test("cells are moved as one undo step, and keep what they are", async () => {
  await inTab("order.ipynb", async (tab) => {
    await tab.squiggle(0, "error: later");
    const cells = await tab.cells();
    await tab.command("cellwise:show-panel");
    await tab.page.locator(".cellwise-panel button", { hasText: "Put cells in order" }).click();
    await until("the new order", async () => (await tab.cells())[0] === "later = 3");
    const first = await tab.ask((panel) => panel.content.model.sharedModel.getCell(0).toJSON());
    assert.equal(first.id, "cell-1");
    assert.deepEqual(first.metadata.tags, ["kept"]);
    await tab.noSquiggle(1);
    await tab.runAll();
    await until("the outputs", async () => (await tab.outputs()).join("|") === "|4\n|3\n");
    await tab.command("notebook:undo-cell-action");
    assert.deepEqual(await tab.cells(), cells);
    await tab.squiggle(0, "error: later");
  });
});

test("move to module asks for the module, writes it, and the notebook still runs", async () => {
  await inTab("module.ipynb", async (tab) => {
    await tab.runAll();
    await until("the output", async () => (await tab.outputs())[2] === "42\n");
    await tab.edit(1);
    await tab.page.keyboard.press("Alt+Enter");
    await (await tab.menu("Move `double` to a module")).click();
    const field = tab.page.locator(".cellwise-targets input[type=text]");
    await field.waitFor();
    await tab.screenshot("targets");
    await field.fill("moved/prices.py");
    await tab.page.locator(".jp-Dialog .jp-mod-accept").click();
    await until("the module on disk", () => /def double\(/.test(lab.read("moved/prices.py")));
    await until("the import", async () => (await tab.cells()).some((text) => /from moved\.prices import double/.test(text)));
    await tab.ask((panel) => panel.sessionContext.restartKernel());
    await tab.runAll();
    await until("the same output", async () => (await tab.outputs()).join("").endsWith("42\n"));
  });
});

test("cells that are stale are told, and run in order", async () => {
  await inTab("stale.ipynb", async (tab) => {
    await tab.runAll();
    await until("the first output", async () => (await tab.outputs())[2] === "4\n");
    await tab.edit(0);
    await tab.page.keyboard.type("0");
    await tab.command("cellwise:show-panel");
    const button = tab.page.locator(".cellwise-panel button", { hasText: "Run stale cells" });
    await button.waitFor();
    await until("three stale cells", async () => /cells 1, 2, 3/.test(await button.getAttribute("title")));
    await tab.screenshot("stale");
    await button.click();
    await until("the output of the re-run", async () => (await tab.outputs())[2] === "40\n");
    await button.waitFor({ state: "hidden" });
  });
});

test("the panel shows cells and findings, and leads to them", async () => {
  await inTab("panel.ipynb", async (tab) => {
    await tab.command("cellwise:show-panel");
    const rows = tab.page.locator(".cellwise-panel .cellwise-row");
    await rows.first().waitFor();
    assert.match(await rows.first().textContent(), /cell 2.*`nothing_binds`/);
    await rows.first().locator(".cellwise-row-message").click();
    await until("cell 2 to be active", () => tab.ask((panel) => panel.content.activeCellIndex === 1));
    await until("three cells in the picture", async () => (await tab.page.locator(".cellwise-panel .cw-cell").count()) === 3);
    await tab.page.locator(".cellwise-panel .cw-cell").nth(2).click();
    await until("cell 3 to be active", () => tab.ask((panel) => panel.content.activeCellIndex === 2));
    const status = tab.page.locator(".cellwise-status");
    assert.match(await status.textContent(), /1 error · does not run from the top/);
    await tab.screenshot("light");
    await tab.command("apputils:change-theme", { theme: "JupyterLab Dark" });
    await tab.page.locator("body[data-jp-theme-light=false]").waitFor({ state: "attached" });
    await tab.screenshot("dark");
    const colours = await tab.page
      .locator(".cellwise-panel")
      .evaluate((panel) => [getComputedStyle(panel).color, getComputedStyle(panel).backgroundColor]);
    assert.notEqual(colours[0], colours[1]);
    await tab.command("apputils:change-theme", { theme: "JupyterLab Light" });
  });
});

test("two tabs with one notebook do not disturb each other", async () => {
  await inTab("tabs.ipynb", async (first) => {
    await first.squiggle(1, "error: missing_one");
    const second = await lab.open("tabs.ipynb", { context: first.page.context() });
    await second.squiggle(1, "error: missing_one");
    await second.edit(0);
    await second.page.keyboard.type("\nmissing_one = 1");
    await second.noSquiggle(1);
    await first.edit(1);
    await first.page.keyboard.type("\nprint(missing_two)");
    await first.squiggle(1, "error: missing_two");
    await first.squiggle(1, "error: missing_one");
    assert.deepEqual(await second.squiggles(1), []);
    assert.deepEqual(second.errors, []);
  });
});

test("a notebook that is renamed while it is open is followed", async () => {
  await inTab("name.ipynb", async (tab) => {
    await tab.squiggle(1, "error: b");
    await tab.ask((panel) => panel.context.rename("renamed.ipynb"));
    await tab.edit(0);
    await tab.page.keyboard.type("\nb = 2");
    await tab.noSquiggle(1);
    await tab.save();
    assert.match(lab.read("renamed.ipynb"), /b = 2/);
  });
});

test("a restart of the kernel costs nothing", async () => {
  await inTab("kernel.ipynb", async (tab) => {
    await tab.runAll();
    await until("the output", async () => (await tab.outputs())[1] === "21\n");
    await tab.ask((panel) => panel.sessionContext.restartKernel());
    await tab.runAll();
    await until("the output again", async () => (await tab.outputs())[1] === "21\n");
    await tab.edit(1);
    await tab.page.keyboard.type("\nprint(after_restart)");
    await tab.squiggle(1, "error: after_restart");
  });
});

test("a server that was killed starts again and knows the notebook as it is", async () => {
  await inTab("killed.ipynb", async (tab) => {
    await tab.squiggle(1, "error: gone_name");
    const killed = serversOf(lab);
    assert.ok(killed.length > 0);
    killed.forEach((pid) => process.kill(pid, "SIGKILL"));
    await tab.edit(0);
    await tab.page.keyboard.type("\ngone_name = 1");
    await tab.noSquiggle(1);
    await tab.edit(1);
    await tab.page.keyboard.type("\nprint(new_name)");
    await tab.squiggle(1, "error: new_name");
    assert.ok(serversOf(lab).every((pid) => !killed.includes(pid)));
  });
});

test("the settings editor lists the rules, and what is set there holds", async () => {
  await inTab("settings.ipynb", async (tab) => {
    await tab.squiggle(1, "error: nowhere");
    await tab.command("settingeditor:open", { query: "Cellwise" });
    await tab.page.locator(".jp-SettingsPanel", { hasText: "A name that no cell binds." }).waitFor();
    const set = (ignore) =>
      tab.page.evaluate(
        (own) => window.jupyterapp.serviceManager.settings.save("cellwise:plugin", JSON.stringify({ ignore: own })),
        ignore,
      );
    await set(["undefined-name"]);
    const again = await lab.open("settings.ipynb", { context: tab.page.context() });
    await again.page.locator(".cellwise-status", { hasText: /^Cellwise: (does not )?runs? from the top/ }).waitFor();
    assert.equal(await again.page.locator(".cellwise-squiggle").count(), 0);
    await set([]);
  });
});

/** The servers that this JupyterLab has started. */
function serversOf({ server }) {
  const listing = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" });
  return listing
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, ...command]) => Number(parent) === server.pid && /cellwise server$/.test(command.join(" ")))
    .map(([pid]) => Number(pid));
}
