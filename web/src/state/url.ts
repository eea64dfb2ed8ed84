/** What the address of the page says: everything needed to come back to the same view. */

import type { Camera } from "../scatter/camera";

export interface ViewState {
  /** Node id of the plot, or null for the newest. */
  readonly plot: string | null;
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
  /** Forces a renderer, for comparing them. */
  readonly renderer: "raster" | "webgl2" | null;
}

export const START: ViewState = {
  plot: null,
  color: null,
  byValue: false,
  hidden: [],
  training: true,
  point: null,
  camera: null,
  renderer: null,
};

export function parseView(search: string): ViewState {
  const query = new URLSearchParams(search);
  const renderer = query.get("renderer");
  return {
    plot: query.get("plot"),
    color: query.get("color"),
    byValue: query.get("by") === "value",
    hidden: query.getAll("hide"),
    training: query.get("training") !== "0",
    point: query.get("point"),
    camera: parseCamera(query.get("view")),
    renderer: renderer === "raster" || renderer === "webgl2" ? renderer : null,
  };
}

/** Returns the query with its question mark; "" for the start view. What is as at the start is left out. */
export function printView(view: ViewState): string {
  const parts: [string, string][] = [];
  if (view.plot) parts.push(["plot", view.plot]);
  if (view.color) parts.push(["color", view.color]);
  if (view.byValue) parts.push(["by", "value"]);
  for (const name of view.hidden) parts.push(["hide", name]);
  if (!view.training) parts.push(["training", "0"]);
  if (view.point) parts.push(["point", view.point]);
  if (view.camera) parts.push(["view", printCamera(view.camera)]);
  if (view.renderer) parts.push(["renderer", view.renderer]);
  // A node id and a camera read better with their slash and commas as they are; both may stand in a query.
  const query = new URLSearchParams(parts).toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
  return query ? `?${query}` : "";
}

function parseCamera(text: string | null): Camera | null {
  const numbers = (text ?? "").split(",").map((part) => (part.trim() ? Number(part) : NaN));
  const [x, y, span] = numbers;
  if (numbers.length !== 3 || !numbers.every(Number.isFinite)) return null;
  return span! > 0 ? { x: x!, y: y!, span: span! } : null;
}

function printCamera(camera: Camera): string {
  return [camera.x, camera.y, camera.span].map((value) => Number(value.toPrecision(5))).join(",");
}
