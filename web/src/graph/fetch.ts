/** Reads the part of the lineage that a view names: its start, what was expanded, picked or lies on a path. */

import type { Node } from "../api/types";
import { readStep, type LineageView } from "../state/lineage";
import { failed, ready, type Answer } from "../state/loadable";
import { partsOf, type Neighbour } from "../state/node";
import { api } from "../state/service";
import { connected, type Degree, type Part, type Way } from "./part";

/** So many neighbours come with an expansion; the rest of a hub is picked from a list. */
export const FAN_MAX = 20;
/** So many nodes are shown of a lineage that is asked for at once. */
export const SHOWN_MAX = 500;
/** So many nodes are asked about at once. */
export const AROUND_MAX = 1000;

export type Wanted = Pick<LineageView, "node" | "up" | "down" | "open" | "pick" | "at" | "from" | "to">;

export interface Found {
  readonly part: Part;
  /** Ids along the path between two nodes, in order; null if none was asked for, empty if there is none. */
  readonly path: readonly string[] | null;
  /** True if a budget cut what was asked for. */
  readonly cut: boolean;
}

export async function readPart(wanted: Wanted, signal: AbortSignal): Promise<Answer<Found>> {
  const start = wanted.node!;
  const steps = wanted.open.map(readStep);
  const asked = await Promise.all([
    near(start, "upstream", wanted.up, wanted.at, signal),
    near(start, "downstream", wanted.down, wanted.at, signal),
    ...steps.map(({ id, way }) => near(id, way, 1, wanted.at, signal)),
  ]);
  const bad = asked.slice(0, 2).find((answer) => answer.state === "failed");
  if (bad?.state === "failed") return bad;
  const path = wanted.from && wanted.to ? await readPath(wanted.from, wanted.to, wanted.at, signal) : null;
  if (path?.state === "failed") return path;
  // An expansion of a node that was not there yet, or is gone, adds nothing.
  const lists = asked.flatMap((answer) => (answer.state === "ready" ? [answer.value] : []));
  const ids = [...new Set([start, ...lists.flatMap(({ ids }) => ids), ...steps.map(({ id }) => id), ...wanted.pick, ...(path?.value ?? [])])];
  const part = await readAround(ids.slice(0, AROUND_MAX), wanted.at, signal);
  if (part.state === "failed") return part;
  if (!part.value.nodes.has(start)) return failed({ message: "The node did not exist yet at that time.", status: 404, requestId: "" });
  const kept = [start, ...wanted.pick, ...(path?.value ?? [])];
  return ready({ part: connected(part.value, kept), path: path?.value ?? null, cut: lists.some(({ cut }) => cut) || ids.length > AROUND_MAX });
}

interface Near {
  readonly ids: readonly string[];
  readonly cut: boolean;
}

async function near(id: string, way: Way, depth: number, at: number | null, signal: AbortSignal): Promise<Answer<Near>> {
  if (depth === 0) return ready({ ids: [], cut: false });
  if (depth === 1) {
    const page = await readFan(id, way, at, null, signal, FAN_MAX);
    return page.state === "failed" ? page : ready({ ids: page.value.items.map(({ node }) => node.id), cut: false });
  }
  const answer = await api.get("/api/v1/lineage/{kind}/{key}", {
    path: partsOf(id),
    query: { direction: way, depth, limit: SHOWN_MAX, ...(at !== null && { at }) },
    signal,
  });
  if (answer.state === "failed") return answer;
  return ready({ ids: answer.value.nodes.map((node) => node.id), cut: answer.value.partial_reasons.includes("limit") });
}

/** A page of the neighbours of a node. */
export async function readFan(
  id: string,
  way: Way,
  at: number | null,
  cursor: string | null,
  signal: AbortSignal | undefined,
  limit: number,
): Promise<Answer<{ items: readonly Neighbour[]; next: string | null }>> {
  const answer = await api.get("/api/v1/nodes/{kind}/{key}/edges", {
    path: partsOf(id),
    query: { direction: way, limit, ...(at !== null && { at }), ...(cursor !== null && { cursor }) },
    ...(signal && { signal }),
  });
  return answer.state === "failed" ? answer : ready({ items: answer.value.items, next: answer.value.next_cursor });
}

/** Follows the data from the one to the other, or back; where neither leads, it goes either way. */
async function readPath(from: string, to: string, at: number | null, signal: AbortSignal): Promise<Answer<readonly string[]>> {
  const ways = [
    [from, to, "downstream"],
    [to, from, "downstream"],
    [from, to, "both"],
  ] as const;
  for (const [source, target, direction] of ways) {
    const answer = await api.get("/api/v1/paths", { query: { from: source, to: target, direction, ...(at !== null && { at }) }, signal });
    if (answer.state === "failed") return answer;
    if (answer.value.found) return ready(answer.value.nodes.map(({ id }) => id));
  }
  return ready([]);
}

/** Nodes by their ids, with what stands around them. */
export async function readAround(nodes: readonly string[], at: number | null, signal: AbortSignal): Promise<Answer<Part>> {
  const answer = await api.post("/api/v1/lineage/around", { body: { nodes: [...nodes], ...(at !== null && { at }) }, signal });
  if (answer.state === "failed") return answer;
  return ready({
    nodes: new Map(answer.value.nodes.map((node) => [node.id, node as unknown as Node])),
    edges: answer.value.edges,
    degrees: new Map(answer.value.degrees.map(({ node, ...degree }): [string, Degree] => [node, degree])),
  });
}
