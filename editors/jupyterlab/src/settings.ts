/** Settings of JupyterLab as the server takes them. */

import type { JSONObject, JSONValue } from "@lumino/coreutils";
import { toServer } from "../../common/settings";

/**
 * What a person has set, in the words of cellwise.toml. What they have not set is left out, so that
 * the project's own file decides.
 */
export function serverSettings(user: JSONObject): JSONObject {
  const set = new Map<string, JSONValue>();
  for (const [key, value] of Object.entries(user)) {
    if (key === "rules") {
      for (const [rule, level] of Object.entries((value ?? {}) as JSONObject)) {
        set.set(`rules.${rule}`, level);
      }
    } else if (value !== "") {
      set.set(key, value);
    }
  }
  return toServer(set) as JSONObject;
}
