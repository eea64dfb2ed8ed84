/** What the service answers about many runs (an Arrow stream with what is said beside it) as columns. */

import { tableFromIPC, type Table } from "@uwdata/flechette";

export const ARROW = "application/vnd.apache.arrow.stream";

/** Numbers, times as milliseconds since 1970, truth values as 0 and 1, NaN where there is nothing; or texts. */
export type Column = Float64Array | readonly (string | null)[];

/** What is new of one run. */
export interface RunPart {
  readonly run: string;
  readonly state: string;
  /** These rows take the place of all before: the run was replaced. */
  readonly restart: boolean;
  readonly rows: number;
  /** How many rows there were before the service thinned them out. */
  readonly ofPoints: number;
  readonly cursor: string;
  readonly columns: ReadonlyMap<string, Column>;
}

export interface RowsAnswer {
  readonly parts: readonly RunPart[];
  /** Runs that were deleted. */
  readonly gone: readonly string[];
  readonly pollAfterMs: number;
  /** There is more to be had at once. */
  readonly isPartial: boolean;
}

interface PartFacts {
  readonly run: string;
  readonly state: string;
  readonly restart: boolean;
  readonly rows: number;
  readonly of_points: number;
  readonly cursor: string;
}

interface Facts {
  readonly runs: readonly PartFacts[];
  readonly gone: readonly string[];
  readonly poll_after_ms: number;
  readonly partial_reasons: readonly string[];
}

const RUN_COLUMN = "_run";

/** @throws Error if the bytes are something else */
export function readRows(bytes: Uint8Array): RowsAnswer {
  const table = tableFromIPC(bytes, { useBigInt: false, useDate: false });
  const facts = JSON.parse(table.schema.metadata?.get("arangovis") ?? "null") as Facts | null;
  if (facts === null) throw new Error("The service's answer says nothing about its rows.");
  const columns = columnsOf(table);
  let from = 0;
  const parts = facts.runs.map((part): RunPart => {
    // Rows lie run by run, in the order in which the runs are told.
    const to = from + part.rows;
    const own = new Map([...columns].map(([name, column]) => [name, column.slice(from, to)] as const));
    from = to;
    return { run: part.run, state: part.state, restart: part.restart, rows: part.rows, ofPoints: part.of_points, cursor: part.cursor, columns: own };
  });
  return { parts, gone: facts.gone, pollAfterMs: facts.poll_after_ms, isPartial: facts.partial_reasons.includes("rows") };
}

function columnsOf(table: Table): Map<string, Column> {
  const names = table.names.map(String).filter((name) => name !== RUN_COLUMN);
  return new Map(names.map((name) => [name, columnOf(table.getChild(name)!.toArray() as ArrayLike<unknown>)]));
}

function columnOf(values: ArrayLike<unknown>): Column {
  if (values instanceof Float64Array) return values;
  if (ArrayBuffer.isView(values)) return Float64Array.from(values as unknown as ArrayLike<number>);
  const cells = Array.from(values);
  if (cells.some((cell) => typeof cell === "string")) return cells.map((cell) => (typeof cell === "string" ? cell : null));
  return Float64Array.from(cells, (cell) => (cell === null || cell === undefined ? NaN : Number(cell)));
}
