/** Plots as files that leave the page: tables, and a page of its own that needs nothing else. */

import viewer from "./offline-viewer.js?raw";
import { css, surfaceColor, type Theme } from "./palette";
import type { Legend } from "./coloring";
import { cellAt, type PlotTable } from "./table";
import type { Layer, Scene } from "../scatter/renderer";

/** Every point, or those of a mask, with coordinates and the values of every column. */
export function csvOf(table: PlotTable, mask: Uint8Array | null = null): string {
  const columns = table.columns.filter(({ source }) => source !== "set");
  const axes = table.z ? ["x", "y", "z"] : ["x", "y"];
  const lines = [["id", "set", ...axes, ...columns.map(({ name }) => name)].map(quoted).join(",")];
  for (const { name, start, end } of table.sets) {
    for (let point = start; point < end; point++) {
      if (mask && !mask[point]) continue;
      const places = [table.x[point]!, table.y[point]!, ...(table.z ? [table.z[point]!] : [])];
      const id = point < table.trainingCount ? "" : table.id(point);
      lines.push([id, name, ...places, ...columns.map((column) => cellAt(column, point))].map(quoted).join(","));
    }
  }
  return `${lines.join("\r\n")}\r\n`;
}

/** What a page of its own shows. */
export interface Told {
  readonly title: string;
  /** What the picture is of, from which run: a line each. */
  readonly facts: readonly string[];
  readonly legend: Legend;
  readonly theme: Theme;
}

/** One HTML file with script and data inside: it opens from a disk, and asks nobody for anything. */
export function pageOf(table: PlotTable, scene: Scene, told: Told): string {
  const data = {
    title: told.title,
    facts: told.facts,
    background: css(surfaceColor(told.theme)),
    dark: told.theme === "dark",
    x: base64(new Uint8Array(scene.x.buffer, scene.x.byteOffset, scene.x.byteLength)),
    y: base64(new Uint8Array(scene.y.buffer, scene.y.byteOffset, scene.y.byteLength)),
    colors: base64(scene.colors),
    layers: scene.layers.map(({ start, end, radius }: Layer) => [start, end, radius]),
    labels: scene.labels.map(({ text, at }) => [text, at.x, at.y]),
    legend: legendLines(told.legend),
    ids: Array.from({ length: table.count }, (_, point) => (point < table.trainingCount ? "" : table.id(point))),
    columns: table.columns.filter(({ source }) => source !== "set").map((column) => [column.name, Array.from({ length: table.count }, (_, point) => cellAt(column, point))]),
  };
  // A "<" in the data must not end the script that carries it.
  const text = JSON.stringify(data).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>${escaped(told.title)}</title></head><body>
<script type="application/json" id="data">${text}</script>
<script>${viewer}</script>
</body></html>
`;
}

/** Offers a file under a name. */
export function download(name: string, content: BlobPart, type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function legendLines(legend: Legend): (readonly [string, string, number])[] {
  if (legend?.kind === "class") return legend.entries.map(({ name, color, count }) => [name, css(color), count]);
  if (!legend) return [];
  return [legend.bins[0], legend.bins.at(-1)].flatMap((bin) => (bin ? [[bin.from.toPrecision(4), css(bin.color), bin.count] as const] : []));
}

function quoted(cell: string | number | boolean | null): string {
  const text = cell === null ? "" : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function base64(bytes: Uint8Array): string {
  const PIECE = 0x8000;
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}
