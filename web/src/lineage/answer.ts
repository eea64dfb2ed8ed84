/** Which run produced this plot, from which data, with which parameters, set by whom. */

import type { Json, Lineage, LineageNode, Revision } from "../api/types";

export interface Answer {
  readonly run: LineageNode | null;
  readonly modelVersion: LineageNode | null;
  /** The parameters' node; null if nobody ever set any and the defaults were used. */
  readonly params: LineageNode | null;
  readonly data: readonly DataAnswer[];
}

export interface DataAnswer {
  readonly node: LineageNode;
  /** What the data are to the run. */
  readonly role: string;
  /** What a snapshot was taken from. */
  readonly source: LineageNode | null;
}

/** Reads the answer out of the upstream lineage of a plot. */
export function answerOf(lineage: Lineage): Answer {
  const nodes = new Map(lineage.nodes.map((node) => [node.id, node]));
  const into = (id: string, kinds: readonly string[]) =>
    lineage.edges
      .filter((edge) => edge.to === id && kinds.includes(edge.kind) && nodes.has(edge.from))
      .map((edge) => ({ node: nodes.get(edge.from)!, role: edge.role }));
  const start = nodes.get(lineage.start);
  const run = into(lineage.start, ["generated"])[0]?.node ?? (start?.kind === "run" ? start : null);
  const inputs = run ? into(run.id, ["input_to"]) : [];
  const first = (kind: string): LineageNode | null => inputs.find(({ node }) => node.kind === kind)?.node ?? null;
  return {
    run,
    modelVersion: first("model_version"),
    params: first("params"),
    data: inputs
      .filter(({ node }) => node.kind === "dataset" || node.kind === "featureset")
      .map(({ node, role }) => ({ node, role, source: into(node.id, ["derived_into"])[0]?.node ?? null })),
  };
}

/** The plots that a run made, out of its downstream lineage. */
export function plotsOf(lineage: Lineage, run: string): LineageNode[] {
  const made = new Set(lineage.edges.filter((edge) => edge.kind === "generated" && edge.from === run).map((edge) => edge.to));
  return lineage.nodes.filter((node) => made.has(node.id) && node.attributes["role"] === "plot");
}

/**
 * Who asked for each run: the actor who linked its first input, in the request itself. The run's newest version names
 * the worker that ended it.
 */
export function requestersOf(lineage: Lineage): ReadonlyMap<string, string> {
  const inputs = lineage.edges.filter((edge) => edge.kind === "input_to").sort((left, right) => left.since - right.since);
  const requesters = new Map<string, string>();
  for (const edge of inputs) {
    if (!requesters.has(edge.to)) requesters.set(edge.to, edge.actor);
  }
  return requesters;
}

export interface Change {
  readonly name: string;
  readonly from: Json | undefined;
  readonly to: Json | undefined;
}

export interface RevisionChanges {
  readonly revision: Revision;
  /** Against the revision before; for the first one, all of its values. */
  readonly changes: readonly Change[];
}

/** Newest first, whatever order they come in. */
export function revisionChanges(revisions: readonly Revision[]): RevisionChanges[] {
  const sorted = [...revisions].sort((left, right) => left.revision - right.revision);
  return sorted
    .map((revision, place) => ({ revision, changes: changesBetween(sorted[place - 1], revision) }))
    .reverse();
}

function changesBetween(before: Revision | undefined, after: Revision): Change[] {
  const old = settingsOf(before);
  const now = settingsOf(after);
  const names = [...new Set([...Object.keys(now), ...Object.keys(old)])];
  return names
    .filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]))
    .map((name) => ({ name, from: old[name], to: now[name] }));
}

function settingsOf(revision: Revision | undefined): Readonly<Record<string, Json>> {
  return { ...revision?.values, ...revision?.options };
}
