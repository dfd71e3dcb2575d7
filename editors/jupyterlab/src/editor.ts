/**
 * What is seen in a cell's editor: squiggles, the tooltip, and the lightbulb.
 *
 * The squiggles are our own and not those of @codemirror/lint: that one shows what all its sources
 * say at once, so our findings would wait for the slowest language server beside us.
 */

import { RangeSet, StateEffect, StateField } from "@codemirror/state";
import type { Extension, Text } from "@codemirror/state";
import type { DecorationSet, Tooltip, ViewUpdate } from "@codemirror/view";
import { Decoration, EditorView, ViewPlugin, WidgetType, closeHoverTooltips, hoverTooltip } from "@codemirror/view";
import type { ISharedCell } from "@jupyter/ydoc";
import type { Position, Range } from "../../common/protocol";
import type { CodeAction, Diagnostic } from "./lsp";

/** What the editors ask for, answered by whoever knows the server. */
export interface Host {
  /** The findings of the cell as the server told them last. */
  diagnosticsOf(cell: ISharedCell): readonly Diagnostic[];
  /** The actions for a selection; none where the server is away. */
  actionsAt(cell: ISharedCell, range: Range, diagnostics: readonly Diagnostic[]): Promise<readonly CodeAction[]>;
  run(cell: ISharedCell, action: CodeAction): void;
  showMenu(cell: ISharedCell, range: Range, at: { x: number; y: number }): void;
  explain(rule: string): void;
}

/** All editors that show a cell. */
export class Editors {
  /** The extension for one editor. */
  extension(cell: ISharedCell, host: Host): Extension {
    const editors = this;
    const plugin = ViewPlugin.define((view) => {
      editors.add(cell, view);
      // The findings may have come before the editor: cells out of sight have none.
      queueMicrotask(() => editors.show(cell, host));
      let timer = 0;
      return {
        update(update: ViewUpdate) {
          if (update.docChanged) {
            window.clearTimeout(timer);
            timer = window.setTimeout(() => editors.show(cell, host), SETTLED);
          }
        },
        destroy() {
          window.clearTimeout(timer);
          editors.remove(cell, view);
        },
      };
    });
    return [findings, plugin, tooltip(cell, host), lightbulb(cell, host)];
  }

  /** Shows what the server said last about a cell. */
  show(cell: ISharedCell, host: Host): void {
    for (const view of this.views.get(cell) ?? []) {
      view.dispatch({ effects: setFindings.of(host.diagnosticsOf(cell)) });
    }
  }

  showAll(host: Host): void {
    for (const cell of this.views.keys()) {
      this.show(cell, host);
    }
  }

  viewsOf(cell: ISharedCell): readonly EditorView[] {
    return [...(this.views.get(cell) ?? [])];
  }

  private add(cell: ISharedCell, view: EditorView): void {
    const views = this.views.get(cell) ?? new Set();
    views.add(view);
    this.views.set(cell, views);
  }

  private remove(cell: ISharedCell, view: EditorView): void {
    const views = this.views.get(cell);
    views?.delete(view);
    if (views?.size === 0) {
      this.views.delete(cell);
    }
  }

  private readonly views = new Map<ISharedCell, Set<EditorView>>();
}

/**
 * After so many milliseconds without an edit the squiggles are drawn again from what the server said
 * last: it does not repeat what is as it was, and a mark that was typed over may have shrunk meanwhile.
 */
const SETTLED = 400;

const SEVERITIES = ["", "error", "warning", "info", "hint"] as const;

export function severityOf(diagnostic: Diagnostic): string {
  return SEVERITIES[diagnostic.severity ?? 1] ?? "error";
}

/** The place of a position; beyond the end of a line or of the text it is that end. */
export function offset(doc: Text, position: Position): number {
  if (position.line >= doc.lines) {
    return doc.length;
  }
  const line = doc.line(position.line + 1);
  return Math.min(line.from + position.character, line.to);
}

