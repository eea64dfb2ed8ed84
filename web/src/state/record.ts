/** What a node says of itself, sorted by what a reader looks for. */

import type { Attributes, Json, Node } from "../api/types";

export interface RecordGroup {
  readonly title: string;
  readonly rows: readonly (readonly [name: string, cell: Json])[];
  /** Of use to few: closed at first. */
  readonly folded: boolean;
}

export interface NodeRecord {
  readonly facts: readonly (readonly [name: string, cell: Json])[];
  readonly groups: readonly RecordGroup[];
}

const GROUPS: readonly (readonly [name: string, title: string, folded: boolean])[] = [
  ["params", "Parameters", false],
  ["values", "Parameters", false],
  ["metrics", "Metrics", false],
  ["facts", "Facts", false],
  ["attributes", "Attributes", false],
  ["code", "Code", true],
  ["environment", "Environment", true],
  ["process", "Process", true],
  ["options", "Options", true],
];
/** What the service tells runs and files apart by. */
const INNER = new Set(["run_key", "question", "stage_key", "executor", "attempt", "generation", "priority", "segments"]);
/** Written elsewhere in a record, where it can be changed. */
const MARKS = new Set(["tags", "description"]);

/** @param marks whether tags and description are among the facts. */
export function recordOf(node: Node, marks: boolean): NodeRecord {
  const own = new Set(GROUPS.filter(([name]) => isGroup(node.attributes[name])).map(([name]) => name));
  const all = Object.entries(node.attributes).filter(([name, cell]) => !isEmpty(cell) && !own.has(name) && (marks || !MARKS.has(name)));
  const groups = GROUPS.filter(([name]) => own.has(name)).map(([name, title, folded]) => ({ title, folded, rows: Object.entries(node.attributes[name] as Attributes) }));
  const inner = all.filter(([name]) => INNER.has(name));
  return {
    facts: [...all.filter(([name]) => !INNER.has(name)), ...tookOf(node.attributes)],
    groups: [...groups, { title: "Inner workings", folded: true, rows: inner }].filter((group) => group.rows.length > 0),
  };
}

function tookOf({ started, ended }: Attributes): [string, Json][] {
  return typeof started === "number" && typeof ended === "number" ? [["took", ended - started]] : [];
}

function isGroup(cell: Json | undefined): boolean {
  return cell !== null && typeof cell === "object" && !Array.isArray(cell) && Object.keys(cell).length > 0;
}

function isEmpty(cell: Json): boolean {
  return cell === null || cell === "" || (typeof cell === "object" && Object.keys(cell).length === 0);
}
