/** What the address of the page says: everything needed to come back to the same view. */

import type { Camera } from "../scatter/camera";
import type { Tool } from "../scatter/gestures";
import type { Turn } from "../scatter/orbit";
import type { Polygon } from "../scatter/region";
import { printParams } from "./route";

/** What lies open beside the plot. */
export const SIDES = ["origin", "point", "selection", "quality", "fit"] as const;
export type Side = (typeof SIDES)[number];
/** The plot on the left, or the one beside it. */
export type Half = "a" | "b";

export interface ViewState {
  /** Node id of the plot, or null for the newest. */
  readonly plot: string | null;
  /** Node id of a projection run, if the address names that and not its plot. */
  readonly run: string | null;
  /** Node id of the plot beside it. */
  readonly beside: string | null;
  /** Column that colours the points, or null for the plot's first choice. */
  readonly color: string | null;
  /** A metric's points by its value, not by its threshold. */
  readonly byValue: boolean;
  /** Classes left out of the picture. */
  readonly hidden: readonly string[];
  readonly training: boolean;
  /** Id of the pinned point. */
  readonly point: string | null;
  /** Null shows everything. */
  readonly camera: Camera | null;
  /** How points of three dimensions are turned; null for their first look. */
  readonly turn: Turn | null;
  /** What was lassoed or boxed, in units of the half that it was drawn in. */
  readonly region: Polygon | null;
  readonly regionIn: Half;
  /** Ids of rows that another view sent: they are selected while no region is drawn. */
  readonly ids: readonly string[];
  readonly tool: Tool;
  /** Level lines of the training points. */
  readonly density: boolean;
  /** The one period whose rows are shown; null for all. */
  readonly period: string | null;
  /** How many neighbours of the pinned point are drawn. */
  readonly near: number;
  readonly find: string;
  readonly side: Side | null;
  /** Forces a renderer, for comparing them. */
  readonly renderer: "raster" | "webgl2" | null;
}

export const NEAR_MAX = 50;

export const START: ViewState = {
  plot: null,
  run: null,
  beside: null,
  color: null,
  byValue: false,
  hidden: [],
  training: true,
  point: null,
  camera: null,
  turn: null,
  region: null,
  regionIn: "a",
  ids: [],
  tool: "pan",
  density: false,
  period: null,
  near: 10,
  find: "",
  side: null,
  renderer: null,
};

export function parseView(search: string): ViewState {
  const query = new URLSearchParams(search);
  const turn = numbersOf(query.get("turn"), 2);
  const region = numbersOf(query.get("region"));
  return {
    plot: query.get("plot"),
    run: query.get("run"),
    beside: query.get("beside"),
    color: query.get("color"),
    byValue: query.get("by") === "value",
    hidden: query.getAll("hide"),
    training: query.get("training") !== "0",
    point: query.get("point"),
    camera: parseCamera(query.get("view")),
    turn: turn && { yaw: turn[0]!, pitch: turn[1]! },
    region: region && region.length >= 6 && region.length % 2 === 0 ? region : null,
    regionIn: query.get("in") === "b" ? "b" : "a",
    ids: query.get("ids")?.split(",").filter(Boolean) ?? [],
    tool: oneOf(query.get("tool"), ["pan", "lasso", "box", "turn"], START.tool),
    density: query.get("density") === "1",
    period: query.get("period"),
    near: nearOf(query.get("near")),
    find: query.get("find") ?? "",
    side: oneOf<Side | null>(query.get("side"), SIDES, null),
    renderer: oneOf<ViewState["renderer"]>(query.get("renderer"), ["raster", "webgl2"], null),
  };
}

/** Returns the query with its question mark; "" for the start view. What is as at the start is left out. */
export function printView(view: ViewState): string {
  return printParams({
    plot: view.plot,
    run: view.run,
    beside: view.beside,
    color: view.color,
    by: view.byValue && "value",
    hide: view.hidden,
    training: !view.training && "0",
    point: view.point,
    view: view.camera && shortly([view.camera.x, view.camera.y, view.camera.span]),
    turn: view.turn && shortly([view.turn.yaw, view.turn.pitch]),
    region: view.region?.join(","),
    in: view.region && view.regionIn === "b" && "b",
    ids: view.ids.join(","),
    tool: view.tool !== START.tool && view.tool,
    density: view.density,
    period: view.period,
    near: view.near !== START.near && String(view.near),
    find: view.find,
    side: view.side,
    renderer: view.renderer,
  });
}

function oneOf<Value extends string | null>(text: string | null, known: readonly NonNullable<Value>[], otherwise: Value): Value {
  return known.includes(text as NonNullable<Value>) ? (text as Value) : otherwise;
}

function nearOf(text: string | null): number {
  const near = Number(text ?? START.near);
  return Number.isInteger(near) && near >= 0 && near <= NEAR_MAX ? near : START.near;
}

function parseCamera(text: string | null): Camera | null {
  const numbers = numbersOf(text, 3);
  return numbers && numbers[2]! > 0 ? { x: numbers[0]!, y: numbers[1]!, span: numbers[2]! } : null;
}

/** Numbers with commas between, all of them finite, or null. */
function numbersOf(text: string | null, count?: number): number[] | null {
  if (!text) return null;
  const numbers = text.split(",").map((part) => (part.trim() ? Number(part) : NaN));
  return numbers.every(Number.isFinite) && (count === undefined || numbers.length === count) ? numbers : null;
}

function shortly(numbers: readonly number[]): string {
  return numbers.map((value) => Number(value.toPrecision(5))).join(",");
}
