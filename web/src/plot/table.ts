/** A plot artifact (an Arrow stream) as arrays that the page works on. */

import { tableFromIPC, type Column, type Table } from "@uwdata/flechette";

export type Cell = string | number | boolean | null;

export type Operation = "Eq" | "NotEq" | "Greater" | "GreaterEq" | "Less" | "LessEq";

interface Named {
  readonly name: string;
  readonly source: "output" | "metric";
}

/** Values out of a few; `codes` index `classes`, -1 where there is no value. */
export interface ClassColumn extends Named {
  readonly kind: "class";
  readonly classes: readonly string[];
  readonly codes: Int32Array;
}

/** Numbers; NaN where there is none. A metric with a threshold is healthy where `value <operation> threshold`. */
export interface GradientColumn extends Named {
  readonly kind: "gradient";
  readonly values: Float64Array;
  readonly minimum: number;
  readonly maximum: number;
  readonly limit: { readonly threshold: number; readonly operation: Operation } | null;
}

/** Shown with a point, but not a colour. */
export interface PlainColumn extends Named {
  readonly kind: "plain";
  readonly values: readonly Cell[];
}

export type PlotColumn = ClassColumn | GradientColumn | PlainColumn;

/** Training points come first: rows 0..trainingCount. */
export interface PlotTable {
  readonly method: string;
  readonly count: number;
  readonly trainingCount: number;
  /** Rows left out because a coordinate is not a finite number. */
  readonly dropped: number;
  readonly dimensions: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly ids: readonly string[];
  readonly columns: readonly PlotColumn[];
}

interface ColumnFacts {
  readonly coloring_type?: "class" | "gradient" | "none";
  readonly source?: "output" | "metric";
  readonly threshold?: number;
  readonly operation?: Operation;
}

interface PlotFacts {
  readonly method?: string;
  readonly columns?: Readonly<Record<string, ColumnFacts>>;
}

const FIXED = new Set(["x", "y", "z", "id", "set"]);

/** @throws Error if the bytes are not a plot; its message is meant for the reader. */
export function readPlot(bytes: Uint8Array): PlotTable {
  const table = opened(bytes);
  const facts = factsOf(table);
  const rows = rowsInOrder(table);
  const ids = cellsOf(table, "id");
  const names = table.names.map(String).filter((name) => !FIXED.has(name));
  return {
    method: facts.method ?? "",
    count: rows.order.length,
    trainingCount: rows.trainingCount,
    dropped: table.numRows - rows.order.length,
    dimensions: table.names.includes("z") ? 3 : 2,
    x: Float32Array.from(rows.order, (row) => rows.x[row]!),
    y: Float32Array.from(rows.order, (row) => rows.y[row]!),
    ids: Array.from(rows.order, (row) => ids[row] ? String(ids[row]) : `row ${row}`),
    columns: names.map((name) => columnOf(name, take(cellsOf(table, name), rows.order), facts.columns?.[name] ?? {})),
  };
}

/** The value of a column at a row, as the reader should see it. */
export function cellAt(column: PlotColumn, row: number): Cell {
  if (column.kind === "plain") return column.values[row] ?? null;
  if (column.kind === "class") return column.classes[column.codes[row]!] ?? null;
  const value = column.values[row]!;
  return Number.isNaN(value) ? null : value;
}

export function isHealthy(value: number, { threshold, operation }: NonNullable<GradientColumn["limit"]>): boolean {
  return COMPARISONS[operation](value, threshold);
}

const COMPARISONS: Record<Operation, (value: number, threshold: number) => boolean> = {
  Eq: (value, threshold) => value === threshold,
  NotEq: (value, threshold) => value !== threshold,
  Greater: (value, threshold) => value > threshold,
  GreaterEq: (value, threshold) => value >= threshold,
  Less: (value, threshold) => value < threshold,
  LessEq: (value, threshold) => value <= threshold,
};

function opened(bytes: Uint8Array): Table {
  let table: Table;
  try {
    table = tableFromIPC(bytes, { useBigInt: false });
  } catch {
    throw new Error("The plot's file is not an Arrow stream that this page can read.");
  }
  const missing = ["x", "y"].filter((name) => !table.names.includes(name));
  if (missing.length) throw new Error(`The plot's file has no column ${missing.join(" and ")}.`);
  return table;
}

function factsOf(table: Table): PlotFacts {
  try {
    return JSON.parse(table.schema.metadata?.get("arangovis") ?? "{}") as PlotFacts;
  } catch {
    return {};
  }
}

function rowsInOrder(table: Table): { order: Uint32Array; trainingCount: number; x: Float32Array; y: Float32Array } {
  const x = Float32Array.from(cellsOf(table, "x"), (value) => (value === null ? NaN : Number(value)));
  const y = Float32Array.from(cellsOf(table, "y"), (value) => (value === null ? NaN : Number(value)));
  const sets = cellsOf(table, "set");
  const training: number[] = [];
  const production: number[] = [];
  for (let row = 0; row < table.numRows; row++) {
    if (!Number.isFinite(x[row]!) || !Number.isFinite(y[row]!)) continue;
    (sets[row] === "training" ? training : production).push(row);
  }
  return { order: Uint32Array.from([...training, ...production]), trainingCount: training.length, x, y };
}

function cellsOf(table: Table, name: string): readonly Cell[] {
  const column = table.getChild(name) as Column<Cell> | null | undefined;
  return column ? Array.from(column.toArray() as Iterable<Cell | undefined>, (value) => value ?? null) : [];
}

function take(cells: readonly Cell[], order: Uint32Array): Cell[] {
  return Array.from(order, (row) => cells[row] ?? null);
}

function columnOf(name: string, cells: readonly Cell[], facts: ColumnFacts): PlotColumn {
  const named: Named = { name, source: facts.source ?? "output" };
  const coloring = facts.coloring_type ?? guessedColoring(cells);
  if (coloring === "class") return classColumn(named, cells);
  return coloring === "gradient" ? gradientColumn(named, cells, facts) : { ...named, kind: "plain", values: cells };
}

/** For a file of another maker that does not say how to colour. */
function guessedColoring(cells: readonly Cell[]): "class" | "gradient" {
  return cells.every((cell) => cell === null || typeof cell === "number") ? "gradient" : "class";
}

function classColumn(named: Named, cells: readonly Cell[]): ClassColumn {
  const distinct = [...new Set(cells.filter((cell) => cell !== null))];
  const classes = distinct.sort(byValue).map(String);
  const codes = new Map(distinct.map((value, code) => [value, code]));
  return {
    ...named,
    kind: "class",
    classes,
    codes: Int32Array.from(cells, (cell) => (cell === null ? -1 : codes.get(cell)!)),
  };
}

function byValue(left: Cell, right: Cell): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  return String(left).localeCompare(String(right), "en", { numeric: true });
}

function gradientColumn(named: Named, cells: readonly Cell[], facts: ColumnFacts): GradientColumn {
  const values = Float64Array.from(cells, (cell) => (cell === null ? NaN : Number(cell)));
  const finite = values.filter(Number.isFinite);
  const { threshold, operation } = facts;
  const known = threshold !== undefined && operation !== undefined && operation in COMPARISONS;
  return {
    ...named,
    kind: "gradient",
    values,
    minimum: finite.reduce((least, value) => Math.min(least, value), Infinity),
    maximum: finite.reduce((most, value) => Math.max(most, value), -Infinity),
    limit: known ? { threshold, operation } : null,
  };
}
