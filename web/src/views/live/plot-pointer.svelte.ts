/** Moving in a plot with mouse, wheel and keys: what is pointed at, what is dragged, what of the axes is seen. */

import { cut, panned, zoomed } from "../../curves/axis";
import { axisNames, nearest, type Near, type PlotAxes } from "../../curves/picture";
import { AXES, type AxisName, type Ends } from "../../state/live";
import { router } from "../../state/router.svelte";
import type { PlotPicture } from "./plot-picture.svelte";
import { isAcross, type PlotProps } from "./plot-props";

type Place = readonly [number, number];

interface Drag {
  readonly from: Place;
  readonly to: Place;
  readonly axes: readonly AxisName[];
  readonly start: PlotAxes;
  /** Cuts out what is to be seen, and does not move it. */
  readonly isBox: boolean;
  readonly moved: boolean;
}

/** Pixels within which a line is pointed at, and those that a press may move and still is a click. */
const [NEAR, STILL] = [28, 4];
/** Of an axis at least so much is cut out. */
const PART_MIN = 0.01;
const STEP = 0.1;

export class PlotPointer {
  near = $state.raw<readonly Near[]>([]);
  drag = $state.raw<Drag | null>(null);
  readonly #picture: PlotPicture;

  readonly #crossKey = $derived.by(() => `${this.#props.along} ${this.#props.along === "value" ? this.#props.plot.layers[0]!.x : ""}`);
  /** Pixels from the left where any plot with the same thing along x is pointed at. */
  readonly crossAt = $derived.by(() => {
    const { at } = this.#props.cross;
    const { scales } = this.#picture;
    return scales && at?.key === this.#crossKey ? scales.get(axisNames(this.#props.plot.layers[0]!).x)!(at.x) : null;
  });

  constructor(picture: PlotPicture) {
    this.#picture = picture;
  }

