/** A plot artifact (an Arrow stream) as arrays that the page works on. */

import { tableFromIPC, type Column, type Table } from "@uwdata/flechette";

export type Cell = string | number | boolean | null;

export type Operation = "Eq" | "NotEq" | "Greater" | "GreaterEq" | "Less" | "LessEq";

/** Where a column comes from: the model, its monitoring, the measuring of the plot, or whose rows they are. */
export type Source = "output" | "metric" | "quality" | "set";

interface Named {
  readonly name: string;
  readonly source: Source;
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
  readonly values: ArrayLike<Cell>;
}

export type PlotColumn = ClassColumn | GradientColumn | PlainColumn;

/** Rows that belong together: of training, of production, of another period. They are start..end of the table. */
export interface PlotSet {
  readonly name: string;
  /** Node id of the data that were placed; null if the file does not say. */
  readonly dataset: string | null;
  readonly start: number;
  readonly end: number;
  /** The stored row that is the first row of the data. */
  readonly first: number;
}

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
  /** Null for a plot of two dimensions. */
  readonly z: Float32Array | null;
  readonly sets: readonly PlotSet[];
  /** The row of each point in the stored file. */
  readonly stored: Uint32Array;
  /** The point of a stored row; -1 if it was left out. */
  readonly pointOf: (stored: number) => number;
  readonly id: (point: number) => string;
  /** The point with an id; null if there is none. */
  readonly find: (id: string) => number | null;
  readonly columns: readonly PlotColumn[];
}

interface ColumnFacts {
  readonly coloring_type?: "class" | "gradient" | "none";
  readonly source?: Source;
  readonly threshold?: number;
  readonly operation?: Operation;
}

interface SetFacts {
  readonly name: string;
  readonly dataset?: string;
  readonly rows: number;
  /** Where in the data they begin, if not at the first row. */
  readonly start?: number;
}

interface PlotFacts {
  readonly method?: string;
  readonly columns?: Readonly<Record<string, ColumnFacts>>;
  readonly sets?: readonly SetFacts[];
}

/** What a reader may make of a column of a file: numbers without gaps stay as they are. */
type Cells = ArrayLike<Cell>;

const FIXED = new Set(["x", "y", "z", "id", "set", "transformed_embedding", "neighbours"]);
const TRAINING = "training";
/** The column that tells the rows of periods apart. */
export const SET_COLUMN = "set";

/** @throws Error if the bytes are not a plot; its message is meant for the reader. */
export function readPlot(bytes: Uint8Array): PlotTable {
  const table = opened(bytes);
  const facts = factsOf(table);
  const [x, y] = [floatsOf(table, "x"), floatsOf(table, "y")];
  const { order, sets } = rowsInOrder(table, facts, x, y);
  const names = table.names.map(String).filter((name) => !FIXED.has(name));
  const columns = names.map((name) => columnOf(name, take(cellsOf(table, name), order), facts.columns?.[name] ?? {}));
  const hasDepth = table.names.includes("z");
  return {
    method: facts.method ?? "",
    count: order.length,
    trainingCount: sets[0]?.name === TRAINING ? sets[0].end : 0,
    dropped: table.numRows - order.length,
    dimensions: hasDepth ? 3 : 2,
    x: taken(x, order),
    y: taken(y, order),
    z: hasDepth ? taken(floatsOf(table, "z"), order) : null,
    sets,
    stored: order,
    ...lookups(table, order),
    columns: sets.length > 1 ? [...columns, setColumn(sets, order.length)] : columns,
  };
}

/** Ids and stored rows are looked up seldom: they are unpacked when that first happens. */
function lookups(table: Table, order: Uint32Array): Pick<PlotTable, "id" | "find" | "pointOf"> {
  let ids: Cells | null = null;
  let points: Int32Array | null = null;
  let places: Map<string, number> | null = null;
  const id = (point: number): string => {
    ids ??= cellsOf(table, "id");
    const row = order[point]!;
    return ids[row] ? String(ids[row]) : `row ${row}`;
  };
  return {
    id,
    find: (wanted) => {
      places ??= new Map(Array.from(order, (_, point) => [id(point), point] as const).reverse());
      return places.get(wanted) ?? null;
    },
    pointOf: (stored) => {
      points ??= inverted(order, table.numRows);
      return points[stored] ?? -1;
    },
  };
}

function inverted(order: Uint32Array, rows: number): Int32Array {
  const points = new Int32Array(rows).fill(-1);
  for (let point = 0; point < order.length; point++) points[order[point]!] = point;
  return points;
}

