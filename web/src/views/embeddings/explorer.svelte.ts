/** What the embeddings' view knows beside the address: two pictures, and what links them. */

import { untrack } from "svelte";
import { counterfactualsOf, type Near } from "../../plot/counterfactuals";
import { backwards, carriedMask, linkedCount, linkOf } from "../../plot/link";
import type { PlotTable } from "../../plot/table";
import type { Camera } from "../../scatter/camera";
import { countOf, type Polygon } from "../../scatter/region";
import { chooseRenderer, probeGpu, type Choice } from "../../scatter/renderer";
import { carried } from "../../scatter/tween";
import { mapAnswer } from "../../state/loadable";
import { PageState } from "../../state/page.svelte";
import { Query } from "../../state/query.svelte";
import { api } from "../../state/service";
import type { Half } from "../../state/url";
import { Panel } from "./panel.svelte";

/** The service keeps so many; the nearest of another class are among them. */
const NEAR_KEPT = 100;
const COUNTERFACTUALS_DRAWN = 3;
const FOUND_MAX = 2_000;

export class Explorer {
  readonly page = new PageState();
  readonly a: Panel;
  readonly b: Panel;
  readonly near = new Query<readonly Near[]>();
  hover = $state.raw<{ readonly half: Half; readonly point: number } | null>(null);
  /** While it moves every so manieth point of a picture is drawn. */
  thin = $state.raw<Readonly<Record<Half, number>>>({ a: 1, b: 1 });

