/** Reads of several steps: the versions of a model with the runs that made or used them. */

import type { Schemas } from "../../api/operations";
import type { Node } from "../../api/types";
import { text } from "../../lineage/names";
import { ready, type Answer } from "../../state/loadable";
import { versionRow, type VersionRow } from "../../state/models";
import { asNode, partsOf, readNode } from "../../state/node";
import { api } from "../../state/service";

/** The newest, whose runs are read too. */
export const VERSIONS_MAX = 60;
const RUNS_MAX = 100;
const AT_ONCE = 6;

export interface Surroundings {
  readonly aliases: readonly Schemas["AliasAnswer"][];
  readonly gates: readonly Schemas["GateAnswer"][];
  readonly projectName: string | null;
}

export async function versionsOf(model: string, signal: AbortSignal): Promise<Answer<readonly VersionRow[]>> {
  const query = { filter: `model = "${model}"`, limit: VERSIONS_MAX };
  const found = await api.get("/api/v1/nodes/{kind}", { path: { kind: "model_version" }, query, signal });
  if (found.state === "failed") return found;
  const nodes = found.value.items.map(asNode);
  const rows: VersionRow[] = [];
  for (let start = 0; start < nodes.length; start += AT_ONCE) {
    const some = await Promise.all(nodes.slice(start, start + AT_ONCE).map((node) => withRuns(node, signal)));
    for (const row of some) {
      if (row.state === "failed") return row;
      rows.push(row.value);
    }
  }
  return ready(rows.sort((left, right) => right.number - left.number));
}

async function withRuns(node: Node, signal: AbortSignal): Promise<Answer<VersionRow>> {
  const path = partsOf(node.id);
  const ask = (direction: "upstream" | "downstream") =>
    api.get("/api/v1/nodes/{kind}/{key}/edges", { path, query: { direction, edges: "generated,input_to", limit: RUNS_MAX }, signal });
  const [made, used] = await Promise.all([ask("upstream"), ask("downstream")]);
  if (made.state === "failed") return made;
  if (used.state === "failed") return used;
  const runs = [...made.value.items, ...used.value.items].map((item) => asNode(item.node)).filter((one) => one.kind === "run");
  return ready(versionRow(node, runs));
}

/** Aliases and gates are of a project, by its name and the model's. */
export async function surroundingsOf(model: Node, signal: AbortSignal): Promise<Answer<Surroundings>> {
  if (model.project === null) return ready({ aliases: [], gates: [], projectName: null });
  const project = await readNode(`project/${model.project}`, signal);
  if (project.state === "failed") return project;
  const projectName = text(project.value.attributes["name"]);
  const [aliases, gates] = await Promise.all([
    api.get("/api/v1/aliases", { query: { project: projectName, model: text(model.attributes["name"]) }, signal }),
    api.get("/api/v1/gates", { query: { project: projectName }, signal }),
  ]);
  if (aliases.state === "failed") return aliases;
  if (gates.state === "failed") return gates;
  return ready({ aliases: aliases.value.items, gates: gates.value.items, projectName });
}
