import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";

import { findProgram, type Found, type Places } from "../../src/binary";

const PLACES: Places = {
  setting: "",
  extensionFolder: "/ext",
  workspaceFolders: ["/ws/one", "/ws/two"],
  trusted: true,
  home: "/home/me",
  environment: { PATH: ["/usr/bin", "relative", "/opt/bin"].join(path.delimiter) },
  windows: false,
};

function find(places: Partial<Places>, ...files: string[]): Found {
  return findProgram({ ...PLACES, ...places }, (file) => files.includes(file));
}

test("the setting comes first, then the extension's own, the environment, the PATH", () => {
  const all = ["/set/cellwise", "/ext/bin/cellwise", "/ws/two/.venv/bin/cellwise", "/opt/bin/cellwise"];
  assert.deepEqual(find({ setting: "/set/cellwise" }, ...all), { program: "/set/cellwise", from: "setting" });
  assert.deepEqual(find({}, ...all), { program: "/ext/bin/cellwise", from: "extension" });
  assert.deepEqual(find({}, ...all.slice(2)), { program: "/ws/two/.venv/bin/cellwise", from: "environment" });
  assert.deepEqual(find({}, ...all.slice(3)), { program: "/opt/bin/cellwise", from: "PATH" });
});

test("a setting that names nothing is told and not replaced by a guess", () => {
  const found = find({ setting: "/gone/cellwise" }, "/opt/bin/cellwise");
  assert.ok("missing" in found && found.missing.includes("/gone/cellwise"));
});

test("a setting may start at home or in the workspace", () => {
  const home = find({ setting: "~/bin/cellwise" }, "/home/me/bin/cellwise");
  assert.deepEqual(home, { program: "/home/me/bin/cellwise", from: "setting" });
  for (const setting of ["${workspaceFolder}/tools/cellwise", "tools/cellwise"]) {
    assert.deepEqual(find({ setting }, "/ws/two/tools/cellwise"), { program: "/ws/two/tools/cellwise", from: "setting" });
  }
});

test("a workspace that is not trusted starts nothing of its own", () => {
  const found = find({ trusted: false }, "/ws/one/.venv/bin/cellwise", "relative/cellwise");
  assert.ok("missing" in found);
});

test("an environment that is active is found wherever it is", () => {
  const environment = { VIRTUAL_ENV: "/envs/data", PATH: "" };
  assert.deepEqual(find({ environment }, "/envs/data/bin/cellwise"), {
    program: "/envs/data/bin/cellwise",
    from: "environment",
  });
});
