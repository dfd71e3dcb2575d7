/**
 * The picture of a notebook: where each cell and each arrow is drawn. Pure, from the graph that the
 * server tells to lengths in pixels; `draw.ts` puts it on a page.
 *
 * Cells stand in a column as they do in the notebook. What a cell gives to cells below it runs down
 * on its right, in a lane of its own, with an arrow into each reader. On its left is what goes
 * wrong: arrows up from a cell to a reader above it, and the moves that would put them in order.
 */

import type { Graph, GraphCell, GraphEdge } from "./protocol";
import { cellsInWords, countsInWords, namesInWords } from "./words";

export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly rows: readonly Row[];
  readonly wires: readonly Wire[];
}

export interface Row {
  readonly cell: GraphCell;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** The cell's number as people count it. */
  readonly number: string;
  /** Its title, cut to the width. */
  readonly title: string;
  /** `[7]`, or nothing where it was not run. */
  readonly count: string;
  /** The names that it binds, cut to the width. */
  readonly binds: string;
  /** All of it in a sentence: what a pointer and a screen reader are told. */
  readonly description: string;
}

export type WireKind = "flow" | "backward" | "move";

export interface Wire {
  readonly kind: WireKind;
  readonly from: number;
  /** For a move, the index in `Graph.cells` before which the cell goes; the number of cells for the end. */
  readonly to: number;
  /** The reader's output was made from an older value. */
  readonly stale: boolean;
  /** The `d` of an SVG path; its last point is the arrow's head. */
  readonly path: string;
  readonly head: { readonly x: number; readonly y: number; readonly points: "left" | "right" };
  readonly description: string;
}

const MARGIN = 8;
const GAP = 6;
const CODE_HEIGHT = 40;
const MARKUP_HEIGHT = 22;
const LANE = 11;
/** A gutter with many lanes has narrower ones, rather than pushing the cells aside. */
const MAX_GUTTER = 150;
const MIN_CELLS = 140;
const MAX_CELLS = 420;
const RADIUS = 5;
/** Widths of a character in the two sizes of text, on the safe side for most fonts. */
const TITLE_CHARACTER = 7;
const SMALL_CHARACTER = 6.2;
/** Room for the number on the left of a row and the count on its right. */
const ROW_PADDING = 84;

