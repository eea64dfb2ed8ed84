/** Reads of several steps that the page needs: the list of projections, and one of them with its origin. */

import type { QueryOf } from "../api/operations";
import type { Lineage, LineageNode, Node, Revision } from "../api/types";
import { answerOf, plotsOf, requestersOf, type Answer } from "../lineage/answer";
import { numeric, text } from "../lineage/names";
import { readPlot, type PlotTable } from "../plot/table";
import { Failed, valueOf } from "./loadable";
import { asNode, partsOf } from "./node";
import { api } from "./service";

const METHODS = ["umap", "densmap", "tsne", "trimap", "pacmap", "pca"];
/** A projection of all rows, whose points are a table of their own. */
export const ALL_ROWS = "projection.all-rows";
/** As many points as a page draws at once. */
const POINTS_MAX = 1_000_000;
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
export async function listProjections(cursor: string | null, signal: AbortSignal): Promise<ProjectionPage> {
  const query = { filter: IS_PROJECTION, state: "SUCCESS", limit: PAGE_SIZE, ...(cursor && { cursor }) } as const;
  const page = await valueOf(api.get("/api/v1/runs", { query, signal }));
  const items = await Promise.all(page.items.map((run) => describe(asNode(run), signal)));
  return { items, cursor: page.next_cursor ?? null };
}

export async function loadTable(plot: string, signal: AbortSignal): Promise<PlotTable> {
  const path = { key: partsOf(plot).key };
  return readPlot(await valueOf(api.bytes("/api/v1/artifacts/{key}/content", "*/*", { path, signal })));
}

/** A plot, how many rows it is a part of (null: of itself), and the run that was named. */
export interface OpenedRun {
  readonly plot: string | null;
  readonly table: PlotTable | null;
  readonly of: number | null;
}

/** What a run shows: its plot or, for a projection of all rows, the first million of its points. */
export async function loadRun(run: string, signal: AbortSignal): Promise<OpenedRun> {
  const near = await lineageOf(run, { direction: "both", depth: 1 }, signal);
  const node = near.nodes.find(({ id }) => id === run);
  if (text(node?.attributes["method"]) !== ALL_ROWS) {
    const plot = plotsOf(near, run)[0]?.id ?? null;
    if (plot === null) throw new Error(noPlot(text(node?.attributes["state"])));
    return { plot, table: null, of: null };
  }
  const path = { key: partsOf(run).key };
  const job = await valueOf(api.get("/api/v1/projections/{key}", { path, signal }));
  const sent = { path, query: { rows: POINTS_MAX, columns: "*" }, signal };
  const bytes = await valueOf(api.bytes("/api/v1/projections/{key}/table", "application/vnd.apache.arrow.stream", sent));
  return { plot: null, table: readPlot(bytes), of: job.rows ?? null };
}

export async function loadOrigin(plot: string, signal: AbortSignal): Promise<Origin> {
  const lineage = await lineageOf(plot, { direction: "upstream", depth: DEPTH, limit: NODES_MAX }, signal);
  return { lineage, answer: answerOf(lineage), requesters: requestersOf(lineage) };
}

/** Every parameter set of the plot's model version and method; empty if the plot has no model version. */
export async function loadRevisions(answer: Answer, signal: AbortSignal): Promise<readonly Revision[]> {
  const number = numeric(answer.modelVersion?.attributes["number"]);
  const method = text(answer.params?.attributes["method"]) || text(answer.run?.attributes["method"]);
  if (number === null || !method) return [];
  const path = { number, method: method.replace(/^projection\./, "") };
  const history = await valueOf(api.get("/api/v1/model-versions/{number}/params/{method}/history", { path, signal }));
  return history.items as readonly Revision[];
}

async function lineageOf(id: string, query: QueryOf<"/api/v1/lineage/{kind}/{key}", "get">, signal: AbortSignal): Promise<Lineage> {
  return (await valueOf(api.get("/api/v1/lineage/{kind}/{key}", { path: partsOf(id), query, signal }))) as Lineage;
}

function noPlot(state: string): string {
  const isOpen = state === "PENDING" || state === "STARTED";
  return isOpen ? "This run has not made its plot yet: try again when it is done." : `This run made no plot${state === "SUCCESS" ? "" : `: it is ${state || "unknown"}`}.`;
}

async function describe(run: Node, signal: AbortSignal): Promise<Projection> {
  const near = await lineageOf(run.id, { direction: "both", depth: 1 }, signal).catch((error: unknown) => {
    // One run that cannot be read must not hide the others.
    if (error instanceof Failed && NOT_READABLE.has(error.failure.status)) return null;
    throw error;
  });
  return {
    run,
    plot: near ? (plotsOf(near, run.id)[0]?.id ?? null) : null,
    modelVersion: near?.nodes.find((node) => node.kind === "model_version") ?? null,
    requester: (near && requestersOf(near).get(run.id)) || run.version.actor,
  };
}
