/** Plots as files: the picture, the drawing, and the numbers. */

import type { AxisName } from "../../state/live";
import { axisNames, scalesFor, type Part, type PlotAxes, type Size } from "../../curves/picture";
import { edgesOf, leastOf } from "../../curves/draw";
import { Reduced, reduce } from "../../curves/reduce";
import type { Line } from "../../curves/lines";

/** What is written on a plot. */
export interface Writing {
  readonly title: string;
  readonly axes: readonly { readonly name: AxisName; readonly label: string; readonly ticks: readonly { readonly at: number; readonly text: string }[] }[];
  readonly names: readonly { readonly label: string; readonly color: string }[];
}

export interface Look {
  readonly surface: string;
  readonly text: string;
  readonly muted: string;
  readonly border: string;
  readonly grid: string;
}

const MARGIN = { left: 64, right: 24, top: 40, bottom: 48 };
const SECOND = 48;
const ROW = 18;
const FONT = "12px system-ui, sans-serif";

interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
}

function sheetOf(size: Size, writing: Writing): Sheet {
  const has = (name: AxisName): boolean => writing.axes.some((axis) => axis.name === name);
  const left = MARGIN.left;
  const top = MARGIN.top + (has("x2") ? 28 : 0);
  return { left, top, width: left + size.width + (has("y2") ? SECOND : 0) + MARGIN.right, height: top + size.height + MARGIN.bottom + Math.ceil(writing.names.length / 3) * ROW };
}

