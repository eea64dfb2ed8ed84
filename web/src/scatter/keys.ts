/** What a key means on the picture. */

import type { Point } from "./camera";

export type Command =
  | { readonly name: "pan"; readonly by: Point }
  | { readonly name: "zoom"; readonly factor: number }
  | { readonly name: "step"; readonly direction: Point }
  | { readonly name: "fit" | "pick" | "clear" };

const STEP_PX = 60;
const FACTOR = 1.4;
/** Unit vectors with y up, as in the data. */
const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: 1 },
  ArrowDown: { x: 0, y: -1 },
};

export const KEYS_HELP =
  "Arrow keys move, plus and minus zoom, 0 shows everything. Enter pins the point nearest to the middle; " +
  "with Shift, arrow keys go from point to point; Escape lets go. Dragging with Shift draws a lasso.";

export function commandOf(event: Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">): Command | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const arrow = ARROWS[event.key];
  if (arrow) {
    return event.shiftKey
      ? { name: "step", direction: arrow }
      : { name: "pan", by: { x: -arrow.x * STEP_PX, y: arrow.y * STEP_PX } };
  }
  if (event.key === "+" || event.key === "=") return { name: "zoom", factor: FACTOR };
  if (event.key === "-" || event.key === "_") return { name: "zoom", factor: 1 / FACTOR };
  if (event.key === "0") return { name: "fit" };
  if (event.key === "Enter") return { name: "pick" };
  return event.key === "Escape" ? { name: "clear" } : null;
}
