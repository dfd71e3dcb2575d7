import assert from "node:assert/strict";
import { test } from "node:test";

import { ERROR_MIME, type OutputItem, summarize } from "../outputs";

function item(mime: string, text: string): OutputItem {
  return { mime, bytes: text.length, text: () => text };
}

const never: OutputItem = {
  mime: "image/png",
  bytes: 5_000_000,
  text: () => {
    throw new Error("a picture is not read");
  },
};

test("sizes are added, and pictures are not read", () => {
  assert.deepEqual(summarize("c", [never, item("text/plain", "abc")], ["KEY"]), {
    uri: "c",
    bytes: 5_000_003,
    error: null,
    suspects: [],
  });
});

test("an error is told by its name and message", () => {
  const error = item(ERROR_MIME, JSON.stringify({ name: "ValueError", message: "no", stack: "long" }));
  assert.deepEqual(summarize("c", [error], []).error, { ename: "ValueError", evalue: "no" });
  assert.deepEqual(summarize("c", [item(ERROR_MIME, "{")], []).error, { ename: "", evalue: "" });
});

test("only lines with a mark are told, each once", () => {
  const text = "first\nid AKIA1 and AKIA2\nlast\nghp_3";
  const told = summarize("c", [item("text/plain", text), item("text/html", text)], ["AKIA", "ghp_"]);
  assert.deepEqual(told.suspects, ["id AKIA1 and AKIA2", "ghp_3"]);
  assert.deepEqual(summarize("c", [item("text/plain", "İ Password = x")], ["password"]).suspects, ["İ Password = x"]);
});

test("long lines are cut around the mark, and there are never more than twenty", () => {
  const long = `${"a".repeat(3000)}AKIA${"b".repeat(3000)}`;
  const [line] = summarize("c", [item("text/plain", long)], ["AKIA"]).suspects;
  assert.ok(line !== undefined);
  assert.ok(line.includes("AKIA"));
  assert.equal(line.length, 500);
  const lines = Array.from({ length: 100 }, (_, index) => `AKIA${index}`).join("\n");
  assert.equal(summarize("c", [item("text/plain", lines)], ["AKIA"]).suspects.length, 20);
});
