/** Folds nodes that belong together into one box, with how many they are. */

import type { Node } from "../api/types";
import { kindLabel, text } from "../lineage/names";
import { neighboursOf, type Part } from "./part";

export type Folding = "auto" | "kind" | "run" | "none";

export interface Drawn {
  /** The node's id, or `*` and the id of its first member for a group. */
  readonly id: string;
  /** More than one for a group. */
  readonly members: readonly Node[];
  /** What stands for the group: a run with what it made; null for like nodes. */
  readonly head: Node | null;
}

export interface DrawnEdge {
  readonly from: string;
  readonly to: string;
  /** Edges of the graph that it stands for. */
  readonly count: number;
  readonly roles: readonly string[];
}

export interface Folded {
  readonly drawn: readonly Drawn[];
  readonly edges: readonly DrawnEdge[];
  /** The box that each node is in. */
  readonly boxOf: ReadonlyMap<string, string>;
}

/** So many alike are folded without being asked. */
const CROWD = 10;

/** @param opened ids of groups that stay unfolded @param kept nodes that are never folded away */
export function fold(part: Part, folding: Folding, opened: ReadonlySet<string>, kept: ReadonlySet<string>): Folded {
  const groups = folding === "none" ? [] : folding === "run" ? byRun(part) : byKind(part, kept, folding === "auto" ? CROWD : 2);
  const boxOf = new Map([...part.nodes.keys()].map((id) => [id, id]));
  const drawn: Drawn[] = [];
  for (const group of groups) {
    if (opened.has(group.id)) continue;
    drawn.push(group);
    for (const member of group.members) boxOf.set(member.id, group.id);
  }
  for (const node of part.nodes.values()) if (boxOf.get(node.id) === node.id) drawn.push({ id: node.id, members: [node], head: node });
  return { drawn, edges: edgesBetween(part, boxOf), boxOf };
}

/** A group's name, such as "482 Files". */
export function groupTitle({ members, head }: Drawn): string {
  return head ? text(head.attributes["name"]) || head.kind : `${members.length} ${kindLabel(members[0]!.kind).toLowerCase()} nodes`;
}

export function isGroup({ members }: Drawn): boolean {
  return members.length > 1;
}

function edgesBetween(part: Part, boxOf: ReadonlyMap<string, string>): DrawnEdge[] {
  const found = new Map<string, { from: string; to: string; count: number; roles: Set<string> }>();
  for (const edge of part.edges) {
    const [from, to] = [boxOf.get(edge.from), boxOf.get(edge.to)];
    if (!from || !to || from === to) continue;
    const known = found.get(`${from} ${to}`) ?? { from, to, count: 0, roles: new Set<string>() };
    known.count++;
    known.roles.add(edge.role || edge.kind.replaceAll("_", " "));
    found.set(`${from} ${to}`, known);
  }
  return [...found.values()].map(({ roles, ...edge }) => ({ ...edge, roles: [...roles] }));
}

/** Each run with the files that it alone made. */
function byRun(part: Part): Drawn[] {
  const makers = new Map<string, string[]>();
  for (const { kind, from, to } of part.edges) if (kind === "generated") makers.set(to, [...(makers.get(to) ?? []), from]);
  const made = new Map<string, Node[]>();
  for (const [id, runs] of makers) {
    const node = part.nodes.get(id);
    if (node?.kind === "artifact" && runs.length === 1) made.set(runs[0]!, [...(made.get(runs[0]!) ?? []), node]);
  }
  return [...made].flatMap(([run, files]) => {
    const head = part.nodes.get(run);
    return head ? [{ id: `*${run}`, members: [head, ...files], head }] : [];
  });
}

/**
 * Nodes of one kind that were made from the very same nodes or, made from none, lead to the same ones. Nodes with equal
 * neighbours on one side never lie on a path of each other, so folding them closes no cycle.
 */
function byKind(part: Part, kept: ReadonlySet<string>, least: number): Drawn[] {
  const near = neighboursOf(part);
  const alike = new Map<string, Node[]>();
  for (const node of part.nodes.values()) {
    if (kept.has(node.id)) continue;
    const [above, below] = [near.upstream.get(node.id)!, near.downstream.get(node.id)!];
    if (above.length + below.length === 0) continue;
    const key = `${node.kind} ${above.length ? "<" : ">"} ${[...(above.length ? above : below)].sort().join(" ")}`;
    alike.set(key, [...(alike.get(key) ?? []), node]);
  }
  return [...alike.values()]
    .filter((nodes) => nodes.length >= least)
    .map((nodes) => ({ id: `*${nodes.map(({ id }) => id).sort()[0]!}`, members: nodes, head: null }));
}
