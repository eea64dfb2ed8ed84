/** Small anti-aliased discs, made once for each radius and quarter of a pixel, and stamped for every point. */

const STEPS = 4;

export interface Stamp {
  /** The pixels it covers, from the point's own; the first `solid` ones are the disc alone, wholly. */
  readonly right: Int8Array;
  readonly down: Int8Array;
  readonly solid: number;
  /** No pixel is further away, in either direction. */
  readonly reach: number;
  /** How much of a pixel disc and ring cover, 0 to 1. */
  readonly cover: Float32Array;
  /** How much of what covers is the disc, 0 to 1. */
  readonly tint: Float32Array;
}

interface Pixel {
  readonly right: number;
  readonly down: number;
  readonly cover: number;
  readonly tint: number;
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
  const reach = Math.ceil(radius + ring);
  const pixels: Pixel[] = [];
  for (let down = -reach; down <= reach; down++) {
    for (let right = -reach; right <= reach; right++) {
      const distance = Math.hypot(right + 0.5 - x, down + 0.5 - y);
      const disc = clampUnit(radius + 0.5 - distance);
      const cover = clampUnit(radius + ring + 0.5 - distance);
      if (cover > 0) pixels.push({ right, down, cover, tint: disc / cover });
    }
  }
  const isSolid = ({ cover, tint }: Pixel): boolean => cover === 1 && tint === 1;
  pixels.sort((left, right) => Number(isSolid(right)) - Number(isSolid(left)));
  return {
    right: Int8Array.from(pixels, ({ right }) => right),
    down: Int8Array.from(pixels, ({ down }) => down),
    solid: pixels.filter(isSolid).length,
    reach,
    cover: Float32Array.from(pixels, ({ cover }) => cover),
    tint: Float32Array.from(pixels, ({ tint }) => tint),
  };
}

function clampUnit(value: number): number {
  return Math.min(1, Math.max(0, value));
}
