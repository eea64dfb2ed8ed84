/** What the view of detectors shows, as its address says it, and what is read out of scores. */

import { printParams } from "./route";

export interface AnomalyView {
  /** Number of the detector. */
  readonly model: number | null;
  /** Id of a run that trained or scored, if the address names that. */
  readonly run: string | null;
  /** Id of the frame whose rows are looked at; null for the newest that was scored, else what it was trained on. */
  readonly frame: string | null;
  /** Scores along their powers of ten; null for what suits them. */
  readonly log: boolean | null;
}

export function parseAnomaly(search: string): AnomalyView {
  const query = new URLSearchParams(search);
  const model = query.get("model");
  const log = query.get("log");
  return {
    model: model !== null && /^\d{1,9}$/.test(model) ? Number(model) : null,
    run: query.get("run"),
    frame: query.get("frame"),
    log: log === "1" ? true : log === "0" ? false : null,
  };
}

export function printAnomaly({ model, run, frame, log }: AnomalyView): string {
  return printParams({ model, run, frame, log: log === null ? null : log ? "1" : "0" });
}

export interface Part {
  readonly column: string;
  readonly error: number | null;
}

/** A row's answer; `parts` are its columns' errors, the largest first, and empty for detectors that give none. */
export interface ScoredRow {
  /** From 1, as people count. */
  readonly row: number;
  readonly score: number | null;
  readonly isAnomaly: boolean;
  readonly status: string;
  readonly parts: readonly Part[];
}

export function scoredRows(rows: readonly Readonly<Record<string, unknown>>[]): readonly ScoredRow[] {
  return rows.map((row, place) => ({
    row: place + 1,
    score: typeof row["score"] === "number" ? row["score"] : null,
    isAnomaly: row["is_anomaly"] === true,
    status: String(row["status"] ?? "ok"),
    parts: Array.isArray(row["top_features"]) ? (row["top_features"] as Part[]) : [],
  }));
}

/** The oddest first; rows that have no score lie behind. */
export function oddest(rows: readonly ScoredRow[]): readonly ScoredRow[] {
  return [...rows].sort((left, right) => (right.score ?? -1) - (left.score ?? -1));
}

/** Scores that are there. */
export function scoresOf(rows: readonly ScoredRow[]): readonly number[] {
  return rows.flatMap(({ score }) => (score === null ? [] : [score]));
}

const SKEWED = 20;

/** Whether most scores would lie in one bin of equal ones. */
export function isSkewed(scores: readonly number[]): boolean {
  const sorted = [...scores].sort((left, right) => left - right);
  const middle = sorted[sorted.length >> 1];
  return middle !== undefined && middle > 0 && sorted.at(-1)! / middle > SKEWED;
}

/** Powers of ten; what is not above 0 has none. */
export function powers(scores: readonly number[]): readonly number[] {
  return scores.filter((score) => score > 0).map(Math.log10);
}

export interface ColumnErrors {
  readonly column: string;
  /** Mean over the rows. */
  readonly error: number;
}

/** How much each column adds to the errors of rows, most first. */
export function columnErrors(rows: readonly ScoredRow[]): readonly ColumnErrors[] {
  const sums = new Map<string, number>();
  for (const { parts } of rows) for (const { column, error } of parts) sums.set(column, (sums.get(column) ?? 0) + (error ?? 0));
  return [...sums].map(([column, sum]) => ({ column, error: sum / rows.length })).sort((left, right) => right.error - left.error);
}

export interface Heat {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly row: ScoredRow; readonly cells: readonly { readonly error: number | null; readonly share: number }[] }[];
}

/** The errors of rows in the columns that add most to them; a share is of the row's whole error. */
export function heatOf(rows: readonly ScoredRow[], columnsMax: number): Heat {
  const columns = columnErrors(rows).slice(0, columnsMax).map(({ column }) => column);
  return {
    columns,
    rows: rows.map((row) => {
      const errors = new Map(row.parts.map(({ column, error }) => [column, error]));
      const whole = row.parts.reduce((sum, { error }) => sum + (error ?? 0), 0);
      return {
        row,
        cells: columns.map((column) => {
          const error = errors.get(column) ?? null;
          return { error, share: whole > 0 ? (error ?? 0) / whole : 0 };
        }),
      };
    }),
  };
}

const WARNINGS: Readonly<Record<string, string>> = {
  missing_column: "is missing",
  extra_column: "was not learnt from",
  unseen_level: "has a level that was never seen",
  not_a_number: "has text where numbers were learnt",
  non_finite: "has infinite numbers",
  out_of_range: "has numbers far beyond the training range",
};

/** What the detector did not learn, in words. */
export function warningText(warning: Readonly<Record<string, unknown>>): string {
  const kind = String(warning["kind"]);
  const level = typeof warning["level"] === "string" && warning["level"] ? ` (${warning["level"]})` : "";
  const count = Number(warning["count"] ?? 0);
  return `${String(warning["column"] ?? "A column")} ${WARNINGS[kind] ?? kind.replaceAll("_", " ")}${level}${count > 1 ? `, in ${count} rows` : ""}`;
}
