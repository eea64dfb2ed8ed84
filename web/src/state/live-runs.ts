/** Runs as the live plots know them, what they logged, and the plots that show it. */

import type { Schemas } from "../api/operations";
import type { Json, Node } from "../api/types";
import { OF_RUN, RUN, type Bindable, type Kind } from "../curves/kinds";
import { numeric, record, text, title } from "../lineage/names";
import { LAYER, PLOT, type Binding, type PlotSpec } from "./live";

export type Scalar = string | number | boolean;
export type Listing = Schemas["RunSeriesAnswer"];

export interface RunInfo {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly isOpen: boolean;
  /** Microseconds since 1970. */
  readonly started: number;
  readonly tags: readonly string[];
  readonly project: string | null;
  /** What holds for the run as a whole, by name: attributes, `params.<name>`, and the run itself under "". */
  readonly values: ReadonlyMap<string, Scalar>;
  readonly place: number;
}

/** Kinds by key of the field. */
export type Fields = ReadonlyMap<string, { readonly name: string; readonly kind: Kind; readonly description: string }>;

const OPEN = new Set(["CREATED", "PENDING", "QUEUED", "STARTED", "RUNNING"]);
const PLOTS_MAX = 24;
const GROUPS_MAX = 100;
const STEPS = ["step", "global_step", "epoch", "iteration", "batch"];

export function runsOf(nodes: readonly Node[], fields: Fields): readonly RunInfo[] {
  const inOrder = [...nodes].sort((left, right) => startOf(left) - startOf(right) || left.id.localeCompare(right.id));
  return inOrder.map((node, place) => ({
    id: node.id,
    name: title(node),
    state: text(node.attributes["state"]),
    isOpen: OPEN.has(text(node.attributes["state"])),
    started: startOf(node),
    tags: Array.isArray(node.attributes["tags"]) ? node.attributes["tags"].map(String) : [],
    project: node.project,
    values: valuesOf(node, fields),
    place,
  }));
}

function startOf(node: Node): number {
  return numeric(node.attributes["started"]) ?? node.created;
}

function valuesOf(node: Node, fields: Fields): Map<string, Scalar> {
  const values = new Map<string, Scalar>([["", node.id]]);
  for (const [name, value] of Object.entries(record(node.attributes["params"]))) if (isScalar(value)) values.set(`params.${name}`, value);
  for (const [key, value] of Object.entries(record(node.attributes["field_values"]))) {
    const field = fields.get(key);
    if (field && isScalar(value)) values.set(field.name, field.kind === "timestamp" ? Number(value) / 1000 : value);
  }
  return values;
}

