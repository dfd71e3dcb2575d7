/** The manual page of a rule, in a tab of its own. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import { MainAreaWidget } from "@jupyterlab/apputils";
import type { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { MimeModel } from "@jupyterlab/rendermime";
import type { Connection } from "./connection";

export async function explain(
  rule: string,
  connection: Connection,
  app: JupyterFrontEnd,
  rendermime: IRenderMimeRegistry,
): Promise<void> {
  const page = await connection.request<{ markdown: string } | null>("cellwise/explain", { rule });
  if (page === null) {
    return;
  }
  const content = rendermime.createRenderer("text/markdown");
  content.addClass("cellwise-page");
  const widget = new MainAreaWidget({ content });
  widget.id = `cellwise-page-${rule}`;
  widget.title.label = rule;
  widget.title.closable = true;
  for (const open of app.shell.widgets("main")) {
    if (open.id === widget.id) {
      open.close();
    }
  }
  app.shell.add(widget, "main", { mode: "split-right" });
  await content.renderModel(new MimeModel({ data: { "text/markdown": page.markdown } }));
}
