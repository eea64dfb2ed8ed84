/** Points of three dimensions as seen from a side: pure arithmetic from (x, y, z) to a flat picture and an order of drawing. */

import { extentOf, type Extent, type Point } from "./camera";

/** From where one looks, in radians: round the upright axis, and up. */
export interface Turn {
  readonly yaw: number;
  readonly pitch: number;
}

export const FRONT: Turn = { yaw: -0.6, pitch: 0.35 };

/** What is drawn: places, and the rows from the farthest to the nearest within each layer. */
export interface Flat {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly order: Uint32Array | null;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Eyes are so many radii away: near things look larger, and nothing is behind the eye. */
const EYE = 3.2;
const DEPTHS = 1024;
const RADIANS_A_PIXEL = 0.008;
const PITCH_MAX = Math.PI / 2;

/** Points round their middle. Coordinates of the picture are in units of the data. */
export class Orbit {
  readonly #x: Float32Array;
  readonly #y: Float32Array;
  readonly #z: Float32Array;
  readonly #middle: readonly [number, number, number];
  readonly #half: readonly [number, number, number];
  readonly #radius: number;

  constructor(x: Float32Array, y: Float32Array, z: Float32Array) {
    const flat = extentOf(x, y);
    const deep = extentOf(z, z);
    this.#x = x;
    this.#y = y;
    this.#z = z;
    this.#middle = [(flat.minX + flat.maxX) / 2, (flat.minY + flat.maxY) / 2, (deep.minX + deep.maxX) / 2];
    this.#half = [(flat.maxX - flat.minX) / 2, (flat.maxY - flat.minY) / 2, (deep.maxX - deep.minX) / 2];
    this.#radius = Math.hypot(...this.#half) || 1;
  }

  /** What every turn of the points fits into, so that turning does not zoom. */
  extent(): Extent {
    const reach = this.#radius * 0.95;
    return { minX: -reach, maxX: reach, minY: -reach, maxY: reach };
  }

  flat(turn: Turn, layers: readonly Range[]): Flat {
    const see = this.#seen(turn);
    const count = this.#x.length;
    const [x, y, depth] = [new Float32Array(count), new Float32Array(count), new Float32Array(count)];
    for (let i = 0; i < count; i++) see(this.#x[i]!, this.#y[i]!, this.#z[i]!, x, y, depth, i);
    return { x, y, order: farFirst(depth, layers, this.#radius) };
  }

  /** The twelve edges of the box round the points, as pairs of places in the picture. */
  box(turn: Turn): readonly (readonly [Point, Point])[] {
    const see = this.#seen(turn);
    const [x, y, depth] = [new Float32Array(8), new Float32Array(8), new Float32Array(8)];
    for (let corner = 0; corner < 8; corner++) {
      const at = [0, 1, 2].map((axis) => this.#middle[axis]! + (corner & (1 << axis) ? 1 : -1) * this.#half[axis]!);
      see(at[0]!, at[1]!, at[2]!, x, y, depth, corner);
    }
    const place = (corner: number): Point => ({ x: x[corner]!, y: y[corner]! });
    const edges: [Point, Point][] = [];
    for (let corner = 0; corner < 8; corner++) {
      for (const axis of [1, 2, 4]) if (!(corner & axis)) edges.push([place(corner), place(corner | axis)]);
    }
    return edges;
  }

  #seen({ yaw, pitch }: Turn) {
    const [cosYaw, sinYaw, cosPitch, sinPitch] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    const [middleX, middleY, middleZ] = this.#middle;
    const eye = EYE * this.#radius;
    return (x: number, y: number, z: number, outX: Float32Array, outY: Float32Array, outDepth: Float32Array, row: number): void => {
      const [fromX, fromY, fromZ] = [x - middleX, y - middleY, z - middleZ];
      const right = fromX * cosYaw + fromZ * sinYaw;
      const ahead = fromZ * cosYaw - fromX * sinYaw;
      const near = ahead * cosPitch - fromY * sinPitch;
      const scale = eye / (eye - near);
      outX[row] = right * scale;
      outY[row] = (fromY * cosPitch + ahead * sinPitch) * scale;
      outDepth[row] = near;
    };
  }
}

/** @param by pixels that the pointer went */
export function turned(turn: Turn, by: Point): Turn {
  const pitch = turn.pitch + by.y * RADIANS_A_PIXEL;
  return { yaw: turn.yaw - by.x * RADIANS_A_PIXEL, pitch: Math.min(PITCH_MAX, Math.max(-PITCH_MAX, pitch)) };
}

/** Rows of each layer by depth, in as many steps as an eye can tell apart: one pass to count, one to place. */
function farFirst(depth: Float32Array, layers: readonly Range[], radius: number): Uint32Array {
  const order = Uint32Array.from(depth, (_, row) => row);
  const step = (row: number): number => Math.min(DEPTHS - 1, Math.max(0, Math.floor(((depth[row]! / radius + 1) / 2) * DEPTHS)));
  for (const { start, end } of layers) {
    const next = new Uint32Array(DEPTHS + 1).fill(start);
    for (let row = start; row < end; row++) next[step(row) + 1]!++;
    for (let place = 1; place <= DEPTHS; place++) next[place]! += next[place - 1]! - start;
    for (let row = start; row < end; row++) order[next[step(row)]!++] = row;
  }
  return order;
}
