/** One axis of a plot: what of it is seen, on a linear or a logarithmic scale, and how that is moved. */

import { linear, log, ticks, tickText, type Scale } from "../charts/scale";
import type { Ends } from "../state/live";

/** Room beside the outermost points, as a part of the span. */
const MARGIN = 0.04;
const SPAN_MIN = 1e-12;

export interface Axis {
  readonly log: boolean;
  readonly ends: Ends;
  /** Milliseconds: since 1970, or since the run began. */
  readonly time?: "wall" | "relative" | null;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [1, 2, 5, 10, 15, 30].flatMap((count) => [count * SECOND, count * MINUTE]).concat([HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY]).sort((left, right) => left - right);

/** Round times, about `count` of them; below a second and above months as other numbers. */
export function timeTicks(low: number, high: number, count: number): readonly number[] {
  const raw = (high - low) / Math.max(1, count);
  const step = TIME_STEPS.find((one) => one >= raw);
  if (raw < SECOND / 2 || step === undefined) return ticks(low, high, count);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, place) => (first + place) * step);
}

/** What a tick says, given how far its neighbours are. */
export function tickLabel(axis: Axis, value: number): string {
  if (axis.time === "relative") return lasting(value);
  if (axis.time !== "wall") return tickText(value);
  const span = axis.ends[1] - axis.ends[0];
  const form: Intl.DateTimeFormatOptions = span > 3 * DAY ? { month: "short", day: "numeric" } : span > 10 * MINUTE ? { hour: "2-digit", minute: "2-digit" } : { hour: "2-digit", minute: "2-digit", second: "2-digit" };
  return new Intl.DateTimeFormat("en-GB", form).format(value);
}

function lasting(ms: number): string {
  const size = Math.abs(ms);
  if (size < MINUTE * 2) return `${tickText(ms / SECOND)} s`;
  if (size < HOUR * 2) return `${tickText(ms / MINUTE)} min`;
  return size < DAY * 2 ? `${tickText(ms / HOUR)} h` : `${tickText(ms / DAY)} d`;
}

/** Ends that show all finite values: on a logarithmic scale all that are above 0. Something round if there are none. */
export function fitted(extent: Ends | null, isLog: boolean): Ends {
  if (extent === null) return isLog ? [1, 10] : [0, 1];
  const [low, high] = extent;
  if (low === high) return isLog ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  return unscaled({ log: isLog, ends: extent }, (from, to) => [from - (to - from) * MARGIN, to + (to - from) * MARGIN]);
}

/** As `fitted`, without room at the sides: where lines run from edge to edge. */
export function fittedAcross(extent: Ends | null, isLog: boolean): Ends {
  return extent === null || extent[0] === extent[1] ? fitted(extent, isLog) : extent;
}

export function scaleOf({ log: isLog, ends }: Axis, range: Ends): Scale {
  return (isLog ? log : linear)(ends, range);
}

/** @param by part of what is seen; above 0 shows what is further along */
export function panned(axis: Axis, by: number): Ends {
  return unscaled(axis, (low, high) => [low + (high - low) * by, high + (high - low) * by]);
}

/** @param factor below 1 shows less @param at what stays where it is, 0 to 1 from the low end */
export function zoomed(axis: Axis, factor: number, at: number): Ends {
  return unscaled(axis, (low, high) => {
    const fixed = low + (high - low) * at;
    return [fixed - (fixed - low) * factor, fixed + (high - fixed) * factor];
  });
}

/** @param from 0 to 1 along the axis */
export function cut(axis: Axis, from: number, to: number): Ends {
  return unscaled(axis, (low, high) => [low + (high - low) * from, low + (high - low) * to]);
}

function unscaled({ log: isLog, ends }: Axis, change: (low: number, high: number) => Ends): Ends {
  const there = isLog ? Math.log10 : (value: number): number => value;
  const back = isLog ? (value: number): number => 10 ** value : (value: number): number => value;
  const [low, high] = change(there(ends[0]), there(ends[1])).map(back) as [number, number];
  const isSeen = Number.isFinite(low) && Number.isFinite(high) && high - low > SPAN_MIN * Math.max(1e-290, Math.abs(low), Math.abs(high));
  return isSeen ? [low, high] : ends;
}
