/** What the server is told of a cell's outputs. */

import type { IOutput } from "@jupyterlab/nbformat";
import { ERROR_MIME, type OutputItem, summarize } from "../../common/outputs";
import type { CellOutputs } from "../../common/protocol";

export function outputsOf(uri: string, outputs: readonly IOutput[], marks: readonly string[]): CellOutputs {
  return summarize(uri, outputs.flatMap(itemsOf), marks);
}

function itemsOf(output: IOutput): OutputItem[] {
  if (output.output_type === "stream") {
    return [item("text/plain", joined(output.text))];
  }
  if (output.output_type === "error") {
    const text = JSON.stringify({ name: output.ename, message: output.evalue });
    const traceback = joined(output.traceback);
    return [item(ERROR_MIME, text), item("text/plain", traceback)];
  }
  const data = (output.data ?? {}) as Record<string, unknown>;
  return Object.entries(data).map(([mime, value]) =>
    item(mime, typeof value === "string" || Array.isArray(value) ? joined(value) : JSON.stringify(value)),
  );
}

/** Texts of Jupyter are strings or lists of lines. */
function joined(text: unknown): string {
  return Array.isArray(text) ? text.join("") : String(text ?? "");
}

function item(mime: string, text: string): OutputItem {
  return { mime, bytes: new TextEncoder().encode(text).length, text: () => text };
}
