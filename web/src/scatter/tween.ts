/** One picture turning into another: places between two sets of places. */

import { extentOf, type Extent } from "./camera";

export const TWEEN_MS = 900;

/**
 * Where points start from, so that they can glide to (x, y).
 * @param rows for each point its row in the picture before, or -1 for one that was not there: it is in its place at once.
 */
export function startOf(
  before: { readonly x: Float32Array; readonly y: Float32Array },
  after: { readonly x: Float32Array; readonly y: Float32Array },
  rows: Int32Array,
): { x: Float32Array; y: Float32Array } {
  const [from, to] = [extentOf(before.x, before.y), extentOf(after.x, after.y)];
  const x = after.x.slice();
  const y = after.y.slice();
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (row < 0) continue;
    x[i] = moved(before.x[row]!, from.minX, from.maxX, to.minX, to.maxX);
    y[i] = moved(before.y[row]!, from.minY, from.maxY, to.minY, to.maxY);
  }
  return { x, y };
}

/** @param part 0 at the start to 1 at the end; slow at both ends. */
export function between(from: Float32Array, to: Float32Array, part: number): Float32Array {
  const eased = part * part * (3 - 2 * part);
  const places = new Float32Array(to.length);
  for (let i = 0; i < places.length; i++) places[i] = from[i]! + (to[i]! - from[i]!) * eased;
  return places;
}

/** A camera of one picture as the camera of another that looks at the same part of the whole. */
export function carried<View extends { x: number; y: number; span: number }>(view: View, from: Extent, to: Extent): View {
  const ratio = Math.max(to.maxX - to.minX, to.maxY - to.minY) / (Math.max(from.maxX - from.minX, from.maxY - from.minY) || 1) || 1;
  return {
    ...view,
    x: moved(view.x, from.minX, from.maxX, to.minX, to.maxX),
    y: moved(view.y, from.minY, from.maxY, to.minY, to.maxY),
    span: view.span * ratio,
  };
}

function moved(value: number, fromLow: number, fromHigh: number, toLow: number, toHigh: number): number {
  return toLow + ((value - fromLow) / (fromHigh - fromLow || 1)) * (toHigh - toLow);
}
