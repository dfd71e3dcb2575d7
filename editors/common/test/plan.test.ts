import assert from "node:assert/strict";
import { test } from "node:test";

import { mergeMetadata, type NotebookNow, type Plan, plan, type Refusal, withCopies } from "../plan";
import type { CellOp, NotebookEdit, Range } from "../protocol";

const TEXTS = ["zero", "one", "two", "three"];

function notebook(version: number | null = 5): NotebookNow {
  return {
    uri: "file:///n.ipynb",
    version,
    cells: TEXTS.map((text, index) => ({ uri: `c:${index}`, version: version === null ? null : index + 1, text })),
  };
}

function edit(...cells: CellOp[]): NotebookEdit {
  return { notebook: { uri: "file:///n.ipynb", version: 5 }, cells, files: [], select: null };
}

function at(index: number): { uri: string; index: number; version: number } {
  return { uri: `c:${index}`, index, version: index + 1 };
}

function insert(index: number, text: string): CellOp {
  return { op: "insert", index, kind: "code", language: "python", text };
}

function range(start: number, end: number): Range {
  return { start: { line: 0, character: start }, end: { line: 0, character: end } };
}

function made(planned: Plan | Refusal): Plan {
  assert.ok(!("refused" in planned), "refused" in planned ? planned.refused : "");
  return planned;
}

function refused(planned: Plan | Refusal): string {
  assert.ok("refused" in planned);
  return planned.refused;
}

const texts = (planned: Plan): string[] => planned.cells.map(({ text }) => text);

/** What the splices make of the texts, one after the other as an editor applies them. */
function spliced({ splices, inPlace }: Pick<Plan, "splices" | "inPlace">): string[] {
  const cells = [...TEXTS];
  for (const { index, text } of inPlace) {
    cells[index] = text;
  }
  for (const { start, remove, cells: own } of splices) {
    cells.splice(start, remove, ...own.map(({ text }) => text));
  }
  return cells;
}

test("a function lands above its cell, which calls it", () => {
  const planned = made(plan(edit(insert(1, "def f(): ..."), { op: "replace", ...at(1), range: range(0, 3), text: "f()" }), notebook()));
  assert.deepEqual(texts(planned), ["zero", "def f(): ...", "f()", "two", "three"]);
  assert.deepEqual(planned.splices.map(({ start, remove }) => [start, remove]), [[1, 0]]);
  assert.deepEqual(planned.inPlace.map(({ index }) => index), [1]);
  assert.deepEqual(spliced(planned), texts(planned));
});

test("several inserts at one place keep their order, and what is moved there stands between them", () => {
  const planned = made(plan(edit(insert(1, "a"), { op: "move", ...at(3), before: 1 }, insert(1, "b")), notebook()));
  assert.deepEqual(texts(planned), ["zero", "a", "three", "b", "one", "two"]);
  assert.deepEqual(spliced(planned), texts(planned));
});

test("a cell can be moved to the end, and one to the place of another that moves", () => {
  const planned = made(plan(edit({ op: "move", ...at(0), before: 4 }, { op: "move", ...at(2), before: 0 }), notebook()));
  assert.deepEqual(texts(planned), ["two", "one", "three", "zero"]);
  assert.deepEqual(spliced(planned), texts(planned));
});

test("a cell that is moved takes its changes along", () => {
  const moved = made(
    plan(edit({ op: "move", ...at(2), before: 0 }, { op: "replace", ...at(2), range: range(0, 0), text: "in " }), notebook()),
  );
  assert.deepEqual(texts(moved), ["in two", "zero", "one", "three"]);
  assert.deepEqual(moved.inPlace, []);
});

test("splices that touch copies become one", () => {
  const planned = made(
    plan(
      edit(insert(1, "new"), { op: "clearOutputs", ...at(1) }, { op: "delete", ...at(2) }, { op: "setMetadata", ...at(3), metadata: { tags: [] } }),
      notebook(),
    ),
  );
  const copies = withCopies(planned, (cell) => cell.clearOutputs);
  assert.deepEqual(copies.splices.map(({ start, remove, cells }) => [start, remove, cells.length]), [[1, 2, 2]]);
  assert.deepEqual(copies.inPlace.map(({ index, metadata }) => [index, metadata]), [[3, { tags: [] }]]);
  assert.deepEqual(spliced(copies), texts(planned));
});

