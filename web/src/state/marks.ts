/** What people write on nodes: tags and a description. */

import type { Node } from "../api/types";
import { mapAnswer, type Answer } from "./loadable";
import { asNode, partsOf } from "./node";
import { api } from "./service";

/** Kinds that people's words are not written on: they are what they were made as. */
const FIXED = new Set(["params", "series_data", "saved_search", "saved_view"]);

export function canMark(node: Node): boolean {
  return !FIXED.has(node.kind) && !node.version.deleted;
}

export function tagsOf(node: Node): readonly string[] {
  const tags = node.attributes["tags"];
  return Array.isArray(tags) ? tags.map(String) : [];
}

const listeners = new Set<(id: string) => void>();

/** Calls back with the id of a node whose marks were changed on this page. Returns how to stop that. */
export function onMarked(listener: (id: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Adds and removes tags; those of a run in one step, whoever else tags it meanwhile. */
export async function changeTags(node: Node, add: readonly string[], remove: readonly string[] = []): Promise<Answer<unknown>> {
  const path = partsOf(node.id);
  if (node.kind === "run") return told(node, await api.post("/api/v1/runs/{key}/tags", { path: { key: path.key }, body: { add: [...add], remove: [...remove] } }));
  const tags = [...new Set([...tagsOf(node).filter((tag) => !remove.includes(tag)), ...add])];
  return told(node, await api.patch("/api/v1/nodes/{kind}/{key}", { path, body: { attributes: { tags } } }));
}

export async function describe(node: Node, description: string): Promise<Answer<Node>> {
  const body = { attributes: { description: description.trim() || null } };
  return told(node, mapAnswer(await api.patch("/api/v1/nodes/{kind}/{key}", { path: partsOf(node.id), body }), asNode));
}

function told<Value>(node: Node, answer: Answer<Value>): Answer<Value> {
  if (answer.state === "ready") for (const listener of [...listeners]) listener(node.id);
  return answer;
}
