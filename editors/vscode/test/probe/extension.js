// For tests only: a kernel that computes nothing and says what it ran, and a door through which a
// test asks the extension host what VS Code holds, as the page shows only what is scrolled into view.
"use strict";
const http = require("node:http");
const inspector = require("node:inspector");
const vscode = require("vscode");

/** What the kernel was given, in its order: the first line of each cell. */
const ran = [];
let count = 20;

exports.activate = (context) => {
  const kernel = vscode.notebooks.createNotebookController("cellwise-probe", "jupyter-notebook", "Probe");
  kernel.supportedLanguages = ["python"];
  kernel.supportsExecutionOrder = true;
  kernel.executeHandler = async (cells) => {
    for (const cell of cells) {
      const execution = kernel.createNotebookCellExecution(cell);
      execution.executionOrder = ++count;
      execution.start(Date.now());
      await execution.clearOutput();
      const text = cell.document.getText();
      // What a cell is to show stands in its comment: `# probe: secret large fails`.
      const shows = /# probe:(.*)/.exec(text)?.[1] ?? "";
      ran.push(text.split("\n")[0]);
      const items = [vscode.NotebookCellOutputItem.stdout(`ran ${count}\n`)];
      if (shows.includes("secret")) {
        items.push(vscode.NotebookCellOutputItem.text(`key = AKIA${"QWERTZUIOPASDFGH"}`));
      }
      if (shows.includes("large")) {
        items.push(vscode.NotebookCellOutputItem.text("x".repeat(200_000), "text/html"));
      }
      const fails = shows.includes("fails");
      if (fails) {
        items.push(vscode.NotebookCellOutputItem.error({ name: "ValueError", message: "told to fail", stack: "" }));
      }
      await execution.replaceOutput(items.map((item) => new vscode.NotebookCellOutput([item])));
      execution.end(!fails, Date.now());
    }
  };
  const open = (notebook) => kernel.updateNotebookAffinity(notebook, vscode.NotebookControllerAffinity.Preferred);
  vscode.workspace.notebookDocuments.forEach(open);
  context.subscriptions.push(kernel, vscode.workspace.onDidOpenNotebookDocument(open));

  const kept = {};
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const part of request) {
      body += part;
    }
    try {
      const ask = new Function("vscode", "probe", `return (async () => { ${body} })();`);
      const value = await ask(vscode, { ran, kept, inspector });
      response.end(JSON.stringify({ value: value === undefined ? null : value }));
    } catch (error) {
      response.end(JSON.stringify({ error: String(error && error.stack) }));
    }
  });
  server.listen(Number(process.env.CELLWISE_PROBE_PORT), "127.0.0.1");
  context.subscriptions.push({ dispose: () => server.close() });
};
