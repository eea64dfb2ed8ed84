/** What the view of parameters shows, as its address says it; every parameter over its revisions. */

import type { Json } from "../api/types";
import { printParams } from "./route";

export interface ParametersView {
  /** Id of a parameter set, whose model version and method are looked up. */
  readonly params: string | null;
  /** Id of a model version. */
  readonly version: string | null;
  readonly method: string;
  /** Numbers of two revisions that are compared; null for the last two. */
  readonly left: number | null;
  readonly right: number | null;
}

export const METHOD_DEFAULT = "umap";

export function parseParameters(search: string): ParametersView {
  const query = new URLSearchParams(search);
  return {
    params: query.get("params"),
    version: query.get("version"),
    method: query.get("method") || METHOD_DEFAULT,
    left: wholeOf(query.get("left")),
    right: wholeOf(query.get("right")),
  };
}

export function printParameters({ params, version, method, left, right }: ParametersView): string {
  return printParams({ params, version, method: method === METHOD_DEFAULT ? null : method, left, right });
}

function wholeOf(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

export interface RevisionLike {
  readonly node: string;
  readonly revision: number;
  readonly values: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface Cell {
  readonly value: Json | undefined;
  /** Against the revision before; the first revision changes nothing. */
  readonly changed: boolean;
}

export interface ParameterRow {
  readonly name: string;
  /** One for each revision, oldest first. */
  readonly cells: readonly Cell[];
  /** How often it changed. */
  readonly changes: number;
}

/** Oldest first, whatever order they come in. */
export function inOrder<Revision extends RevisionLike>(revisions: readonly Revision[]): Revision[] {
  return [...revisions].sort((left, right) => left.revision - right.revision);
}

/** Every parameter with its value in each revision; those that changed most come first. */
export function timelineOf(ordered: readonly RevisionLike[]): ParameterRow[] {
  const settings = ordered.map(settingsOf);
  const names = [...new Set(settings.flatMap(Object.keys))];
  const rows = names.map((name) => {
    const cells = settings.map((now, place) => ({ value: now[name], changed: place > 0 && !same(now[name], settings[place - 1]![name]) }));
    return { name, cells, changes: cells.filter((cell) => cell.changed).length };
  });
  return rows.sort((a, b) => b.changes - a.changes);
}

export interface Difference {
  readonly name: string;
  readonly left: Json | undefined;
  readonly right: Json | undefined;
}

/** What is not the same in two revisions. */
export function differences(left: RevisionLike, right: RevisionLike): Difference[] {
  const [before, after] = [settingsOf(left), settingsOf(right)];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.filter((name) => !same(before[name], after[name])).map((name) => ({ name, left: before[name], right: after[name] }));
}

function settingsOf(revision: RevisionLike): Readonly<Record<string, Json>> {
  return { ...revision.values, ...revision.options } as Record<string, Json>;
}

function same(left: Json | undefined, right: Json | undefined): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