/** @param width the room there is; a picture may be wider where the room is very small. */
export function layout(graph: Graph, width: number): Scene {
  const at = new Map(graph.cells.map((cell, position) => [cell.index, position]));
  const edges = graph.edges.filter((edge) => at.has(edge.from) && at.has(edge.to));
  const position = (index: number): number => at.get(index) ?? 0;

  const flows = edges.filter((edge) => !edge.backward);
  const flowLanes = lanes(trunks(flows, position));
  const moves = movesOf(graph, at);
  const wrong = [
    ...edges.filter((edge) => edge.backward).map((edge) => span(position(edge.from), position(edge.to))),
    ...moves.map((move) => span(move.from, move.to)),
  ];
  const wrongLanes = lanes(wrong);

  const left = gutter(wrongLanes.count);
  const right = gutter(flowLanes.count);
  const cellWidth = Math.min(MAX_CELLS, Math.max(MIN_CELLS, width - 2 * MARGIN - left.width - right.width));
  const x = MARGIN + left.width;

  const needs = relations(edges, (edge) => edge.to, (edge) => edge.from);
  const usedBy = relations(edges, (edge) => edge.from, (edge) => edge.to);
  const rows: Row[] = [];
  let y = MARGIN;
  for (const cell of graph.cells) {
    const height = cell.kind === "code" ? CODE_HEIGHT : MARKUP_HEIGHT;
    rows.push({
      cell,
      x,
      y,
      width: cellWidth,
      height,
      number: String(cell.index + 1),
      title: cut(cell.title, (cellWidth - ROW_PADDING) / TITLE_CHARACTER),
      count: cell.executionCount === null ? "" : `[${cell.executionCount}]`,
      binds: cut(cell.binds.join(", "), (cellWidth - ROW_PADDING) / SMALL_CHARACTER),
      description: describe(cell, needs.get(cell.index) ?? [], usedBy.get(cell.index) ?? []),
    });
    y += height + GAP;
  }

  const staleReaders = new Set(graph.cells.filter((cell) => cell.state === "stale").map((cell) => cell.index));
  const wires: Wire[] = [];
  for (const edge of flows) {
    const from = rows[position(edge.from)];
    const to = rows[position(edge.to)];
    if (from === undefined || to === undefined) {
      continue;
    }
    const lane = x + cellWidth + right.pitch * (1 + (flowLanes.of.get(String(edge.from)) ?? 0));
    wires.push({
      kind: "flow",
      from: edge.from,
      to: edge.to,
      stale: staleReaders.has(edge.to) && isNewer(from.cell, to.cell),
      path: bracket(x + cellWidth, leaves(from), lane, enters(to)),
      head: { x: x + cellWidth, y: enters(to), points: "left" },
      description: `${namesInWords(edge.names)}: from cell ${edge.from + 1} to cell ${edge.to + 1}`,
    });
  }
  const leftLane = (key: string): number => x - left.pitch * (1 + (wrongLanes.of.get(key) ?? 0));
  for (const edge of edges) {
    const from = rows[position(edge.from)];
    const to = rows[position(edge.to)];
    if (!edge.backward || from === undefined || to === undefined) {
      continue;
    }
    wires.push({
      kind: "backward",
      from: edge.from,
      to: edge.to,
      stale: false,
      path: bracket(x, enters(from), leftLane(keyOf(position(edge.from), position(edge.to))), leaves(to)),
      head: { x, y: leaves(to), points: "right" },
      description: `${namesInWords(edge.names)}: cell ${edge.to + 1} reads what cell ${edge.from + 1} below it binds`,
    });
  }
  for (const move of moves) {
    const from = rows[move.from];
    if (from === undefined) {
      continue;
    }
    const target = rows[move.to];
    const gap = target === undefined ? y - GAP / 2 : target.y - GAP / 2;
    wires.push({
      kind: "move",
      from: from.cell.index,
      to: target === undefined ? graph.cells.length : target.cell.index,
      stale: false,
      path: bracket(x, middle(from), leftLane(keyOf(move.from, move.to)), gap),
      head: { x, y: gap, points: "right" },
      description: `Ordering the cells moves cell ${from.cell.index + 1} here`,
    });
  }
  return {
    width: x + cellWidth + right.width + MARGIN,
    height: y - GAP + MARGIN,
    rows,
    wires,
  };
}

/**
 * The moves that make `order` of the cells as they are: the fewest, as the cells that already
 * stand in order stay. `from` and `to` are positions; a cell goes before the one at `to`.
 */
export function movesOf(graph: Graph, at: ReadonlyMap<number, number>): { from: number; to: number }[] {
  if (graph.order === null) {
    return [];
  }
  const order = graph.order.map((index) => at.get(index)).filter((position) => position !== undefined);
  const stays = longestIncreasing(order);
  const moves: { from: number; to: number }[] = [];
  let next = graph.cells.length;
  for (const position of [...order].reverse()) {
    if (stays.has(position)) {
      next = position;
    } else {
      moves.push({ from: position, to: next });
    }
  }
  return moves.reverse();
}

/** The values of a longest increasing subsequence. Values are distinct. */
function longestIncreasing(values: readonly number[]): Set<number> {
  const tails: number[] = [];
  const previous = new Map<number, number | undefined>();
  for (const value of values) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const half = (low + high) >> 1;
      if ((tails[half] ?? Infinity) < value) {
        low = half + 1;
      } else {
        high = half;
      }
    }
    previous.set(value, tails[low - 1]);
    tails[low] = value;
  }
  const longest = new Set<number>();
  for (let value = tails.at(-1); value !== undefined; value = previous.get(value)) {
    longest.add(value);
  }
  return longest;
}

