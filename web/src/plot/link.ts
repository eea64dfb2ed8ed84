/** Which point of one plot is which of another. */

import type { PlotTable } from "./table";

const NOBODY = -1;

/** For each point of `from` the same row's point in `to`, or -1: by id, and by place where both show the same sample. */
export function linkOf(from: PlotTable, to: PlotTable): Int32Array {
  const links = new Int32Array(from.count).fill(NOBODY);
  for (const set of from.sets) {
    const same = to.sets.find(({ dataset, start, end }) => dataset !== null && dataset === set.dataset && end - start === set.end - set.start);
    if (same) for (let row = set.start; row < set.end; row++) links[row] = same.start + row - set.start;
    else if (set.end > from.trainingCount) linkById(links, from, to, set.start, set.end);
  }
  return links;
}

/** A selection of one plot as that of another. */
export function carriedMask(mask: Uint8Array, links: Int32Array, count: number): Uint8Array {
  const found = new Uint8Array(count);
  for (let row = 0; row < mask.length; row++) if (mask[row] && links[row]! >= 0) found[links[row]!] = 1;
  return found;
}

export function backwards(links: Int32Array, count: number): Int32Array {
  const back = new Int32Array(count).fill(NOBODY);
  for (let row = 0; row < links.length; row++) if (links[row]! >= 0) back[links[row]!] = row;
  return back;
}

/** How many points have a twin. */
export function linkedCount(links: Int32Array): number {
  let count = 0;
  for (let row = 0; row < links.length; row++) if (links[row]! >= 0) count++;
  return count;
}

function linkById(links: Int32Array, from: PlotTable, to: PlotTable, start: number, end: number): void {
  for (let row = start; row < end; row++) links[row] = to.find(from.id(row)) ?? NOBODY;
}