export function positionOf(doc: Text, at: number): Position {
  const line = doc.lineAt(at);
  return { line: line.number - 1, character: at - line.from };
}

const setFindings = StateEffect.define<readonly Diagnostic[]>();

interface Shown {
  readonly marks: DecorationSet;
}

const findings = StateField.define<Shown>({
  create: () => ({ marks: Decoration.none }),
  update(shown, transaction) {
    let marks = shown.marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(setFindings)) {
        marks = drawn(transaction.state.doc, effect.value);
      }
    }
    return marks === shown.marks ? shown : { marks };
  },
  provide: (field) => EditorView.decorations.from(field, (shown) => shown.marks),
});

function drawn(doc: Text, diagnostics: readonly Diagnostic[]): DecorationSet {
  const marks = [];
  for (const diagnostic of diagnostics) {
    const from = offset(doc, diagnostic.range.start);
    const to = offset(doc, diagnostic.range.end);
    const severity = severityOf(diagnostic);
    if (from === to) {
      const widget = new PointWidget(severity);
      marks.push(Decoration.widget({ widget, diagnostic, side: 1 }).range(from));
    } else {
      const attributes = { class: `cellwise-squiggle cellwise-${severity}` };
      marks.push(Decoration.mark({ attributes, diagnostic }).range(from, to));
    }
  }
  return RangeSet.of(marks, true);
}

/** A finding without any extent, as of an empty cell. */
class PointWidget extends WidgetType {
  constructor(private readonly severity: string) {
    super();
  }

  override eq(other: PointWidget): boolean {
    return other.severity === this.severity;
  }

  toDOM(): HTMLElement {
    const point = document.createElement("span");
    point.className = `cellwise-point cellwise-${this.severity}`;
    return point;
  }
}

/** The findings whose mark is at a place, with the mark's extent. */
function findingsAt(view: EditorView, at: number): { from: number; to: number; diagnostics: Diagnostic[] } | null {
  let from = at;
  let to = at;
  const diagnostics: Diagnostic[] = [];
  view.state.field(findings).marks.between(at, at, (start, end, mark) => {
    from = Math.min(from, start);
    to = Math.max(to, end);
    diagnostics.push(mark.spec.diagnostic as Diagnostic);
  });
  return diagnostics.length === 0 ? null : { from, to, diagnostics };
}

function tooltip(cell: ISharedCell, host: Host): Extension {
  return hoverTooltip(
    (view, at): Tooltip | null => {
      const found = findingsAt(view, at);
      if (found === null) {
        return null;
      }
      const create = () => {
        const dom = document.createElement("div");
        dom.className = "cellwise-tooltip";
        for (const diagnostic of found.diagnostics) {
          dom.append(finding(cell, diagnostic, view, host));
        }
        return { dom };
      };
      return { pos: found.from, end: found.to, above: true, create };
    },
    { hideOnChange: true },
  );
}

/** One finding in the tooltip: its message, its rule, and its repairs when the server has told them. */
function finding(cell: ISharedCell, diagnostic: Diagnostic, view: EditorView, host: Host): HTMLElement {
  const dom = document.createElement("div");
  dom.className = `cellwise-finding cellwise-${severityOf(diagnostic)}`;
  const message = document.createElement("div");
  message.className = "cellwise-message";
  message.textContent = diagnostic.message;
  const rule = document.createElement("button");
  rule.className = "cellwise-rule";
  rule.textContent = `cellwise(${diagnostic.code ?? ""})`;
  rule.title = "What this rule finds, and why";
  rule.onclick = () => {
    view.dispatch({ effects: closeHoverTooltips });
    host.explain(String(diagnostic.code));
  };
  message.append(" ", rule);
  dom.append(message);
  void host.actionsAt(cell, diagnostic.range, [diagnostic]).then((actions) => {
    const repairs = actions.filter(
      (action) => action.disabled === undefined && action.diagnostics?.some((own) => own.code === diagnostic.code),
    );
    for (const action of repairs) {
      const button = document.createElement("button");
      button.className = "cellwise-action";
      button.textContent = action.title;
      button.onclick = () => {
        view.dispatch({ effects: closeHoverTooltips });
        host.run(cell, action);
        view.focus();
      };
      dom.append(button);
    }
  });
  return dom;
}

