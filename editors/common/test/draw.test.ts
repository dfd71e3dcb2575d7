/**
 * A picture of a notebook that somebody wrote to break out of it: every text lands as text. The page is a stand-in that
 * takes note of every element, attribute and text; `editors/vscode/test/workbench.test.mjs` draws in a real one.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { draw } from "../draw";
import { layout } from "../layout";
import type { Graph } from "../protocol";

const HOSTILE = `"'><img src=x onerror=alert(1)><script>alert(2)</script><!--`;

const nothing = (): undefined => undefined;

class Stand {
  static made: Stand[] = [];
  readonly attributes = new Map<string, string>();
  readonly children: Stand[] = [];
  readonly classList = { remove: nothing, add: nothing, toggle: nothing };
  readonly addEventListener = nothing;
  textContent = "";

  constructor(readonly name: string) {
    Stand.made.push(this);
  }
  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }
  removeAttribute(name: string): void {
    this.attributes.delete(name);
  }
  append(...children: Stand[]): void {
    this.children.push(...children);
  }
  replaceChildren(...children: Stand[]): void {
    this.children.splice(0, this.children.length, ...children);
  }
  querySelector(): null {
    return null;
  }
  set innerHTML(_: string) {
    throw new Error("text was set as markup");
  }
  insertAdjacentHTML(): void {
    throw new Error("text was set as markup");
  }
}

const page = { createElementNS: (_: string, name: string): Stand => new Stand(name) };

test("titles, names and counts of a hostile notebook are drawn as text", () => {
  const cell = (index: number): Graph["cells"][number] => ({
    uri: `c:${HOSTILE}`,
    index,
    kind: index === 0 ? "markup" : "code",
    title: HOSTILE,
    executionCount: 3,
    state: "stale",
    binds: [HOSTILE],
    findings: { error: 1 },
    worst: "error",
  });
  const graph: Graph = {
    notebook: HOSTILE,
    version: 1,
    cells: [cell(0), cell(1), cell(2)],
    edges: [
      { from: 1, to: 2, names: [HOSTILE], backward: false },
      { from: 2, to: 1, names: [HOSTILE], backward: true },
    ],
    runsFromTop: false,
    order: [0, 2, 1],
  };
  Object.assign(globalThis, { document: page });
  Stand.made = [];
  const svg = new Stand("svg");
  draw(layout(graph, 4_000), svg as unknown as SVGSVGElement, nothing);

  const names = new Set(Stand.made.map(({ name }) => name));
  assert.deepEqual([...names].sort(), ["circle", "g", "path", "rect", "svg", "text", "title"]);
  const texts = Stand.made.filter(({ textContent }) => textContent.includes("<img"));
  assert.ok(texts.length >= 6, "what is hostile is shown");
  assert.ok(texts.every(({ name }) => name === "text" || name === "title"));
  for (const { attributes } of Stand.made) {
    for (const [attribute, value] of attributes) {
      assert.doesNotMatch(attribute, /^on|href|src|style/i);
      // What a screen reader says, and nothing else, repeats a text of the notebook.
      assert.ok(attribute === "aria-label" || !value.includes("<img"), `${attribute}=${value}`);
    }
  }
});
