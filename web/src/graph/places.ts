/** How high each spot stands: near its neighbours, in the order of its row, and never on another. */

import { ROW_GAP, type Spot } from "./layout";

const PASSES = 12;
/** Long links are kept straight first. */
const BEND_WEIGHT = 4;

/** Returns the centre of each spot. */
export function placesOf(spots: readonly Spot[], rows: readonly (readonly number[])[]): Float64Array {
  const centres = new Float64Array(spots.length);
  for (const row of rows) stack(spots, row, centres);
  for (let pass = 0; pass < PASSES; pass++) {
    const last = pass >= PASSES - 2;
    const order = pass % 2 === 0 ? rows : [...rows].reverse();
    for (const row of order) {
      const wanted = row.map((place) => wish(spots, place, centres, last ? "both" : pass % 2 === 0 ? "before" : "behind"));
      settle(spots, row, wanted, centres);
    }
  }
  return centres;
}

function stack(spots: readonly Spot[], row: readonly number[], centres: Float64Array): void {
  let y = 0;
  for (const place of row) {
    centres[place] = y + spots[place]!.height / 2;
    y += spots[place]!.height + ROW_GAP;
  }
  for (const place of row) centres[place]! -= y / 2;
}

function wish(spots: readonly Spot[], place: number, centres: Float64Array, side: "before" | "behind" | "both"): number {
  const spot = spots[place]!;
  const near = side === "both" ? [...spot.before, ...spot.behind] : spot[side];
  return near.length ? near.reduce((sum, next) => sum + centres[next]!, 0) / near.length : centres[place]!;
}

/** The places nearest to the wishes that keep order and distance: isotonic regression, by pooling those that collide. */
function settle(spots: readonly Spot[], row: readonly number[], wanted: readonly number[], centres: Float64Array): void {
  const offsets: number[] = [];
  row.forEach((place, rank) => {
    const above = rank ? spots[row[rank - 1]!]! : null;
    offsets.push(above ? offsets[rank - 1]! + (above.height + spots[place]!.height) / 2 + ROW_GAP : 0);
  });
  const pools: { value: number; weight: number; size: number }[] = [];
  row.forEach((place, rank) => {
    let pool = { value: wanted[rank]! - offsets[rank]!, weight: spots[place]!.box ? 1 : BEND_WEIGHT, size: 1 };
    while (pools.length && pools[pools.length - 1]!.value > pool.value) {
      const last = pools.pop()!;
      const weight = last.weight + pool.weight;
      pool = { value: (last.value * last.weight + pool.value * pool.weight) / weight, weight, size: last.size + pool.size };
    }
    pools.push(pool);
  });
  let rank = 0;
  for (const { value, size } of pools) for (let n = 0; n < size; n++, rank++) centres[row[rank]!] = value + offsets[rank]!;
}
