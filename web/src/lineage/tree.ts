/** A lineage answer as a tree: from the start, each node once, under the nearest node that it flowed into. */

import type { Lineage, LineageNode } from "../api/types";

export interface Branch {
  readonly node: LineageNode;
  /** What the node is to the one above: the role of the edge. */
  readonly role: string;
  /** The kind of the edge that leads to the node above; "" for the start. */
  readonly edge: string;
  /** True if the node stands elsewhere in the tree with its own branches. */
  readonly repeated: boolean;
  readonly branches: readonly Branch[];
}

interface Step {
  readonly id: string;
  readonly role: string;
  readonly edge: string;
}

/** The order in which people ask: what made it, from which model, with which parameters, from which data. */
const ORDER = ["run", "model_version", "params", "dataset", "featureset", "metric_spec", "artifact"];

/** Follows the edges against the flow. Returns null if the answer does not hold its own start. */
export function originTree(lineage: Lineage): Branch | null {
  const nodes = new Map(lineage.nodes.map((node) => [node.id, node]));
  const start = nodes.get(lineage.start);
  if (!start) return null;
  const steps = stepsInto(lineage, nodes);
  const parents = nearestParents(lineage.start, steps);
  const grow = (step: Step, parent: string): Branch => {
    const repeated = parents.get(step.id) !== parent;
    const branches = repeated ? [] : (steps.get(step.id) ?? []).map((next) => grow(next, step.id));
    return { node: nodes.get(step.id)!, role: step.role, edge: step.edge, repeated, branches };
  };
  return grow({ id: lineage.start, role: "", edge: "" }, "");
}

/** For each node, the edges that flow into it. Two nodes may share several edges: one is enough for a tree. */
function stepsInto(lineage: Lineage, nodes: ReadonlyMap<string, LineageNode>): Map<string, Step[]> {
  const steps = new Map<string, Step[]>();
  for (const edge of lineage.edges) {
    if (!nodes.has(edge.from) || !nodes.has(edge.to)) continue;
    const found = steps.get(edge.to) ?? [];
    if (found.some((step) => step.id === edge.from)) continue;
    steps.set(edge.to, [...found, { id: edge.from, role: edge.role, edge: edge.kind }]);
  }
  const rank = ({ id }: Step): number => (ORDER.indexOf(nodes.get(id)!.kind) + ORDER.length + 1) % (ORDER.length + 1);
  for (const found of steps.values()) found.sort((left, right) => rank(left) - rank(right));
  return steps;
}

/** Breadth first, so that a node stands as near to the start as it can; cycles end at what was seen. */
function nearestParents(start: string, steps: ReadonlyMap<string, readonly Step[]>): Map<string, string> {
  const parents = new Map([[start, ""]]);
  const queue = [start];
  for (const id of queue) {
    for (const step of steps.get(id) ?? []) {
      if (parents.has(step.id)) continue;
      parents.set(step.id, id);
      queue.push(step.id);
    }
  }
  return parents;
}
