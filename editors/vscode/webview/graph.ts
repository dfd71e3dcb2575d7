/** The page inside the panel: takes graphs, draws them, tells what was chosen. */

import { type Drawn, draw } from "../../common/draw";
import { layout } from "../../common/layout";
import type { Graph } from "../../common/protocol";
import { graphInWords } from "../../common/words";
import type { FromPanel, ToPanel } from "../src/graph";

declare function acquireVsCodeApi(): { postMessage(message: FromPanel): void };

const editor = acquireVsCodeApi();
const summary = element("summary", HTMLParagraphElement);
const order = element("order", HTMLButtonElement);
const picture = element("picture", SVGSVGElement);

let graph: Graph | null = null;
let selected: number | null = null;
let drawn: Drawn | null = null;

function redraw(): void {
  if (graph === null) {
    picture.replaceChildren();
    return;
  }
  const { notebook } = graph;
  const scene = layout(graph, document.documentElement.clientWidth);
  drawn = draw(scene, picture, ({ cell }) => {
    editor.postMessage({ type: "open", notebook, cell: cell.uri, index: cell.index });
  });
  drawn.select(selected);
}

function take(message: ToPanel): void {
  switch (message.type) {
    case "graph":
      ({ graph, selected } = message);
      summary.textContent = graphInWords(graph);
      order.hidden = graph.order === null;
      redraw();
      break;
    case "select":
      selected = message.selected;
      drawn?.select(selected);
      break;
    case "none":
      graph = null;
      summary.textContent = message.message;
      order.hidden = true;
      redraw();
  }
}

function element<T extends Element>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) {
    throw new Error(`the page has no ${id}`);
  }
  return found;
}

window.addEventListener("message", ({ data }: MessageEvent<ToPanel>) => {
  take(data);
});
order.addEventListener("click", () => {
  if (graph !== null) {
    editor.postMessage({ type: "order", notebook: graph.notebook });
  }
});
new ResizeObserver(redraw).observe(document.documentElement);
editor.postMessage({ type: "ready" });
