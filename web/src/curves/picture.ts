/** A whole plot: its axes around what is there, the lines of its layers on them, and what of it is near a place. */

import { logTicks, ticks, type Scale } from "../charts/scale";
import { classColor, surfaceColor, type Theme } from "../plot/palette";
import type { Rgb } from "../scatter/renderer";
import { AXES, type AxisName, type Ends, type Layer, type PlotSpec } from "../state/live";
import { fitted, fittedAcross, scaleOf, timeTicks, type Axis } from "./axis";
import { drawSheet, type Strand, type Tally } from "./draw";
import { axesOf } from "./kinds";
import { Extent, type Line } from "./lines";
import { ink, type Raster } from "./raster";
import { lowerBound } from "./reduce";
import { colorsOf, type ColorKey } from "./scene";

/** The lines of one layer that are to be seen. */
export interface Part {
  readonly layer: Layer;
  readonly lines: readonly Line[];
  /** Which colour of the palette a line has, unless its points have their own. */
  readonly colors: ReadonlyMap<Line, number>;
  /** How far the colours are mixed with what they lie on, 0 to 1: for a second layer of the same runs. */
  readonly paler: number;
  readonly key: ColorKey | null;
  readonly sizes: Ends | null;
}

export type PlotAxes = ReadonlyMap<AxisName, Axis>;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A point near a place of a plot. */
export interface Near {
  readonly part: number;
  readonly line: Line;
  readonly x: number;
  readonly y: number;
  /** As it was logged, if what is drawn is a mean. */
  readonly raw: number;
  readonly left: number;
  readonly top: number;
}

/** Pixels from the end of a line that still are near it. */
const BEYOND = 8;
const RADIUS: Ends = [2, 9];
const GRID: Readonly<Record<Theme, readonly [number, number, number]>> = { light: [232, 236, 240], dark: [34, 43, 52] };

export function axisNames(layer: Layer): { readonly x: AxisName; readonly y: AxisName } {
  return { x: layer.ownX ? "x2" : "x", y: layer.ownY ? "y2" : "y" };
}

/** The axes that layers lie on: as the plot says, or around everything. */
export function axesFor(plot: PlotSpec, parts: readonly Part[], times: Readonly<Partial<Record<AxisName, Axis["time"]>>> = {}): PlotAxes {
  return new Map(axesOf(plot.layers).map((name) => [name, { ...axisOf(plot, parts, name), time: times[name] ?? null }]));
}

function axisOf(plot: PlotSpec, parts: readonly Part[], name: AxisName): Axis {
  const isLog = plot.logs.includes(name);
  const chosen = plot.ends[name];
  // An end that has no place on a logarithmic axis was chosen while it was linear.
  if (chosen && !(isLog && chosen[0] <= 0)) return { log: isLog, ends: chosen };
  const across = name === "x" || name === "x2";
  const extent = new Extent();
  let runsAcross = across;
  for (const { layer, lines } of parts) {
    const own = axisNames(layer);
    if (own.x !== name && own.y !== name) continue;
    runsAcross &&= layer.mark === "line";
    for (const line of lines) extent.join(own.x === name ? line.xExtent : line.yExtent);
  }
  return { log: isLog, ends: (runsAcross ? fittedAcross : fitted)(extent.of(isLog), isLog) };
}

/** Scales of all axes to a box whose upper left corner is 0, 0. */
export function scalesFor(axes: PlotAxes, { width, height }: Size): ReadonlyMap<AxisName, Scale> {
  return new Map([...axes].map(([name, axis]) => [name, scaleOf(axis, name === "x" || name === "x2" ? [0, width] : [height, 0])]));
}

/** Ticks of an axis that is so many pixels long. */
export function ticksOf(name: AxisName, axis: Axis, length: number): readonly number[] {
  const wanted = Math.max(2, Math.floor(length / (name === "x" || name === "x2" ? 80 : 40)));
  const [low, high] = axis.ends;
  if (axis.time && !axis.log) return timeTicks(low, high, wanted);
  // Less than a power of ten has too few round powers in it.
  return axis.log && high / low >= 10 ? logTicks(low, high) : ticks(low, high, wanted).filter((tick) => !axis.log || tick > 0);
}

