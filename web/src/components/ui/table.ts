/** What a table shows and in which order. Nothing of the DOM. */

export type Cell = string | number | boolean | null;

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  /** What it is sorted by, and shown as if there is neither `text` nor a cell of the table's own. */
  readonly value: (row: Row) => Cell;
  readonly text?: (row: Row) => string;
  /** To the right, with digits of one width. */
  readonly numeric?: boolean;
  /** As CSS, of the grid: `8rem`, `minmax(8rem, 2fr)`. */
  readonly width?: string;
  /** Left out on a phone. */
  readonly wide?: boolean;
  readonly sortable?: boolean;
}

export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

const letters = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Rows in the order of a column; equal ones stay as they are, and what has no value comes last either way. */
export function sorted<Row>(rows: readonly Row[], column: Column<Row> | undefined, descending: boolean): readonly Row[] {
  if (!column) return rows;
  const keyed = rows.map((row) => ({ row, cell: column.value(row) }));
  keyed.sort((a, b) => {
    if (isAbsent(a.cell) || isAbsent(b.cell)) return Number(isAbsent(a.cell)) - Number(isAbsent(b.cell));
    return descending ? compare(b.cell!, a.cell!) : compare(a.cell!, b.cell!);
  });
  return keyed.map(({ row }) => row);
}

/** What a click on a column's heading leads to: numbers begin with the largest. */
export function nextSort<Row>(column: Column<Row>, sort: Sort | null): Sort {
  if (sort?.column === column.id) return { column: column.id, descending: !sort.descending };
  return { column: column.id, descending: column.numeric ?? false };
}

/** The rows that lie in sight, with some around them. */
export function rowsInSight(top: number, height: number, rowHeight: number, count: number, around = 8): readonly [number, number] {
  const first = Math.max(0, Math.floor(top / rowHeight) - around);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + around);
  return [Math.min(first, count), last];
}

function isAbsent(cell: Cell): boolean {
  return cell === null || cell === "" || Number.isNaN(cell);
}

function compare(a: Exclude<Cell, null>, b: Exclude<Cell, null>): number {
  return typeof a === "number" && typeof b === "number" ? a - b : letters.compare(String(a), String(b));
}
