/** Reads of several steps that the page needs: the list of projections, and one of them with its origin. */

import { ApiError, type ApiClient } from "../api/client";
import type { Lineage, LineageNode, Node, Revision } from "../api/types";
import { answerOf, plotsOf, requestersOf, type Answer } from "../lineage/answer";
import { numeric, text } from "../lineage/names";
import { readPlot, type PlotTable } from "../plot/table";

const METHODS = ["umap", "pca", "tsne", "trimap"];
/** In the service's filter language. */
const IS_PROJECTION = `method in (${METHODS.map((method) => `"projection.${method}"`).join(", ")})`;
const PAGE_SIZE = 20;
const DEPTH = 12;
const NODES_MAX = 300;
/** HTTP: forbidden, not found, gone. */
const NOT_READABLE = new Set([403, 404, 410]);

/** A finished projection as the list shows it. */
export interface Projection {
  readonly run: Node;
  /** Node id of its plot; null if it left none. */
  readonly plot: string | null;
  readonly modelVersion: LineageNode | null;
  readonly requester: string;
}

export interface ProjectionPage {
  readonly items: readonly Projection[];
  /** Where the list goes on; null at the end. */
  readonly cursor: string | null;
}

/** A plot's origin, and who asked for each run of it. */
export interface Origin {
  readonly lineage: Lineage;
  readonly answer: Answer;
  readonly requesters: ReadonlyMap<string, string>;
}

/** Newest first. @param cursor what the page before gave, or null for the first page. */
export async function listProjections(client: ApiClient, cursor: string | null, signal: AbortSignal): Promise<ProjectionPage> {
  const question = { filter: IS_PROJECTION, state: "SUCCESS", limit: PAGE_SIZE };
  const page = await client.runs(cursor ? { ...question, cursor } : question, signal);
  const items = await Promise.all(page.items.map((run) => describe(client, run, signal)));
  return { items, cursor: page.next_cursor ?? null };
}

export async function loadTable(client: ApiClient, plot: string, signal: AbortSignal): Promise<PlotTable> {
  return readPlot(await client.content(plot, signal));
}

export async function loadOrigin(client: ApiClient, plot: string, signal: AbortSignal): Promise<Origin> {
  const lineage = await client.lineage(plot, { direction: "upstream", depth: DEPTH, limit: NODES_MAX }, signal);
  return { lineage, answer: answerOf(lineage), requesters: requestersOf(lineage) };
}

/** Every parameter set of the plot's model version and method; empty if the plot has no model version. */
export async function loadRevisions(client: ApiClient, answer: Answer, signal: AbortSignal): Promise<readonly Revision[]> {
  const number = numeric(answer.modelVersion?.attributes["number"]);
  const method = text(answer.params?.attributes["method"]) || text(answer.run?.attributes["method"]);
  if (number === null || !method) return [];
  return (await client.paramsHistory(number, method.replace(/^projection\./, ""), signal)).items;
}

async function describe(client: ApiClient, run: Node, signal: AbortSignal): Promise<Projection> {
  const near = await client.lineage(run.id, { direction: "both", depth: 1 }, signal).catch((error: unknown) => {
    // One run that cannot be read must not hide the others.
    if (error instanceof ApiError && NOT_READABLE.has(error.status)) return null;
    throw error;
  });
  return {
    run,
    plot: near ? (plotsOf(near, run.id)[0]?.id ?? null) : null,
    modelVersion: near?.nodes.find((node) => node.kind === "model_version") ?? null,
    requester: (near && requestersOf(near).get(run.id)) || run.version.actor,
  };
}
