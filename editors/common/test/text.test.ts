import assert from "node:assert/strict";
import { test } from "node:test";

import type { TextEdit } from "../protocol";
import { applyTextEdits, badEdit, offsetAt, textIn } from "../text";

function edit(startLine: number, start: number, endLine: number, end: number, newText: string): TextEdit {
  return { range: { start: { line: startLine, character: start }, end: { line: endLine, character: end } }, newText };
}

test("positions count UTF-16 units and all three line ends", () => {
  const text = "a😀b\r\nc\rd\n";
  assert.equal(offsetAt(text, { line: 0, character: 4 }), 4);
  assert.equal(offsetAt(text, { line: 0, character: 5 }), null);
  assert.equal(offsetAt(text, { line: 1, character: 1 }), 7);
  assert.equal(offsetAt(text, { line: 2, character: 0 }), 8);
  assert.equal(offsetAt(text, { line: 3, character: 0 }), text.length);
  assert.equal(offsetAt(text, { line: 4, character: 0 }), null);
});

test("all edits mean the text before, whatever their order", () => {
  const edits = [edit(1, 0, 1, 1, "B"), edit(0, 0, 0, 1, "A"), edit(1, 1, 1, 1, "!")];
  assert.equal(applyTextEdits("a\nb", edits), "A\nB!");
});

test("insertions at one place keep their order", () => {
  assert.equal(applyTextEdits("x", [edit(0, 0, 0, 0, "1"), edit(0, 0, 0, 1, "y"), edit(0, 0, 0, 0, "2")]), "12y");
});

test("edits that overlap or lie outside are told and never applied", () => {
  const overlapping = [edit(0, 0, 0, 2, ""), edit(0, 1, 0, 3, "")];
  assert.match(badEdit("abc", overlapping) ?? "", /overlaps/);
  assert.throws(() => applyTextEdits("abc", overlapping), RangeError);
  assert.match(badEdit("abc", [edit(0, 2, 0, 1, "")]) ?? "", /place/);
  assert.match(badEdit("abc", [edit(1, 0, 1, 0, "")]) ?? "", /place/);
});

test("a range reads as its text", () => {
  assert.equal(textIn("def f():\n    pass", edit(0, 4, 0, 5, "").range), "f");
});
