/** Fewer points for a line: of every column of pixels its first and last point, and its least and greatest value. No peak is lost. */

/** One entry a column that holds points; one before and one behind what is seen, which lead out of it. */
export class Reduced {
  length = 0;
  /** -1 before what is seen, the number of columns behind it. */
  column = new Int32Array(0);
  /** Places of the first and last point in the line. */
  first = new Int32Array(0);
  last = new Int32Array(0);
  low = new Float64Array(0);
  high = new Float64Array(0);
  /** 1 where the line is broken before this entry. */
  broken = new Uint8Array(0);
  /** Points that are seen, and those of them that stand for all. */
  points = 0;
  kept = 0;
  /** Points without a place on the axis: not above 0 on a logarithmic one. */
  without = 0;

  room(columns: number): void {
    this.length = this.points = this.kept = this.without = 0;
    if (this.column.length >= columns) return;
    this.column = new Int32Array(columns);
    this.first = new Int32Array(columns);
    this.last = new Int32Array(columns);
    this.low = new Float64Array(columns);
    this.high = new Float64Array(columns);
    this.broken = new Uint8Array(columns);
  }
}

/**
 * Reduces a line whose x never goes back.
 * @param edges of the columns in values of x, one more than there are columns
 * @param least values of y have no place up to this one; -Infinity where all have
 * @param into is written over, so that a frame makes no garbage
 */
export function reduce(x: Float64Array, y: Float64Array, edges: Float64Array, least: number, into: Reduced): Reduced {
  const columns = edges.length - 1;
  into.room(columns + 2);
  const [start, stop] = [lowerBound(x, edges[0]!), lowerBound(x, edges[columns]!)];
  let broken = 0;
  let place = Math.max(0, start - 1);
  const end = Math.min(x.length, stop + 1);
  let column = place < start ? -1 : 0;
  while (place < end) {
    const at = x[place]!;
    while (column < columns && at >= edges[column + 1]!) column++;
    const limit = column < columns ? edges[column + 1]! : Infinity;
    let [first, last, count] = [-1, -1, 0];
    let [low, high] = [Infinity, -Infinity];
    let breaksBefore = broken;
    for (; place < end && x[place]! < limit; place++) {
      const value = y[place]!;
      if (!(value > least) || value === Infinity) {
        broken = 1;
        if (value <= least && value !== -Infinity) into.without++;
        continue;
      }
      if (first < 0) {
        first = place;
        breaksBefore = broken;
      }
      last = place;
      count++;
      broken = 0;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (place < end && !(x[place]! >= limit)) place++; // x is not a number
    if (first >= 0) enter(into, column, first, last, low, high, breaksBefore, column >= 0 && column < columns ? count : 0);
    column++;
  }
  return into;
}

function enter(into: Reduced, column: number, first: number, last: number, low: number, high: number, broken: number, count: number): void {
  const at = into.length++;
  into.column[at] = column;
  into.first[at] = first;
  into.last[at] = last;
  into.low[at] = low;
  into.high[at] = high;
  into.broken[at] = broken;
  into.points += count;
  into.kept += Math.min(count, 4);
}

/** The first place whose value is not below; values never go back. */
export function lowerBound(values: Float64Array, wanted: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
