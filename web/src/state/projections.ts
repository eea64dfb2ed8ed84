/** Reads of several steps that the page needs: the list of projections, and one of them with its origin. */

import { ApiError, type ApiClient } from "../api/client";
import type { Lineage, LineageNode, Node, Revision } from "../api/types";
import { answerOf, plotsOf, requestersOf, type Answer } from "../lineage/answer";
import { numeric, text } from "../lineage/names";
import { readPlot, type PlotTable } from "../plot/table";

const METHODS = ["projection.umap"];
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
  /** Where each method's list goes on; empty at the end. */
  readonly cursors: Readonly<Record<string, string>>;
}

/** A plot's origin, and who asked for each run of it. */
export interface Origin {
  readonly lineage: Lineage;
  readonly answer: Answer;
  readonly requesters: ReadonlyMap<string, string>;
}

/** Newest first. @param cursors what the page before gave, or null for the first page. */
export async function listProjections(
  client: ApiClient,
  cursors: ProjectionPage["cursors"] | null,
  signal: AbortSignal,
): Promise<ProjectionPage> {
  const methods = cursors ? Object.keys(cursors) : METHODS;
  const pages = await Promise.all(
    methods.map((method) => {
      const cursor = cursors?.[method];
      return client.runs({ method, state: "SUCCESS", limit: PAGE_SIZE, ...(cursor && { cursor }) }, signal);
    }),
  );
  const runs = pages.flatMap((page) => page.items).sort((left, right) => right.created - left.created);
  const next = methods.flatMap((method, place) => {
    const cursor = pages[place]!.next_cursor;
    return cursor ? [[method, cursor] as const] : [];
  });
  const items = await Promise.all(runs.map((run) => describe(client, run, signal)));
  return { items, cursors: Object.fromEntries(next) };
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
