/** Lines, points and heat on a raster. */

import type { Scale } from "../charts/scale";
import type { Mark } from "../state/live";
import type { Line } from "./lines";
import type { Ink, Raster } from "./raster";
import { lowerBound, Reduced, reduce } from "./reduce";

const FULL = 256;
const FAINT = 64;
const CELL = 7;

/** A line and how it looks. */
export interface Strand {
  readonly line: Line;
  readonly color: Ink;
}

/** What of a plot shares two axes. Scales lead to pixels of the raster. */
export interface Sheet {
  readonly mark: Mark;
  readonly strands: readonly Strand[];
  readonly x: Scale;
  readonly y: Scale;
  /** Of pixels on the screen to those of the raster. */
  readonly ratio: number;
  /** The colour of a point by its own value; null if the whole line has one. */
  readonly colorOf: ((value: number) => Ink) | null;
  /** The radius of a point by its own value, in pixels of the screen; null for one size. */
  readonly radiusOf: ((value: number) => number) | null;
  /** The line that is pointed at. */
  readonly lit: Line | null;
}

/** What was drawn of how many points that are seen; `without` have no place on a logarithmic axis. */
export interface Tally {
  drawn: number;
  seen: number;
  without: number;
}

const shared = new Reduced();

export function drawSheet(raster: Raster, sheet: Sheet, tally: Tally): void {
  if (sheet.mark === "heat") return drawHeat(raster, sheet, tally);
  const edges = edgesOf(sheet.x, raster.width);
  const ordered = sheet.lit ? [...sheet.strands].sort((left, right) => Number(left.line === sheet.lit) - Number(right.line === sheet.lit)) : sheet.strands;
  if (sheet.mark !== "points") {
    for (const strand of ordered) if (strand.line.smoothed) drawLine(raster, sheet, strand, edges, strand.line.y.view, FAINT, null);
    for (const strand of ordered) drawLine(raster, sheet, strand, edges, strand.line.drawn.view, FULL, tally);
  }
  if (sheet.mark !== "line") for (const strand of ordered) drawPoints(raster, sheet, strand, tally, sheet.mark === "points");
}

/** The values of x at the edges of the columns of pixels. */
export function edgesOf(x: Scale, columns: number): Float64Array {
  const edges = Float64Array.from({ length: columns + 1 }, (_, column) => x.invert(column));
  // What lies on the last edge is seen too.
  edges[columns]! += (edges[columns]! - edges[0]!) * 1e-9;
  return edges;
}

export function leastOf(scale: Scale): number {
  return scale.kind === "log" ? 0 : -Infinity;
}

function drawLine(raster: Raster, sheet: Sheet, { line, color }: Strand, edges: Float64Array, values: Float64Array, part: number, tally: Tally | null): void {
  if (!line.isForward) return drawPath(raster, sheet, { line, color }, values, part, tally);
  const { x, y } = sheet;
  const thickness = (line === sheet.lit ? 2.75 : 1.5) * sheet.ratio;
  const half = thickness / 2;
  const across = line.x.raw;
  const hues = line.color.raw;
  const found = reduce(line.x.view, values, edges, leastOf(y), shared);
  const columns = raster.width;
  // Written out: this runs for every column of every line.
  let column = -9;
  let lastX = 0;
  let lastY = 0;
  for (let entry = 0; entry < found.length; entry++) {
    const first = found.first[entry]!;
    const last = found.last[entry]!;
    const shade = sheet.colorOf ? sheet.colorOf(hues[last]!) : color;
    const here = found.column[entry]!;
    const isInside = here >= 0 && here < columns;
    const joined = entry > 0 && found.broken[entry] === 0;
    if (first === last) {
      const left = x(across[first]!);
      const top = y(values[first]!);
      if (joined) raster.segment(lastX, lastY, left, top, thickness, shade, part);
      else if (isInside && (entry + 1 === found.length || found.broken[entry + 1])) raster.disc(left, top, Math.max(2, thickness), shade, part);
      lastX = left;
      lastY = top;
    } else {
      let top = y(found.high[entry]!);
      let bottom = y(found.low[entry]!);
      if (joined && here === column + 1 && isInside && column >= 0) {
        // Many points a column: one stretch that meets the one before.
        if (lastY < top) top = lastY;
        if (lastY > bottom) bottom = lastY;
      } else if (joined) raster.segment(lastX, lastY, x(across[first]!), y(values[first]!), thickness, shade, part);
      if (isInside) raster.span(here, top - half, bottom + half, shade, part);
      lastX = x(across[last]!);
      lastY = y(values[last]!);
    }
    column = here;
  }
  if (!tally) return;
  tally.drawn += found.kept;
  tally.seen += found.points;
  tally.without += found.without + (x.kind === "log" ? lowerBound(line.x.view, Number.MIN_VALUE) : 0);
}

