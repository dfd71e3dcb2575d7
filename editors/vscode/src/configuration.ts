/** Reads the editor's settings. */

import * as vscode from "vscode";

import manifest from "../package.json";
import { toServer } from "../../common/settings";

const PREFIX = "cellwise.";
/** Settings that are about the extension, and not told to the server. */
const OWN = new Set(["path", "trace.server"]);

/** All keys of the settings page, after `cellwise.`. */
const KEYS = manifest.contributes.configuration
  .flatMap((page) => Object.keys(page.properties))
  .map((key) => key.slice(PREFIX.length))
  .filter((key) => !OWN.has(key));

export function settingsForServer(): Record<string, unknown> {
  const configuration = vscode.workspace.getConfiguration("cellwise");
  const set = new Map<string, unknown>();
  for (const key of KEYS) {
    const seen = configuration.inspect(key);
    if ((seen?.workspaceFolderValue ?? seen?.workspaceValue ?? seen?.globalValue) !== undefined) {
      set.set(key, configuration.get(key));
    }
  }
  return toServer(set);
}
