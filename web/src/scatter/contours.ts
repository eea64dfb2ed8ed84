/** Where points lie dense: a smoothed grid of counts and its level lines, drawn under a picture. */

import { scaleOf, type Camera, type Extent, type Size } from "./camera";

export interface Density {
  /** Level lines as x1, y1, x2, y2, ... in units of the data, the lowest level first. */
  readonly lines: readonly Float32Array[];
}

const SIDE = 96;
const LEVELS = [0.04, 0.12, 0.28, 0.5, 0.75] as const;
/** Cells; three passes of a box of this half width are close to a Gaussian. */
const BLUR = 2;
const MARGIN = 0.12;

/** Of rows start..end; null if there are none. */
export function densityOf(x: Float32Array, y: Float32Array, start: number, end: number, whole: Extent): Density | null {
  if (end - start < 3) return null;
  const extent = widened(whole);
  const values = counted(x, y, start, end, extent);
  for (let pass = 0; pass < 3; pass++) blur(values);
  const most = values.reduce((high, value) => Math.max(high, value), 0);
  if (most === 0) return null;
  for (let i = 0; i < values.length; i++) values[i]! /= most;
  return { lines: LEVELS.map((level) => levelLines(values, level, extent)) };
}

/** Draws its lines, the higher the stronger. Sizes are device pixels by `ratio`. */
export function drawDensity(
  context: CanvasRenderingContext2D,
  density: Density,
  view: { readonly camera: Camera; readonly size: Size; readonly ratio: number },
  color: string,
): void {
  const scale = scaleOf(view.camera, view.size) * view.ratio;
  const right = (view.size.width * view.ratio) / 2 - view.camera.x * scale;
  const down = (view.size.height * view.ratio) / 2 + view.camera.y * scale;
  context.save();
  context.strokeStyle = color;
  context.lineWidth = view.ratio;
  density.lines.forEach((line, level) => {
    context.globalAlpha = 0.35 + 0.13 * level;
    context.beginPath();
    for (let k = 0; k < line.length; k += 4) {
      context.moveTo(line[k]! * scale + right, down - line[k + 1]! * scale);
      context.lineTo(line[k + 2]! * scale + right, down - line[k + 3]! * scale);
    }
    context.stroke();
  });
  context.restore();
}

function widened({ minX, maxX, minY, maxY }: Extent): Extent {
  const [across, up] = [(maxX - minX || 1) * MARGIN, (maxY - minY || 1) * MARGIN];
  return { minX: minX - across, maxX: maxX + across, minY: minY - up, maxY: maxY + up };
}

function counted(x: Float32Array, y: Float32Array, start: number, end: number, extent: Extent): Float32Array {
  const values = new Float32Array(SIDE * SIDE);
  const [perX, perY] = [SIDE / (extent.maxX - extent.minX), SIDE / (extent.maxY - extent.minY)];
  for (let i = start; i < end; i++) {
    const column = Math.min(SIDE - 1, Math.max(0, Math.floor((x[i]! - extent.minX) * perX)));
    const row = Math.min(SIDE - 1, Math.max(0, Math.floor((y[i]! - extent.minY) * perY)));
    values[row * SIDE + column]!++;
  }
  return values;
}

function blur(values: Float32Array): void {
  const line = new Float32Array(SIDE);
  for (const [step, jump] of [[1, SIDE], [SIDE, 1]] as const) {
    for (let lane = 0; lane < SIDE; lane++) {
      for (let k = 0; k < SIDE; k++) line[k] = values[lane * jump + k * step]!;
      for (let k = 0; k < SIDE; k++) values[lane * jump + k * step] = meanRound(line, k);
    }
  }
}

function meanRound(line: Float32Array, middle: number): number {
  let sum = 0;
  for (let k = middle - BLUR; k <= middle + BLUR; k++) sum += line[k] ?? 0;
  return sum / (2 * BLUR + 1);
}

/** Marching squares: in each square of four cell middles the pieces of line between those above and those below. */
function levelLines(values: Float32Array, level: number, extent: Extent): Float32Array {
  const pieces: number[] = [];
  const [width, height] = [(extent.maxX - extent.minX) / SIDE, (extent.maxY - extent.minY) / SIDE];
  for (let row = 0; row < SIDE - 1; row++) {
    for (let column = 0; column < SIDE - 1; column++) {
      const met = crossed(values, row, column, level);
      // Four crossings are a saddle: joined in turn, which is one of its two right answers.
      for (let k = 0; k + 3 < met.length; k += 4) {
        pieces.push(
          extent.minX + (column + 0.5 + met[k]!) * width,
          extent.minY + (row + 0.5 + met[k + 1]!) * height,
          extent.minX + (column + 0.5 + met[k + 2]!) * width,
          extent.minY + (row + 0.5 + met[k + 3]!) * height,
        );
      }
    }
  }
  return Float32Array.from(pieces);
}

/** Where the level crosses the sides of a square, as x, y within it: bottom, right, top, left. */
function crossed(values: Float32Array, row: number, column: number, level: number): number[] {
  const at = row * SIDE + column;
  const [a, b, c, d] = [values[at]!, values[at + 1]!, values[at + SIDE + 1]!, values[at + SIDE]!];
  const between = (from: number, to: number): number => (level - from) / (to - from);
  const met: number[] = [];
  if (a >= level !== b >= level) met.push(between(a, b), 0);
  if (b >= level !== c >= level) met.push(1, between(b, c));
  if (d >= level !== c >= level) met.push(between(d, c), 1);
  if (a >= level !== d >= level) met.push(0, between(a, d));
  return met;
}
