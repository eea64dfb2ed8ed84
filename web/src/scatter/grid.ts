/** A uniform grid over points: the nearest one to a place in constant time. */

import { extentOf, type Point } from "./camera";

const POINTS_PER_CELL = 4;

export type Visible = (index: number) => boolean;

export class Grid {
  readonly #x: Float32Array;
  readonly #y: Float32Array;
  readonly #side: number;
  readonly #cell: Point;
  readonly #origin: Point;
  /** Cell c holds #members[#starts[c]] up to #members[#starts[c + 1]]. */
  readonly #starts: Uint32Array;
  readonly #members: Uint32Array;

  constructor(x: Float32Array, y: Float32Array) {
    const extent = extentOf(x, y);
    this.#x = x;
    this.#y = y;
    this.#side = Math.max(1, Math.min(1024, Math.ceil(Math.sqrt(x.length / POINTS_PER_CELL))));
    this.#origin = { x: extent.minX, y: extent.minY };
    this.#cell = {
      x: (extent.maxX - extent.minX) / this.#side || 1,
      y: (extent.maxY - extent.minY) / this.#side || 1,
    };
    this.#starts = new Uint32Array(this.#side * this.#side + 1);
    this.#members = new Uint32Array(x.length);
    this.#fill();
  }

  /** The nearest visible point within a radius (data units), or null. Of two equally near, the one drawn on top. */
  nearest(at: Point, radius: number, visible: Visible = () => true): number | null {
    let best: number | null = null;
    let bestSquare = radius * radius;
    for (let row = this.#row(at.y - radius); row <= this.#row(at.y + radius); row++) {
      for (let column = this.#column(at.x - radius); column <= this.#column(at.x + radius); column++) {
        for (const index of this.#cellAt(row, column)) {
          const square = (this.#x[index]! - at.x) ** 2 + (this.#y[index]! - at.y) ** 2;
          if (square > bestSquare || !visible(index)) continue;
          if (square === bestSquare && best !== null && index < best) continue;
          best = index;
          bestSquare = square;
        }
      }
    }
    return best;
  }

  #fill(): void {
    const cells = new Uint32Array(this.#x.length);
    for (let i = 0; i < cells.length; i++) {
      cells[i] = this.#row(this.#y[i]!) * this.#side + this.#column(this.#x[i]!);
      this.#starts[cells[i]! + 1]!++;
    }
    for (let c = 1; c < this.#starts.length; c++) this.#starts[c]! += this.#starts[c - 1]!;
    const next = this.#starts.slice();
    for (let i = 0; i < cells.length; i++) this.#members[next[cells[i]!]!++] = i;
  }

  #cellAt(row: number, column: number): Uint32Array {
    const cell = row * this.#side + column;
    return this.#members.subarray(this.#starts[cell], this.#starts[cell + 1]);
  }

  #row(y: number): number {
    return bounded(Math.floor((y - this.#origin.y) / this.#cell.y), this.#side);
  }

  #column(x: number): number {
    return bounded(Math.floor((x - this.#origin.x) / this.#cell.x), this.#side);
  }
}

/** The visible point closest to a direction (screen axes of the data: y up) from another, for the arrow keys. */
export function stepTowards(
  from: number,
  direction: Point,
  points: { readonly x: Float32Array; readonly y: Float32Array },
  visible: Visible,
): number | null {
  let best: number | null = null;
  let bestCost = Infinity;
  for (let i = 0; i < points.x.length; i++) {
    const [dx, dy] = [points.x[i]! - points.x[from]!, points.y[i]! - points.y[from]!];
    const along = dx * direction.x + dy * direction.y;
    const aside = Math.abs(dx * direction.y - dy * direction.x);
    // Only what lies in the quarter that the arrow shows; straying aside costs more than distance.
    if (along <= 0 || aside > along || !visible(i)) continue;
    const cost = along + 2 * aside;
    if (cost >= bestCost) continue;
    best = i;
    bestCost = cost;
  }
  return best;
}

function bounded(value: number, side: number): number {
  return Math.min(side - 1, Math.max(0, value));
}
