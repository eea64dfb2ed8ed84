/** Which points lie in a region that was drawn. */

/** Corners in turn, as x, y, x, y, ... in units of the picture's data; the last one is joined to the first. */
export type Polygon = readonly number[];

const STRIPS = 512;
/** Corners nearer to each other than this on the screen tell a reader nothing. */
const CORNER_GAP_PX = 3;
const CORNERS_MAX = 120;

interface Spot {
  readonly x: number;
  readonly y: number;
}

/** The points inside (even-odd rule), one byte each: 1 inside, 0 outside. */
export function insideOf(polygon: Polygon, x: Float32Array, y: Float32Array): Uint8Array {
  const found = new Uint8Array(x.length);
  if (polygon.length < 6) return found;
  const { low, high, left, right } = boundsOf(polygon);
  const strips = stripsOf(polygon, low, high);
  const perUnit = STRIPS / (high - low || 1);
  for (let i = 0; i < x.length; i++) {
    const [px, py] = [x[i]!, y[i]!];
    if (py < low || py > high || px < left || px > right) continue;
    const edges = strips[Math.min(STRIPS - 1, Math.floor((py - low) * perUnit))]!;
    if (crossings(edges, px, py) & 1) found[i] = 1;
  }
  return found;
}

export function boxOf(from: Spot, to: Spot): Polygon {
  return [from.x, from.y, to.x, from.y, to.x, to.y, from.x, to.y].map(short);
}

/** A path of the pointer as corners: as many as say what was drawn, in digits that an address can carry. */
export function polygonOf(path: readonly Spot[], toData: (at: Spot) => Spot): Polygon {
  const kept: Spot[] = [];
  for (const at of path) {
    const last = kept.at(-1);
    if (!last || Math.hypot(at.x - last.x, at.y - last.y) >= CORNER_GAP_PX) kept.push(at);
  }
  const every = Math.max(1, Math.ceil(kept.length / CORNERS_MAX));
  return kept
    .filter((_, place) => place % every === 0)
    .map(toData)
    .flatMap(({ x, y }) => [short(x), short(y)]);
}

export function countOf(mask: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < mask.length; i++) count += mask[i]!;
  return count;
}

/** How many edges a ray to the right meets. */
function crossings(edges: Float64Array, px: number, py: number): number {
  let met = 0;
  for (let k = 0; k < edges.length; k += 4) {
    const [x1, y1, x2, y2] = [edges[k]!, edges[k + 1]!, edges[k + 2]!, edges[k + 3]!];
    if (y1 > py !== y2 > py && px < ((x2 - x1) * (py - y1)) / (y2 - y1) + x1) met++;
  }
  return met;
}

/** For each strip of the height the edges that reach into it: a point is held against those of its strip only. */
function stripsOf(polygon: Polygon, low: number, high: number): Float64Array[] {
  const strips = Array.from({ length: STRIPS }, (): number[] => []);
  const perUnit = STRIPS / (high - low || 1);
  const stripAt = (y: number): number => Math.min(STRIPS - 1, Math.max(0, Math.floor((y - low) * perUnit)));
  for (let k = 0; k < polygon.length; k += 2) {
    const next = (k + 2) % polygon.length;
    const edge = [polygon[k]!, polygon[k + 1]!, polygon[next]!, polygon[next + 1]!] as const;
    const last = stripAt(Math.max(edge[1], edge[3]));
    for (let strip = stripAt(Math.min(edge[1], edge[3])); strip <= last; strip++) strips[strip]!.push(...edge);
  }
  return strips.map((edges) => Float64Array.from(edges));
}

function boundsOf(polygon: Polygon): { left: number; right: number; low: number; high: number } {
  const across = polygon.filter((_, place) => place % 2 === 0);
  const up = polygon.filter((_, place) => place % 2 === 1);
  return { left: Math.min(...across), right: Math.max(...across), low: Math.min(...up), high: Math.max(...up) };
}

function short(value: number): number {
  return Number(value.toPrecision(5));
}
