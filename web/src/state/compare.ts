/** Nodes side by side: what they say, and where they differ. */

import type { Attributes, Json, Node } from "../api/types";

export interface ComparedRow {
  readonly name: string;
  /** One for each node; undefined where it says nothing. */
  readonly cells: readonly (Json | undefined)[];
  readonly differs: boolean;
  /** The least and the greatest number; null if there are not two different ones. */
  readonly ends: readonly [least: number, greatest: number] | null;
}

export interface ComparedGroup {
  readonly title: string;
  readonly rows: readonly ComparedRow[];
}

const GROUPS: readonly (readonly [name: string, title: string])[] = [
  ["params", "Parameters"],
  ["values", "Values"],
  ["metrics", "Metrics"],
  ["facts", "Facts"],
  ["attributes", "Attributes"],
  ["code", "Code"],
  ["environment", "Environment"],
  ["process", "Process"],
];
/** Digests and what the table's head says already. */
const LEFT_OUT = new Set(["name", "run_key", "question", "started", "ended", "executor", "attempt", "generation", "priority", "options", "extra", "signature"]);

export function compareNodes(nodes: readonly Node[]): readonly ComparedGroup[] {
  const own = new Set(GROUPS.map(([name]) => name));
  const plain = rowsOf(nodes.map((node) => factsOf(node, own)));
  const groups = GROUPS.map(([name, title]) => ({ title, rows: rowsOf(nodes.map((node) => recordOf(node.attributes[name]))) }));
  const [first, ...rest] = [...groups.slice(0, 3), { title: "Run", rows: plain }, ...groups.slice(3)];
  return [first!, ...rest].filter((group) => group.rows.length > 0);
}

function factsOf(node: Node, groups: ReadonlySet<string>): Attributes {
  const said = Object.entries(node.attributes).filter(([name, cell]) => !groups.has(name) && !LEFT_OUT.has(name) && cell !== null);
  const { started, ended } = node.attributes as Record<string, Json>;
  const took = typeof started === "number" && typeof ended === "number" ? { took: ended - started } : {};
  return { ...Object.fromEntries(said), ...took, actor: node.version.actor };
}

function rowsOf(records: readonly Attributes[]): readonly ComparedRow[] {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  return names.map((name) => {
    const cells = records.map((record) => record[name]);
    const differs = new Set(cells.map((cell) => JSON.stringify(cell))).size > 1;
    return { name, cells, differs, ends: differs ? endsOf(cells) : null };
  });
}

function endsOf(cells: readonly (Json | undefined)[]): readonly [number, number] | null {
  const numbers = cells.filter((cell) => typeof cell === "number");
  const [least, greatest] = [Math.min(...numbers), Math.max(...numbers)];
  return least < greatest ? [least, greatest] : null;
}

function recordOf(cell: Json | undefined): Attributes {
  return cell !== null && typeof cell === "object" && !Array.isArray(cell) ? cell : {};
}
