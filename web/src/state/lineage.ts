/** What the lineage explorer shows, as its address says it. */

import type { Folding } from "../graph/fold";
import type { Way } from "../graph/part";
import { printParams } from "./route";

/** How the screen looks upon the drawing: screen = drawing * k + (x, y). */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly k: number;
}

export type Mark = "none" | "impact" | "stale";

export interface LineageView {
  /** Where it begins; null before one is chosen. */
  readonly node: string | null;
  /** Edges away that are shown at first. */
  readonly up: number;
  readonly down: number;
  /** Expansions in the order they were made: `up:<id>` or `down:<id>`. */
  readonly open: readonly string[];
  /** Nodes that were picked out of a hub's list. */
  readonly pick: readonly string[];
  readonly fold: Folding;
  /** Groups that stay unfolded. */
  readonly unfold: readonly string[];
  /** Only paths through this node. */
  readonly focus: string | null;
  /** The node that is looked at, or a group: `*` and the id of its first member. */
  readonly sel: string | null;
  readonly mark: Mark;
  /** Whose impact is marked. */
  readonly of: string | null;
  /** Where the marked path begins and ends. */
  readonly from: string | null;
  readonly to: string | null;
  /** As of this time, microseconds since 1970; null for now. */
  readonly at: number | null;
  /** Two runs side by side. */
  readonly a: string | null;
  readonly b: string | null;
  readonly as: "graph" | "list";
  readonly camera: Camera | null;
}

export const DEPTH_MAX = 100;
const LIST_MAX = 200;
const FOLDINGS: readonly Folding[] = ["auto", "kind", "run", "none"];
const MARKS: readonly Mark[] = ["none", "impact", "stale"];

export function parseLineage(search: string): LineageView {
  const query = new URLSearchParams(search);
  return {
    node: idOf(query.get("node")),
    up: depthOf(query.get("up")),
    down: depthOf(query.get("down")),
    open: query.getAll("open").filter((step) => /^(up|down):.+\/.+/.test(step)).slice(0, LIST_MAX),
    pick: query.getAll("pick").filter((id) => idOf(id)).slice(0, LIST_MAX),
    fold: FOLDINGS.find((name) => name === query.get("fold")) ?? "auto",
    unfold: query.getAll("unfold").slice(0, LIST_MAX),
    focus: idOf(query.get("focus")),
    sel: selectedOf(query.get("sel")),
    mark: MARKS.find((name) => name === query.get("mark")) ?? "none",
    of: idOf(query.get("of")),
    from: idOf(query.get("from")),
    to: idOf(query.get("to")),
    at: timeOf(query.get("at")),
    a: idOf(query.get("a")),
    b: idOf(query.get("b")),
    as: query.get("as") === "list" ? "list" : "graph",
    camera: cameraOf(query.get("camera")),
  };
}

export function printLineage(view: LineageView): string {
  const { up, down, fold, mark, as, camera, ...rest } = view;
  return printParams({
    ...rest,
    up: up === 1 ? null : up,
    down: down === 1 ? null : down,
    fold: fold === "auto" ? null : fold,
    mark: mark === "none" ? null : mark,
    as: as === "graph" ? null : as,
    camera: camera && [camera.x, camera.y].map(Math.round).concat(Number(camera.k.toPrecision(3))).join(","),
  });
}

export function stepOf(way: Way, id: string): string {
  return `${way === "upstream" ? "up" : "down"}:${id}`;
}

export function readStep(step: string): { way: Way; id: string } {
  const colon = step.indexOf(":");
  return { way: step.slice(0, colon) === "up" ? "upstream" : "downstream", id: step.slice(colon + 1) };
}

function idOf(text: string | null): string | null {
  return text !== null && /^[a-z][a-z0-9_]*\/.+$/.test(text) ? text : null;
}

function selectedOf(text: string | null): string | null {
  return text?.startsWith("*") ? (idOf(text.slice(1)) && text) : idOf(text);
}

function depthOf(text: string | null): number {
  return text !== null && /^\d{1,3}$/.test(text) ? Math.min(DEPTH_MAX, Number(text)) : 1;
}

function timeOf(text: string | null): number | null {
  return text !== null && /^\d{1,17}$/.test(text) ? Number(text) : null;
}

function cameraOf(text: string | null): Camera | null {
  const [x, y, k, more] = (text ?? "").split(",").map(Number);
  const sound = more === undefined && [x, y, k].every(Number.isFinite) && k! > 0;
  return text && sound ? { x: x!, y: y!, k: k! } : null;
}
