// Writes what JupyterLab's settings editor shows, from the words of the rules themselves:
//   node scripts/settings.mjs PROGRAM           writes schema/plugin.json
//   node scripts/settings.mjs PROGRAM --check   fails where it is not current
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const file = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "schema", "plugin.json");
const [program, mode] = process.argv.slice(2);
if (program === undefined) {
  console.error("usage: node scripts/settings.mjs PROGRAM [--check]");
  process.exit(2);
}

const rules = JSON.parse(execFileSync(program, ["rules", "--format", "json"], { encoding: "utf8" }));
const groups = [...new Set(rules.map((rule) => rule.group))];
const selector = { type: "string", enum: ["all", ...groups, ...rules.map((rule) => rule.name)] };
const list = (title, description, items) => ({ title, description, type: "array", items, default: [] });
const article = (severity) => ({ error: "an error", info: "a note" })[severity] ?? `a ${severity}`;
const levels = ["error", "warning", "info", "hint"];

const rule = ({ name, severity, default: isOn, summary }) => [
  name,
  {
    title: name,
    description: summary,
    type: "string",
    oneOf: [
      { const: "default", title: isOn ? `Default: on, as ${article(severity)}` : "Default: off" },
      { const: "on", title: `On, as ${article(severity)}` },
      { const: "off", title: "Off" },
      ...levels.map((level) => ({ const: level, title: `On, as ${article(level)}` })),
    ],
    default: "default",
  },
];

const schema = {
  title: "Cellwise",
  description: "Notebook hygiene. What is set here comes before the project's own cellwise.toml or pyproject.toml.",
  "jupyter.lab.setting-icon": "ui-components:notebook",
  "jupyter.lab.setting-icon-label": "Cellwise",
  "jupyter.lab.shortcuts": [
    { command: "cellwise:actions", keys: ["Alt Enter"], selector: ".jp-Notebook.jp-mod-editMode .jp-Cell .cm-content" },
    { command: "cellwise:actions", keys: ["Alt Enter"], selector: ".jp-Notebook.jp-mod-commandMode:not(.jp-mod-readWrite) .jp-Cell:focus" },
  ],
  type: "object",
  additionalProperties: false,
  properties: {
    select: list("Rules in place of the default set", "Rules or groups of rules; empty for the default set.", selector),
    "extend-select": list("Rules besides", "Rules or groups that are used besides the others.", selector),
    ignore: list("Rules that are left out", "The more precise entry wins: a rule over its group.", selector),
    builtins: list("Names that kernels bring", "No cell has to bind them.", { type: "string" }),
    "module-root": {
      title: "Folder of modules",
      description: "The folder that functions are moved to, from the project's root: src/shop.",
      type: "string",
      default: "",
    },
    "long-cell.max-lines": {
      title: "Lines of a long cell",
      description: "The lines of code that a cell may have before long-cell names it.",
      type: "integer",
      minimum: 1,
      default: 50,
    },
    rules: {
      title: "Rules",
      type: "object",
      default: {},
      additionalProperties: false,
      properties: Object.fromEntries(rules.map(rule)),
    },
  },
};

const text = `${JSON.stringify(schema, null, 2)}\n`;
if (mode !== "--check") {
  writeFileSync(file, text);
} else if (readFileSync(file, "utf8") !== text) {
  console.error("schema/plugin.json is not what the rules say; run: node scripts/settings.mjs PROGRAM");
  process.exit(1);
}
