/** The values of nodes by their searchable names, for tables. */

import type { Json, Node } from "../api/types";
import type { Cell } from "../components/ui/table";
import type { SearchName } from "./filter";

/** Names that nobody looks at in a table. */
const HIDDEN = new Set(["id", "kind", "run_key", "question", "digest", "stage_key", "text"]);
const FIRST: Readonly<Record<string, readonly string[]>> = {
  run: ["name", "state", "method", "created", "took"],
  plot: ["name", "state", "method", "created", "took"],
  model: ["name", "version", "number", "created", "actor", "tags"],
  dataset: ["name", "form", "rows", "created", "actor", "tags"],
  all: ["kind", "name", "project", "created", "actor"],
};
const METRICS_SHOWN = 3;
const PARAMS_SHOWN = 2;
/** So many texts of the user's own are counted without being asked for. */
const OWN_FACETS = 4;
const FACETS: Readonly<Record<string, readonly string[]>> = {
  run: ["state", "method", "tags", "project"],
  plot: ["state", "method", "tags", "project"],
  model: ["name", "tags", "project"],
  dataset: ["form", "tags", "project"],
  all: ["project", "tags"],
};
/** Names that a kind counts as columns although nothing is searched by them. */
const COMPUTED = ["took"];

/** What stands in a cell; null if the node has no such value. */
export function cellOf(node: Node, name: string): Json {
  if (name === "created") return node.created;
  if (name === "actor") return node.version.actor;
  if (name === "kind") return node.kind;
  if (name === "id") return node.id;
  if (name === "project") return node.project;
  if (name === "took") return tookOf(node);
  const whole = node.attributes[name];
  if (whole !== undefined) return whole;
  const dot = name.indexOf(".");
  const group = dot < 0 ? undefined : node.attributes[name.slice(0, dot)];
  if (group === null || typeof group !== "object" || Array.isArray(group)) return null;
  return group[name.slice(dot + 1)] ?? null;
}

/** A cell as tables sort it. */
export function sortable(cell: Json): Cell {
  if (cell === null || typeof cell !== "object") return cell;
  return Array.isArray(cell) ? cell.join(", ") : JSON.stringify(cell);
}

/** All names that there is a column for, those of every node first. */
export function columnsOf(kind: string, names: readonly SearchName[]): readonly string[] {
  const first = FIRST[kind] ?? FIRST["all"]!;
  const used = names.filter((item) => item.nodes > 0 && !HIDDEN.has(item.name)).map((item) => item.name);
  const computed = kind === "run" || kind === "plot" ? COMPUTED : [];
  return [...new Set([...first, ...used, ...computed, "project", "actor", "tags"])];
}

/** The columns of a table that nobody has chosen columns for: with the metrics and parameters that most nodes have. */
export function firstColumns(kind: string, names: readonly SearchName[]): readonly string[] {
  const most = (group: string, count: number) =>
    names
      .filter((item) => item.name.startsWith(`${group}.`) && item.nodes > 0)
      .sort((left, right) => right.nodes - left.nodes)
      .slice(0, count)
      .map((item) => item.name);
  const timed = names.some((item) => item.name === "started" && item.nodes > 0);
  const first = (FIRST[kind] ?? FIRST["all"]!).filter((name) => name !== "took" || timed);
  return [...first, ...most("metrics", METRICS_SHOWN), ...most("params", PARAMS_SHOWN)];
}

/** What is counted beside the results. */
export function facetsOf(kind: string, names: readonly SearchName[], more: readonly string[]): readonly string[] {
  const first = FACETS[kind] ?? FACETS["all"]!;
  const own = names
    .filter((item) => /^(attributes|params)\./.test(item.name) && item.nodes > 0 && item.types.every((type) => type !== "number"))
    .sort((left, right) => right.nodes - left.nodes)
    .slice(0, OWN_FACETS)
    .map((item) => item.name);
  return [...new Set([...first, ...own, ...more])];
}

/** Names that can be counted and are not yet. */
export function countable(names: readonly SearchName[], counted: readonly string[]): readonly string[] {
  const none = new Set([...HIDDEN, "created", "actor", "started", "ended", ...counted]);
  return names.filter((item) => item.nodes > 0 && !none.has(item.name)).map((item) => item.name);
}

export function isNumeric(name: string, names: readonly SearchName[]): boolean {
  const types = names.find((item) => item.name === name)?.types ?? [];
  return types.length > 0 && types.every((type) => type === "number");
}

/** How a name is headed: without its group where it is plain what it is. */
export function heading(name: string): string {
  const plain = name.replace(/^(metrics|params|attributes)\./, "");
  return plain === name ? (TITLES[name] ?? capital(name.replaceAll("_", " "))) : plain;
}

const TITLES: Readonly<Record<string, string>> = { actor: "By", took: "Took", number: "Number", rows: "Rows" };

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function tookOf({ attributes }: Node): number | null {
  const [begun, ended] = [attributes["started"], attributes["ended"]];
  return typeof begun === "number" && typeof ended === "number" ? ended - begun : null;
}
