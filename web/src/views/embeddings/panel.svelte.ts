/** One of the pictures: a plot, how it is coloured and turned, and how it glides into the next one. */

import { untrack } from "svelte";
import { colorable, colorPoints, faded } from "../../plot/coloring";
import { linkedCount, linkOf } from "../../plot/link";
import { layersOf, sceneOf } from "../../plot/scene";
import type { PlotTable } from "../../plot/table";
import { extentOf, type Camera } from "../../scatter/camera";
import { densityOf } from "../../scatter/contours";
import { FRONT, Orbit, turned } from "../../scatter/orbit";
import { insideOf } from "../../scatter/region";
import type { Scene } from "../../scatter/renderer";
import { between, startOf, TWEEN_MS } from "../../scatter/tween";
import type { Loadable } from "../../state/loadable";
import { theme } from "../../state/theme.svelte";
import type { Half, ViewState } from "../../state/url";

/** More points than this jump to their places. */
const GLIDING_MAX = 150_000;

export interface Surroundings {
  readonly loaded: () => Loadable<PlotTable> | null;
  readonly view: () => ViewState;
  readonly look: (change: Partial<ViewState>) => void;
  /** What is selected here because it is selected in the other picture. */
  readonly carried: () => Uint8Array | null;
}

export class Panel {
  readonly half: Half;
  readonly #around: Surroundings;
  // Each part of the view of its own: while it moves, only what depends on the camera is made anew.
  readonly #color = $derived.by(() => this.#around.view().color);
  readonly #byValue = $derived.by(() => this.#around.view().byValue);
  readonly #training = $derived.by(() => this.#around.view().training);
  readonly #hiddenNames = $derived.by(() => this.#around.view().hidden);
  readonly #period = $derived.by(() => this.#around.view().period);
  readonly #turn = $derived.by(() => this.#around.view().turn ?? FRONT);
  readonly #showsDensity = $derived.by(() => this.#around.view().density);
  readonly #region = $derived.by(() => (this.#around.view().regionIn === this.half ? this.#around.view().region : null));
  readonly #ids = $derived.by(() => (this.half === "a" ? this.#around.view().ids : []));
  readonly #point = $derived.by(() => this.#around.view().point);
  readonly loaded = $derived.by(() => this.#around.loaded());
  readonly table = $derived(this.loaded?.state === "ready" ? this.loaded.value : null);
  readonly columns = $derived(this.table ? colorable(this.table) : []);
  readonly column = $derived(this.columns.find(({ name }) => name === this.#color) ?? this.columns[0] ?? null);
  readonly hidden = $derived(new Set(this.#hiddenNames));
  /** Sets of rows besides training. */
  readonly periods = $derived(this.table?.sets.filter(({ end }) => end > this.table!.trainingCount) ?? []);
  readonly #hiddenSets = $derived(new Set(this.#period ? this.periods.map(({ name }) => name).filter((name) => name !== this.#period) : []));
  readonly coloring = $derived(
    this.table &&
      colorPoints(this.table, {
        column: this.column,
        byValue: this.#byValue,
        hidden: this.hidden,
        training: this.#training,
        theme: theme.current,
        hiddenSets: this.#hiddenSets,
      }),
  );
  readonly #orbit = $derived(this.table?.z ? new Orbit(this.table.x, this.table.y, this.table.z) : null);
  readonly isDeep = $derived(this.#orbit !== null);
  readonly flat = $derived(
    this.table && (this.#orbit ? this.#orbit.flat(this.#turn, layersOf(this.table)) : { x: this.table.x, y: this.table.y, order: null }),
  );
  readonly extent = $derived(this.#orbit?.extent() ?? (this.table ? extentOf(this.table.x, this.table.y) : null));
  readonly #density = $derived(
    this.table && this.#showsDensity && !this.#orbit && this.extent
      ? densityOf(this.table.x, this.table.y, 0, this.table.trainingCount, this.extent)
      : null,
  );
  /** The visible points inside the region, if it was drawn here. */
  readonly chosen = $derived.by(() => this.#choose());
  readonly mask = $derived.by(() => this.chosen ?? this.#around.carried());
  /** Milliseconds that finding the points of the region took. */
  choosing = 0;
  /** Places on the way from another plot. */
  #gliding = $state.raw<{ readonly x: Float32Array; readonly y: Float32Array } | null>(null);
  readonly #plain = $derived(
    this.table && this.coloring
      ? sceneOf(this.table, this.coloring, { column: this.column, hidden: this.hidden, theme: theme.current, density: this.#density })
      : null,
  );
  readonly #still = $derived(this.#plain && this.mask ? { ...this.#plain, colors: faded(this.#plain.colors, this.mask, theme.current) } : this.#plain);
  readonly scene = $derived.by(() => this.#scene());
  readonly pinned = $derived(this.table && this.#point !== null ? this.table.find(this.#point) : null);

  #shown: PlotTable | null = null;
  #frame = 0;

  /** Call while a component is made. */
  constructor(half: Half, around: Surroundings) {
    this.half = half;
    this.#around = around;
    $effect(() => {
      const table = this.table;
      if (table) untrack(() => this.#glideTo(table));
    });
    $effect(() => () => cancelAnimationFrame(this.#frame));
  }

  turnBy(by: { readonly x: number; readonly y: number }): void {
    this.#around.look({ turn: turned(this.#turn, by) });
  }

  /** Where the camera must be to have a point in the middle. */
  centredOn(point: number, camera: Camera | null): Camera | null {
    if (!camera || !this.flat) return camera;
    return { ...camera, x: this.flat.x[point]!, y: this.flat.y[point]! };
  }

  #choose(): Uint8Array | null {
    const region = this.#region;
    if ((!region && this.#ids.length === 0) || !this.flat || !this.coloring || !this.table) return null;
    const started = performance.now();
    const mask = region ? insideOf(region, this.flat.x, this.flat.y) : pointsOf(this.table, this.#ids);
    const { colors } = this.coloring;
    for (let row = 0; row < mask.length; row++) if (mask[row] && colors[4 * row + 3] === 0) mask[row] = 0;
    this.choosing = performance.now() - started;
    return mask;
  }

  #scene(): Scene | null {
    if (!this.#still || !this.flat) return null;
    const { x, y } = this.#gliding && this.#gliding.x.length === this.flat.x.length ? this.#gliding : this.flat;
    const edges = this.#orbit?.box(this.#turn) ?? [];
    return { ...this.#still, x, y, order: this.flat.order, edges, extent: this.extent, labels: this.#gliding ? [] : this.#still.labels };
  }

  /** From where the same rows lay in the plot before, if it had any of them. */
  #glideTo(table: PlotTable): void {
    const before = this.#shown;
    this.#shown = table;
    cancelAnimationFrame(this.#frame);
    this.#gliding = null;
    if (!before || before === table || before.z || table.z || table.count > GLIDING_MAX) return;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const rows = linkOf(table, before);
    if (linkedCount(rows) === 0) return;
    const from = startOf(before, table, rows);
    const begun = performance.now();
    const step = (): void => {
      const part = Math.min(1, (performance.now() - begun) / TWEEN_MS);
      this.#gliding = part < 1 ? { x: between(from.x, table.x, part), y: between(from.y, table.y, part) } : null;
      if (part < 1) this.#frame = requestAnimationFrame(step);
    };
    step();
  }
}

/** The points of rows by their ids; those that are not in the plot are left out. */
function pointsOf(table: PlotTable, ids: readonly string[]): Uint8Array {
  const mask = new Uint8Array(table.count);
  for (const id of ids) {
    const point = table.find(id);
    if (point !== null) mask[point] = 1;
  }
  return mask;
}
