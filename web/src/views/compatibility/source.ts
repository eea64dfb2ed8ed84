/** Where the rows come from on which models err: a point of a sweep, or a comparison. */

import type { Schemas } from "../../api/operations";
import { IDS_MAX, type CompatibilityView, type Split } from "../../state/compatibility";
import { failed, ready, type Answer } from "../../state/loadable";
import { api } from "../../state/service";

export type Instance = Schemas["InstanceAnswer"];
export type InstancePage = Schemas["InstancePage"];
export type Filter = Pick<CompatibilityView, "region" | "model" | "label">;

const TEXT = (filter: Filter) => ({
  ...(filter.region && { region: filter.region }),
  ...(filter.model && { model: filter.model }),
  ...(filter.label !== null && { class: filter.label }),
});

export interface ErrorSource {
  /** Id of the run whose rows they are. */
  readonly run: string;
  readonly ask: (filter: Filter, page: { readonly limit: number; readonly cursor: number }, signal: AbortSignal) => Promise<Answer<InstancePage>>;
  readonly image: (id: string) => string;
}

export function ofPoint(key: string, point: number, split: Split): ErrorSource {
  return {
    run: `run/${key}`,
    ask: (filter, page, signal) => api.get("/api/v1/compatibility/sweeps/{key}/points/{point}/instances", { path: { key, point }, query: { split, ...TEXT(filter), ...page }, signal }),
    image: (instance) => api.url("/api/v1/compatibility/sweeps/{key}/instances/{instance}/image", { path: { key, instance } }),
  };
}

export function ofComparison(key: string): ErrorSource {
  return {
    run: `run/${key}`,
    ask: (filter, page, signal) => api.get("/api/v1/compatibility/comparisons/{key}/instances", { path: { key }, query: { ...TEXT(filter), ...page }, signal }),
    image: (instance) => api.url("/api/v1/compatibility/comparisons/{key}/instances/{instance}/image", { path: { key, instance } }),
  };
}

/** A plot in which rows may be found, by its node id. */
export interface PlotFound {
  readonly plot: string;
  readonly ids: readonly string[];
  readonly total: number;
}

/** The newest plot of the models and data that a run read, and the ids of the rows to show in it; null if there is no plot. */
export async function inEmbeddings(source: ErrorSource, filter: Filter, signal: AbortSignal): Promise<Answer<PlotFound | null>> {
  const rows = await source.ask(filter, { limit: IDS_MAX, cursor: 0 }, signal);
  if (rows.state === "failed") return rows;
  const key = source.run.slice(source.run.indexOf("/") + 1);
  const read = await api.get("/api/v1/nodes/{kind}/{key}/edges", { path: { kind: "run", key }, query: { direction: "upstream", limit: 20 }, signal });
  if (read.state === "failed") return read;
  const inputs = read.value.items.filter(({ node }) => node.kind === "model_version" || node.kind === "dataset");
  const found = await Promise.all(inputs.map(({ node }) => plotsBelow(node.id, signal)));
  const bad = found.find((answer) => answer.state === "failed");
  if (bad?.state === "failed") return failed(bad.failure);
  const plots = found.flatMap((answer) => (answer.state === "ready" ? answer.value : [])).sort((left, right) => right.created - left.created);
  const plot = plots[0]?.id;
  return ready(plot ? { plot, ids: rows.value.items.map((row) => String(row.id)), total: rows.value.total } : null);
}

async function plotsBelow(id: string, signal: AbortSignal): Promise<Answer<readonly { readonly id: string; readonly created: number }[]>> {
  const [kind, key] = [id.slice(0, id.indexOf("/")), id.slice(id.indexOf("/") + 1)];
  const answer = await api.get("/api/v1/lineage/{kind}/{key}", { path: { kind, key }, query: { direction: "downstream", depth: 3, kinds: "artifact", limit: 500 }, signal });
  if (answer.state === "failed") return answer;
  return ready(answer.value.nodes.filter((node) => node.attributes["role"] === "plot").map(({ id: plot, created }) => ({ id: plot, created })));
}
