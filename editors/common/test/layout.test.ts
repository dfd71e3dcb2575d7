import assert from "node:assert/strict";
import { test } from "node:test";

import { layout, type Scene } from "../layout";
import type { Graph, GraphCell, GraphEdge } from "../protocol";

function cell(index: number, own: Partial<GraphCell> = {}): GraphCell {
  return {
    uri: `c:${index}`,
    index,
    kind: "code",
    title: `cell ${index}`,
    executionCount: null,
    state: "fresh",
    binds: [],
    findings: {},
    worst: null,
    ...own,
  };
}

function edge(from: number, to: number, backward = false): GraphEdge {
  return { from, to, names: ["x"], backward };
}

function graph(cells: GraphCell[], edges: GraphEdge[], order: number[] | null = null): Graph {
  return { notebook: "n", version: 1, cells, edges, runsFromTop: order === null, order };
}

const many = (count: number): GraphCell[] => Array.from({ length: count }, (_, index) => cell(index));

/** The x of the vertical part of a wire. */
function lane(scene: Scene, from: number, to: number): number {
  const wire = scene.wires.find((own) => own.from === from && own.to === to);
  const x = /Q (\S+)/.exec(wire?.path ?? "")?.[1];
  assert.ok(x !== undefined);
  return Number(x);
}

test("cells stand below one another and inside the picture", () => {
  const scene = layout(graph([cell(0, { kind: "markup" }), cell(1), cell(2)], [edge(1, 2)]), 400);
  for (const [index, row] of scene.rows.entries()) {
    const above = scene.rows[index - 1];
    assert.ok(above === undefined || row.y >= above.y + above.height);
    assert.ok(row.x >= 0 && row.x + row.width <= scene.width && row.y + row.height <= scene.height);
  }
});

test("what flows down is on the right, what fails and what moves on the left", () => {
  const scene = layout(graph(many(3), [edge(0, 1), edge(2, 1, true)], [0, 2, 1]), 400);
  const [row] = scene.rows;
  assert.ok(row !== undefined);
  assert.ok(lane(scene, 0, 1) > row.x + row.width);
  assert.ok(lane(scene, 2, 1) < row.x);
  const moves = scene.wires.filter(({ kind }) => kind === "move");
  assert.deepEqual(moves.map(({ from, to }) => [from, to]), [[2, 1]]);
});

test("a cell gives to all its readers in one lane, and lanes that overlap differ", () => {
  const scene = layout(graph(many(5), [edge(0, 2), edge(0, 4), edge(1, 3), edge(3, 4)]), 400);
  assert.equal(lane(scene, 0, 2), lane(scene, 0, 4));
  assert.notEqual(lane(scene, 0, 4), lane(scene, 1, 3));
  // They touch in cell 3 and do not overlap.
  assert.equal(lane(scene, 1, 3), lane(scene, 3, 4));
});

test("what a stale cell was made of is drawn stale", () => {
  const cells = [cell(0, { state: "edited" }), cell(1, { state: "stale" }), cell(2)];
  const scene = layout(graph(cells, [edge(0, 1), edge(0, 2)]), 400);
  assert.deepEqual(scene.wires.map(({ stale }) => stale), [true, false]);
  const counted = [cell(0, { executionCount: 9 }), cell(1, { executionCount: 1 }), cell(2, { state: "stale", executionCount: 5 })];
  const byCount = layout(graph(counted, [edge(0, 2), edge(1, 2)]), 400);
  assert.deepEqual(byCount.wires.map(({ stale }) => stale), [true, false]);
});

test("titles are cut to the room and told whole", () => {
  const title = "😀".repeat(300);
  const scene = layout(graph([cell(0, { title, binds: ["a", "b"], findings: { error: 1, hint: 2 } })], []), 300);
  const [row] = scene.rows;
  assert.ok(row !== undefined);
  assert.ok(row.title.endsWith("…"));
  assert.ok(!row.title.includes("\ufffd") && Array.from(row.title).length < 60);
  assert.ok(row.description.includes(title));
  assert.match(row.description, /binds a, b · 1 error, 2 hints/);
});

test("the fewest cells move", () => {
  const moves = (order: number[]): number[] =>
    layout(graph(many(order.length), [], order), 400)
      .wires.filter(({ kind }) => kind === "move")
      .map(({ from }) => from);
  assert.deepEqual(moves([0, 1, 2]), []);
  assert.deepEqual(moves([1, 2, 3, 0]), [0]);
  assert.deepEqual(moves([3, 0, 1, 2]), [3]);
  assert.equal(moves([3, 2, 1, 0]).length, 3);
});

test("an edge to a cell that is not there is left out, and an empty notebook has a picture", () => {
  assert.equal(layout(graph([cell(0)], [edge(0, 7)]), 400).wires.length, 0);
  assert.ok(layout(graph([], []), 400).height >= 0);
});

test("a gutter stays narrow, whatever flows", () => {
  const edges = Array.from({ length: 200 }, (_, index) => edge(index, 399 - index));
  const scene = layout(graph(many(400), edges), 500);
  assert.ok(scene.width <= 500, `${scene.width}`);
  assert.ok(!scene.wires.some(({ path }) => path.includes("NaN")));
});
