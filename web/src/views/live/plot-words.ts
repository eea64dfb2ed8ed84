/** What is said of a plot: what its lines, values and colours are, how much of it is drawn, and what is not. */

import { tickLabel } from "../../curves/axis";
import type { Line } from "../../curves/lines";
import { lineColor, type Part } from "../../curves/picture";
import { count, number, plural } from "../../format";
import { classColor, css, rampColor } from "../../plot/palette";
import type { AxisName } from "../../state/live";
import { labelOf } from "../../state/live-runs";
import { theme } from "../../state/theme.svelte";
import type { PlotPicture } from "./plot-picture.svelte";

const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function axisTitle(name: AxisName): string {
  return { x: "x axis", x2: "second x axis", y: "y axis", y2: "second y axis" }[name];
}

export function colorOf(part: Part, line: Line): string {
  const { key } = part;
  if (!key) return css(lineColor(part, line, theme.current));
  const value = line.color.raw[Math.max(0, line.length - 1)]!;
  if (key.ramp) return css(rampColor((value - key.ramp[0]) / (key.ramp[1] - key.ramp[0] || 1), theme.current));
  return css(classColor(key.classes.findIndex(({ code }) => code === value), theme.current));
}

/** @param place of its layer */
export function lineName({ props, sources, kinds, names }: PlotPicture, place: number, line: Line): string {
  const run = names.get(line.run) ?? line.run;
  const group = sources[place]?.lines.groupLabel(line, kinds) ?? "";
  const field = props.plot.layers.length > 1 ? labelOf(props.plot.layers[place]!.y) : "";
  return [run, field, group].filter(Boolean).join(" · ");
}

export function valueText({ seen }: PlotPicture, name: AxisName, value: number): string {
  const axis = seen?.axes.get(name);
  if (axis?.time === "wall") return clock.format(value);
  return axis?.time === "relative" ? tickLabel(axis, value) : number(value);
}

/** How many points are drawn, of how many. */
export function pointsText({ seen, props }: PlotPicture): string {
  if (!seen) return "";
  const thinned = seen.logged > seen.held ? `, thinned from ${count(seen.logged)} by the service` : "";
  const unit = props.plot.layers.some((layer) => layer.mark === "heat") ? "points in cells" : "points";
  return (seen.drawn < seen.seen ? `${count(seen.drawn)} of ${count(seen.seen)} ${unit}` : `${count(seen.seen)} ${unit}`) + thinned;
}

/** What is not drawn, or not as it was asked for, and why. */
export function lackingTexts({ seen, timeless }: PlotPicture): readonly string[] {
  const told: string[] = [];
  const place = new Set(seen?.lacking.flatMap((one) => one.place));
  const color = new Set(seen?.lacking.flatMap((one) => one.color));
  if (place.size) told.push(`${plural(place.size, "run")} without a value for an axis ${place.size === 1 ? "is" : "are"} left out`);
  if (color.size) told.push(`${plural(color.size, "run")} without a value for the colour ${color.size === 1 ? "is" : "are"} grey`);
  if (seen?.without) told.push(`${plural(seen.without, "value")} not above 0 ${seen.without === 1 ? "has" : "have"} no place on a log axis`);
  if (timeless) told.push("no field of these rows is a time: it stands along its own x");
  return told;
}
