/** Where the picture looks: pure arithmetic between data and screen. Screen sizes are CSS pixels, y down. */

export interface Camera {
  /** The data point in the middle. */
  readonly x: number;
  readonly y: number;
  /** Data units over the shorter side of the picture. */
  readonly span: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Extent {
  readonly minX: number;
  readonly maxX: number;
  readonly minY: number;
  readonly maxY: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const MARGIN = 1.1;

export function extentOf(x: Float32Array, y: Float32Array): Extent {
  let [minX, maxX, minY, maxY] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < x.length; i++) {
    const [across, up] = [x[i]!, y[i]!];
    if (across < minX) minX = across;
    if (across > maxX) maxX = across;
    if (up < minY) minY = up;
    if (up > maxY) maxY = up;
  }
  return x.length ? { minX, maxX, minY, maxY } : { minX: -1, maxX: 1, minY: -1, maxY: 1 };
}

/** Pixels a data unit. */
export function scaleOf(camera: Camera, size: Size): number {
  return Math.max(1, Math.min(size.width, size.height)) / camera.span;
}

/** The camera that shows everything, with a margin. */
export function fit(extent: Extent, size: Size): Camera {
  const shorter = Math.max(1, Math.min(size.width, size.height));
  const unitsX = (extent.maxX - extent.minX) / Math.max(1, size.width);
  const unitsY = (extent.maxY - extent.minY) / Math.max(1, size.height);
  const span = Math.max(unitsX, unitsY) * shorter * MARGIN || 1;
  return { x: (extent.minX + extent.maxX) / 2, y: (extent.minY + extent.maxY) / 2, span };
}

export function toScreen(point: Point, camera: Camera, size: Size): Point {
  const scale = scaleOf(camera, size);
  return {
    x: size.width / 2 + (point.x - camera.x) * scale,
    y: size.height / 2 - (point.y - camera.y) * scale,
  };
}

export function toData(point: Point, camera: Camera, size: Size): Point {
  const scale = scaleOf(camera, size);
  return {
    x: camera.x + (point.x - size.width / 2) / scale,
    y: camera.y - (point.y - size.height / 2) / scale,
  };
}

/** Moves the picture by so many pixels. */
export function pan(camera: Camera, by: Point, size: Size): Camera {
  const scale = scaleOf(camera, size);
  return { ...camera, x: camera.x - by.x / scale, y: camera.y + by.y / scale };
}

/** Magnifies by a factor; what is under the anchor stays there. */
export function zoom(camera: Camera, factor: number, anchor: Point, size: Size): Camera {
  const fixed = toData(anchor, camera, size);
  const span = camera.span / factor;
  const ratio = span / camera.span;
  return { x: fixed.x + (camera.x - fixed.x) * ratio, y: fixed.y + (camera.y - fixed.y) * ratio, span };
}

/** Keeps the zoom within what 32-bit coordinates can show. */
export function clamped(camera: Camera, whole: Camera): Camera {
  const span = Math.min(Math.max(camera.span, whole.span / 5000), whole.span * 4);
  return span === camera.span ? camera : { ...camera, span };
}
