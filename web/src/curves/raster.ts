/**
 * A picture that is drawn pixel by pixel: a canvas without a GPU strokes a hundred thousand pieces of line far too slowly.
 * Pixels lie column by column, since most of what is drawn runs up and down.
 */

import type { Rgb } from "../scatter/renderer";

/** A colour as one pixel; signed, as the fastest arithmetic is. */
export type Ink = number;

const OPAQUE = 0xff000000 | 0;
const FULL = 256;
const STEEP_WIDTH_MIN = 1;

export function ink([red, green, blue]: Rgb): Ink {
  return OPAQUE | (blue << 16) | (green << 8) | red;
}

export class Raster {
  readonly pixels: Int32Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.pixels = new Int32Array(width * height);
  }

  clear(color: Ink): void {
    this.pixels.fill(color);
  }

  /** Writes the picture row by row, as a canvas has it. */
  copyTo(image: Int32Array): void {
    const { width, height, pixels } = this;
    // Stripes of columns, so that what is read stays near.
    for (let left = 0; left < width; left += 16) {
      const right = Math.min(width, left + 16);
      for (let row = 0; row < height; row++) {
        for (let column = left, to = row * width + left; column < right; column++) image[to++] = pixels[column * height + row]!;
      }
    }
  }

  /** @param part 0 to 256 of the colour */
  blend(place: number, color: Ink, part: number): void {
    const { pixels } = this;
    const below = pixels[place]!;
    const rest = FULL - part;
    const redBlue = ((Math.imul(color & 0xff00ff, part) + Math.imul(below & 0xff00ff, rest)) >>> 8) & 0xff00ff;
    const green = ((Math.imul(color & 0xff00, part) + Math.imul(below & 0xff00, rest)) >>> 8) & 0xff00;
    pixels[place] = OPAQUE | redBlue | green;
  }

  /** A stretch of one column between two heights, which need not be whole. @param part 0 to 256 */
  span(column: number, top: number, bottom: number, color: Ink, part: number): void {
    const { height, pixels } = this;
    if (column < 0 || column >= this.width || !(bottom > 0) || !(top < height)) return;
    const from = top > 0 ? top : 0;
    const to = bottom < height ? bottom : height;
    const first = from | 0;
    const last = to < height ? to | 0 : height - 1;
    const start = column * height;
    if (first === last) return this.blend(start + first, color, (part * (to - from)) | 0);
    this.blend(start + first, color, (part * (first + 1 - from)) | 0);
    const end = start + last;
    if (part >= FULL) for (let at = start + first + 1; at < end; at++) pixels[at] = color;
    else for (let at = start + first + 1; at < end; at++) this.blend(at, color, part);
    this.blend(end, color, (part * (to - last)) | 0);
  }

  /** A stretch of one row. */
  bar(row: number, left: number, right: number, color: Ink, part: number): void {
    const { width, height } = this;
    if (row < 0 || row >= height || !(right > 0) || !(left < width)) return;
    const [from, to] = [Math.max(0, left), Math.min(width, right)];
    const [first, last] = [Math.floor(from), Math.min(width - 1, Math.floor(to))];
    if (first === last) return this.blend(first * height + row, color, (part * (to - from)) | 0);
    this.blend(first * height + row, color, (part * (first + 1 - from)) | 0);
    for (let column = first + 1; column < last; column++) this.blend(column * height + row, color, part);
    this.blend(last * height + row, color, (part * (to - last)) | 0);
  }

  /** A straight piece of line between two places, which may lie far outside. */
  segment(x0: number, y0: number, x1: number, y1: number, thickness: number, color: Ink, part: number): void {
    const [across, up] = [x1 - x0, y1 - y0];
    if (Math.abs(across) >= Math.abs(up)) {
      if (across === 0) return;
      const slope = up / across;
      const half = (thickness / 2) * Math.sqrt(1 + slope * slope);
      const [left, right] = across > 0 ? [x0, x1] : [x1, x0];
      const end = Math.min(this.width - 1, Math.ceil(right) - 1);
      for (let column = Math.max(0, Math.floor(left)); column <= end; column++) {
        const [from, to] = [Math.max(left, column), Math.min(right, column + 1)];
        const middle = y0 + ((from + to) / 2 - x0) * slope;
        this.span(column, middle - half, middle + half, color, to - from >= 1 ? part : (part * (to - from)) | 0);
      }
      return;
    }
    const slope = across / up;
    const half = (Math.max(STEEP_WIDTH_MIN, thickness) / 2) * Math.sqrt(1 + slope * slope);
    const [top, bottom] = up > 0 ? [y0, y1] : [y1, y0];
    const end = Math.min(this.height - 1, Math.ceil(bottom) - 1);
    for (let row = Math.max(0, Math.floor(top)); row <= end; row++) {
      const [from, to] = [Math.max(top, row), Math.min(bottom, row + 1)];
      const middle = x0 + ((from + to) / 2 - y0) * slope;
      this.bar(row, middle - half, middle + half, color, to - from >= 1 ? part : (part * (to - from)) | 0);
    }
  }

  /** A round point. */
  disc(x: number, y: number, radius: number, color: Ink, part: number): void {
    const [left, right] = [Math.max(0, Math.floor(x - radius)), Math.min(this.width - 1, Math.floor(x + radius))];
    for (let column = left; column <= right; column++) {
      const away = column + 0.5 - x;
      const half = Math.sqrt(Math.max(0, radius * radius - away * away));
      if (half > 0) this.span(column, y - half, y + half, color, part);
    }
  }

  rectangle(left: number, top: number, right: number, bottom: number, color: Ink): void {
    for (let column = Math.max(0, Math.round(left)); column < Math.min(this.width, Math.round(right)); column++) this.span(column, Math.round(top), Math.round(bottom), color, FULL);
  }
}
