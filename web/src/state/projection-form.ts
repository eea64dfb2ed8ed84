/** The form of a projection's parameters, as the service describes it, and what its run measured. */

import type { Schemas } from "../api/operations";
import type { Json } from "../api/types";

export type Methods = Schemas["ProjectionMethodsAnswer"];
export type Method = Methods["methods"][number];
export type Parameter = Method["parameters"][number];

/** What a reader typed, by the name of the parameter; text as it stands in the input. */
export type Entries = Readonly<Record<string, string | boolean>>;

export interface Measure {
  readonly name: string;
  readonly title: string;
  readonly value: number;
  readonly best: number | null;
  readonly worst: number | null;
  /** The range in words. */
  readonly range: string;
  readonly sees: string;
}

/** Measured beside the quality of the layout: how it was brought to lie as the one before. */
const OTHERS: Readonly<Record<string, string>> = {
  alignment_residual: "how far rows lie from where they lay in the plot before, in mean distances from the middle",
  alignment_rows: "rows that this plot and the one before have in common",
};
const METRIC = "metric";
/** Parameters that go with some distances only. */
const OF_DISTANCES = new Set(["p", "w", "threshold"]);

/** The parameters to show: those of the method, and of the distance that is chosen. */
export function parametersFor(method: Method, methods: Methods, entries: Entries): Parameter[] {
  const distance = methods.distances.find(({ name }) => name === entries[METRIC]);
  return method.parameters.filter(({ name }) => !OF_DISTANCES.has(name) || distance?.parameters.includes(name));
}

/** What to fill the form with: the parameters in force over the defaults. */
export function entriesOf(parameters: readonly Parameter[], inForce: Readonly<Record<string, Json>>): Entries {
  const entries: Record<string, string | boolean> = {};
  for (const { name, type, default: usual } of parameters) {
    const value = inForce[name] ?? usual;
    entries[name] = type === "boolean" ? value === true : value === null || value === undefined ? "" : String(value);
  }
  return entries;
}

/** What is sent: all that are in sight, optional ones only where they are not at their default. */
export function valuesOf(parameters: readonly Parameter[], entries: Entries): Record<string, Json> {
  const values: Record<string, Json> = {};
  for (const parameter of parameters) {
    const value = valueOf(parameter, entries[parameter.name] ?? "");
    if (parameter.optional && (value === "" || value === null || value === parameter.default)) continue;
    values[parameter.name] = value;
  }
  return values;
}

/** What is wrong with an entry, in words; null if nothing is. The service checks again. */
export function problemOf(parameter: Parameter, entry: string | boolean): string | null {
  const { type, minimum, maximum, optional, choices } = parameter;
  if (typeof entry === "boolean") return null;
  if (entry.trim() === "") return optional ? null : "is needed";
  if (choices.length && !choices.includes(entry)) return `is none of ${choices.join(", ")}`;
  if (type !== "integer" && type !== "number") return null;
  const value = Number(entry);
  if (!Number.isFinite(value)) return `${entry} is not a number`;
  if (type === "integer" && !Number.isInteger(value)) return `${entry} is not a whole number`;
  if (minimum !== null && minimum !== undefined && value < minimum) return `must be at least ${minimum}`;
  return maximum !== null && maximum !== undefined && value > maximum ? `must be at most ${maximum}` : null;
}

/** `n_neighbours` as people write it. */
export function titleOf(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** "2 to 200, 15 by default". */
export function limitsOf({ minimum, maximum, default: usual }: Parameter): string {
  const range = minimum !== null && minimum !== undefined ? (maximum !== null && maximum !== undefined ? `${minimum} to ${maximum}` : `from ${minimum}`) : "";
  const told = usual === null || usual === undefined || usual === "" ? "" : `${String(usual)} by default`;
  return [range, told].filter(Boolean).join(", ");
}

/** What was measured, in the order in which the service lists measures. */
export function measuresOf(metrics: Readonly<Record<string, Json>>, known: Methods["measures"]): Measure[] {
  const rows: Measure[] = [];
  for (const { name, best, worst, sees } of known) {
    const value = metrics[name];
    if (typeof value === "number") rows.push({ name, title: titleOf(name), value, best: best ?? null, worst: worst ?? null, range: rangeOf(best ?? null, worst ?? null), sees });
  }
  for (const [name, sees] of Object.entries(OTHERS)) {
    const value = metrics[name];
    if (typeof value === "number") rows.push({ name, title: titleOf(name), value, best: null, worst: null, range: name.endsWith("residual") ? "0 is best" : "", sees });
  }
  return rows;
}

function valueOf({ type }: Parameter, entry: string | boolean): Json {
  if (typeof entry === "boolean") return entry;
  return type === "integer" || type === "number" ? (entry.trim() === "" ? null : Number(entry)) : entry;
}

function rangeOf(best: number | null, worst: number | null): string {
  if (best === null) return "";
  return worst === null ? `${best} is best` : `${worst} to ${best}, ${best} is best`;
}
