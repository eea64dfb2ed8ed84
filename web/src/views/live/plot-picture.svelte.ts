/** The picture of a plot: the rows that it asks for, where it lies, and when it is drawn anew. */

import { untrack } from "svelte";
import { bindingsOf, isOfRun } from "../../curves/kinds";
import type { Line } from "../../curves/lines";
import { axesFor, axisNames, paint, scalesFor, type Part, type PlotAxes } from "../../curves/picture";
import { Raster } from "../../curves/raster";
import { LayerLines, type Lacking } from "../../curves/scene";
import type { AxisName, Layer } from "../../state/live";
import type { Feed } from "../../state/live-data.svelte";
import { labelOf, plotTitle, runsWith, timeField } from "../../state/live-runs";
import { theme } from "../../state/theme.svelte";
import type { PlotProps } from "./plot-props";

interface Source {
  readonly feed: Feed;
  readonly lines: LayerLines;
}

/** What is drawn at the moment. */
export interface Seen {
  readonly axes: PlotAxes;
  readonly parts: readonly Part[];
  readonly drawn: number;
  readonly seen: number;
  readonly without: number;
  readonly lacking: readonly Lacking[];
  readonly held: number;
  readonly logged: number;
}

/** Where the lines lie within the plot, in pixels of the screen. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Room around the lines, in pixels: for ticks, names of axes and a second axis. */
export const LEFT = 48;
const [RIGHT, TOP, LABELS, BOTTOM, SECOND, SECOND_ACROSS] = [14, 8, 16, 24, 48, 18];
const WIDTH_MIN = 40;

/** Made while its component is: its effects live as long. */
export class PlotPicture {
  canvas = $state<HTMLCanvasElement>();
  surface = $state<HTMLElement>();
  /** Pixels that the whole plot is wide. */
  outer = $state(360);
  inSight = $state(false);
  sources = $state.raw<readonly Source[]>([]);
  seen = $state.raw<Seen | null>(null);
  /** The line that is pointed at. */
  lit = $state.raw<Line | null>(null);

  readonly title = $derived.by(() => plotTitle(this.props.plot));
  readonly kinds = $derived.by(() => new Map(this.props.bindables.map(({ binding, kind }) => [binding, kind])));
  readonly names = $derived.by(() => new Map(this.props.runs.map((run) => [run.id, run.name])));
  /** What stands along x: as bound, or the time beside the rows; null where there is none. */
  readonly xs = $derived.by(() => this.props.plot.layers.map((layer) => (this.props.along === "value" ? layer.x : timeField(this.props.data.listings ?? [], layer.y))));
  readonly timeless = $derived.by(() => this.xs.some((x) => x === null));
  /** The title says it already where there is but one. */
  readonly hasLabels = $derived.by(() => this.has("y2") || this.axisLabel("y") !== this.title);
  readonly box = $derived.by((): Box => {
    const top = TOP + (this.hasLabels ? LABELS : 0) + (this.has("x2") ? SECOND_ACROSS : 0);
    return { left: LEFT, top, width: Math.max(WIDTH_MIN, this.outer - LEFT - (this.has("y2") ? SECOND : RIGHT)), height: this.props.height - top - BOTTOM };
  });
  readonly scales = $derived.by(() => (this.seen ? scalesFor(this.seen.axes, this.box) : null));
  readonly failure = $derived.by(() => this.sources.map(({ feed }) => feed.failure).find((one) => one !== null) ?? null);
  readonly isReady = $derived.by(() => this.sources.length > 0 && this.sources.every(({ feed }) => feed.isReady));
  readonly #wanted = $derived.by(() => JSON.stringify(this.props.plot.layers.map((layer, place) => [layer, this.xs[place] ?? layer.x])));

  #frame = 0;
  #frames = 0;
  #raster: Raster | null = null;
  #image: ImageData | null = null;

  readonly #props: () => PlotProps;