  get #props(): PlotProps {
    return this.#picture.props;
  }

  // --- axes -----------------------------------------------------------------------------------------------------

  fit = (): void => {
    this.#props.onchange({ ...this.#props.plot, ends: {} });
  };

  toggleLog(name: AxisName): void {
    const { plot, onchange } = this.#props;
    const logs = plot.logs.includes(name) ? plot.logs.filter((one) => one !== name) : AXES.filter((one) => one === name || plot.logs.includes(one));
    const { [name]: _, ...ends } = plot.ends;
    onchange({ ...plot, logs, ends });
  }

  /** @param factor below 1 shows less */
  zoom(factor: number, chosen: readonly AxisName[] = AXES.filter(isAcross), across = 0.5, up = 0.5): void {
    this.#move((name, axes) => (chosen.includes(name) ? zoomed(axes.get(name)!, factor, isAcross(name) ? across : up) : null));
  }

  #move(change: (name: AxisName, axes: PlotAxes) => Ends | null): void {
    const { seen } = this.#picture;
    if (!seen) return;
    const { plot, onchange } = this.#props;
    const ends: Partial<Record<AxisName, Ends>> = { ...plot.ends };
    for (const name of seen.axes.keys()) {
      const found = change(name, seen.axes);
      if (found) ends[name] = found;
    }
    onchange({ ...plot, ends });
  }

  /** The axes that lie under a place: one at the sides, all in the middle. */
  #axesAt([left, top]: Place): readonly AxisName[] {
    const { box } = this.#picture;
    if (left < 0) return ["y"];
    if (left > box.width) return this.#picture.has("y2") ? ["y2"] : ["y"];
    if (top > box.height) return ["x"];
    return top < 0 ? (this.#picture.has("x2") ? ["x2"] : ["x"]) : AXES;
  }

  #placeOf(event: MouseEvent): Place {
    const { surface, box } = this.#picture;
    const bounds = surface!.getBoundingClientRect();
    return [event.clientX - bounds.left - box.left, event.clientY - bounds.top - box.top];
  }

  // --- mouse ----------------------------------------------------------------------------------------------------

  press = (event: PointerEvent): void => {
    const { seen } = this.#picture;
    if (event.button !== 0 || !seen) return;
    const from = this.#placeOf(event);
    this.drag = { from, to: from, axes: this.#axesAt(from), start: seen.axes, isBox: event.shiftKey, moved: false };
  };

  point = (event: PointerEvent): void => {
    const [left, top] = this.#placeOf(event);
    if (this.drag) return this.#pull(event, [left, top]);
    const { scales, seen, box } = this.#picture;
    if (!scales || !seen || left < 0 || top < 0 || left > box.width || top > box.height) return this.leave();
    this.near = nearest(seen.parts, scales, left, top).filter((one) => one.left >= -1 && one.left <= box.width + 1);
    const first = this.near[0];
    this.#picture.lit = first && Math.hypot(first.left - left, first.top - top) < NEAR ? first.line : null;
    this.#props.cross.at = { key: this.#crossKey, x: scales.get(axisNames(this.#props.plot.layers[0]!).x)!.invert(left) };
  };

  #pull(event: PointerEvent, to: Place): void {
    const { drag } = this;
    if (!drag) return;
    const [across, up] = [to[0] - drag.from[0], to[1] - drag.from[1]];
    if (!drag.moved && Math.hypot(across, up) < STILL) return;
    const { surface, box } = this.#picture;
    if (!drag.moved) surface!.setPointerCapture(event.pointerId);
    this.drag = { ...drag, to, moved: true };
    this.near = [];
    if (drag.isBox) return;
    const { axes, start } = drag;
    this.#move((name) => (axes.includes(name) && start.has(name) ? panned(start.get(name)!, isAcross(name) ? -across / box.width : up / box.height) : null));
  }

  release = (): void => {
    const { drag } = this;
    this.drag = null;
    if (!drag) return;
    if (drag.moved) return drag.isBox ? this.#cut(drag) : undefined;
    const { lit } = this.#picture;
    if (lit) router.open(lit.run);
  };

  /** Shows what lies in the box that was drawn. */
  #cut({ from, to, start }: Drag): void {
    const { box } = this.#picture;
    const [left, right] = span(from[0] / box.width, to[0] / box.width);
    const [low, high] = span(1 - from[1] / box.height, 1 - to[1] / box.height);
    this.#move((name) => {
      const [begin, end] = isAcross(name) ? [left, right] : [low, high];
      return end - begin > PART_MIN ? cut(start.get(name)!, begin, end) : null;
    });
  }

  cancel = (): void => {
    this.drag = null;
  };

  leave = (): void => {
    this.near = [];
    this.#picture.lit = null;
    if (this.#props.cross.at) this.#props.cross.at = null;
  };

  /** Zooms along x; over an axis, that axis. Only with Ctrl, or once the plot was clicked: the page scrolls otherwise. */
  wheel = (event: WheelEvent): void => {
    const { surface, box } = this.#picture;
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== surface) return;
    event.preventDefault();
    const [left, top] = this.#placeOf(event);
    const inside = this.#axesAt([left, top]);
    const chosen = inside.length > 1 ? AXES.filter(isAcross) : inside;
    this.zoom(Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY / 400))), chosen, left / box.width, 1 - top / box.height);
  };

  // --- keys -----------------------------------------------------------------------------------------------------

  type = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const sideways = (by: number) => () => this.#move((name, axes) => (isAcross(name) ? panned(axes.get(name)!, by) : null));
    const upwards = (by: number) => () => this.#move((name, axes) => (isAcross(name) ? null : panned(axes.get(name)!, by)));
    const does: Record<string, () => void> = {
      ArrowLeft: sideways(-STEP),
      ArrowRight: sideways(STEP),
      ArrowUp: upwards(STEP),
      ArrowDown: upwards(-STEP),
      "+": () => this.zoom(0.8),
      "-": () => this.zoom(1.25),
      "0": this.fit,
      x: () => this.toggleLog("x"),
      y: () => this.toggleLog("y"),
    };
    const act = does[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
}

/** Two places along an axis, 0 to 1, the lower one first. */
function span(one: number, other: number): Place {
  const [from, to] = [one, other].map((at) => Math.min(1, Math.max(0, at))) as [number, number];
  return from < to ? [from, to] : [to, from];
}
