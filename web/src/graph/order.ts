/** The order of spots within their layers, with few crossings: medians, back and forth, and the best of what was seen. */

import type { Spot } from "./layout";

const SWEEPS = 16;
/** So many sweeps without a better order end the search. */
const PATIENCE = 4;

/** Returns the spots of each layer from top to bottom. */
export function fewerCrossings(spots: readonly Spot[]): number[][] {
  let rows = firstOrder(spots);
  let best = rows.map((row) => [...row]);
  let least = crossings(spots, rows);
  for (let sweep = 0, idle = 0; sweep < SWEEPS && idle < PATIENCE && least > 0; sweep++, idle++) {
    rows = swept(spots, rows, sweep % 2 === 0);
    const count = crossings(spots, rows);
    if (count >= least) continue;
    [least, best, idle] = [count, rows.map((row) => [...row]), 0];
  }
  return best;
}

/** Depth first from each source, so that what hangs together begins side by side. */
function firstOrder(spots: readonly Spot[]): number[][] {
  const rows: number[][] = [];
  for (const { layer } of spots) rows[layer] ??= [];
  for (let layer = 0; layer < rows.length; layer++) rows[layer] ??= [];
  const seen = new Uint8Array(spots.length);
  const sources = spots.map((_, place) => place).filter((place) => spots[place]!.before.length === 0);
  for (const source of [...sources, ...spots.keys()]) {
    const stack = [source];
    while (stack.length) {
      const place = stack.pop()!;
      if (seen[place]) continue;
      seen[place] = 1;
      rows[spots[place]!.layer]!.push(place);
      stack.push(...[...spots[place]!.behind, ...spots[place]!.before].reverse());
    }
  }
  return rows;
}

function swept(spots: readonly Spot[], rows: readonly number[][], down: boolean): number[][] {
  const found = rows.map((row) => [...row]);
  const position = positionsOf(spots.length, found);
  const layers = [...found.keys()];
  for (const layer of down ? layers.slice(1) : layers.reverse().slice(1)) {
    const row = found[layer]!;
    const wanted = new Map(row.map((place) => [place, mean(spots[place]![down ? "before" : "behind"], position) ?? position[place]!]));
    row.sort((a, b) => wanted.get(a)! - wanted.get(b)! || position[a]! - position[b]!);
    row.forEach((place, rank) => (position[place] = rank));
  }
  return found;
}

function positionsOf(count: number, rows: readonly number[][]): Float64Array {
  const position = new Float64Array(count);
  for (const row of rows) row.forEach((place, rank) => (position[place] = rank));
  return position;
}

function mean(neighbours: readonly number[], position: Float64Array): number | null {
  if (neighbours.length === 0) return null;
  return neighbours.reduce((sum, place) => sum + position[place]!, 0) / neighbours.length;
}

/** Counts how often links between neighbouring layers cross. */
export function crossings(spots: readonly Spot[], rows: readonly number[][]): number {
  const position = positionsOf(spots.length, rows);
  let count = 0;
  for (let layer = 0; layer + 1 < rows.length; layer++) {
    const ends = rows[layer]!.flatMap((place) => spots[place]!.behind.map((next) => position[next]!).sort((a, b) => a - b));
    count += inversions(ends, rows[layer + 1]!.length);
  }
  return count;
}

/** Pairs of numbers that stand in the wrong order, by a tree of sums. */
function inversions(ends: readonly number[], size: number): number {
  const tree = new Float64Array(size + 1);
  let count = 0;
  ends.forEach((end, before) => {
    let smaller = 0;
    for (let place = end + 1; place > 0; place -= place & -place) smaller += tree[place]!;
    count += before - smaller;
    for (let place = end + 1; place <= size; place += place & -place) tree[place]!++;
  });
  return count;
}