/** Draws everything. @param ratio pixels of the raster to one of the screen */
export function paint(raster: Raster, axes: PlotAxes, parts: readonly Part[], theme: Theme, ratio: number, lit: Line | null): Tally {
  raster.clear(ink(surfaceColor(theme)));
  const scales = scalesFor(axes, raster);
  drawGrid(raster, axes, scales, theme, ratio);
  const tally = { drawn: 0, seen: 0, without: 0 };
  for (const part of [...parts].sort((left, right) => depth(left) - depth(right))) {
    const { x, y } = axisNames(part.layer);
    const strands = part.lines.map((line): Strand => ({ line, color: ink(lineColor(part, line, theme)) }));
    const sheet = { mark: part.layer.mark, strands, x: scales.get(x)!, y: scales.get(y)!, ratio, lit };
    drawSheet(raster, { ...sheet, colorOf: part.key && colorsOf(part.key, theme), radiusOf: part.layer.size ? radii(part.sizes) : null }, tally);
  }
  return tally;
}

/** The colour of a line whose points have none of their own. */
export function lineColor(part: Part, line: Line, theme: Theme): Rgb {
  const [color, below] = [classColor(part.colors.get(line) ?? 0, theme), surfaceColor(theme)];
  const mix = (band: 0 | 1 | 2): number => Math.round(color[band] + (below[band] - color[band]) * part.paler);
  return [mix(0), mix(1), mix(2)];
}

/** Heat lies under points, and points under lines. */
function depth({ layer }: Part): number {
  return { heat: 0, points: 1, both: 2, line: 3 }[layer.mark];
}

function drawGrid(raster: Raster, axes: PlotAxes, scales: ReadonlyMap<AxisName, Scale>, theme: Theme, ratio: number): void {
  const color = ink(GRID[theme]);
  for (const name of AXES.filter((one) => one === "x" || one === "y" || !axes.has(one[0] as AxisName))) {
    const axis = axes.get(name);
    if (!axis) continue;
    const across = name === "x" || name === "x2";
    for (const tick of ticksOf(name, axis, (across ? raster.width : raster.height) / ratio)) {
      const at = Math.round(scales.get(name)!(tick));
      for (let wide = 0; wide < Math.round(ratio); wide++) {
        if (across) raster.span(at + wide, 0, raster.height, color, 256);
        else raster.bar(at + wide, 0, raster.width, color, 256);
      }
    }
  }
}

function radii(sizes: Ends | null): (value: number) => number {
  const [low, high] = sizes ?? [0, 0];
  const span = high - low || 1;
  // By area, as sizes are seen.
  return (value) => (Number.isNaN(value) ? RADIUS[0] : Math.sqrt(RADIUS[0] ** 2 + ((value - low) / span) * (RADIUS[1] ** 2 - RADIUS[0] ** 2)));
}

/** Of every line the point nearest to a place along x, those nearest to the place itself first. */
export function nearest(parts: readonly Part[], scales: ReadonlyMap<AxisName, Scale>, left: number, top: number): readonly Near[] {
  const found: Near[] = [];
  parts.forEach((part, place) => {
    const { x, y } = axisNames(part.layer);
    const [across, up] = [scales.get(x)!, scales.get(y)!];
    for (const line of part.lines) {
      const at = line.isForward && part.layer.mark === "line" ? alongOf(line, across, left) : closest(line, across, up, left, top);
      if (at < 0) continue;
      const [xValue, yValue] = [line.x.raw[at]!, line.drawn.raw[at]!];
      found.push({ part: place, line, x: xValue, y: yValue, raw: line.y.raw[at]!, left: across(xValue), top: up(yValue) });
    }
  });
  return found.filter((near) => Number.isFinite(near.left + near.top)).sort((one, other) => away(one, left, top) - away(other, left, top));
}

/** Of lines the height counts; a point is as far as it is. */
function away(near: Near, left: number, top: number): number {
  return Math.hypot(near.left - left, near.top - top);
}

function alongOf(line: Line, across: Scale, left: number): number {
  const x = line.x.view;
  // Beyond its ends a line has nothing near.
  if (!x.length || left < across(x[0]!) - BEYOND || left > across(x[x.length - 1]!) + BEYOND) return -1;
  const wanted = across.invert(left);
  const after = lowerBound(x, wanted);
  const before = after - 1;
  const at = after >= x.length ? before : before < 0 || x[after]! - wanted <= wanted - x[before]! ? after : before;
  return at < 0 || !Number.isFinite(line.drawn.raw[at]!) ? -1 : at;
}

function closest(line: Line, across: Scale, up: Scale, left: number, top: number): number {
  let [best, least] = [-1, Infinity];
  const [x, y] = [line.x.raw, line.drawn.raw];
  for (let place = 0; place < line.length; place++) {
    const far = (across(x[place]!) - left) ** 2 + (up(y[place]!) - top) ** 2;
    if (far < least) [best, least] = [place, far];
  }
  return best;
}
