/** The state of the application: what is looked at, and what has been loaded for it. Views read it and call its methods. */

import { untrack } from "svelte";
import type { Revision } from "../api/types";
import type { PlotTable } from "../plot/table";
import type { Camera } from "../scatter/camera";
import { LOADING, ready, settled, type Loadable } from "./loadable";
import { listProjections, loadOrigin, loadRevisions, loadRun, loadTable, type Origin, type Projection, type ProjectionPage } from "./projections";
import { pin } from "./pinned";
import { router } from "./router.svelte";
import { START, parseView, printView, type ViewState } from "./url";

/** Long enough for a table to become a picture. */
const DRAWN_MS = 30;

export class PageState {
  view = $state.raw<ViewState>(START);
  projections = $state.raw<Loadable<ProjectionPage>>(LOADING);
  table = $state.raw<Loadable<PlotTable>>(LOADING);
  origin = $state.raw<Loadable<Origin>>(LOADING);
  revisions = $state.raw<Loadable<readonly Revision[]>>(LOADING);
  loadingMore = $state(false);
  /** The plot beside the open one. */
  beside = $state.raw<Loadable<PlotTable> | null>(null);
  /** How many rows the open plot is a part of, where it is a part; null if the data say it. */
  of = $state<number | null>(null);

  /** The plot of the run that the address names. */
  #plotOfRun = $state<string | null>(null);