interface Span {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

function keyOf(from: number, to: number): string {
  return `${from}→${to}`;
}

function span(from: number, to: number): Span {
  return { key: keyOf(from, to), start: Math.min(from, to), end: Math.max(from, to) };
}

/** One span a binding cell: down to the last of its readers. */
function trunks(edges: readonly GraphEdge[], position: (index: number) => number): Span[] {
  const ends = new Map<number, number>();
  for (const edge of edges) {
    ends.set(edge.from, Math.max(ends.get(edge.from) ?? 0, position(edge.to)));
  }
  return [...ends].map(([from, end]) => ({ key: String(from), start: position(from), end }));
}

/** A lane for each span so that none overlap, the short ones inside. Spans may touch. */
function lanes(spans: readonly Span[]): { count: number; of: Map<string, number> } {
  const taken: Span[][] = [];
  const of = new Map<string, number>();
  const byLength = [...spans].sort((a, b) => a.end - a.start - (b.end - b.start) || a.start - b.start);
  for (const own of byLength) {
    let lane = taken.findIndex((others) => others.every((other) => own.end <= other.start || other.end <= own.start));
    if (lane === -1) {
      lane = taken.push([]) - 1;
    }
    taken[lane]?.push(own);
    of.set(own.key, lane);
  }
  return { count: taken.length, of };
}

function gutter(count: number): { width: number; pitch: number } {
  if (count === 0) {
    return { width: 0, pitch: LANE };
  }
  const pitch = Math.min(LANE, MAX_GUTTER / (count + 1));
  return { width: pitch * (count + 1), pitch };
}

// Where a wire leaves a row and where it enters it differ, so that two of them can touch.
function leaves(row: Row): number {
  return row.y + row.height * 0.7;
}

function enters(row: Row): number {
  return row.y + row.height * 0.3;
}

function middle(row: Row): number {
  return row.y + row.height * 0.5;
}

/** From the edge of the column out to a lane, along it, and back, with round corners. */
function bracket(edge: number, fromY: number, lane: number, toY: number): string {
  const out = lane > edge ? 1 : -1;
  const down = toY > fromY ? 1 : -1;
  const radius = Math.min(RADIUS, Math.abs(toY - fromY) / 2, Math.abs(lane - edge));
  const corner = lane - out * radius;
  return [
    `M ${round(edge)} ${round(fromY)}`,
    `H ${round(corner)}`,
    `Q ${round(lane)} ${round(fromY)} ${round(lane)} ${round(fromY + down * radius)}`,
    `V ${round(toY - down * radius)}`,
    `Q ${round(lane)} ${round(toY)} ${round(corner)} ${round(toY)}`,
    `H ${round(edge)}`,
  ].join(" ");
}

function round(length: number): number {
  return Math.round(length * 10) / 10;
}

function cut(text: string, characters: number): string {
  const room = Math.max(1, Math.floor(characters));
  const all = Array.from(text.replace(/\s+/g, " ").trim());
  return all.length <= room ? all.join("") : `${all.slice(0, room - 1).join("")}…`;
}

function relations(
  edges: readonly GraphEdge[],
  of: (edge: GraphEdge) => number,
  other: (edge: GraphEdge) => number,
): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const edge of edges) {
    const list = found.get(of(edge)) ?? [];
    if (!list.includes(other(edge))) {
      list.push(other(edge));
    }
    found.set(of(edge), list);
  }
  for (const list of found.values()) {
    list.sort((a, b) => a - b);
  }
  return found;
}

/** Whether what a reader's output was made of is not what the binder gives now. */
function isNewer(binder: GraphCell, reader: GraphCell): boolean {
  const ranLater = (binder.executionCount ?? 0) > (reader.executionCount ?? Infinity);
  return binder.state === "stale" || binder.state === "edited" || ranLater;
}

const STATES = {
  fresh: "up to date",
  stale: "stale: run it again",
  edited: "edited since it ran",
  never: "not run",
} as const;

function describe(cell: GraphCell, needs: readonly number[], usedBy: readonly number[]): string {
  const parts = [`Cell ${cell.index + 1}: ${cell.title}`];
  if (cell.kind === "code") {
    parts.push(STATES[cell.state]);
  }
  if (cell.binds.length > 0) {
    parts.push(`binds ${namesInWords(cell.binds)}`);
  }
  if (needs.length > 0) {
    parts.push(`needs ${cellsInWords(needs)}`);
  }
  if (usedBy.length > 0) {
    parts.push(`used by ${cellsInWords(usedBy)}`);
  }
  const found = countsInWords(cell.findings);
  if (found !== null) {
    parts.push(found);
  }
  return parts.join(" · ");
}
