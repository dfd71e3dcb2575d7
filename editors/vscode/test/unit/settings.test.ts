import assert from "node:assert/strict";
import { test } from "node:test";

import { toServer } from "../../../common/settings";
import { moduleOf } from "../../src/module";

test("nothing set says nothing", () => {
  assert.deepEqual(toServer(new Map()), {});
});

test("a rule's setting becomes a selection and a severity", () => {
  const set = new Map<string, unknown>([
    ["ignore", ["version"]],
    ["rules.empty-cell", "off"],
    ["rules.execution-gap", "on"],
    ["rules.stale-cell", "hint"],
    ["rules.secret", "default"],
  ]);
  assert.deepEqual(toServer(set), {
    ignore: ["version", "empty-cell"],
    "extend-select": ["execution-gap", "stale-cell"],
    severity: { "stale-cell": "hint" },
  });
});

test("a threshold is a key of its rule", () => {
  assert.deepEqual(toServer(new Map([["long-cell.max-lines", 80]])), { "long-cell": { "max-lines": 80 } });
});

test("a module may be typed in any of three ways", () => {
  for (const typed of ["pkg/prices", "pkg.prices", " pkg/prices.py ", "pkg\\prices"]) {
    assert.equal(moduleOf(typed), "pkg/prices.py");
  }
  assert.equal(moduleOf("  "), undefined);
});