/** Which row of which data a point is; null if the file does not say. */
export function rowOf(table: PlotTable, point: number): { readonly dataset: string; readonly position: number } | null {
  const set = table.sets.find(({ start, end }) => point >= start && point < end);
  return set?.dataset ? { dataset: set.dataset, position: table.stored[point]! - set.first } : null;
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

/** The rows that have a place, those of training first, each set in one piece. */
function rowsInOrder(table: Table, facts: PlotFacts, x: Float32Array, y: Float32Array): { order: Uint32Array; sets: PlotSet[] } {
  const groups = setsOf(table, facts).sort((left, right) => Number(right.name === TRAINING) - Number(left.name === TRAINING));
  const order = new Uint32Array(table.numRows);
  const sets: PlotSet[] = [];
  let end = 0;
  for (const { name, dataset, rows } of groups) {
    const start = end;
    for (let place = 0; place < rows.count; place++) {
      const row = rows.at(place);
      if (Number.isFinite(x[row]!) && Number.isFinite(y[row]!)) order[end++] = row;
    }
    if (end > start) sets.push({ name, dataset, start, end, first: rows.at(0) - rows.skipped });
  }
  return { order: order.subarray(0, end), sets };
}

interface Group {
  readonly name: string;
  readonly dataset: string | null;
  readonly rows: { readonly count: number; readonly skipped: number; readonly at: (place: number) => number };
}

/** What the file says of its sets, or else what its column of that name holds. */
function setsOf(table: Table, facts: PlotFacts): Group[] {
  const told = facts.sets ?? [];
  if (told.length && told.reduce((sum, { rows }) => sum + rows, 0) === table.numRows) {
    let next = 0;
    return told.map(({ name, dataset, rows, start }) => {
      const first = next;
      next += rows;
      return { name, dataset: dataset ?? null, rows: { count: rows, skipped: start ?? 0, at: (place) => first + place } };
    });
  }
  if (!table.names.includes("set")) return [{ name: "production", dataset: null, rows: { count: table.numRows, skipped: 0, at: (place) => place } }];
  const cells = cellsOf(table, "set");
  const rows = new Map<string, number[]>();
  for (let row = 0; row < table.numRows; row++) {
    const name = String(cells[row] ?? "production");
    if (!rows.has(name)) rows.set(name, []);
    rows.get(name)!.push(row);
  }
  return Array.from(rows, ([name, members]) => ({ name, dataset: null, rows: { count: members.length, skipped: 0, at: (place) => members[place]! } }));
}

function setColumn(sets: readonly PlotSet[], count: number): ClassColumn {
  const codes = new Int32Array(count);
  sets.forEach(({ start, end }, code) => codes.fill(code, start, end));
  return { name: SET_COLUMN, source: "set", kind: "class", classes: sets.map(({ name }) => name), codes };
}

function cellsOf(table: Table, name: string): Cells {
  const column = table.getChild(name) as Column<Cell> | null | undefined;
  return column ? (column.toArray() as unknown as Cells) : [];
}

function floatsOf(table: Table, name: string): Float32Array {
  const cells = cellsOf(table, name);
  return cells instanceof Float32Array ? cells : Float32Array.from(cells, (value) => (value === null ? NaN : Number(value)));
}

function isWhole(order: Uint32Array, cells: ArrayLike<unknown>): boolean {
  return order.length === cells.length && (order.length === 0 || (order[0] === 0 && order.at(-1) === order.length - 1));
}

/** Rows in their order without a copy where they are in order already. */
function taken(values: Float32Array, order: Uint32Array): Float32Array {
  if (isWhole(order, values)) return values;
  const found = new Float32Array(order.length);
  for (let point = 0; point < order.length; point++) found[point] = values[order[point]!]!;
  return found;
}

function take(cells: Cells, order: Uint32Array): Cells {
  if (isWhole(order, cells)) return cells;
  const found = ArrayBuffer.isView(cells) ? new Float64Array(order.length) : new Array<Cell>(order.length);
  for (let point = 0; point < order.length; point++) found[point] = (cells[order[point]!] ?? null) as never;
  return found;
}

function columnOf(name: string, cells: Cells, facts: ColumnFacts): PlotColumn {
  const named: Named = { name, source: facts.source ?? "output" };
  const coloring = facts.coloring_type ?? guessedColoring(cells);
  if (coloring === "class") return classColumn(named, cells);
  return coloring === "gradient" ? gradientColumn(named, cells, facts) : { ...named, kind: "plain", values: cells };
}

/** For a file of another maker that does not say how to colour. */
function guessedColoring(cells: Cells): "class" | "gradient" {
  return ArrayBuffer.isView(cells) || Array.prototype.every.call(cells, (cell) => cell === null || typeof cell === "number") ? "gradient" : "class";
}

function classColumn(named: Named, cells: Cells): ClassColumn {
  const seen = new Map<Cell, number>();
  const met = new Int32Array(cells.length);
  for (let row = 0; row < met.length; row++) {
    const cell = cells[row] ?? null;
    let code = cell === null || Number.isNaN(cell) ? -1 : seen.get(cell);
    if (code === undefined) seen.set(cell, (code = seen.size));
    met[row] = code;
  }
  const distinct = [...seen.keys()].sort(byValue);
  const codes = Int32Array.from(seen.keys(), (cell) => distinct.indexOf(cell));
  return { ...named, kind: "class", classes: distinct.map(String), codes: met.map((code) => (code < 0 ? -1 : codes[code]!)) };
}

function byValue(left: Cell, right: Cell): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  return String(left).localeCompare(String(right), "en", { numeric: true });
}

function gradientColumn(named: Named, cells: Cells, facts: ColumnFacts): GradientColumn {
  const values = cells instanceof Float64Array ? cells : Float64Array.from(cells, (cell) => (cell === null ? NaN : Number(cell)));
  let [minimum, maximum] = [Infinity, -Infinity];
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (!Number.isFinite(value)) continue;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  const { threshold, operation } = facts;
  const known = threshold !== undefined && operation !== undefined && operation in COMPARISONS;
  return { ...named, kind: "gradient", values, minimum, maximum, limit: known ? { threshold, operation } : null };
}
