/** What the live plots show, as their address says it. */

import { printParams } from "./route";

/** What stands along the x axes: what each plot binds, or the time of its rows. */
export type Along = "value" | "relative" | "wall";
export type Mark = "line" | "points" | "both" | "heat";
export type AxisName = "x" | "x2" | "y" | "y2";
export type Ends = readonly [number, number];
/** What of a row, or of its run, is bound to something that is seen. A name with @ is one value of the whole run. */
export type Binding = string;

export interface Layer {
  readonly mark: Mark;
  readonly x: Binding;
  readonly y: Binding;
  /** What the cells of a heat map show. */
  readonly z: Binding | null;
  /** What colours tell apart; null for the run. */
  readonly color: Binding | null;
  readonly size: Binding | null;
  /** Values that tell one line of a run from another. */
  readonly group: readonly Binding[];
  /** What the points of a line are in order of; null for x. */
  readonly order: Binding | null;
  /** A second axis of its own, on top or at the right. */
  readonly ownX: boolean;
  readonly ownY: boolean;
  /** Only rows that this is true of, in the filter language. */
  readonly filter: string;
  /** Only rows of the series of this name; null for every series that has the fields. */
  readonly series: string | null;
  /** Only runs with this in their name or tags. */
  readonly only: string;
}

export interface PlotSpec {
  readonly title: string;
  readonly layers: readonly Layer[];
  /** What is seen of each axis; everything where it is left out. */
  readonly ends: Readonly<Partial<Record<AxisName, Ends>>>;
  readonly logs: readonly AxisName[];
  /** How many columns and rows of the grid it takes. */
  readonly wide: number;
  readonly tall: number;
}

export interface LiveView {
  /** Ids of runs. */
  readonly runs: readonly string[];
  /** Which runs beside those, in the filter language; null for none. */
  readonly filter: string | null;
  /** Null for one plot of each number that the runs logged. */
  readonly plots: readonly PlotSpec[] | null;
  /** Weight of the moving mean, 0 to 0.999. */
  readonly smooth: number;
  readonly along: Along;
  /** Ids of runs that are not drawn. */
  readonly hidden: readonly string[];
  readonly columns: number;
  readonly paused: boolean;
}

export const LAYER: Layer = { mark: "line", x: "step", y: "", z: null, color: null, size: null, group: [], order: null, ownX: false, ownY: false, filter: "", series: null, only: "" };
export const PLOT: PlotSpec = { title: "", layers: [], ends: {}, logs: [], wide: 1, tall: 1 };
export const AXES: readonly AxisName[] = ["x", "x2", "y", "y2"];
export const MARKS: readonly Mark[] = ["line", "points", "both", "heat"];
const COLUMNS_MAX = 4;
const SMOOTH_MAX = 0.999;

export function parseLive(search: string): LiveView {
  const query = new URLSearchParams(search);
  const plots = query.getAll("plot").map(parsePlot).filter((plot) => plot !== null);
  const along = query.get("along");
  return {
    runs: [...new Set(query.getAll("run"))],
    filter: query.get("filter"),
    plots: query.has("plot") || query.has("empty") ? plots : null,
    smooth: within(Number(query.get("smooth") ?? 0), 0, SMOOTH_MAX),
    along: along === "relative" || along === "wall" ? along : "value",
    hidden: query.getAll("hide"),
    columns: Math.round(within(Number(query.get("columns") ?? 0), 0, COLUMNS_MAX)),
    paused: query.get("paused") === "1",
  };
}

export function printLive(view: LiveView): string {
  return printParams({
    run: view.runs,
    filter: view.filter,
    plot: view.plots?.map(printPlot) ?? [],
    empty: view.plots?.length === 0,
    smooth: view.smooth || null,
    along: view.along === "value" ? null : view.along,
    hide: view.hidden,
    columns: view.columns || null,
    paused: view.paused,
  });
}

/** `title:Loss,logs:y,x:0..100|y:loss|y:accuracy,ownY:1`: the plot itself, then its layers. */
export function printPlot(plot: PlotSpec): string {
  const own: [string, string | number | null][] = [["title", plot.title], ["logs", plot.logs.join("+")]];
  for (const name of AXES) own.push([name, plot.ends[name]?.map(shortly).join("..") ?? null]);
  own.push(["wide", plot.wide === 1 ? null : plot.wide], ["tall", plot.tall === 1 ? null : plot.tall]);
  return [fields(own), ...plot.layers.map(printLayer)].join("|");
}

function printLayer(layer: Layer): string {
  return fields([
    ["y", layer.y],
    ["x", layer.x === LAYER.x ? null : layer.x],
    ["mark", layer.mark === LAYER.mark ? null : layer.mark],
    ["z", layer.z],
    ["color", layer.color],
    ["size", layer.size],
    ["group", layer.group.map(escape).join("+")],
    ["order", layer.order],
    ["ownX", layer.ownX ? 1 : null],
    ["ownY", layer.ownY ? 1 : null],
    ["filter", layer.filter],
    ["series", layer.series],
    ["only", layer.only],
  ]);
}

export function parsePlot(text: string): PlotSpec | null {
  const [own, ...layers] = text.split("|").map(read);
  const found = layers.map(layerOf).filter((layer) => layer.y !== "");
  if (!own || !found.length) return null;
  const ends = Object.fromEntries(AXES.flatMap((name) => endsOf(name, own.get(name))));
  return {
    title: own.get("title") ?? "",
    layers: found,
    ends,
    logs: AXES.filter((name) => own.get("logs")?.split("+").includes(name)),
    wide: Math.round(within(Number(own.get("wide") ?? 1), 1, COLUMNS_MAX)),
    tall: Math.round(within(Number(own.get("tall") ?? 1), 1, 3)),
  };
}

function layerOf(own: ReadonlyMap<string, string>): Layer {
  const mark = own.get("mark") as Mark;
  return {
    mark: MARKS.includes(mark) ? mark : LAYER.mark,
    x: own.get("x") || LAYER.x,
    y: own.get("y") ?? "",
    z: own.get("z") || null,
    color: own.get("color") || null,
    size: own.get("size") || null,
    group: (own.get("group") ?? "").split("+").filter(Boolean).map(unescape),
    order: own.get("order") || null,
    ownX: own.get("ownX") === "1",
    ownY: own.get("ownY") === "1",
    filter: own.get("filter") ?? "",
    series: own.get("series") || null,
    only: own.get("only") ?? "",
  };
}

function endsOf(name: AxisName, text: string | undefined): [AxisName, Ends][] {
  const [low, high] = (text ?? "").split("..").map(Number);
  return text && Number.isFinite(low) && Number.isFinite(high) && low! < high! ? [[name, [low!, high!]]] : [];
}

function fields(all: readonly (readonly [string, string | number | null])[]): string {
  return all.flatMap(([name, value]) => (value === null || value === "" ? [] : [`${name}:${escape(String(value))}`])).join(",");
}

function read(text: string): Map<string, string> {
  const parts = text.split(",").map((part) => part.split(":", 2) as [string, string?]);
  return new Map(parts.map(([name, value]) => [name, unescape(value ?? "")]));
}

/** Signs that part one thing from another; `~` in front of their number, since % would be escaped again. */
function escape(text: string): string {
  return text.replace(/[~,:|+]/g, (sign) => `~${sign.charCodeAt(0).toString(16)}`);
}

function unescape(text: string): string {
  return text.replace(/~([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

function shortly(value: number): string {
  return String(Number(value.toPrecision(9)));
}

function within(value: number, low: number, high: number): number {
  return Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : low;
}
