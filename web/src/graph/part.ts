/** The part of the lineage that is drawn: nodes, edges, how much of it is out of sight, and what lies on the way. */

import type { Node } from "../api/types";

export type Way = "upstream" | "downstream";

export interface GraphEdge {
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly role: string;
  /** Microseconds since 1970. */
  readonly since: number;
}

export interface Degree {
  readonly upstream: number;
  readonly downstream: number;
  /** A hub's neighbours are not all counted. */
  readonly at_least: boolean;
}

export interface Part {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly edges: readonly GraphEdge[];
  readonly degrees: ReadonlyMap<string, Degree>;
}

export const NOTHING: Part = { nodes: new Map(), edges: [], degrees: new Map() };

/** Neighbours of each node in the part. */
export interface Neighbours {
  readonly upstream: ReadonlyMap<string, readonly string[]>;
  readonly downstream: ReadonlyMap<string, readonly string[]>;
}

export function neighboursOf(part: Part): Neighbours {
  const [upstream, downstream] = [new Map<string, Set<string>>(), new Map<string, Set<string>>()];
  for (const id of part.nodes.keys()) {
    upstream.set(id, new Set());
    downstream.set(id, new Set());
  }
  for (const { from, to } of part.edges) {
    upstream.get(to)?.add(from);
    downstream.get(from)?.add(to);
  }
  const listed = (found: Map<string, Set<string>>) => new Map([...found].map(([id, set]) => [id, [...set]]));
  return { upstream: listed(upstream), downstream: listed(downstream) };
}

/** All that can be reached one way; the start included. */
export function reachable(starts: readonly string[], next: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set(starts);
  for (const id of seen) for (const other of next.get(id) ?? []) seen.add(other);
  return seen;
}

/** Edges away from a node, whichever way they point. */
export function distances(start: string, near: Neighbours): Map<string, number> {
  const found = new Map([[start, 0]]);
  for (const [id, depth] of found) {
    for (const other of [...(near.upstream.get(id) ?? []), ...(near.downstream.get(id) ?? [])]) if (!found.has(other)) found.set(other, depth + 1);
  }
  return found;
}

/** Only what hangs together with the nodes that are kept. */
export function connected(part: Part, kept: readonly string[]): Part {
  const near = neighboursOf(part);
  const both = new Map([...part.nodes.keys()].map((id) => [id, [...near.upstream.get(id)!, ...near.downstream.get(id)!]]));
  return only(part, reachable(kept.filter((id) => part.nodes.has(id)), both));
}

/** Only what lies on paths through a node. */
export function through(part: Part, focus: string): Part {
  if (!part.nodes.has(focus)) return part;
  const near = neighboursOf(part);
  return only(part, new Set([...reachable([focus], near.upstream), ...reachable([focus], near.downstream)]));
}

function only(part: Part, ids: ReadonlySet<string>): Part {
  if (ids.size === part.nodes.size) return part;
  return {
    nodes: new Map([...part.nodes].filter(([id]) => ids.has(id))),
    edges: part.edges.filter(({ from, to }) => ids.has(from) && ids.has(to)),
    degrees: part.degrees,
  };
}

/** How many neighbours of a node are out of sight. */
export function hidden(part: Part, near: Neighbours, id: string, way: Way): number {
  const all = part.degrees.get(id)?.[way] ?? 0;
  return Math.max(0, all - (near[way].get(id)?.length ?? 0));
}

const BURST_US = 1_000_000;

/** When something changed in the part, oldest first; what happened within a second counts as one change, at its end. */
export function changes(parts: Iterable<Part>): number[] {
  const times = new Set<number>();
  for (const { nodes, edges } of parts) {
    for (const node of nodes.values()) for (const at of [node.created, node.version.valid_from]) if (at > 0) times.add(at);
    for (const { since } of edges) if (since > 0) times.add(since);
  }
  const sorted = [...times].sort((a, b) => a - b);
  return sorted.filter((at, place) => (sorted[place + 1] ?? Infinity) - at > BURST_US);
}
