// Packs the extension:
//   node scripts/package.mjs                              one for every platform, without the program
//   node scripts/package.mjs TARGET PROGRAM               one for a platform, with the program inside
// TARGET is VS Code's name of a platform: linux-x64, linux-arm64, darwin-x64, darwin-arm64, win32-x64, win32-arm64.
// The file is written into this folder, and its name is printed last.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

// The last line of vsce that runs on node 20.
const VSCE = "@vscode/vsce@3";
const TARGETS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64", "win32-arm64"];

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const [target, program] = process.argv.slice(2);
if (target !== undefined && (!TARGETS.includes(target) || program === undefined)) {
  console.error(`usage: node scripts/package.mjs [TARGET PROGRAM], where TARGET is one of ${TARGETS.join(", ")}`);
  process.exit(2);
}

const { name, version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const bin = path.join(root, "bin");
const license = path.join(root, "LICENSE.txt");
const file = `${name}-${target === undefined ? "" : `${target}-`}${version}.vsix`;
const run = (command, ...args) => execFileSync(command, args, { cwd: root, stdio: "inherit" });

rmSync(bin, { recursive: true, force: true });
try {
  run(process.execPath, "esbuild.mjs");
  const top = path.join(root, "..", "..");
  writeFileSync(license, `${text(top, "LICENSE-MIT")}\n----\n\n${text(top, "LICENSE-APACHE")}`);
  if (target !== undefined) {
    const inside = path.join(bin, target.startsWith("win32") ? "cellwise.exe" : "cellwise");
    mkdirSync(bin);
    copyFileSync(program, inside);
    chmodSync(inside, 0o755);
  }
  // Scripts of the packer's own dependencies are not needed, and its advice to sign is for publishing.
  run(
    "npx",
    ...["--yes", "--ignore-scripts", VSCE, "package", "--no-dependencies", "--no-rewrite-relative-links"],
    ...["--skip-license", "--allow-missing-repository", "--out", file],
    ...(target === undefined ? [] : ["--target", target]),
  );
} finally {
  rmSync(bin, { recursive: true, force: true });
  rmSync(license, { force: true });
}
console.log(file);

function text(folder, name) {
  return readFileSync(path.join(folder, name), "utf8");
}