/** The plot as a drawing: each line with the points that a picture of this size needs. */
export function asSvg(axes: PlotAxes, parts: readonly Part[], size: Size, colorOf: (part: Part, line: Line) => string, writing: Writing, look: Look): string {
  const sheet = sheetOf(size, writing);
  const scales = scalesFor(axes, size);
  const shapes = parts.flatMap((part) => part.lines.map((line) => shapeOf(part, line, scales, size, colorOf(part, line))));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${sheet.width}" height="${sheet.height}" viewBox="0 0 ${sheet.width} ${sheet.height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="${look.surface}"/>`,
    `<clipPath id="plot"><rect width="${size.width}" height="${size.height}"/></clipPath>`,
    texts(size, sheet, writing).map((text) => svgText(text, look)).join(""),
    `<g transform="translate(${sheet.left} ${sheet.top})">`,
    writing.axes.flatMap((axis) => (axis.name === "x" || axis.name === "y" ? axis.ticks.map(({ at }) => (axis.name === "x" ? `<path d="M${at} 0V${size.height}" stroke="${look.grid}"/>` : `<path d="M0 ${at}H${size.width}" stroke="${look.grid}"/>`)) : [])).join(""),
    `<g clip-path="url(#plot)">${shapes.join("")}</g><rect width="${size.width}" height="${size.height}" fill="none" stroke="${look.border}"/></g></svg>`,
  ].join("\n");
}

function shapeOf(part: Part, line: Line, scales: ReturnType<typeof scalesFor>, size: Size, color: string): string {
  const names = axisNames(part.layer);
  const [x, y] = [scales.get(names.x)!, scales.get(names.y)!];
  const place = (at: number): string => `${x(line.x.raw[at]!).toFixed(1)} ${y(line.drawn.raw[at]!).toFixed(1)}`;
  const isLine = part.layer.mark === "line" || part.layer.mark === "both";
  const dots = isLine && part.layer.mark !== "both" ? "" : pointsOf(line, x, y, size).map((at) => `<circle cx="${x(line.x.raw[at]!).toFixed(1)}" cy="${y(line.drawn.raw[at]!).toFixed(1)}" r="2.25" fill="${color}"/>`).join("");
  if (!isLine || !line.isForward) return dots;
  const found = reduce(line.x.view, line.drawn.view, edgesOf(x, Math.ceil(size.width)), leastOf(y), new Reduced());
  let path = "";
  for (let entry = 0; entry < found.length; entry++) {
    const [first, last] = [found.first[entry]!, found.last[entry]!];
    path += `${entry && !found.broken[entry] ? "L" : "M"}${place(first)}`;
    if (first === last) continue;
    const middle = x((line.x.raw[first]! + line.x.raw[last]!) / 2).toFixed(1);
    path += `L${middle} ${y(found.low[entry]!).toFixed(1)}L${middle} ${y(found.high[entry]!).toFixed(1)}L${place(last)}`;
  }
  return `<path d="${path}" fill="none" stroke="${color}" stroke-width="1.5" stroke-linejoin="round"/>${dots}`;
}

/** Points of which no two lie on the same pixel. */
function pointsOf(line: Line, x: (value: number) => number, y: (value: number) => number, { width, height }: Size): readonly number[] {
  const taken = new Set<number>();
  const kept: number[] = [];
  for (let at = 0; at < line.length; at++) {
    const [left, top] = [x(line.x.raw[at]!), y(line.drawn.raw[at]!)];
    if (!(left >= 0 && left <= width && top >= 0 && top <= height)) continue;
    const pixel = Math.round(left) * 10_000 + Math.round(top);
    if (taken.has(pixel)) continue;
    taken.add(pixel);
    kept.push(at);
  }
  return kept;
}

/** The plot as it is on the screen, with its axes. */
export async function asPng(canvas: HTMLCanvasElement, size: Size, writing: Writing, look: Look): Promise<Blob | null> {
  const sheet = sheetOf(size, writing);
  const ratio = canvas.width / size.width;
  const page = document.createElement("canvas");
  [page.width, page.height] = [Math.round(sheet.width * ratio), Math.round(sheet.height * ratio)];
  const pen = page.getContext("2d")!;
  pen.scale(ratio, ratio);
  pen.fillStyle = look.surface;
  pen.fillRect(0, 0, sheet.width, sheet.height);
  pen.drawImage(canvas, sheet.left, sheet.top, size.width, size.height);
  pen.strokeStyle = look.border;
  pen.strokeRect(sheet.left, sheet.top, size.width, size.height);
  for (const { x, y, text, anchor, kind, color } of texts(size, sheet, writing)) {
    pen.font = kind === "title" ? `600 14px system-ui, sans-serif` : FONT;
    pen.fillStyle = color ?? (kind === "tick" ? look.muted : look.text);
    pen.textAlign = anchor === "middle" ? "center" : anchor;
    pen.fillText(text, x, y);
  }
  return new Promise((done) => page.toBlob(done, "image/png"));
}

interface Text {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly anchor: "start" | "middle" | "end";
  readonly kind: "title" | "tick" | "name";
  readonly color?: string;
}

function texts(size: Size, { left, top, width }: Sheet, { title, axes, names }: Writing): readonly Text[] {
  const all: Text[] = [{ x: left, y: 22, text: title, anchor: "start", kind: "title" }];
  const [right, bottom] = [left + size.width, top + size.height];
  for (const { name, label, ticks } of axes) {
    const across = name === "x" || name === "x2";
    for (const { at, text } of ticks) {
      if (across) all.push({ x: left + at, y: name === "x" ? bottom + 16 : top - 6, text, anchor: "middle", kind: "tick" });
      else all.push({ x: name === "y" ? left - 6 : right + 6, y: top + at + 4, text, anchor: name === "y" ? "end" : "start", kind: "tick" });
    }
    if (across) all.push({ x: left + size.width / 2, y: name === "x" ? bottom + 34 : top - 20, text: label, anchor: "middle", kind: "name" });
    else all.push({ x: name === "y" ? left - 6 : right + 6, y: top - 8, text: label, anchor: name === "y" ? "end" : "start", kind: "name" });
  }
  const column = (width - left) / 3;
  names.forEach(({ label, color }, place) => all.push({ x: left + (place % 3) * column, y: bottom + MARGIN.bottom + Math.floor(place / 3) * ROW + 8, text: `— ${label}`, anchor: "start", kind: "name", color }));
  return all;
}

function svgText({ x, y, text, anchor, kind, color }: Text, look: Look): string {
  const fill = color ?? (kind === "tick" ? look.muted : look.text);
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${fill}"${kind === "title" ? ' font-weight="600" font-size="14"' : ""}>${escaped(text)}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** Every point that is held, one a row. */
export function asCsv(parts: readonly Part[], nameOf: (part: Part, line: Line) => string, labels: (part: Part) => { readonly x: string; readonly y: string }): string {
  const rows = ["run,line,x,x_value,y,y_value,smoothed"];
  for (const part of parts) {
    const { x, y } = labels(part);
    for (const line of part.lines) {
      const head = `${line.run},${cell(nameOf(part, line))},${cell(x)}`;
      const mean = line.smoothed?.values.raw;
      for (let at = 0; at < line.length; at++) rows.push(`${head},${line.x.raw[at]},${cell(y)},${line.y.raw[at]},${mean ? mean[at] : ""}`);
    }
  }
  return `${rows.join("\n")}\n`;
}

function cell(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function save(content: Blob | string, name: string, type: string): void {
  const address = URL.createObjectURL(typeof content === "string" ? new Blob([content], { type }) : content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

export function fileName(title: string, ending: string): string {
  return `${title.replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 80) || "plot"}.${ending}`;
}

