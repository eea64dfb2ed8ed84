/** The regions of two circles as paths. The first lies at 0,0, the second to its right. */

import type { Region } from "./compatibility";

export interface Circles {
  readonly h1_radius: number;
  readonly h2_radius: number;
  readonly distance: number;
}

const TINY = 1e-9;

/** Progress is the first circle alone, regress the second alone; "" where a region is empty. */
export function regionPaths({ h1_radius: first, h2_radius: second, distance }: Circles): Readonly<Record<Region, string>> {
  const left = circle(0, first);
  const right = circle(distance, second);
  if (!(first > 0) || !(second > 0) || distance >= first + second - TINY) return { progress: left, common: "", regress: right };
  if (distance <= Math.abs(first - second) + TINY) {
    if (Math.abs(first - second) <= TINY) return { progress: "", common: left, regress: "" };
    return first > second ? { progress: left + right, common: right, regress: "" } : { progress: "", common: left, regress: right + left };
  }
  return crossing(first, second, distance);
}

function crossing(first: number, second: number, distance: number): Readonly<Record<Region, string>> {
  const x = (distance ** 2 + first ** 2 - second ** 2) / (2 * distance);
  const y = Math.sqrt(Math.max(0, first ** 2 - x ** 2));
  const [top, bottom] = [`${x} ${-y}`, `${x} ${y}`];
  // Whether the part of each circle that lies in the other is more than half of its line.
  const firstIn = x < 0 ? 1 : 0;
  const secondIn = x > distance ? 1 : 0;
  const arc = (radius: number, large: number, clockwise: number, to: string): string => `A${radius} ${radius} 0 ${large} ${clockwise} ${to}`;
  return {
    progress: `M${top}${arc(first, 1 - firstIn, 0, bottom)}${arc(second, secondIn, 1, top)}Z`,
    common: `M${top}${arc(first, firstIn, 1, bottom)}${arc(second, secondIn, 1, top)}Z`,
    regress: `M${top}${arc(second, 1 - secondIn, 1, bottom)}${arc(first, firstIn, 0, top)}Z`,
  };
}

function circle(x: number, radius: number): string {
  if (!(radius > 0)) return "";
  return `M${x - radius} 0A${radius} ${radius} 0 1 1 ${x + radius} 0A${radius} ${radius} 0 1 1 ${x - radius} 0Z`;
}
