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
  /** Periods that are left out. */
  readonly hiddenSets?: ReadonlySet<string>;
}

const BINS = 40;
const TRAINING_ALPHA = 90;
const UNSELECTED_ALPHA = 60;
/** In which order columns are offered, after classes. */
const RANKS = { output: 1, metric: 2, quality: 3, set: 4 } as const;
const RAMP_STEPS = 256;

/** Columns that points can be coloured by: classes, then outputs, then metrics, then the plot's own quality. */
export function colorable(table: PlotTable): (ClassColumn | GradientColumn)[] {
  const columns = table.columns.filter((column) => column.kind !== "plain" && !(column.kind === "gradient" && column.minimum > column.maximum));
  const rank = (column: PlotColumn): number => (column.kind === "class" && column.source !== "set" ? 0 : RANKS[column.source]);
  return (columns as (ClassColumn | GradientColumn)[]).sort((left, right) => rank(left) - rank(right));
}

export function colorPoints(table: PlotTable, choice: ColoringChoice): Coloring {
  const inks = new Uint32Array(table.count);
  paintSets(inks, table, choice);
  return { colors: new Uint8Array(inks.buffer), legend: legendOf(table, choice) };
}

/** Colours in which what is not selected stays in sight, grey. @param selected one byte a point */
export function faded(colors: Uint8Array, selected: Uint8Array, theme: Theme): Uint8Array {
  const inks = new Uint32Array(colors.slice().buffer);
  const grey = word(absentColor(theme), UNSELECTED_ALPHA);
  for (let row = 0; row < inks.length; row++) if (inks[row] !== 0 && !selected[row]) inks[row] = grey;
  return new Uint8Array(inks.buffer);
}

/** The middle of each visible class: where its name is written on the map. */
export function classCentres(table: PlotTable, column: ClassColumn, hidden: ReadonlySet<string>): ClassCentre[] {
  const first = column.source === "set" ? 0 : table.trainingCount;
  const rows = column.classes.map((): number[] => []);
  // Of a million points every tenth tells where the middle is.
  const step = Math.max(1, Math.floor((table.count - first) / 100_000));
  for (let row = first; row < table.count; row += step) rows[column.codes[row]!]?.push(row);
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

function paintSets(inks: Uint32Array, table: PlotTable, choice: ColoringChoice): void {
  const bySet = choice.column?.source === "set";
  const faint = word(absentColor(choice.theme), TRAINING_ALPHA);
  for (const { name, start, end } of table.sets) {
    if (choice.hiddenSets?.has(name)) continue;
    if (end > table.trainingCount) paint(inks, choice, start, end);
    else if (choice.training && bySet) paint(inks, choice, start, end);
    else if (choice.training) inks.fill(faint, start, end);
  }
}

function paint(inks: Uint32Array, { column, byValue, hidden, theme }: ColoringChoice, start: number, end: number): void {
  if (column?.kind === "class") {
    const palette = column.classes.map((name, code) => (hidden.has(name) ? 0 : word(classColor(code, theme))));
    const absent = word(absentColor(theme));
    for (let row = start; row < end; row++) inks[row] = column.codes[row]! < 0 ? absent : palette[column.codes[row]!]!;
  } else if (column?.kind === "gradient" && column.limit && !byValue) {
    const [healthy, unhealthy, absent] = [true, false, null].map((health) => word(healthColor(health, theme)));
    const { limit, values } = column;
    for (let row = start; row < end; row++) inks[row] = Number.isNaN(values[row]!) ? absent! : isHealthy(values[row]!, limit) ? healthy! : unhealthy!;
  } else if (column?.kind === "gradient") paintRamp(inks, column, theme, start, end);
  else inks.fill(word(classColor(0, theme)), start, end);
}

function paintRamp(inks: Uint32Array, { values, minimum, maximum }: GradientColumn, theme: Theme, start: number, end: number): void {
  const ramp = Uint32Array.from({ length: RAMP_STEPS }, (_, step) => word(rampColor(step / (RAMP_STEPS - 1), theme)));
  const absent = word(absentColor(theme));
  const scale = (RAMP_STEPS - 1) / (maximum - minimum || 1);
  for (let row = start; row < end; row++) inks[row] = Number.isNaN(values[row]!) ? absent : ramp[Math.round((values[row]! - minimum) * scale)]!;
}

/** A colour as its four bytes lie in memory. */
function word([red, green, blue]: Rgb, alpha = 255): number {
  WORD_BYTES.set([red, green, blue, alpha]);
  return WORD[0]!;
}

const WORD = new Uint32Array(1);
const WORD_BYTES = new Uint8Array(WORD.buffer);

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
  const counts = new Uint32Array(column.classes.length + 1);
  for (let row = column.source === "set" ? 0 : table.trainingCount; row < table.count; row++) counts[column.codes[row]! + 1]!++;
  const entries = column.classes.map((name, code) => ({ name, color: classColor(code, theme), count: counts[code + 1]! }));
  return { kind: "class", entries: entries.filter((entry) => entry.count > 0), absent: counts[0]! };
}

function valueLegend(table: PlotTable, column: GradientColumn, { byValue, theme }: ColoringChoice): ValueLegend {
  const { limit, values, minimum } = column;
  const width = (column.maximum - minimum) / BINS || 1;
  const counts = new Uint32Array(BINS);
  let [present, healthy] = [0, 0];
  for (let row = table.trainingCount; row < table.count; row++) {
    const value = values[row]!;
    if (Number.isNaN(value)) continue;
    present++;
    if (limit && isHealthy(value, limit)) healthy++;
    counts[Math.max(0, Math.min(BINS - 1, Math.floor((value - minimum) / width)))]!++;
  }
  const color = valueColor(column, byValue, theme);
  const bins = Array.from(counts, (count, bin) => {
    const from = minimum + bin * width;
    return { from, to: from + width, count, color: color(from + width / 2) };
  });
  return {
    kind: "value",
    bins: present ? bins : [],
    minimum,
    maximum: column.maximum,
    limit,
    healthy,
    unhealthy: limit ? present - healthy : 0,
    absent: table.count - table.trainingCount - present,
  };
}

function median(rows: readonly number[], values: Float32Array): number {
  const sorted = Float32Array.from(rows, (row) => values[row]!).sort();
  return sorted[sorted.length >> 1]!;
}
