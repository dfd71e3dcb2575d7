// Bundles the extension and what its panel shows: `node esbuild.mjs [--watch]`.
// With `--tests` it bundles the unit tests instead, which node runs as they are.
import { readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const watch = process.argv.includes("--watch");
const common = { bundle: true, absWorkingDir: here, logLevel: "warning", target: "es2022" };

const tests = (folder) =>
  readdirSync(path.join(here, folder))
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => path.join(folder, name));

const builds = process.argv.includes("--tests")
  ? [
      {
        ...common,
        entryPoints: [...tests("../common/test"), ...tests("test/unit")],
        outdir: "out/unit",
        entryNames: "[name]",
        platform: "node",
        format: "cjs",
        sourcemap: "inline",
      },
    ]
  : [
      {
        ...common,
        entryPoints: ["src/extension.ts"],
        outfile: "dist/extension.js",
        platform: "node",
        format: "cjs",
        external: ["vscode"],
        minify: !watch,
        sourcemap: watch,
      },
      {
        ...common,
        entryPoints: ["webview/graph.ts"],
        outfile: "dist/graph.js",
        platform: "browser",
        format: "iife",
        minify: !watch,
      },
      { ...common, entryPoints: ["webview/graph.css"], outfile: "dist/graph.css", minify: !watch },
    ];

for (const build of builds) {
  if (watch) {
    await (await esbuild.context(build)).watch();
  } else {
    await esbuild.build(build);
  }
}