const setBulb = StateEffect.define<"repair" | "refactor" | null>();

/** The lightbulb at the end of the cursor's line. */
function lightbulb(cell: ISharedCell, host: Host): Extension {
  const bulb = StateField.define<DecorationSet>({
    create: () => Decoration.none,
    update(marks, transaction) {
      let next = transaction.docChanged ? Decoration.none : marks;
      for (const effect of transaction.effects) {
        if (effect.is(setBulb)) {
          const { doc, selection } = transaction.state;
          const at = doc.lineAt(selection.main.head).to;
          const widget = effect.value && Decoration.widget({ widget: new Bulb(effect.value, cell, host), side: 2 });
          next = widget === null ? Decoration.none : Decoration.set([widget.range(at)]);
        }
      }
      return next;
    },
    provide: (field) => EditorView.decorations.from(field),
  });
  const asker = ViewPlugin.fromClass(
    class {
      constructor(private readonly view: EditorView) {}

      update(update: ViewUpdate): void {
        const told = update.transactions.some((transaction) =>
          transaction.effects.some((effect) => effect.is(setFindings)),
        );
        if (update.selectionSet || update.docChanged || update.focusChanged || told) {
          window.clearTimeout(this.timer);
          this.timer = window.setTimeout(() => void this.ask(), this.view.hasFocus ? STILL : 0);
        }
      }

      destroy(): void {
        window.clearTimeout(this.timer);
        this.gone = true;
      }

      private async ask(): Promise<void> {
        const { view } = this;
        const { selection } = view.state;
        let kind: "repair" | "refactor" | null = null;
        if (view.hasFocus) {
          const range = selectedRange(view);
          const actions = await host.actionsAt(cell, range, host.diagnosticsOf(cell));
          const enabled = actions.filter((action) => action.disabled === undefined);
          if (enabled.some((action) => action.kind?.startsWith("quickfix"))) {
            kind = "repair";
          } else if (enabled.length > 0) {
            kind = "refactor";
          }
        }
        if (!this.gone && view.state.selection.eq(selection)) {
          view.dispatch({ effects: setBulb.of(kind) });
        }
      }

      private timer = 0;
      private gone = false;
    },
  );
  return [bulb, asker];
}

/** The lightbulb comes when the cursor has stood still for so many milliseconds. */
const STILL = 150;

export function selectedRange(view: EditorView): Range {
  const { doc, selection } = view.state;
  const { from, to } = selection.main;
  return { start: positionOf(doc, from), end: positionOf(doc, to) };
}

class Bulb extends WidgetType {
  constructor(
    private readonly kind: "repair" | "refactor",
    private readonly cell: ISharedCell,
    private readonly host: Host,
  ) {
    super();
  }

  override eq(other: Bulb): boolean {
    return other.kind === this.kind;
  }

  toDOM(view: EditorView): HTMLElement {
    const bulb = document.createElement("span");
    bulb.className = `cellwise-bulb cellwise-bulb-${this.kind}`;
    bulb.title = "Cellwise: what can be done here (Alt+Enter)";
    bulb.setAttribute("role", "button");
    bulb.setAttribute("aria-label", bulb.title);
    bulb.onmousedown = (event) => {
      event.preventDefault();
      event.stopPropagation();
      const { left, bottom } = bulb.getBoundingClientRect();
      this.host.showMenu(this.cell, selectedRange(view), { x: left, y: bottom });
    };
    return bulb;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}
