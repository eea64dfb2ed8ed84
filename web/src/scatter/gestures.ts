/** Fingers, mouse and wheel on the picture, as pans, zooms, hovers and clicks. Places are CSS pixels in the element. */

import type { Point } from "./camera";

export interface GestureTarget {
  /** What dragging does; with Shift it draws. */
  readonly tool: () => Tool;
  pan(by: Point): void;
  turn(by: Point): void;
  /** The places that the pointer went through, from the first on; `done` when it is let go. */
  draw(path: readonly Point[], tool: "lasso" | "box", done: boolean): void;
  zoom(factor: number, anchor: Point): void;
  /** Null when the pointer leaves or starts dragging. */
  hover(at: Point | null): void;
  click(at: Point): void;
}

export type Tool = "pan" | "lasso" | "box" | "turn";

const CLICK_SLACK = 4;
const WHEEL_LINE = 16;

/** Starts listening; returns what stops it. */
export function listen(element: HTMLElement, target: GestureTarget): () => void {
  const gestures = new Gestures(element, target);
  const stop = new AbortController();
  const options = { signal: stop.signal };
  element.addEventListener("pointerdown", (event) => gestures.down(event), options);
  element.addEventListener("pointermove", (event) => gestures.move(event), options);
  element.addEventListener("pointerup", (event) => gestures.up(event), options);
  element.addEventListener("pointercancel", (event) => gestures.cancel(event), options);
  element.addEventListener("pointerleave", () => target.hover(null), options);
  element.addEventListener("wheel", (event) => gestures.wheel(event), { ...options, passive: false });
  return () => stop.abort();
}

class Gestures {
  readonly #element: HTMLElement;
  readonly #target: GestureTarget;
  readonly #pointers = new Map<number, Point>();
  /** How far the pointers went since the first one came down. */
  #travelled = 0;
  /** What the drag under way draws, if it draws. */
  #drawn: { readonly tool: "lasso" | "box"; readonly path: Point[] } | null = null;

  constructor(element: HTMLElement, target: GestureTarget) {
    this.#element = element;
    this.#target = target;
  }

  down(event: PointerEvent): void {
    if (event.button !== 0) return;
    if (this.#pointers.size === 0) {
      this.#travelled = 0;
      const tool = this.#target.tool();
      const draws = tool === "lasso" || tool === "box" ? tool : event.shiftKey ? "lasso" : null;
      this.#drawn = draws && { tool: draws, path: [this.#place(event)] };
    } else this.#drawn = null;
    this.#pointers.set(event.pointerId, this.#place(event));
    this.#element.setPointerCapture(event.pointerId);
  }

  move(event: PointerEvent): void {
    const now = this.#place(event);
    const before = this.#pointers.get(event.pointerId);
    if (!before) {
      this.#target.hover(now);
      return;
    }
    const by = { x: now.x - before.x, y: now.y - before.y };
    this.#travelled += Math.hypot(by.x, by.y);
    if (this.#travelled < CLICK_SLACK) return;
    this.#target.hover(null);
    this.#drag(event.pointerId, before, now);
    this.#pointers.set(event.pointerId, now);
  }

  up(event: PointerEvent): void {
    const wasAlone = this.#pointers.size === 1;
    if (!this.#pointers.delete(event.pointerId)) return;
    const drawn = this.#drawn;
    this.#drawn = null;
    if (wasAlone && this.#travelled < CLICK_SLACK) this.#target.click(this.#place(event));
    else if (drawn) this.#target.draw(drawn.path, drawn.tool, true);
  }

  cancel(event: PointerEvent): void {
    this.#pointers.delete(event.pointerId);
    this.#travelled = Infinity;
    if (this.#drawn) this.#target.draw([], this.#drawn.tool, true);
    this.#drawn = null;
  }

  wheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? WHEEL_LINE : 1;
    const turned = Math.max(-120, Math.min(120, event.deltaY * lines));
    this.#target.zoom(Math.exp(-turned / 400), this.#place(event));
  }

  /** One pointer pans; of two, the other one is the fixed end of a pinch. */
  #drag(pointer: number, before: Point, now: Point): void {
    const other = [...this.#pointers].find(([id]) => id !== pointer)?.[1];
    if (this.#drawn) {
      this.#drawn.path.push(now);
      this.#target.draw(this.#drawn.path, this.#drawn.tool, false);
      return;
    }
    if (!other) {
      if (this.#target.tool() === "turn") this.#target.turn({ x: now.x - before.x, y: now.y - before.y });
      else this.#target.pan({ x: now.x - before.x, y: now.y - before.y });
      return;
    }
    const factor = distance(now, other) / Math.max(1, distance(before, other));
    this.#target.zoom(factor, other);
  }

  #place(event: MouseEvent): Point {
    const box = this.#element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
}

function distance(from: Point, to: Point): number {
  return Math.hypot(to.x - from.x, to.y - from.y);
}