function isScalar(value: Json | undefined): value is Scalar {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** Everything that can be bound: fields of the rows, then what is one value of a run. */
export function bindablesOf(listings: readonly Listing[], runs: readonly RunInfo[], fields: Fields): readonly Bindable[] {
  const rows = new Map<string, Bindable>();
  const described = new Map([...fields.values()].map((field) => [field.name, field] as const));
  for (const { name, kind } of listings.flatMap((listing) => listing.series.flatMap((series) => series.fields))) {
    rows.set(name, { binding: name, label: name, kind, ofRun: false, description: described.get(name)?.description ?? "" });
  }
  const whole = new Map<string, Bindable>();
  for (const run of runs) {
    for (const [name, value] of run.values) {
      if (!name) continue;
      const before = whole.get(name)?.kind;
      const kind = name.startsWith("params.") ? kindOf(value, before) : (described.get(name)?.kind ?? kindOf(value, before));
      whole.set(name, { binding: OF_RUN + name, label: name, kind, ofRun: true, description: described.get(name)?.description ?? "" });
    }
  }
  return [...[...rows.values()].sort(byLabel), RUN, ...[...whole.values()].sort(byLabel)];
}

/** The kind of values of which nobody said any; of two kinds it is text. */
function kindOf(value: Scalar, before: Kind | undefined): Kind {
  const own: Kind = typeof value === "number" ? (Number.isInteger(value) ? "int" : "float") : typeof value === "boolean" ? "bool" : "text";
  if (before === undefined || before === own) return own;
  return [before, own].every((kind) => kind === "int" || kind === "float") ? "float" : "text";
}

function byLabel(left: Bindable, right: Bindable): number {
  return left.label.localeCompare(right.label, "en", { numeric: true });
}

/** The field that counts in a series: a step, else its first whole number or time; null if it has none. */
export function countingField(fields: readonly { readonly name: string; readonly kind: Kind }[]): string | null {
  const named = STEPS.find((step) => fields.some((field) => field.name === step && (field.kind === "int" || field.kind === "float")));
  return named ?? fields.find((field) => field.kind === "int")?.name ?? fields.find((field) => field.kind === "timestamp")?.name ?? null;
}

/** The time that stands beside the rows with a field; null if none does. */
export function timeField(listings: readonly Listing[], y: Binding): string | null {
  for (const series of listings.flatMap((listing) => listing.series)) {
    if (!series.fields.some((field) => field.name === y)) continue;
    const found = series.fields.find((field) => field.kind === "timestamp");
    if (found) return found.name;
  }
  return null;
}

type SeriesListed = Listing["series"][number];

/** One plot for each number that runs logged, in order of the names. */
export function defaultPlots(listings: readonly Listing[]): { readonly plots: readonly PlotSpec[]; readonly left: number } {
  const found = new Map<string, PlotSpec>();
  for (const series of listings.flatMap((listing) => listing.series)) {
    const x = countingField(series.fields);
    if (x === null) continue;
    const group = dividingFields(series, x);
    const skipped = new Set([x, ...group, ...STEPS]);
    for (const { name, kind } of series.fields) {
      if (skipped.has(name) || found.has(name) || (kind !== "int" && kind !== "float")) continue;
      found.set(name, { ...PLOT, layers: [{ ...LAYER, x, y: name, group }] });
    }
  }
  const names = [...found.keys()].sort((left, right) => left.localeCompare(right, "en", { numeric: true }));
  return { plots: names.slice(0, PLOTS_MAX).map((name) => found.get(name)!), left: Math.max(0, names.length - PLOTS_MAX) };
}

/** What tells the lines of a series apart, if it holds several rows for each step: its texts, or else a small whole number. */
function dividingFields({ fields, rows }: SeriesListed, x: string): readonly string[] {
  const spread = (name: string): number => {
    const found = fields.find((field) => field.name === name);
    return typeof found?.minimum === "number" && typeof found.maximum === "number" ? found.maximum - found.minimum + 1 : Infinity;
  };
  if (rows < 2 * spread(x)) return [];
  const texts = fields.filter((field) => field.kind === "text").map((field) => field.name);
  const small = fields.filter((field) => field.kind === "int" && field.name !== x && spread(field.name) <= GROUPS_MAX).map((field) => field.name);
  return (texts.length ? texts : small).slice(0, 1);
}

/** What a plot is called if nobody named it. */
export function plotTitle(plot: PlotSpec): string {
  if (plot.title) return plot.title;
  return [...new Set(plot.layers.map((layer) => labelOf(layer.mark === "heat" && layer.z ? layer.z : layer.y)))].join(", ");
}

export function labelOf(binding: Binding): string {
  return binding === OF_RUN ? "run" : binding.replace(/^@/, "");
}

/** The names of the series that runs logged to. */
export function seriesNames(listings: readonly Listing[]): readonly string[] {
  return [...new Set(listings.flatMap((listing) => listing.series.flatMap((series) => series.name ?? [])))].sort();
}

/** Runs with these words in their name or tags; all if there are none. */
export function runsWith(runs: readonly RunInfo[], words: string): readonly RunInfo[] {
  const wanted = words.trim().toLowerCase();
  return wanted ? runs.filter((run) => [run.name, ...run.tags].some((text) => text.toLowerCase().includes(wanted))) : runs;
}

/** The question for runs by id or by a filter; null if none is asked for. */
export function runFilter(runs: readonly string[], filter: string | null): string | null {
  const ids = runs.length ? `id in (${runs.map((run) => JSON.stringify(run)).join(", ")})` : null;
  if (filter === null) return ids;
  const condition = filter.trim();
  return ids === null ? condition : condition ? `(${condition}) or ${ids}` : "";
}
