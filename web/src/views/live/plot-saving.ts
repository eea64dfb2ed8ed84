/** A plot as it is seen, saved as a file. */

import { tickLabel } from "../../curves/axis";
import { ticksOf } from "../../curves/picture";
import { labelOf } from "../../state/live-runs";
import { asCsv, asPng, asSvg, fileName, save, type Look, type Writing } from "./export";
import { isAcross } from "./plot-props";
import type { PlotPicture, Seen } from "./plot-picture.svelte";
import { colorOf, lineName } from "./plot-words";

/** So many lines of a layer are named. */
const NAMED_MAX = 30;

export async function savePlot(picture: PlotPicture, form: "png" | "svg" | "csv"): Promise<void> {
  const { seen, canvas, surface, title, box, xs } = picture;
  if (!seen || !canvas || !surface) return;
  const { parts, axes } = seen;
  if (form === "csv") {
    const rows = asCsv(parts, (part, line) => lineName(picture, parts.indexOf(part), line), (part) => ({ x: labelOf(xs[parts.indexOf(part)] ?? part.layer.x), y: labelOf(part.layer.y) }));
    return save(rows, fileName(title, "csv"), "text/csv");
  }
  const [writing, look] = [writingOf(picture, seen), lookOf(surface)];
  if (form === "svg") return save(asSvg(axes, parts, box, colorOf, writing, look), fileName(title, "svg"), "image/svg+xml");
  const blob = await asPng(canvas, box, writing, look);
  if (blob) save(blob, fileName(title, "png"), "image/png");
}

function writingOf(picture: PlotPicture, { axes, parts }: Seen): Writing {
  const { title, box, scales } = picture;
  return {
    title,
    axes: [...axes].map(([name, axis]) => ({
      name,
      label: picture.axisLabel(name),
      ticks: ticksOf(name, axis, isAcross(name) ? box.width : box.height).map((tick) => ({ at: scales!.get(name)!(tick), text: tickLabel(axis, tick) })),
    })),
    names: parts.flatMap((part, place) => part.lines.slice(0, NAMED_MAX).map((line) => ({ label: lineName(picture, place, line), color: colorOf(part, line) }))),
  };
}

/** Colours of the theme, as the browser resolves them. */
function lookOf(surface: HTMLElement): Look {
  const token = (name: string): string => {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    surface.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
  return { surface: token("--surface"), text: getComputedStyle(surface).color, muted: token("--muted"), border: token("--strong"), grid: token("--border") };
}
