/** Layered drawing of a directed graph, left to right (Sugiyama): layers, order within them, places. Pure; runs in a worker. */

import { fewerCrossings } from "./order";
import { placesOf } from "./places";

export interface Box {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface Link {
  readonly from: string;
  readonly to: string;
}

export interface PlacedBox extends Box {
  /** Of the upper left corner. */
  readonly x: number;
  readonly y: number;
  readonly layer: number;
}

export interface PlacedLink extends Link {
  /** From the right side of one box to the left side of the other, by way of the gaps between the layers; x, y, x, y ... */
  readonly points: readonly number[];
}

export interface Layout {
  readonly boxes: readonly PlacedBox[];
  readonly links: readonly PlacedLink[];
  readonly width: number;
  readonly height: number;
}

/** A box, or where a long link passes through a layer. */
export interface Spot {
  readonly box: Box | null;
  readonly layer: number;
  readonly height: number;
  /** Spots that it is linked to, in the layer before and the layer behind. */
  readonly before: number[];
  readonly behind: number[];
}

export const LAYER_GAP = 72;
export const ROW_GAP = 14;
const BEND_HEIGHT = 6;

export function layout(boxes: readonly Box[], links: readonly Link[]): Layout {
  if (boxes.length === 0) return { boxes: [], links: [], width: 0, height: 0 };
  const places = new Map(boxes.map((box, place) => [box.id, place]));
  const pairs = distinct(links, places);
  const forward = withoutCycles(boxes.length, pairs);
  const layers = tightened(boxes.length, forward, longestPaths(boxes.length, forward));
  const { spots, chains } = withBends(boxes, forward, layers);
  const rows = fewerCrossings(spots);
  return assembled(boxes, pairs, forward, spots, chains, placesOf(spots, rows));
}

type Pair = readonly [from: number, to: number];

function distinct(links: readonly Link[], places: ReadonlyMap<string, number>): Pair[] {
  const seen = new Map<string, Pair>();
  for (const { from, to } of links) {
    const pair = [places.get(from), places.get(to)] as const;
    if (pair[0] !== undefined && pair[1] !== undefined && pair[0] !== pair[1]) seen.set(pair.join(" "), [pair[0], pair[1]]);
  }
  return [...seen.values()];
}

/** Turns round the links that close a cycle. */
function withoutCycles(count: number, pairs: readonly Pair[]): Pair[] {
  const out = adjacency(count, pairs, 0);
  const state = new Uint8Array(count); // 0 unseen, 1 on the way, 2 done
  const turned = new Set<number>();
  for (let root = 0; root < count; root++) {
    if (state[root]) continue;
    const stack = [{ spot: root, next: 0 }];
    state[root] = 1;
    while (stack.length) {
      const top = stack[stack.length - 1]!;
      const link = out[top.spot]![top.next++];
      if (link === undefined) {
        state[top.spot] = 2;
        stack.pop();
        continue;
      }
      const to = pairs[link]![1];
      if (state[to] === 1) turned.add(link);
      else if (state[to] === 0) {
        state[to] = 1;
        stack.push({ spot: to, next: 0 });
      }
    }
  }
  return pairs.map(([from, to], link) => (turned.has(link) ? [to, from] : [from, to]));
}

/** For each spot, the numbers of the links that leave it (end 0) or enter it (end 1). */
function adjacency(count: number, pairs: readonly Pair[], end: 0 | 1): number[][] {
  const found: number[][] = Array.from({ length: count }, () => []);
  pairs.forEach((pair, link) => found[pair[end]]!.push(link));
  return found;
}

function longestPaths(count: number, pairs: readonly Pair[]): Int32Array {
  const layers = new Int32Array(count);
  for (const spot of inOrder(count, pairs)) {
    for (const link of adjacent(count, pairs)[0][spot]!) layers[pairs[link]![1]] = Math.max(layers[pairs[link]![1]]!, layers[spot]! + 1);
  }
  return layers;
}

const known = new WeakMap<readonly Pair[], readonly [number[][], number[][]]>();

function adjacent(count: number, pairs: readonly Pair[]): readonly [number[][], number[][]] {
  const found = known.get(pairs) ?? [adjacency(count, pairs, 0), adjacency(count, pairs, 1)];
  known.set(pairs, found);
  return found;
}

/** Each spot behind all that lead to it. */
function inOrder(count: number, pairs: readonly Pair[]): number[] {
  const waiting = new Int32Array(count);
  for (const [, to] of pairs) waiting[to]!++;
  const order: number[] = [];
  for (let spot = 0; spot < count; spot++) if (!waiting[spot]) order.push(spot);
  for (const spot of order) {
    for (const link of adjacent(count, pairs)[0][spot]!) if (--waiting[pairs[link]![1]]! === 0) order.push(pairs[link]![1]);
  }
  return order;
}

/** Moves boxes towards what they lead to, where that makes more links shorter than longer. */
function tightened(count: number, pairs: readonly Pair[], layers: Int32Array): Int32Array {
  const [out, into] = adjacent(count, pairs);
  for (const spot of inOrder(count, pairs).reverse()) {
    if (out[spot]!.length <= into[spot]!.length) continue;
    layers[spot] = Math.max(layers[spot]!, Math.min(...out[spot]!.map((link) => layers[pairs[link]![1]]!)) - 1);
  }
  const first = layers.reduce((least, layer) => Math.min(least, layer), Infinity);
  return layers.map((layer) => layer - first);
}

/** Puts a bend into each layer that a link passes, so that links lead from a layer to the next. */
function withBends(boxes: readonly Box[], pairs: readonly Pair[], layers: Int32Array): { spots: Spot[]; chains: number[][] } {
  const spots: Spot[] = boxes.map((box, place) => ({ box, layer: layers[place]!, height: box.height, before: [], behind: [] }));
  const chains = pairs.map(([from, to]) => {
    const chain = [from];
    for (let layer = layers[from]! + 1; layer < layers[to]!; layer++) {
      chain.push(spots.push({ box: null, layer, height: BEND_HEIGHT, before: [], behind: [] }) - 1);
    }
    chain.push(to);
    for (let step = 1; step < chain.length; step++) {
      spots[chain[step - 1]!]!.behind.push(chain[step]!);
      spots[chain[step]!]!.before.push(chain[step - 1]!);
    }
    return chain;
  });
  return { spots, chains };
}

function assembled(
  boxes: readonly Box[],
  pairs: readonly Pair[],
  forward: readonly Pair[],
  spots: readonly Spot[],
  chains: readonly number[][],
  centres: Float64Array,
): Layout {
  const widths: number[] = [];
  for (const { box, layer } of spots) widths[layer] = Math.max(widths[layer] ?? 0, box?.width ?? 0);
  const lefts = widths.map((_, layer) => widths.slice(0, layer).reduce((sum, width) => sum + width + LAYER_GAP, 0));
  const top = spots.reduce((least, spot, place) => Math.min(least, centres[place]! - spot.height / 2), Infinity);
  const bottom = spots.reduce((most, spot, place) => Math.max(most, centres[place]! + spot.height / 2), -Infinity);
  const y = (place: number): number => centres[place]! - top;
  const placed = boxes.map((box, place) => ({ ...box, layer: spots[place]!.layer, x: lefts[spots[place]!.layer]!, y: y(place) - box.height / 2 }));
  const links = chains.map((chain, link) => {
    const points = chain.flatMap((spot, step) => {
      const { layer, box } = spots[spot]!;
      const [left, right] = [lefts[layer]!, lefts[layer]! + (box?.width ?? widths[layer]!)];
      if (step === 0) return [right, y(spot)];
      return step === chain.length - 1 ? [left, y(spot)] : [left, y(spot), right, y(spot)];
    });
    const [from, to] = pairs[link]!;
    const turned = forward[link]![0] !== from;
    return { from: boxes[from]!.id, to: boxes[to]!.id, points: turned ? reversed(points) : points };
  });
  return { boxes: placed, links, width: lefts.at(-1)! + widths.at(-1)!, height: bottom - top };
}

function reversed(points: readonly number[]): number[] {
  const back: number[] = [];
  for (let place = points.length - 2; place >= 0; place -= 2) back.push(points[place]!, points[place + 1]!);
  return back;
}
