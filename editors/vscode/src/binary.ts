/** Where the program is: the setting, the extension's own, the workspace's environment, PATH. */

import * as path from "node:path";

export interface Places {
  /** The setting `cellwise.path`; empty where it is not set. */
  readonly setting: string;
  readonly extensionFolder: string;
  readonly workspaceFolders: readonly string[];
  /** Programs of a workspace are started only where it is trusted. */
  readonly trusted: boolean;
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly windows: boolean;
}

export type Found =
  | { readonly program: string; readonly from: "setting" | "extension" | "environment" | "PATH" }
  | { readonly missing: string };

const ENVIRONMENTS = [".venv", "venv", "env", ".env"];

/** @param isProgram whether there is a file at a path that can be started. */
export function findProgram(places: Places, isProgram: (file: string) => boolean): Found {
  const name = places.windows ? "cellwise.exe" : "cellwise";
  if (places.setting.trim() !== "") {
    // What somebody has written down is not replaced by a guess.
    const wanted = candidates(places.setting.trim(), places);
    const program = wanted.find(isProgram);
    return program === undefined
      ? { missing: `The setting “cellwise.path” names ${wanted[0] ?? places.setting}, and there is no program there.` }
      : { program, from: "setting" };
  }
  const bundled = path.join(places.extensionFolder, "bin", name);
  if (isProgram(bundled)) {
    return { program: bundled, from: "extension" };
  }
  const own = places.environment["VIRTUAL_ENV"];
  const environments = places.trusted
    ? places.workspaceFolders.flatMap((folder) => ENVIRONMENTS.map((environment) => path.join(folder, environment)))
    : [];
  if (own !== undefined && own !== "") {
    environments.push(own);
  }
  for (const environment of environments) {
    const program = path.join(environment, places.windows ? "Scripts" : "bin", name);
    if (isProgram(program)) {
      return { program, from: "environment" };
    }
  }
  for (const folder of (places.environment["PATH"] ?? "").split(path.delimiter)) {
    // A relative entry of PATH would start whatever lies in the folder that is open.
    if (path.isAbsolute(folder)) {
      const program = path.join(folder, name);
      if (isProgram(program)) {
        return { program, from: "PATH" };
      }
    }
  }
  return {
    missing: "The program “cellwise” was found neither in this workspace's environment nor on the PATH.",
  };
}

/** The files that a setting can mean. */
function candidates(setting: string, places: Places): string[] {
  const folders = places.workspaceFolders;
  if (setting.startsWith("~/") || setting.startsWith("~\\")) {
    return [path.join(places.home, setting.slice(2))];
  }
  const variable = "${workspaceFolder}";
  if (setting.startsWith(variable)) {
    return folders.map((folder) => path.join(folder, setting.slice(variable.length)));
  }
  if (path.isAbsolute(setting)) {
    return [setting];
  }
  return folders.map((folder) => path.join(folder, setting));
}
