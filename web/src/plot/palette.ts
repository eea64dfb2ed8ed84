/** Colours of points: classes, ramps and health, for a dark and a light page. */

import type { Rgb } from "../scatter/renderer";

export type Theme = "light" | "dark";

/** Hues told apart also with the common colour blindnesses for the first eight; names on the map tell the rest. */
const CLASSES: Record<Theme, readonly Rgb[]> = {
  light: [
    "0072b2", "e08a00", "009e73", "c0569a", "4aa8e0", "d1480a", "7a5cc0", "a89500", "8a5a3c", "8b1e4f", "2f7f86", "5a7a1e",
  ].map(hex),
  dark: [
    "4c9be8", "f2a93b", "2fc79b", "e58bc2", "86cbf5", "f4763b", "a68ceb", "dccb3c", "c08e6c", "d9608f", "5bb8bf", "9bbf4a",
  ].map(hex),
};

/** The stops of matplotlib's viridis: perceptually even, safe for the colour-blind, monotone in lightness. */
const VIRIDIS = [
  "440154", "482878", "3e4a89", "31688e", "26828e", "1f9e89", "35b779", "6dcd59", "b4de2c", "fde725",
].map(hex);
/** The part of the ramp that stands out from the page. */
const RAMP_ENDS: Record<Theme, readonly [number, number]> = { light: [0, 0.9], dark: [0.2, 1] };

const HEALTH: Record<Theme, { readonly healthy: Rgb; readonly unhealthy: Rgb }> = {
  light: { healthy: hex("0072b2"), unhealthy: hex("d1480a") },
  dark: { healthy: hex("4c9be8"), unhealthy: hex("ff7a45") },
};
const ABSENT: Record<Theme, Rgb> = { light: hex("9aa4b1"), dark: hex("66717f") };
const SURFACE: Record<Theme, Rgb> = { light: hex("ffffff"), dark: hex("141a21") };

export function classColor(code: number, theme: Theme): Rgb {
  const colors = CLASSES[theme];
  return code < 0 ? ABSENT[theme] : colors[code % colors.length]!;
}

/** @param fraction 0 to 1 along the ramp; NaN for an absent value. */
export function rampColor(fraction: number, theme: Theme): Rgb {
  if (Number.isNaN(fraction)) return ABSENT[theme];
  const [first, last] = RAMP_ENDS[theme];
  const place = (first + (last - first) * Math.min(1, Math.max(0, fraction))) * (VIRIDIS.length - 1);
  const stop = Math.min(VIRIDIS.length - 2, Math.floor(place));
  const [from, to] = [VIRIDIS[stop]!, VIRIDIS[stop + 1]!];
  const mix = (band: 0 | 1 | 2): number => Math.round(from[band] + (to[band] - from[band]) * (place - stop));
  return [mix(0), mix(1), mix(2)];
}

export function healthColor(healthy: boolean | null, theme: Theme): Rgb {
  if (healthy === null) return ABSENT[theme];
  return healthy ? HEALTH[theme].healthy : HEALTH[theme].unhealthy;
}

export function absentColor(theme: Theme): Rgb {
  return ABSENT[theme];
}

/** What the points lie on. */
export function surfaceColor(theme: Theme): Rgb {
  return SURFACE[theme];
}

export function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

function hex(text: string): Rgb {
  const value = Number.parseInt(text, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
