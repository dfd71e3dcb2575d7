/** The side panel: how the notebook stands, its cells and what they take from each other, its findings. */

import type { NotebookPanel } from "@jupyterlab/notebook";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import { type Drawn, draw } from "../../common/draw";
import { layout } from "../../common/layout";
import type { Graph, Range, Severity, Status } from "../../common/protocol";
import { cellsInWords, graphInWords } from "../../common/words";

/** An element of the answer to `cellwise/findings`. */
export interface ListedFinding {
  readonly rule: string;
  readonly severity: Severity;
  /** `null` for the whole notebook. */
  readonly cell: number | null;
  readonly range: Range;
  readonly message: string;
}

export interface PanelHost {
  graph(panel: NotebookPanel): Promise<Graph | null>;
  findings(panel: NotebookPanel): Promise<readonly ListedFinding[]>;
  status(panel: NotebookPanel): Status | null;
  reveal(panel: NotebookPanel, index: number, range: Range | null): void;
  explain(rule: string): void;
  runStale(): void;
  order(): void;
}

export class SidePanel extends Widget {
  constructor(private readonly host: PanelHost) {
    super();
    this.addClass("cellwise-panel");
    this.order = button("Put cells in order", () => host.order());
    this.run = button("Run stale cells", () => host.runStale());
    const bar = element("div", "cellwise-panel-bar");
    bar.append(this.run, this.order);
    const scroll = element("div", "cellwise-panel-graph");
    scroll.append(this.picture);
    this.node.append(this.summary, bar, title("Cells"), scroll, title("Findings"), this.list);
    this.resize.observe(scroll);
  }

  /** Shows a notebook; `null` for none. */
  show_(panel: NotebookPanel | null): void {
    this.panel = panel;
    this.refresh();
  }

  /** Something changed. Asks again if somebody looks. */
  refresh(): void {
    if (!this.isVisible || this.isAsking) {
      this.isOutdated = true;
      return;
    }
    this.isOutdated = false;
    this.isAsking = true;
    void this.ask().finally(() => {
      this.isAsking = false;
      if (this.isOutdated) {
        this.refresh();
      }
    });
  }

  /** Marks the cell that the cursor is in. */
  select(index: number): void {
    this.selected = index;
    this.drawn?.select(index);
  }

  override dispose(): void {
    this.resize.disconnect();
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.refresh();
  }

  private async ask(): Promise<void> {
    const { panel, host } = this;
    if (panel === null || panel.isDisposed) {
      this.graph = null;
      this.summary.textContent = "Open a notebook to see its cells here.";
      this.list.replaceChildren();
      this.run.hidden = this.order.hidden = true;
      this.redraw();
      return;
    }
    const [graph, findings] = await Promise.all([host.graph(panel), host.findings(panel)]);
    if (panel !== this.panel) {
      return;
    }
    const status = host.status(panel);
    this.graph = graph;
    this.summary.textContent = graph === null ? "The Cellwise server does not know this notebook." : graphInWords(graph);
    for (const why of status?.why ?? []) {
      const line = element("div", "cellwise-panel-why");
      line.textContent = why;
      this.summary.append(line);
    }
    this.run.hidden = (status?.stale.length ?? 0) === 0;
    this.run.title = status === null ? "" : `Runs ${cellsInWords(status.stale.map(({ index }) => index))}`;
    this.order.hidden = graph?.order == null;
    this.redraw();
    this.list.replaceChildren(...findings.map((finding) => this.row(finding, panel)));
    if (findings.length === 0) {
      this.list.textContent = "Nothing was found.";
    }
  }

  private row(finding: ListedFinding, panel: NotebookPanel): HTMLElement {
    const row = element("div", `cellwise-row cellwise-${finding.severity}`);
    row.tabIndex = 0;
    const where = element("span", "cellwise-row-where");
    where.textContent = finding.cell === null ? "notebook" : `cell ${finding.cell + 1}`;
    const rule = button(finding.rule, () => this.host.explain(finding.rule));
    rule.className = "cellwise-rule";
    const message = element("span", "cellwise-row-message");
    message.textContent = finding.message;
    row.append(where, message, rule);
    const open = (): void => {
      this.host.reveal(panel, finding.cell ?? 0, finding.cell === null ? null : finding.range);
    };
    row.onclick = (event) => {
      if (event.target !== rule) {
        open();
      }
    };
    row.onkeydown = (event) => {
      if (event.key === "Enter" && event.target === row) {
        open();
      }
    };
    return row;
  }

  private redraw(): void {
    const { graph, panel } = this;
    if (graph === null || panel === null) {
      this.picture.replaceChildren();
      this.picture.setAttribute("height", "0");
      this.drawn = null;
      return;
    }
    const width = this.picture.parentElement?.clientWidth ?? 300;
    this.drawn = draw(layout(graph, width), this.picture, ({ cell }) => this.host.reveal(panel, cell.index, null));
    this.drawn.select(this.selected);
  }

  private readonly summary = element("div", "cellwise-panel-summary");
  private readonly list = element("div", "cellwise-panel-list");
  private readonly picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  private readonly run: HTMLButtonElement;
  private readonly order: HTMLButtonElement;
  private readonly resize = new ResizeObserver(() => this.redraw());
  private panel: NotebookPanel | null = null;
  private graph: Graph | null = null;
  private drawn: Drawn | null = null;
  private selected: number | null = null;
  private isAsking = false;
  private isOutdated = true;
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, className: string): HTMLElementTagNameMap[K] {
  const own = document.createElement(tag);
  own.className = className;
  return own;
}

function title(text: string): HTMLElement {
  const own = element("h2", "cellwise-panel-title");
  own.textContent = text;
  return own;
}

function button(text: string, act: () => void): HTMLButtonElement {
  const own = element("button", "jp-mod-styled cellwise-button");
  own.textContent = text;
  own.onclick = act;
  return own;
}
