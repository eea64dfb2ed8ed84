/** What the view of models and deployments shows, as its address says it, and what is read out of their runs. */

import type { Json, Node } from "../api/types";
import { numeric, record, text } from "../lineage/names";
import { printParams } from "./route";

export interface ModelsView {
  /** Node ids. */
  readonly model: string | null;
  readonly version: string | null;
  readonly deployment: string | null;
  /** Which list, while nothing is open. */
  readonly tab: "models" | "deployments";
  /** The metric that charts show; null for the first. */
  readonly metric: string | null;
}

export function parseModels(search: string): ModelsView {
  const query = new URLSearchParams(search);
  return {
    model: query.get("model"),
    version: query.get("version"),
    deployment: query.get("deployment"),
    tab: query.get("tab") === "deployments" ? "deployments" : "models",
    metric: query.get("metric"),
  };
}

export function printModels({ model, version, deployment, tab, metric }: ModelsView): string {
  return printParams({ model, version, deployment, tab: tab === "deployments" && tab, metric });
}

export type Metrics = Readonly<Record<string, number>>;

/** A version of a model with the runs that made or used it, newest first. */
export interface VersionRow {
  readonly node: Node;
  /** Its integer id. */
  readonly number: number;
  readonly version: string;
  readonly runs: readonly Node[];
  /** Of the newest run that has the metric. */
  readonly metrics: Metrics;
}

/** What tells how a run went, not how good its model is. */
const BESIDES = new Set(["rows", "peak_memory_mb", "anomalies", "flagged"]);
/** Methods whose figures are of something else than the model that they read. */
const OTHERS = /^(projection|gate|schedule|drift|verify|compatibility\.(?!train$)|anomaly\.(?!train$))/;

export function versionRow(node: Node, runs: readonly Node[]): VersionRow {
  const ordered = [...new Map(runs.map((run) => [run.id, run])).values()].sort((left, right) => right.created - left.created);
  const metrics: Record<string, number> = {};
  for (const run of ordered) {
    if (OTHERS.test(text(run.attributes["method"]))) continue;
    for (const [name, value] of Object.entries(numbers(record(run.attributes["metrics"])))) metrics[name] ??= value;
  }
  return { node, number: numeric(node.attributes["number"]) ?? 0, version: text(node.attributes["version"]), runs: ordered, metrics };
}

export function numbers(values: Readonly<Record<string, unknown>>): Metrics {
  return Object.fromEntries(Object.entries(values).filter((pair): pair is [string, number] => typeof pair[1] === "number" && Number.isFinite(pair[1])));
}

/** Names of metrics, those that most rows have first. */
export function metricNames(rows: readonly { readonly metrics: Metrics }[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { metrics } of rows) for (const name of Object.keys(metrics)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .sort(([left, many], [right, more]) => Number(BESIDES.has(left)) - Number(BESIDES.has(right)) || more - many || left.localeCompare(right))
    .map(([name]) => name);
}

/** A metric over the versions, oldest first; null where one has none. */
export function overVersions(rows: readonly VersionRow[], metric: string): (readonly [number, number | null])[] {
  return [...rows].sort((left, right) => left.number - right.number).map((row, place) => [place + 1, row.metrics[metric] ?? null]);
}

export interface Period {
  readonly period: string | null;
  readonly period_start: number | null;
  readonly period_end: number | null;
  readonly metrics: Readonly<Record<string, unknown>>;
}

/** In the order of time, whatever order they come in. */
export function inTime<P extends Pick<Period, "period_start" | "period_end">>(periods: readonly P[]): readonly P[] {
  const at = (period: P): number => period.period_start ?? period.period_end ?? 0;
  return [...periods].sort((left, right) => at(left) - at(right));
}

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

/** What people call a period, else its days. */
export function periodName({ period, period_start: start, period_end: end }: Pick<Period, "period" | "period_start" | "period_end">): string {
  if (period) return period;
  const days = [start, end].flatMap((at) => (at === null ? [] : [day.format(at / 1000)]));
  return [...new Set(days)].join(" to ") || "unknown time";
}

/** A condition of a gate holds for all models of its project, or for one. */
export function gatesFor<Gate extends { readonly model: string | null }>(gates: readonly Gate[], model: string): readonly Gate[] {
  return gates.filter((gate) => gate.model === null || gate.model === model);
}

export function asText(value: Json | undefined): string {
  return Array.isArray(value) ? value.map(String).join(", ") : text(value);
}
