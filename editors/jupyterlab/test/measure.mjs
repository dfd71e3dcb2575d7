// From a keystroke to its squiggle, and how much of it is spent in the server and on the way there.
//   CELLWISE_VENV=… CELLWISE_DRIVER=… [CELLWISE_BROWSER=…] node test/measure.mjs [CELLS]
import { Lab, notebook } from "./lab.mjs";

const cells = Number(process.argv[2] ?? 50);
const texts = Array.from({ length: cells }, (_, index) => `value_${index} = ${index}\nprint(value_${index})`);
const lab = await Lab.start({ venv: process.env.CELLWISE_VENV, files: { "many.ipynb": notebook(...texts) } });
try {
  const context = await lab.browser.newContext({ viewport: { width: 1280, height: 860 } });
  // Every message with its time; the way through Jupyter to the process and back is measured with one
  // that costs the server nothing.
  await context.addInitScript(() => {
    window.sent = [];
    window.got = [];
    window.WebSocket = class extends WebSocket {
      constructor(...place) {
        super(...place);
        if (/\/cellwise\/socket/.test(this.url)) {
          window.own = this;
          this.addEventListener("message", (event) => window.got.push([performance.now(), String(event.data)]));
        }
      }

      send(data) {
        if (this === window.own) {
          window.sent.push([performance.now(), String(data)]);
        }
        super.send(data);
      }
    };
  });
  const tab = await lab.open("many.ipynb", { context });
  await tab.edit(1);
  await tab.page.keyboard.type("\n");
  const rows = [];
  for (let round = 0; round < 40; round++) {
    rows.push(
      await tab.page.evaluate(async () => {
        const cell = window.jupyterapp.shell.currentWidget.content.widgets[1];
        const shared = cell.model.sharedModel;
        const clean = shared.getSource();
        const drawn = (wanted) =>
          new Promise((done) => {
            const look = () => (cell.node.querySelector(".cellwise-squiggle") !== null) === wanted;
            if (look()) {
              done(performance.now());
              return;
            }
            const observer = new MutationObserver(() => {
              if (look()) {
                observer.disconnect();
                done(performance.now());
              }
            });
            observer.observe(cell.node, { childList: true, subtree: true, attributes: true });
          });
        const id = `ping-${performance.now()}`;
        const pinged = performance.now();
        const ping = new Promise((done) => {
          window.own.addEventListener("message", function answer(event) {
            if (String(event.data).includes(id)) {
              window.own.removeEventListener("message", answer);
              done(performance.now() - pinged);
            }
          });
        });
        window.own.send(JSON.stringify({ jsonrpc: "2.0", id, method: "cellwise/explain", params: { rule: "none" } }));
        const way = await ping;
        window.sent.length = window.got.length = 0;
        const start = performance.now();
        shared.updateSource(clean.length, clean.length, "q");
        const end = await drawn(true);
        const told = window.sent.find(([, text]) => text.includes("didChange"))[0];
        const heard = window.got.find(([, text]) => text.includes("publishDiagnostics"))[0];
        shared.updateSource(clean.length, clean.length + 1, "");
        await drawn(false);
        return { total: end - start, before: told - start, trip: heard - told, after: end - heard, way };
      }),
    );
  }
  const sorted = (key) => rows.slice(5).map((row) => row[key]).sort((a, b) => a - b);
  const at = (key, part) => {
    const all = sorted(key);
    return all[Math.min(all.length - 1, Math.floor(all.length * part))].toFixed(1);
  };
  console.log(`${cells} cells, milliseconds                 p50     p95`);
  for (const [key, what] of [
    ["total", "keystroke to squiggle"],
    ["before", "in the page, until it is sent"],
    ["trip", "socket, Jupyter, server, and back"],
    ["way", "the same for a request that costs nothing"],
    ["after", "in the page, until it is drawn"],
  ]) {
    console.log(`${what.padEnd(42)} ${at(key, 0.5).padStart(6)} ${at(key, 0.95).padStart(7)}`);
  }
} finally {
  await lab.stop();
}
