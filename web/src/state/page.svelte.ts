/** The state of the application: what is looked at, and what has been loaded for it. Views read it and call its methods. */

import { untrack } from "svelte";
import { ApiClient } from "../api/client";
import type { Revision } from "../api/types";
import type { PlotTable } from "../plot/table";
import type { Camera } from "../scatter/camera";
import { LOADING, ready, settled, type Loadable } from "./loadable";
import { listProjections, loadOrigin, loadRevisions, loadTable, type Origin, type Projection, type ProjectionPage } from "./projections";
import { START, parseView, printView, type ViewState } from "./url";

const TOKEN = "arangovis-token";
const URL_DELAY_MS = 250;

export class PageState {
  view = $state.raw<ViewState>(START);
  projections = $state.raw<Loadable<ProjectionPage>>(LOADING);
  table = $state.raw<Loadable<PlotTable>>(LOADING);
  origin = $state.raw<Loadable<Origin>>(LOADING);
  revisions = $state.raw<Loadable<readonly Revision[]>>(LOADING);
  loadingMore = $state(false);

  readonly client = new ApiClient(() => sessionStorage.getItem(TOKEN) ?? "");
  /** The plot that is open: the one in the address, or the newest. */
  readonly plot = $derived(this.view.plot ?? this.#newest());
  /** The service wants a token that the page does not have. */
  readonly locked = $derived(
    [this.projections, this.table, this.origin].some((part) => part.state === "failed" && part.failure.status === 401),
  );

  #opening = new AbortController();
  #urlTimer = 0;

  /** Reads the address and loads; call once. */
  start(): void {
    this.view = parseView(location.search);
    addEventListener("popstate", () => this.#revisit());
    void this.reload();
  }

  async reload(): Promise<void> {
    this.projections = LOADING;
    if (this.view.plot) void this.#load(this.view.plot);
    const answer = await settled(listProjections(this.client, null, new AbortController().signal));
    if (!answer) return;
    this.projections = answer;
    if (!this.view.plot && this.plot) void this.#load(this.plot);
  }

  async loadMore(): Promise<void> {
    const known = this.projections;
    if (known.state !== "ready" || this.loadingMore) return;
    this.loadingMore = true;
    const answer = await settled(listProjections(this.client, known.value.cursor, new AbortController().signal));
    this.loadingMore = false;
    if (answer?.state === "ready") {
      this.projections = ready({ items: [...known.value.items, ...answer.value.items], cursor: answer.value.cursor });
    }
  }

  /** Opens a plot; colour and training points stay as they are, places on the map do not. */
  open(plot: string): void {
    const { color, byValue, training, renderer } = this.view;
    this.view = { ...START, plot, color, byValue, training, renderer };
    history.pushState(null, "", this.address(this.view));
    void this.#load(plot);
  }

  /** Changes what is looked at, and the address with it, in place. */
  look(change: Partial<ViewState>): void {
    this.view = { ...this.view, ...change };
    clearTimeout(this.#urlTimer);
    // Browsers refuse more than a few address changes a second, and panning makes sixty.
    this.#urlTimer = window.setTimeout(() => history.replaceState(null, "", this.address(this.view)), URL_DELAY_MS);
  }

  moveTo(camera: Camera | null): void {
    this.look({ camera });
  }

  address(view: ViewState): string {
    return `${location.pathname}${printView(view)}`;
  }

  signIn(token: string): void {
    sessionStorage.setItem(TOKEN, token);
    void this.reload();
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
    clearTimeout(this.#urlTimer);
    const before = this.plot;
    this.view = parseView(location.search);
    const now = untrack(() => this.plot);
    if (now && now !== before) void this.#load(now);
  }

  async #load(plot: string): Promise<void> {
    this.#opening.abort();
    const opening = (this.#opening = new AbortController());
    this.table = this.origin = this.revisions = LOADING;
    await Promise.all([
      settled(loadTable(this.client, plot, opening.signal)).then((table) => table && (this.table = table)),
      this.#loadOrigin(plot, opening.signal),
    ]);
  }

  async #loadOrigin(plot: string, signal: AbortSignal): Promise<void> {
    const origin = await settled(loadOrigin(this.client, plot, signal));
    if (!origin) return;
    this.origin = origin;
    if (origin.state !== "ready") {
      this.revisions = origin;
      return;
    }
    const revisions = await settled(loadRevisions(this.client, origin.value.answer, signal));
    if (revisions) this.revisions = revisions;
  }
}
