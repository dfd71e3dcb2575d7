/**
 * Puts a scene on a page as SVG. Every text is set as text, never as markup: titles and names come
 * from a notebook, which anybody may have written. Looks are left to style sheets.
 *
 * Classes: `cw-cell` with `cw-code` or `cw-markup`, the state (`cw-stale` …) and the worst finding
 * (`cw-error` …); `cw-wire` with its kind (`cw-flow`, `cw-backward`, `cw-move`) and `cw-stale`.
 * While a cell is pointed at or has the focus, its wires and the cells at their other ends have
 * `cw-lit`, and the picture has `cw-dimmed`.
 */

import type { Row, Scene, Wire } from "./layout";

const SVG = "http://www.w3.org/2000/svg";

export interface Drawn {
  /** Marks a cell as the one that the editor is in; `null` for none. */
  select(index: number | null): void;
}

/** Draws `scene` into `svg` in place of what was there. `open` is called for a click or Enter. */
export function draw(scene: Scene, svg: SVGSVGElement, open: (row: Row) => void): Drawn {
  const focused = focusedCell(svg);
  svg.replaceChildren();
  svg.setAttribute("width", String(scene.width));
  svg.setAttribute("height", String(scene.height));
  svg.setAttribute("viewBox", `0 0 ${scene.width} ${scene.height}`);
  svg.classList.remove("cw-dimmed");

  const wires = scene.wires.map((wire) => ({ wire, element: drawWire(wire) }));
  const rows = new Map<number, SVGGElement>();
  const light = (index: number | null): void => {
    svg.classList.toggle("cw-dimmed", index !== null);
    for (const lit of svg.querySelectorAll(".cw-lit")) {
      lit.classList.remove("cw-lit");
    }
    if (index === null) {
      return;
    }
    rows.get(index)?.classList.add("cw-lit");
    for (const { wire, element } of wires) {
      if (wire.from === index || (wire.to === index && wire.kind !== "move")) {
        element.classList.add("cw-lit");
        rows.get(wire.from)?.classList.add("cw-lit");
        if (wire.kind !== "move") {
          rows.get(wire.to)?.classList.add("cw-lit");
        }
      }
    }
  };
  for (const { element } of wires) {
    svg.append(element);
  }
  for (const row of scene.rows) {
    const element = drawRow(row);
    element.addEventListener("click", () => { open(row); });
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        open(row);
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const next = event.key === "ArrowDown" ? element.nextElementSibling : element.previousElementSibling;
        if (next instanceof SVGGElement && next.classList.contains("cw-cell")) {
          next.focus();
        }
      }
    });
    element.addEventListener("pointerenter", () => { light(row.cell.index); });
    element.addEventListener("pointerleave", () => { light(null); });
    element.addEventListener("focus", () => { light(row.cell.index); });
    element.addEventListener("blur", () => { light(null); });
    rows.set(row.cell.index, element);
    svg.append(element);
  }
  if (focused !== null) {
    rows.get(focused)?.focus({ preventScroll: true });
  }
  return {
    select(index) {
      for (const [own, element] of rows) {
        element.classList.toggle("cw-selected", own === index);
        if (own === index) {
          element.setAttribute("aria-current", "true");
        } else {
          element.removeAttribute("aria-current");
        }
      }
    },
  };
}

/** The cell that had the focus before the picture is drawn anew. */
function focusedCell(svg: SVGSVGElement): number | null {
  const element = svg.querySelector(".cw-cell:focus");
  const index = element?.getAttribute("data-index");
  return index === null || index === undefined ? null : Number(index);
}

function drawRow(row: Row): SVGGElement {
  const { cell } = row;
  const group = make("g", `cw-cell cw-${cell.kind} cw-${cell.state}${cell.worst === null ? "" : ` cw-${cell.worst}`}`);
  group.setAttribute("data-index", String(cell.index));
  group.setAttribute("tabindex", "0");
  group.setAttribute("role", "button");
  group.setAttribute("aria-label", row.description);
  const tooltip = make("title");
  tooltip.textContent = row.description;
  const box = make("rect", "cw-box");
  place(box, row.x, row.y, row.width, row.height);
  box.setAttribute("rx", "4");
  group.append(tooltip, box);
  const isCode = cell.kind === "code";
  if (isCode) {
    const bar = make("rect", "cw-bar");
    place(bar, row.x, row.y, 4, row.height);
    bar.setAttribute("rx", "2");
    group.append(bar);
  }
  const first = row.y + (isCode ? 16 : 15);
  group.append(
    text("cw-number", row.x + 12, first, row.number),
    text("cw-title", row.x + 38, first, row.title),
    text("cw-count", row.x + row.width - (cell.worst === null ? 8 : 20), first, row.count, "end"),
    text("cw-binds", row.x + 38, row.y + 32, isCode ? row.binds : ""),
  );
  if (cell.worst !== null) {
    const dot = make("circle", "cw-dot");
    dot.setAttribute("cx", String(row.x + row.width - 10));
    dot.setAttribute("cy", String(first - 4));
    dot.setAttribute("r", "4");
    group.append(dot);
  }
  return group;
}

function drawWire(wire: Wire): SVGGElement {
  const group = make("g", `cw-wire cw-${wire.kind}${wire.stale ? " cw-stale" : ""}`);
  group.setAttribute("data-from", String(wire.from));
  group.setAttribute("data-to", String(wire.to));
  const tooltip = make("title");
  tooltip.textContent = wire.description;
  const line = make("path", "cw-line");
  line.setAttribute("d", wire.path);
  const head = make("path", "cw-head");
  const back = wire.head.points === "left" ? 6 : -6;
  const { x, y } = wire.head;
  head.setAttribute("d", `M ${x} ${y} L ${x + back} ${y - 3.5} L ${x + back} ${y + 3.5} Z`);
  group.append(tooltip, line, head);
  return group;
}

function make<K extends keyof SVGElementTagNameMap>(name: K, className = ""): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, name);
  if (className !== "") {
    element.setAttribute("class", className);
  }
  return element;
}

function place(element: SVGElement, x: number, y: number, width: number, height: number): void {
  element.setAttribute("x", String(x));
  element.setAttribute("y", String(y));
  element.setAttribute("width", String(width));
  element.setAttribute("height", String(height));
}

function text(className: string, x: number, y: number, content: string, anchor = "start"): SVGTextElement {
  const element = make("text", className);
  element.setAttribute("x", String(x));
  element.setAttribute("y", String(y));
  element.setAttribute("text-anchor", anchor);
  element.textContent = content;
  return element;
}
