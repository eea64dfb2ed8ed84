/** From a column to the colours of the points, and the legend that explains them. */

import type { Rgb } from "../scatter/renderer";
import { absentColor, classColor, healthColor, rampColor, type Theme } from "./palette";
import { isHealthy, type ClassColumn, type GradientColumn, type PlotColumn, type PlotTable } from "./table";

export interface ClassEntry {
  readonly name: string;
  readonly color: Rgb;
  readonly count: number;
}

export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly color: Rgb;
}

export interface ClassLegend {
  readonly kind: "class";
  readonly entries: readonly ClassEntry[];
  readonly absent: number;
}

export interface ValueLegend {
  readonly kind: "value";
  readonly bins: readonly Bin[];
  readonly minimum: number;
  readonly maximum: number;
  readonly limit: GradientColumn["limit"];
  readonly healthy: number;
  readonly unhealthy: number;
  readonly absent: number;
}

export type Legend = ClassLegend | ValueLegend | null;

export interface Coloring {
  /** Four bytes a point; alpha 0 hides it. */
  readonly colors: Uint8Array;
  readonly legend: Legend;
}

export interface ColoringChoice {
  readonly column: PlotColumn | null;
  readonly byValue: boolean;
  readonly hidden: ReadonlySet<string>;
  readonly training: boolean;
  readonly theme: Theme;
}

type Paint = (row: number) => Rgb | null;

const BINS = 40;
const TRAINING_ALPHA = 90;

/** Columns that points can be coloured by: classes, then outputs, then metrics. */
export function colorable(table: PlotTable): (ClassColumn | GradientColumn)[] {
  const columns = table.columns.filter((column) => column.kind !== "plain");
  const rank = (column: PlotColumn): number => (column.kind === "class" ? 0 : column.source === "output" ? 1 : 2);
  return columns.sort((left, right) => rank(left) - rank(right));
}

export function colorPoints(table: PlotTable, choice: ColoringChoice): Coloring {
  const colors = new Uint8Array(4 * table.count);
  if (choice.training) paintTraining(colors, table.trainingCount, choice.theme);
  const paint = painter(choice);
  for (let row = table.trainingCount; row < table.count; row++) {
    const color = paint(row);
    if (color) colors.set([...color, 255], 4 * row);
  }
  return { colors, legend: legendOf(table, choice) };
}

/** The middle of each visible class: where its name is written on the map. */
export function classCentres(table: PlotTable, column: ClassColumn, hidden: ReadonlySet<string>): ClassCentre[] {
  const rows = column.classes.map((): number[] => []);
  for (let row = table.trainingCount; row < table.count; row++) rows[column.codes[row]!]?.push(row);
  return column.classes
    .map((name, code) => ({ name, rows: rows[code]! }))
    .filter(({ name, rows: members }) => members.length > 0 && !hidden.has(name))
    .map(({ name, rows: members }) => ({ name, x: median(members, table.x), y: median(members, table.y) }));
}

export interface ClassCentre {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

function paintTraining(colors: Uint8Array, count: number, theme: Theme): void {
  const bytes = [...absentColor(theme), TRAINING_ALPHA];
  for (let row = 0; row < count; row++) colors.set(bytes, 4 * row);
}

function painter({ column, byValue, hidden, theme }: ColoringChoice): Paint {
  if (column?.kind === "class") {
    const palette = column.classes.map((name, code) => (hidden.has(name) ? null : classColor(code, theme)));
    return (row) => (column.codes[row]! < 0 ? absentColor(theme) : palette[column.codes[row]!]!);
  }
  if (column?.kind === "gradient") {
    const color = valueColor(column, byValue, theme);
    return (row) => color(column.values[row]!);
  }
  const plain = classColor(0, theme);
  return () => plain;
}

function valueColor(column: GradientColumn, byValue: boolean, theme: Theme): (value: number) => Rgb {
  const { limit } = column;
  if (limit && !byValue) return (value) => healthColor(Number.isNaN(value) ? null : isHealthy(value, limit), theme);
  const range = column.maximum - column.minimum || 1;
  return (value) => rampColor((value - column.minimum) / range, theme);
}

function legendOf(table: PlotTable, choice: ColoringChoice): Legend {
  if (choice.column?.kind === "class") return classLegend(table, choice.column, choice.theme);
  return choice.column?.kind === "gradient" ? valueLegend(table, choice.column, choice) : null;
}

function classLegend(table: PlotTable, column: ClassColumn, theme: Theme): ClassLegend {
  const codes = column.codes.subarray(table.trainingCount);
  const counts = new Uint32Array(column.classes.length + 1);
  for (const code of codes) counts[code + 1]!++;
  const entries = column.classes.map((name, code) => ({
    name,
    color: classColor(code, theme),
    count: counts[code + 1]!,
  }));
  return { kind: "class", entries: entries.filter((entry) => entry.count > 0), absent: counts[0]! };
}

function valueLegend(table: PlotTable, column: GradientColumn, { byValue, theme }: ColoringChoice): ValueLegend {
  const values = column.values.subarray(table.trainingCount);
  const present = values.filter((value) => !Number.isNaN(value));
  const { limit } = column;
  const healthy = limit ? present.filter((value) => isHealthy(value, limit)).length : 0;
  return {
    kind: "value",
    bins: present.length ? histogram(present, column, valueColor(column, byValue, theme)) : [],
    minimum: column.minimum,
    maximum: column.maximum,
    limit,
    healthy,
    unhealthy: limit ? present.length - healthy : 0,
    absent: values.length - present.length,
  };
}

function histogram(values: Float64Array, column: GradientColumn, color: (value: number) => Rgb): Bin[] {
  const width = (column.maximum - column.minimum) / BINS || 1;
  const counts = new Uint32Array(BINS);
  for (const value of values) counts[Math.min(BINS - 1, Math.floor((value - column.minimum) / width))]!++;
  return Array.from(counts, (count, bin) => {
    const from = column.minimum + bin * width;
    return { from, to: from + width, count, color: color(from + width / 2) };
  });
}

function median(rows: readonly number[], values: Float32Array): number {
  const sorted = Float32Array.from(rows, (row) => values[row]!).sort();
  return sorted[sorted.length >> 1]!;
}