test("any edit ends in the same cells, whole or spliced, with copies or without", () => {
  // A small generator of our own numbers, so that a failure can be repeated.
  let state = 1;
  const random = (end: number): number => {
    state = (state * 48271) % 2147483647;
    return state % end;
  };
  for (let round = 0; round < 3000; round++) {
    const ops: CellOp[] = [];
    for (let index = 0; index < TEXTS.length; index++) {
      const what = random(6);
      if (what === 0) {
        ops.push({ op: "delete", ...at(index) });
      } else if (what === 1) {
        ops.push({ op: "move", ...at(index), before: random(TEXTS.length + 1) });
      } else if (what === 2) {
        ops.push({ op: "replace", ...at(index), range: range(0, 1), text: "X" });
      } else if (what === 3) {
        ops.push(insert(random(TEXTS.length + 1), `new ${index}`));
      }
    }
    const planned = made(plan(edit(...ops), notebook()));
    assert.deepEqual(spliced(planned), texts(planned), JSON.stringify(ops));
    const copies = withCopies(planned, () => true);
    assert.deepEqual(spliced(copies), texts(planned), JSON.stringify(ops));
    const places = copies.splices.map(({ start, remove }) => [start, start + remove] as const);
    for (const [later, splice] of places.entries()) {
      const above = places[later + 1];
      assert.ok(above === undefined || above[1] < splice[0], `splices touch: ${JSON.stringify(ops)}`);
    }
  }
});

test("a count is cleared with the outputs, or alone", () => {
  const planned = made(
    plan(edit({ op: "clearOutputs", ...at(0) }, { op: "setMetadata", ...at(1), metadata: { execution_count: null } }), notebook()),
  );
  assert.deepEqual(
    planned.inPlace.map(({ clearOutputs, clearCount, metadata }) => [clearOutputs, clearCount, metadata]),
    [
      [true, true, null],
      [false, true, null],
    ],
  );
  assert.match(refused(plan(edit({ op: "setMetadata", ...at(1), metadata: { execution_count: 3 } }), notebook())), /cleared/);
});

test("what is stale is refused as a whole", () => {
  const gone: CellOp = { op: "delete", uri: "c:9", index: 1, version: 2 };
  const edited: CellOp = { op: "delete", uri: "c:1", index: 1, version: 1 };
  const beyond: CellOp = { op: "delete", uri: "c:4", index: 4, version: 1 };
  for (const stale of [gone, edited, beyond, insert(5, "x"), insert(-1, "x"), insert(0.5, "x")]) {
    assert.match(refused(plan(edit(insert(0, "fine"), stale), notebook())), /has changed/);
  }
  assert.match(refused(plan(edit(), notebook(6))), /has changed/);
  assert.match(refused(plan(edit(), { ...notebook(), uri: "file:///other.ipynb" })), /another notebook/);
});

test("an editor that counts no versions is spared that check and no other", () => {
  assert.equal(made(plan(edit({ op: "delete", ...at(1) }), notebook(null))).cells.length, 3);
  assert.match(refused(plan(edit({ op: "delete", uri: "c:2", index: 1, version: 2 }), notebook(null))), /has changed/);
});

test("what contradicts itself is refused", () => {
  const twice = edit({ op: "delete", ...at(1) }, { op: "move", ...at(1), before: 0 });
  assert.match(refused(plan(twice, notebook())), /twice/);
  const replace = (start: number, end: number): CellOp => ({ op: "replace", ...at(0), range: range(start, end), text: "" });
  assert.match(refused(plan(edit(replace(0, 2), replace(1, 3)), notebook())), /overlaps/);
  assert.match(refused(plan(edit(replace(0, 9)), notebook())), /place that it does not have/);
  const unknown = { op: "explode", ...at(0) } as unknown as CellOp;
  assert.match(refused(plan(edit(unknown), notebook())), /Update it/);
  const select = { index: 4, range: range(0, 0) };
  assert.match(refused(plan({ ...edit(), select }, notebook())), /selects a cell/);
});

test("metadata is merged, and a null removes a key", () => {
  assert.deepEqual(mergeMetadata({ a: 1, b: 2 }, { b: null, c: 3 }), { a: 1, c: 3 });
});
