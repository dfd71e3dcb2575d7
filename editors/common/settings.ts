/** What is set in the editor, as the server reads it: only what somebody has set, so that configuration files keep their say. */

import type { Severity } from "./protocol";

export type RuleSetting = "default" | "on" | "off" | Severity;

/** The setting of one rule: `rules.NAME`. */
export const RULES = "rules.";

/**
 * Settings in the words of `cellwise.toml`.
 *
 * @param set what was set, by its key after `cellwise.`, what has its default is left out.
 */
export function toServer(set: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const own: Record<string, unknown> = {};
  const severity: Record<string, unknown> = {};
  const on: string[] = [];
  const off: string[] = [];
  for (const [key, value] of set) {
    if (key.startsWith(RULES)) {
      const rule = key.slice(RULES.length);
      switch (value as RuleSetting) {
        case "default":
          break;
        case "off":
          off.push(rule);
          break;
        case "on":
          on.push(rule);
          break;
        default:
          on.push(rule);
          severity[rule] = value;
      }
    } else if (key === "severity") {
      Object.assign(severity, value);
    } else {
      nest(own, key.split("."), value);
    }
  }
  if (Object.keys(severity).length > 0) {
    own["severity"] = severity;
  }
  extend(own, "extend-select", on);
  extend(own, "ignore", off);
  return own;
}

function extend(own: Record<string, unknown>, key: string, rules: readonly string[]): void {
  if (rules.length > 0) {
    const before = own[key];
    own[key] = [...(Array.isArray(before) ? (before as unknown[]) : []), ...rules];
  }
}

/** `long-cell.max-lines` is a table with a key, as in the configuration file. */
function nest(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) {
    return;
  }
  if (rest.length === 0) {
    into[key] = value;
    return;
  }
  const inner = (into[key] ??= {}) as Record<string, unknown>;
  nest(inner, rest, value);
}
