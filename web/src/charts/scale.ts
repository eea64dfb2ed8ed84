/** Axes: where values lie, where ticks stand and what they say. Nothing of the DOM. */

import { number } from "../format";

export interface Scale {
  readonly kind: "linear" | "log";
  readonly domain: readonly [number, number];
  /** From a value to a place. */
  (value: number): number;
  /** From a place back to the value. */
  readonly invert: (place: number) => number;
}

/** The smallest and the largest finite value; null if there is none. */
export function extent(values: Iterable<number | null | undefined>): readonly [number, number] | null {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value === null || value === undefined || !Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

export function linear([low, high]: readonly [number, number], [from, to]: readonly [number, number]): Scale {
  const span = high - low || 1;
  const place = (value: number): number => from + ((value - low) / span) * (to - from);
  return Object.assign(place, {
    kind: "linear" as const,
    domain: [low, high] as const,
    invert: (at: number): number => low + ((at - from) / (to - from || 1)) * span,
  });
}

/** @param domain both ends above 0 */
export function log([low, high]: readonly [number, number], range: readonly [number, number]): Scale {
  const inner = linear([Math.log10(low), Math.log10(high)], range);
  return Object.assign((value: number): number => inner(Math.log10(value)), {
    kind: "log" as const,
    domain: [low, high] as const,
    invert: (at: number): number => 10 ** inner.invert(at),
  });
}

/** A domain with round ends around values, and some room if they are all the same. */
export function nice([low, high]: readonly [number, number], count = 5): readonly [number, number] {
  if (low === high) return low === 0 ? [0, 1] : [low - Math.abs(low) * 0.5, high + Math.abs(high) * 0.5];
  const step = stepOf(low, high, count);
  return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
}

/** Round values from `low` to `high`, about `count` of them. */
export function ticks(low: number, high: number, count = 5): readonly number[] {
  if (!(high > low)) return [low];
  const step = stepOf(low, high, count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Whole multiples, so that no tick says 0.30000000000000004.
  return Array.from({ length: last - first + 1 }, (_, place) => Number(((first + place) * step).toPrecision(12)));
}

/** Powers of ten from `low` to `high`, and 2 and 5 between them where they are few. */
export function logTicks(low: number, high: number): readonly number[] {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const mantissas = last - first <= 2 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil((last - first) / 8));
  const all: number[] = [];
  for (let power = first; power <= last; power += every) {
    for (const mantissa of mantissas) all.push(Number((mantissa * 10 ** power).toPrecision(12)));
  }
  return all.filter((tick) => tick >= low * 0.999999 && tick <= high * 1.000001);
}

/** Ticks of either kind of scale. */
export function scaleTicks(scale: Scale, count = 5): readonly number[] {
  return scale.kind === "log" ? logTicks(...scale.domain) : ticks(...scale.domain, count);
}

/** A tick as short as it may be: 1.2M, 0.05, 1e-7. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9 || (size > 0 && size < 1e-4)) return value.toExponential().replace("+", "").replace("-", "\u2212");
  if (size >= 1e6) return `${number(value / 1e6)}M`;
  if (size >= 1e4) return `${number(value / 1e3)}k`;
  return number(value);
}

export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Counts of values in `count` bins of one width; empty if there are no values. */
export function binned(values: ArrayLike<number>, count: number): readonly Bin[] {
  const ends = extent(Array.from(values));
  if (!ends) return [];
  const [low, high] = ends[0] === ends[1] ? [ends[0] - 0.5, ends[1] + 0.5] : ends;
  const width = (high - low) / count;
  const counts = new Array<number>(count).fill(0);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]!;
    if (Number.isFinite(value)) counts[Math.min(count - 1, Math.floor((value - low) / width))]! += 1;
  }
  return counts.map((found, place) => ({ from: low + place * width, to: low + (place + 1) * width, count: found }));
}

function stepOf(low: number, high: number, count: number): number {
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw * 0.999) ?? 10;
  return step * power;
}
