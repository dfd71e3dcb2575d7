// Figures for README: `node test/measure.mjs`, with the variables that test/run sets.
// 1. From choosing a notebook to its first squiggle, beside what the workbench shows by itself.
// 2. What a keystroke in a notebook of 500 cells costs the extension host, and how much of it is ours.
import path from "node:path";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { until } from "../../common/test/until.mjs";
import { code, markdown, MESSY, notebook } from "./notebooks.mjs";
import { Workbench } from "./workbench.mjs";

const { CELLWISE: cellwise, CELLWISE_TOOLS: tools, CELLWISE_BROWSER: browser } = process.env;
const extension = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const { version } = JSON.parse(readFileSync(path.join(extension, "package.json"), "utf8"));
const vsix = path.join(extension, `cellwise-${version}.vsix`);
const STROKES = 100;

const big = notebook(
  ...Array.from({ length: 500 }, (_, index) =>
    index % 5 === 0
      ? markdown(`m${index}`, `## Step ${index}`)
      : code(`c${index}`, index, index === 1 ? "x1 = 1" : `x${index} = ${index % 5 === 1 ? `x${index - 2}` : `x${index - 1}`} + 1\nprint(x${index})`),
  ),
);
const files = { "big.ipynb": big };
for (let round = 0; round < 6; round++) {
  files[`messy${round}.ipynb`] = MESSY;
}

const w = await Workbench.start(tools, { vsix, files, cellwise, browser });
try {
  for (let round = 0; round < 6; round++) {
    await w.page.evaluate(() => {
      const seen = {};
      const selectors = {
        cells: ".cell-list-container .monaco-list-row .view-line",
        colours: ".cell-list-container .view-line .mtk5, .cell-list-container .view-line .mtk6, .cell-list-container .view-line .mtk12",
        lens: ".codelens-decoration a",
        squiggle: ".squiggly-error",
      };
      window.seen = seen;
      const enter = (event) => {
        if (event.key === "Enter") {
          seen.start = performance.now();
          window.removeEventListener("keydown", enter, true);
          const look = () => {
            for (const [name, selector] of Object.entries(selectors)) {
              if (seen[name] === undefined && document.querySelector(selector) !== null) {
                seen[name] = Math.round(performance.now() - seen.start);
              }
            }
            if (Object.keys(selectors).some((name) => seen[name] === undefined)) {
              window.requestAnimationFrame(look);
            }
          };
          look();
        }
      };
      window.addEventListener("keydown", enter, true);
    });
    await w.open(`messy${round}.ipynb`);
    const seen = await until("all to be seen", () => w.page.evaluate(() => (window.seen.squiggle === undefined || window.seen.lens === undefined ? null : window.seen)));
    console.log(`opened ${round === 0 ? "first in a cold workbench" : "warm"}: cells ${seen.cells} ms, colours ${seen.colours} ms, squiggle ${seen.squiggle} ms, lens ${seen.lens} ms`);
    await w.closeAll();
  }

  await w.open("big.ipynb");
  await w.focusCell(1);
  await w.press("End");
  await until("the lens of the cell", () => w.page.locator(".codelens-decoration a").count());
  await w.ask(`const { Session } = probe.inspector;
    probe.kept.session = new Session();
    probe.kept.session.connect();
    const post = (method, params) => new Promise((done, fail) => probe.kept.session.post(method, params, (error, value) => error ? fail(error) : done(value)));
    probe.kept.post = post;
    await post("Profiler.enable");
    await post("Profiler.setSamplingInterval", { interval: 200 });
    await post("Profiler.start");`);
  for (let stroke = 0; stroke < STROKES; stroke++) {
    await w.page.keyboard.type(String(stroke % 10), { delay: 40 });
  }
  const profile = await w.ask(`const { profile } = await probe.kept.post("Profiler.stop");
    probe.kept.session.disconnect();
    const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
    const own = new Map(profile.nodes.map((node) => [node.id, 0]));
    profile.samples.forEach((id, at) => own.set(id, own.get(id) + profile.timeDeltas[at]));
    let ours = 0, all = 0, longest = 0;
    const walk = (id, inside) => {
      const node = nodes.get(id);
      const is = inside || node.callFrame.url.includes("cellwise.cellwise");
      const idle = ["(idle)", "(program)", "(root)"].includes(node.callFrame.functionName);
      if (!idle) all += own.get(id);
      if (is) ours += own.get(id);
      for (const child of node.children ?? []) walk(child, is);
    };
    walk(profile.nodes[0].id, false);
    return { ours: ours / 1000, all: all / 1000 };`);
  console.log(`a keystroke in a notebook of 500 cells: ${(profile.ours / STROKES).toFixed(2)} ms of the extension, ${(profile.all / STROKES).toFixed(2)} ms of the whole extension host`);
} finally {
  await w.stop();
}
