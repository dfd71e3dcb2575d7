// Writes what the settings page shows of the rules, and the list that the extension brings with it,
// from the words of the rules themselves:
//   node scripts/settings.mjs PROGRAM           writes package.json and src/rules.json
//   node scripts/settings.mjs PROGRAM --check   fails where they are not current
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const [program, mode] = process.argv.slice(2);
if (program === undefined) {
  console.error("usage: node scripts/settings.mjs PROGRAM [--check]");
  process.exit(2);
}

const rules = JSON.parse(execFileSync(program, ["rules", "--format", "json"], { encoding: "utf8" }));
const file = path.join(root, "package.json");
const manifest = JSON.parse(readFileSync(file, "utf8"));

const names = rules.map((rule) => rule.name);
const groups = [...new Set(rules.map((rule) => rule.group))];
const levels = ["error", "warning", "info", "hint"];
const selector = { type: "string", enum: ["all", ...groups, ...names] };
const selectors = (description) => ({
  type: "array",
  items: selector,
  uniqueItems: true,
  default: [],
  markdownDescription: description,
  scope: "resource",
});
const texts = (description) => ({
  type: "array",
  items: { type: "string" },
  default: [],
  markdownDescription: description,
  scope: "resource",
});

const general = {
  title: "Cellwise",
  properties: {
    "cellwise.path": {
      type: "string",
      default: "",
      scope: "machine-overridable",
      markdownDescription:
        "The program `cellwise`. Empty: the one that came with the extension, then that of the workspace's environment (`.venv`, `venv`), then that on the `PATH`.",
    },
    "cellwise.select": selectors("The rules or groups of rules that are used, in place of the default set."),
    "cellwise.extend-select": selectors("Rules or groups that are used besides."),
    "cellwise.ignore": selectors("Rules or groups that are left out. The more precise entry wins: a rule over its group."),
    "cellwise.exclude": texts("Files and folders that checking the workspace leaves out, as patterns."),
    "cellwise.builtins": texts("Names that your kernels bring, so that no cell has to bind them."),
    "cellwise.module-root": {
      type: "string",
      default: "",
      scope: "resource",
      markdownDescription: "The folder that functions are moved to, from the project's root: `src/shop`.",
    },
    "cellwise.inlay-hints": {
      type: "boolean",
      default: false,
      scope: "resource",
      markdownDescription: "Show what each cell takes from others and gives to them.",
    },
    "cellwise.per-file-ignores": {
      type: "object",
      additionalProperties: { type: "array", items: selector },
      default: {},
      scope: "resource",
      markdownDescription: "Rules that are left out in some files: a pattern, and the rules or groups.",
    },
    "cellwise.long-cell.max-lines": {
      type: "integer",
      minimum: 1,
      default: 50,
      scope: "resource",
      markdownDescription: "The lines of code that a cell may have before `long-cell` names it.",
    },
    "cellwise.trace.server": {
      type: "string",
      enum: ["off", "messages", "verbose"],
      default: "off",
      scope: "window",
      description: "What the output “Cellwise” shows of the messages between the editor and the server.",
    },
  },
};

const ofGroup = (group) => ({
  title: `Rules: ${group}`,
  properties: Object.fromEntries(
    rules
      .filter((rule) => rule.group === group)
      .map((rule) => [
        `cellwise.rules.${rule.name}`,
        {
          type: "string",
          enum: ["default", "on", "off", ...levels],
          enumDescriptions: [
            rule.default ? `On, as ${article(rule.severity)}` : "Off",
            `On, as ${article(rule.severity)}`,
            "Off",
            ...levels.map((level) => `On, as ${article(level)}`),
          ],
          default: "default",
          scope: "resource",
          markdownDescription: rule.summary,
        },
      ]),
  ),
});

function article(severity) {
  const word = severity === "info" ? "note" : severity;
  return word === "error" ? "an error" : `a ${word}`;
}

manifest.contributes ??= {};
manifest.contributes.configuration = [general, ...groups.map(ofGroup)];
const outputs = [
  [file, `${JSON.stringify(manifest, null, 2)}\n`],
  [
    path.join(root, "src", "rules.json"),
    `${JSON.stringify(rules.map(({ name, group, summary }) => ({ name, group, summary })), null, 2)}\n`,
  ],
];
let isCurrent = true;
for (const [name, text] of outputs) {
  if (mode !== "--check") {
    writeFileSync(name, text);
  } else if (readFileSync(name, "utf8") !== text) {
    console.error(`${path.relative(root, name)} is not what the rules say; run: npm run settings`);
    isCurrent = false;
  }
}
process.exit(isCurrent ? 0 : 1);