/** A line that goes back and forth: every piece of it that is longer than nothing. */
function drawPath(raster: Raster, sheet: Sheet, { line, color }: Strand, values: Float64Array, part: number, tally: Tally | null): void {
  const thickness = (line === sheet.lit ? 2.75 : 1.5) * sheet.ratio;
  const across = line.x.raw;
  let [fromX, fromY, drawn, without] = [NaN, NaN, 0, 0];
  for (let place = 0; place < values.length; place++) {
    const [x, y] = [placeOn(sheet.x, across[place]!), placeOn(sheet.y, values[place]!)];
    if (Number.isNaN(x + y)) without++;
    if (Math.abs(x - fromX) + Math.abs(y - fromY) < 0.7) continue;
    raster.segment(fromX, fromY, x, y, thickness, sheet.colorOf ? sheet.colorOf(line.color.raw[place]!) : color, part);
    [fromX, fromY] = [x, y];
    drawn++;
  }
  if (!tally) return;
  tally.drawn += drawn;
  tally.seen += values.length - without;
  tally.without += without;
}

let taken = new Int32Array(0);

/** Points, each pixel once for each colour. */
function drawPoints(raster: Raster, sheet: Sheet, { line, color }: Strand, tally: Tally, counts: boolean): void {
  const { width, height } = raster;
  if (taken.length < width * height) taken = new Int32Array(width * height);
  else taken.fill(0);
  const [across, up] = [line.x.raw, line.drawn.raw];
  const lit = line === sheet.lit ? 1.4 : 1;
  for (let place = 0; place < line.length; place++) {
    const [x, y] = [placeOn(sheet.x, across[place]!), placeOn(sheet.y, up[place]!)];
    if (Number.isNaN(x + y)) {
      if (counts) tally.without++;
      continue;
    }
    if (!(x >= 0 && x < width && y >= 0 && y < height)) continue;
    if (counts) tally.seen++;
    const shade = sheet.colorOf ? sheet.colorOf(line.color.raw[place]!) : color;
    const pixel = Math.floor(x) * height + Math.floor(y);
    if (taken[pixel] === shade && !sheet.radiusOf) continue;
    taken[pixel] = shade;
    const radius = sheet.radiusOf ? sheet.radiusOf(line.size.raw[place]!) : 2.25;
    raster.disc(x, y, radius * lit * sheet.ratio, shade, sheet.radiusOf ? 190 : FULL);
    if (counts) tally.drawn++;
  }
}

/** The mean of what is bound to colour, in cells. */
function drawHeat(raster: Raster, sheet: Sheet, tally: Tally): void {
  const side = CELL * sheet.ratio;
  const [columns, rows] = [Math.ceil(raster.width / side), Math.ceil(raster.height / side)];
  const sums = new Float64Array(columns * rows);
  const counts = new Uint32Array(columns * rows);
  for (const { line } of sheet.strands) {
    const [across, up, hue] = [line.x.raw, line.y.raw, line.color.raw];
    for (let place = 0; place < line.length; place++) {
      const [column, row] = [Math.floor(placeOn(sheet.x, across[place]!) / side), Math.floor(placeOn(sheet.y, up[place]!) / side)];
      if (!(column >= 0 && column < columns && row >= 0 && row < rows) || !Number.isFinite(hue[place]!)) continue;
      sums[column * rows + row]! += hue[place]!;
      counts[column * rows + row]! += 1;
      tally.seen++;
    }
  }
  for (let cell = 0; cell < sums.length; cell++) {
    if (!counts[cell] || !sheet.colorOf) continue;
    const [left, top] = [Math.floor(cell / rows) * side, (cell % rows) * side];
    raster.rectangle(left, top, left + side, top + side, sheet.colorOf(sums[cell]! / counts[cell]!));
    tally.drawn++;
  }
}

/** NaN for what has no place on the axis. */
function placeOn(scale: Scale, value: number): number {
  return scale.kind === "log" && !(value > 0) ? NaN : scale(value);
}
