/** Reads of one node that records and views share. */

import type { Node } from "../api/types";
import type { Schemas } from "../api/operations";
import { mapAnswer, type Answer } from "./loadable";
import { api } from "./service";

export type Neighbour = Schemas["NeighbourPage"]["items"][number];

const NEIGHBOURS_MAX = 50;

/** The parts of an id, as the paths of the API want them. */
export function partsOf(id: string): { kind: string; key: string } {
  const slash = id.indexOf("/");
  return { kind: id.slice(0, slash), key: id.slice(slash + 1) };
}

export async function readNode(id: string, signal?: AbortSignal): Promise<Answer<Node>> {
  const answer = await api.get("/api/v1/nodes/{kind}/{key}", { path: partsOf(id), ...(signal && { signal }) });
  return mapAnswer(answer, asNode);
}

/** What flowed into a node, or out of it, one step away. */
export async function readNeighbours(id: string, direction: "upstream" | "downstream", signal?: AbortSignal): Promise<Answer<Schemas["NeighbourPage"]>> {
  return api.get("/api/v1/nodes/{kind}/{key}/edges", { path: partsOf(id), query: { direction, limit: NEIGHBOURS_MAX }, ...(signal && { signal }) });
}

/** A node as the page knows it; its attributes are JSON, which the API's description leaves open. */
export function asNode(answer: Schemas["NodeAnswer"]): Node {
  return answer as unknown as Node;
}