  #gpuLost = $state(false);
  readonly #gpu = probeGpu();
  readonly renderer = $derived<Choice>(
    this.#gpuLost ? { kind: "raster", reason: "the GPU was lost" } : chooseRenderer(this.#gpu, this.page.view.renderer),
  );
  readonly isDouble = $derived(this.page.view.beside !== null);
  readonly links = $derived.by(() => (this.a.table && this.b.table && this.isDouble ? linkOf(this.a.table, this.b.table) : null));
  readonly backLinks = $derived.by(() => (this.links && this.b.table ? backwards(this.links, this.b.table.count) : null));
  readonly linked = $derived(this.links ? linkedCount(this.links) : 0);
  /** The run that made the open plot, by its key. */
  readonly run = $derived(this.page.origin.state === "ready" ? (this.page.origin.value.answer.run?.id ?? null) : null);
  readonly selected = $derived.by(() => (this.a.mask ? countOf(this.a.mask) : 0));
  readonly #wanted = $derived.by(() => this.page.view.find.trim().toLowerCase());
  readonly #nearest = $derived.by(() => this.page.view.near);
  readonly found = $derived.by(() => this.#found());
  readonly counterfactuals = $derived.by(() => {
    const { table, pinned, column } = this.a;
    return table && pinned !== null && this.near.value ? counterfactualsOf(table, pinned, this.near.value, column) : null;
  });
  readonly rays = $derived.by(() => this.#rays());

  constructor() {
    const view = () => this.page.view;
    const look = (change: Parameters<PageState["look"]>[0]): void => this.page.look(change);
    this.a = new Panel("a", { view, look, loaded: () => this.page.table, carried: () => this.#carriedTo("a") });
    this.b = new Panel("b", { view, look, loaded: () => this.page.beside, carried: () => this.#carriedTo("b") });
    $effect(() => this.#askNeighbours());
  }

  panel(half: Half): Panel {
    return half === "a" ? this.a : this.b;
  }

  readonly lost = (): void => void (this.#gpuLost = true);

  point(half: Half, point: number | null): void {
    this.hover = point === null ? null : { half, point };
  }

  /** The twin of the point that is pointed at in the other picture. */
  echo(half: Half): number | null {
    if (!this.hover || this.hover.half === half || !this.links || !this.backLinks) return null;
    const twin = (half === "b" ? this.links : this.backLinks)[this.hover.point] ?? -1;
    return twin < 0 ? null : twin;
  }

  camera(half: Half): Camera | null {
    const { camera } = this.page.view;
    if (half === "a" || !camera || !this.a.extent || !this.b.extent) return camera;
    return carried(camera, this.a.extent, this.b.extent);
  }

  move(half: Half, camera: Camera | null): void {
    const own = half === "a" || !camera || !this.a.extent || !this.b.extent;
    this.page.look({ camera: own ? camera : carried(camera, this.b.extent, this.a.extent) });
  }

  pin(half: Half, point: number | null): void {
    const { table } = this.panel(half);
    if (point === null || !table) {
      this.page.look({ point: null, ...(this.page.view.side === "point" && { side: null }) });
      return;
    }
    this.page.look({ point: table.id(point) });
  }

  select(half: Half, region: Polygon | null): void {
    const side = region ? "selection" : this.page.view.side === "selection" ? null : this.page.view.side;
    this.page.look({ region, regionIn: half, ids: [], side });
  }

  /** Pins a point and brings it into sight. */
  goTo(point: number): void {
    this.pin("a", point);
    this.page.look({ camera: this.a.centredOn(point, this.page.view.camera) });
  }

  thinned(half: Half, step: number): void {
    if (this.thin[half] !== step) this.thin = { ...this.thin, [half]: step };
  }

  #carriedTo(half: Half): Uint8Array | null {
    if (!this.links || !this.backLinks || !this.a.table || !this.b.table) return null;
    if (half === "b") return this.a.chosen && carriedMask(this.a.chosen, this.links, this.b.table.count);
    return this.b.chosen && carriedMask(this.b.chosen, this.backLinks, this.a.table.count);
  }

  #askNeighbours(): void {
    const { table, pinned } = this.a;
    const run = this.run;
    const set = table && pinned !== null ? table.sets.find(({ start, end }) => pinned >= start && pinned < end) : undefined;
    untrack(() => {
      // Of a projection of all rows no neighbours are kept.
      if (!table || pinned === null || !run || set?.name !== "production" || this.page.of !== null) {
        this.near.stop();
        this.near.put([]);
        return;
      }
      const [key, row] = [run.slice(run.indexOf("/") + 1), table.stored[pinned]!];
      void this.near.ask((signal) => neighboursOf(table, key, row, signal), { keep: false });
    });
  }

  #rays() {
    const { pinned } = this.a;
    if (pinned === null || !this.near.value) return null;
    const shown = this.near.value.filter(({ point }) => point >= 0).slice(0, this.#nearest);
    const odd = (this.counterfactuals?.near ?? []).slice(0, COUNTERFACTUALS_DRAWN);
    const to = [...new Set([...shown, ...odd].map(({ point }) => point))];
    return { from: pinned, to, marked: new Set(odd.map(({ point }) => point)) };
  }

  /** The same rows in the picture beside. */
  raysBeside() {
    const [rays, links] = [this.rays, this.links];
    if (!rays || !links || (links[rays.from] ?? -1) < 0) return null;
    const there = (points: Iterable<number>): number[] => Array.from(points, (point) => links[point]!).filter((point) => point >= 0);
    return { from: links[rays.from]!, to: there(rays.to), marked: new Set(there(rays.marked)) };
  }

  /** Points whose id holds the text, or which have a value that is it. */
  #found(): readonly number[] {
    const { table } = this.a;
    const wanted = this.#wanted;
    if (!table || !wanted) return [];
    const matches = matcher(table, wanted);
    const points: number[] = [];
    for (let point = table.trainingCount; point < table.count && points.length < FOUND_MAX; point++) if (matches(point)) points.push(point);
    return points;
  }
}

function matcher(table: PlotTable, wanted: string): (point: number) => boolean {
  const tests: ((point: number) => boolean)[] = [(point) => table.id(point).toLowerCase().includes(wanted)];
  for (const column of table.columns) {
    if (column.source === "set") continue;
    if (column.kind === "class") {
      const codes = new Set(column.classes.flatMap((name, code) => (name.toLowerCase() === wanted ? [code] : [])));
      if (codes.size) tests.push((point) => codes.has(column.codes[point]!));
    } else if (column.kind === "plain") tests.push((point) => String(column.values[point] ?? "").toLowerCase().includes(wanted));
  }
  return (point) => tests.some((test) => test(point));
}

async function neighboursOf(table: PlotTable, key: string, row: number, signal: AbortSignal) {
  const answer = await api.get("/api/v1/projections/{key}/neighbours", { path: { key }, query: { row, k: NEAR_KEPT }, signal });
  return mapAnswer(answer, ({ items }) =>
    (items[0]?.neighbours ?? []).map((near) => ({ point: table.pointOf(near.row), id: near.id, distance: near.distance })),
  );
}
