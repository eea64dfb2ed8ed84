/** Small anti-aliased discs, made once for each radius and quarter of a pixel, and stamped for every point. */

const STEPS = 4;

export interface Stamp {
  readonly side: number;
  /** The pixel of the stamp that lies on the point's pixel. */
  readonly centre: number;
  /** How much of a pixel disc and ring cover, 0 to 1. */
  readonly cover: Float32Array;
  /** How much of what covers is the disc, 0 to 1. */
  readonly tint: Float32Array;
}

export class StampSet {
  #radius = NaN;
  #ring = NaN;
  #stamps: (Stamp | undefined)[] = [];

  /** The stamp for a point at (x, y), all in device pixels. */
  at(x: number, y: number, radius: number, ring: number): Stamp {
    if (radius !== this.#radius || ring !== this.#ring) {
      this.#radius = radius;
      this.#ring = ring;
      this.#stamps = [];
    }
    const column = Math.floor((x - Math.floor(x)) * STEPS);
    const row = Math.floor((y - Math.floor(y)) * STEPS);
    return (this.#stamps[row * STEPS + column] ??= makeStamp(
      (column + 0.5) / STEPS,
      (row + 0.5) / STEPS,
      radius,
      ring,
    ));
  }
}

function makeStamp(x: number, y: number, radius: number, ring: number): Stamp {
  const centre = Math.ceil(radius + ring);
  const side = 2 * centre + 1;
  const cover = new Float32Array(side * side);
  const tint = new Float32Array(side * side);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const distance = Math.hypot(column + 0.5 - centre - x, row + 0.5 - centre - y);
      const disc = clampUnit(radius + 0.5 - distance);
      const whole = clampUnit(radius + ring + 0.5 - distance);
      cover[row * side + column] = whole;
      tint[row * side + column] = whole ? disc / whole : 0;
    }
  }
  return { side, centre, cover, tint };
}

function clampUnit(value: number): number {
  return Math.min(1, Math.max(0, value));
}
