// The same with real-time collaboration: two people, one notebook.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { until } from "../../common/test/until.mjs";
import { Lab, notebook } from "./lab.mjs";

let lab;
before(async () => {
  const files = { "shared.ipynb": notebook("limit = 4", "total = sum(range(limit))\nprint(total)", "print(total * 2)") };
  lab = await Lab.start({ venv: process.env.CELLWISE_SHARED_VENV, token: "a-token", files });
});
after(async () => {
  await lab?.stop();
});

test("two people see one notebook, and an action of one is there once", async () => {
  const ann = await lab.open("shared.ipynb");
  const bob = await lab.open("shared.ipynb");
  try {
    const same = (what) =>
      until(what, async () => JSON.stringify(await ann.cells()) === JSON.stringify(await bob.cells()));
    await ann.edit(0);
    await ann.page.keyboard.type("\nprint(of_ann)");
    await bob.squiggle(0, "error: of_ann");
    await bob.edit(0);
    await bob.page.keyboard.type("\nprint(of_bob)");
    await ann.squiggle(0, "error: of_bob");
    await same("what both have typed");
    assert.equal((await ann.cells())[0], "limit = 4\nprint(of_ann)\nprint(of_bob)");

    const before = await ann.cells();
    await ann.edit(1);
    await ann.page.keyboard.press("Alt+Enter");
    await (await ann.menu("Extract cell to function")).click();
    await until("the new cell with the other one", async () => (await bob.cells()).length === 4);
    await ann.keepName();
    const after = await ann.cells();
    assert.deepEqual(await bob.cells(), after);
    assert.equal(after.filter((text) => text.startsWith("def ")).length, 1);
    // Whoever did it can undo it, and only that.
    await ann.command("notebook:undo-cell-action");
    await until("the undo with both", async () => JSON.stringify(await bob.cells()) === JSON.stringify(before));
    assert.deepEqual(await ann.cells(), before);
    assert.deepEqual([...ann.errors, ...bob.errors], []);
  } catch (error) {
    await ann.screenshot("failed-shared-ann");
    await bob.screenshot("failed-shared-bob");
    throw error;
  }
});
