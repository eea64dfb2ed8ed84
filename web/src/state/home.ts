/** What is searched for, as the address of the home view says it. */

import type { Sort } from "../components/ui/table";
import { both } from "./terms";
import { printParams } from "./route";

export interface Kind {
  readonly id: string;
  readonly title: string;
  /** Vertex kinds that are searched; none for all. */
  readonly kinds: readonly string[];
  /** What else holds for them, in the filter language. */
  readonly where: string;
}

export interface HomeView {
  /** Id of a tab, or the name of any other kind. */
  readonly kind: string;
  readonly text: string;
  /** In the filter language. */
  readonly q: string;
  /** Name of a project; null for all. */
  readonly project: string | null;
  /** Created within so long: `1h`, `7d`; null for any time. */
  readonly since: string | null;
  /** Null for the newest first. */
  readonly sort: Sort | null;
  /** Searchable names; null for those that most have. */
  readonly columns: readonly string[] | null;
  /** Names that are counted beside those of the kind. */
  readonly facets: readonly string[];
  /** Ids of the nodes chosen for comparison. */
  readonly picked: readonly string[];
  readonly compared: boolean;
  /** The saved search that this was at first. */
  readonly saved: string | null;
}

export const KINDS: readonly Kind[] = [
  { id: "run", title: "Runs", kinds: ["run"], where: "" },
  { id: "model", title: "Models", kinds: ["model_version"], where: "" },
  { id: "dataset", title: "Data sets", kinds: ["dataset"], where: "" },
  // A projection is found by its run, which has the parameters and the figures of the plot.
  { id: "plot", title: "Plots", kinds: ["run"], where: 'method like "projection.%"' },
  { id: "all", title: "Everything", kinds: [], where: "" },
];
/** So many can be compared, and stand in an address. */
export const PICKED_MAX = 50;
export const PERIODS = [
  { value: "1h", label: "Last hour" },
  { value: "24h", label: "Last 24 hours" },
  { value: "7d", label: "Last 7 days" },
  { value: "30d", label: "Last 30 days" },
] as const;
const HOURS: Readonly<Record<string, number>> = { h: 1, d: 24 };

export function parseHome(search: string): HomeView {
  const query = new URLSearchParams(search);
  const text = query.get("text") ?? "";
  return {
    kind: query.get("kind") || firstKind(text),
    text,
    q: query.get("q") ?? "",
    project: query.get("project"),
    since: /^\d{1,4}[hd]$/.test(query.get("since") ?? "") ? query.get("since") : null,
    sort: parseSort(query.get("sort")),
    columns: query.has("column") ? query.getAll("column").filter(Boolean) : null,
    facets: [...new Set(query.getAll("facet"))],
    picked: [...new Set(query.getAll("pick"))].slice(0, PICKED_MAX),
    compared: query.has("compare"),
    saved: query.get("saved"),
  };
}

export function printHome(view: HomeView): string {
  return printParams({
    kind: view.kind === firstKind(view.text) ? null : view.kind,
    text: view.text,
    q: view.q,
    project: view.project,
    since: view.since,
    sort: view.sort && `${view.sort.descending ? "-" : ""}${view.sort.column}`,
    column: view.columns && !view.columns.length ? [""] : (view.columns ?? []),
    facet: view.facets,
    pick: view.picked,
    compare: view.compared && view.picked.length > 1,
    saved: view.saved,
  });
}

export function kindOf(id: string): Kind {
  return KINDS.find((kind) => kind.id === id) ?? { id, title: id.replaceAll("_", " "), kinds: [id], where: "" };
}

export interface Question {
  readonly kinds: string[];
  readonly filter: string;
  readonly text?: string;
  readonly project?: string;
  readonly order?: string;
}

/** What the service is asked. @param now milliseconds since 1970 */
export function questionOf(view: HomeView, now: number): Question {
  const { kinds, where } = kindOf(view.kind);
  const period = view.since ? `created >= "${new Date(now - spanOf(view.since)).toISOString()}"` : "";
  return {
    kinds: [...kinds],
    filter: both(both(where, period), view.q),
    ...(view.text.trim() && { text: view.text.trim() }),
    ...(view.project && { project: view.project }),
    ...(view.sort && { order: `${view.sort.column} ${view.sort.descending ? "desc" : "asc"}` }),
  };
}

interface SavedQuestion {
  readonly kinds: readonly string[];
  readonly filter: string;
  readonly text: string;
  readonly order: string | null;
}

/** The view that shows a saved search. */
export function viewOfSaved(name: string, project: string, { kinds, filter, text, order }: SavedQuestion): Partial<HomeView> {
  const tab = KINDS.find((kind) => !kind.where && kind.kinds.join() === kinds.join())?.id;
  return {
    kind: tab ?? (kinds.length === 1 ? kinds[0]! : "all"),
    text,
    q: filter,
    project,
    since: null,
    sort: parseOrder(order),
    saved: name,
    picked: [],
    compared: false,
  };
}

/** Whether anything narrows what is found. */
export function isNarrowed(view: HomeView): boolean {
  return Boolean(view.text.trim() || view.q || view.project || view.since);
}

function firstKind(text: string): string {
  return text ? "all" : "run";
}

function parseSort(text: string | null): Sort | null {
  const column = text?.replace(/^-/, "");
  return column ? { column, descending: text!.startsWith("-") } : null;
}

function parseOrder(order: string | null): Sort | null {
  if (!order) return null;
  const [, name, way] = /^(.*?)(?:\s+(asc|desc))?$/i.exec(order.trim())!;
  return { column: name!.replace(/^-/, ""), descending: way ? way.toLowerCase() === "desc" : name!.startsWith("-") };
}

function spanOf(since: string): number {
  return Number(since.slice(0, -1)) * HOURS[since.at(-1)!]! * 3_600_000;
}