  /** The plot that is open: the one in the address, or the newest. */
  readonly plot = $derived(this.view.plot ?? this.#plotOfRun ?? (this.view.run ? null : this.#newest()));
  /** What the address names and is to be loaded. */
  readonly #wanted = $derived(this.view.plot ?? this.view.run ?? this.plot);

  #opening = new AbortController();
  #openingBeside = new AbortController();

  /** Reads the address and loads; call once. Returns how to stop. */
  start(): () => void {
    this.view = parseView(untrack(() => router.place.search));
    const stop = router.onarrive(() => this.#revisit());
    const unpin = pin(() => printView({ ...this.view, plot: this.view.run ? null : this.plot }));
    void this.reload();
    return () => {
      stop();
      unpin();
      this.#opening.abort();
      this.#openingBeside.abort();
    };
  }

  async reload(): Promise<void> {
    this.projections = LOADING;
    const named = this.view.plot ?? this.view.run;
    void this.#loadBeside();
    // The picture comes first: on a slow machine what stands beside it would hold it up.
    if (named) await this.#load(named);
    const answer = await this.#relist();
    if (!answer) return;
    if (!named && this.plot) void this.#load(this.plot);
  }

  async #relist(): Promise<Loadable<ProjectionPage> | null> {
    const answer = await settled(listProjections(null, new AbortController().signal));
    if (answer) this.projections = answer;
    return answer;
  }

  async loadMore(): Promise<void> {
    const known = this.projections;
    if (known.state !== "ready" || this.loadingMore) return;
    this.loadingMore = true;
    const answer = await settled(listProjections(known.value.cursor, new AbortController().signal));
    this.loadingMore = false;
    if (answer?.state === "ready") {
      this.projections = ready({ items: [...known.value.items, ...answer.value.items], cursor: answer.value.cursor });
    }
  }

  /** Opens a plot; colour and training points stay as they are, places on the map do not. */
  open(plot: string): void {
    const { color, byValue, training, density, beside, near, side, renderer } = this.view;
    this.#step({ ...START, plot, color, byValue, training, density, beside, near, side, renderer });
  }

  /** Opens what a run made: what is looked at stays, and the points glide to their new places. */
  openRun(run: string): void {
    this.#step({ ...this.view, plot: null, run, camera: null, region: null });
    void this.#relist();
  }

  /** Goes on to a plot of the same series: everything stays as it is but the points. */
  show(plot: string): void {
    const wanted = this.#wanted;
    this.look({ plot, run: null });
    if (plot !== wanted) void this.#load(plot);
  }

  /** Opens a plot beside the open one, or none. */
  openBeside(plot: string | null): void {
    this.#step({ ...this.view, plot: this.plot, run: null, beside: plot, region: null, regionIn: "a" });
  }

  /** The plot beside takes the place of the open one, and the other way round. */
  swap(): void {
    this.#step({ ...this.view, plot: this.view.beside, run: null, beside: this.plot, region: null, camera: null });
  }

  #step(view: ViewState): void {
    const [wanted, beside] = [this.#wanted, this.view.beside];
    this.view = view;
    router.push(printView(view));
    if (this.#wanted && this.#wanted !== wanted) void this.#load(this.#wanted);
    if (view.beside !== beside) void this.#loadBeside();
  }

  /** Changes what is looked at, and the address with it, in place. */
  look(change: Partial<ViewState>): void {
    this.view = { ...this.view, ...change };
    router.replace(printView(this.view));
  }

  moveTo(camera: Camera | null): void {
    this.look({ camera });
  }

  address(view: ViewState): string {
    return router.href("embeddings", printView(view));
  }

  /** The open plot's entry in the list, if the list has it. */
  entry(): Projection | null {
    if (this.projections.state !== "ready") return null;
    return this.projections.value.items.find((item) => item.plot === this.plot) ?? null;
  }

  #newest(): string | null {
    if (this.projections.state !== "ready") return null;
    return this.projections.value.items.find((item) => item.plot)?.plot ?? null;
  }

  #revisit(): void {
    const [before, beside] = [this.#wanted, this.view.beside];
    this.view = parseView(router.place.search);
    const now = untrack(() => this.#wanted);
    if (now && now !== before) void this.#load(now);
    if (this.view.beside !== beside) void this.#loadBeside();
  }

  /** Loads a plot, or what a run shows. A table stays in sight until the next one is there. */
  async #load(named: string): Promise<void> {
    this.#opening.abort();
    const opening = (this.#opening = new AbortController());
    this.origin = this.revisions = LOADING;
    if (this.table.state === "failed") this.table = LOADING;
    this.of = this.#plotOfRun = null;
    const { signal } = opening;
    if (named.startsWith("run/")) await this.#loadRun(named, signal);
    else await this.#loadPlot(named, signal);
  }

  async #loadPlot(plot: string, signal: AbortSignal): Promise<void> {
    await this.#loadTable(plot, signal);
    await new Promise((drawn) => setTimeout(drawn, DRAWN_MS));
    if (!signal.aborted) void this.#loadOrigin(plot, signal);
  }

  async #loadTable(plot: string, signal: AbortSignal): Promise<void> {
    const table = await settled(loadTable(plot, signal));
    if (table) this.table = table;
  }

  async #loadRun(run: string, signal: AbortSignal): Promise<void> {
    const opened = await settled(loadRun(run, signal));
    if (!opened || signal.aborted) return;
    if (opened.state === "failed") {
      this.table = opened;
      return this.#loadOrigin(run, signal);
    }
    const { plot, table, of } = opened.value;
    this.#plotOfRun = plot;
    if (table) this.table = ready(table);
    this.of = of;
    if (plot) await this.#loadPlot(plot, signal);
    else await this.#loadOrigin(run, signal);
  }

  async #loadBeside(): Promise<void> {
    this.#openingBeside.abort();
    const opening = (this.#openingBeside = new AbortController());
    const plot = this.view.beside;
    if (!plot) {
      this.beside = null;
      return;
    }
    this.beside ??= LOADING;
    const table = await settled(loadTable(plot, opening.signal));
    if (table) this.beside = table;
  }

  async #loadOrigin(plot: string, signal: AbortSignal): Promise<void> {
    const origin = await settled(loadOrigin(plot, signal));
    if (!origin) return;
    this.origin = origin;
    if (origin.state !== "ready") {
      this.revisions = origin;
      return;
    }
    const revisions = await settled(loadRevisions(origin.value.answer, signal));
    if (revisions) this.revisions = revisions;
  }
}