  constructor(props: () => PlotProps) {
    this.#props = props;
    $effect(() => this.#feed());
    $effect(() => this.#follow());
    $effect(() => () => cancelAnimationFrame(this.#frame));
  }

  get props(): PlotProps {
    return this.#props();
  }

  has(name: AxisName): boolean {
    return this.props.plot.layers.some((layer) => Object.values(axisNames(layer)).includes(name));
  }

  axisLabel(name: AxisName): string {
    const { plot, along } = this.props;
    const across = name === "x" || name === "x2";
    const labels = plot.layers.flatMap((layer, place) => {
      const own = axisNames(layer);
      return own.x === name ? [labelOf(this.xs[place] ?? layer.x)] : own.y === name ? [labelOf(layer.y)] : [];
    });
    const told = [...new Set(labels)].join(", ") + (across && along === "relative" && !this.timeless ? " since the run's first" : "");
    return plot.logs.includes(name) ? `${told} (log)` : told;
  }

  /** Asks for the rows that the layers need, until they need others. */
  #feed(): () => void {
    const asked = JSON.parse(this.#wanted) as [Layer, string][];
    const data = untrack(() => this.props.data);
    const made = untrack(() => asked.map(([layer, x]): Source => {
      const fields = bindingsOf({ ...layer, x }).filter((binding) => !isOfRun(binding));
      const feed = data.feed({ fields, filter: layer.filter, series: layer.series, x: isOfRun(x) ? null : x, group: layer.group.filter((binding) => !isOfRun(binding)) });
      return { feed, lines: new LayerLines(layer, x, feed.store) };
    }));
    this.sources = made;
    return () => made.forEach(({ feed }) => data.release(feed));
  }

  /** Draws in the next frame whenever something of it has changed, as long as it is in sight. */
  #follow(): void {
    const { plot, runs, smooth, along } = this.props;
    void [plot, runs, smooth, along, theme.current, this.box, this.lit, this.kinds, this.inSight, this.canvas, this.sources.map(({ feed }) => feed.version)];
    if (this.inSight && !this.#frame) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#frame = 0;
    if (!this.canvas) return;
    const { sources, canvas, box, xs } = this;
    const { plot, runs, smooth, along } = this.props;
    const begin = performance.now();
    sources.forEach(({ lines }, place) => lines.follow(runsWith(runs, lines.layer.only), smooth, xs[place] === null ? "value" : along));
    const parts = sources.map(({ lines }, place) => this.#partOf(lines, place));
    const axes = axesFor(plot, parts, this.#times());
    const ratio = window.devicePixelRatio || 1;
    const raster = this.#rasterFor(canvas, Math.round(box.width * ratio), Math.round(box.height * ratio));
    const tally = paint(raster, axes, parts, theme.current, ratio, this.lit);
    raster.copyTo(new Int32Array(this.#image!.data.buffer));
    canvas.getContext("2d", { alpha: false })!.putImageData(this.#image!, 0, 0);
    const points = [...new Set(sources.map(({ feed }) => feed.store))].map((store) => store.points);
    this.seen = { axes, parts, ...tally, lacking: sources.map(({ lines }) => lines.lacking), held: sum(points.map((one) => one.held)), logged: sum(points.map((one) => one.logged)) };
    // For measuring: no part of what is seen.
    Object.assign(this.surface!.dataset, { frames: ++this.#frames, took: (performance.now() - begin).toFixed(1), rows: this.seen.held });
  }

  #rasterFor(on: HTMLCanvasElement, width: number, tall: number): Raster {
    if (this.#raster?.width === width && this.#raster.height === tall) return this.#raster;
    [on.width, on.height] = [width, tall];
    this.#image = new ImageData(width, tall);
    return (this.#raster = new Raster(width, tall));
  }

  /** Lines have the colour of their run, paler in further layers; if there is only one, each line its own. */
  #partOf(layer: LayerLines, place: number): Part {
    const { runs } = this.props;
    const lines = layer.lines(runsWith(runs, layer.layer.only));
    const places = new Map(runs.map((run) => [run.id, run.place]));
    const alone = runs.length < 2;
    const colors = new Map(lines.map((line, at) => [line, alone ? place + at : (places.get(line.run) ?? 0)] as const));
    const binding = layer.binding;
    return { layer: layer.layer, lines, colors, paler: alone ? 0 : Math.min(0.7, place * 0.45), key: layer.key(binding === null ? null : (this.kinds.get(binding) ?? "float")), sizes: layer.sizeExtent.of(false) };
  }

  #times(): Partial<Record<AxisName, "wall" | "relative">> {
    return Object.fromEntries(this.sources.flatMap(({ lines }) => {
      const own = axisNames(lines.layer);
      const across = this.kinds.get(lines.x) === "timestamp" ? [[own.x, this.props.along === "relative" ? "relative" : "wall"]] : [];
      return this.kinds.get(lines.layer.y) === "timestamp" ? [...across, [own.y, "wall"]] : across;
    }));
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
