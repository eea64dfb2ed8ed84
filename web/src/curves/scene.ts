/** The lines of one layer: rows of runs, bound as the layer says, as they come. */

import { classColor, rampColor, absentColor, type Theme } from "../plot/palette";
import type { Along, Binding, Layer } from "../state/live";
import type { RunInfo } from "../state/live-runs";
import { isContinuous, isOfRun, type Kind } from "./kinds";
import { Extent, RunLines, type Bound, type Cells, type Line } from "./lines";
import { Numbers, Words } from "./numbers";
import { ink, type Ink } from "./raster";
import type { RowStore, RunRows } from "./rows";

/** Whole numbers of so many kinds have a colour each; more lie on a ramp. */
const CLASSES_MAX = 12;
const RAMP_STEPS = 256;

export interface ColorKey {
  readonly name: string;
  readonly ramp: readonly [number, number] | null;
  readonly classes: readonly { readonly code: number; readonly label: string }[];
  readonly kind: Kind;
}

/** What is said about runs that could not be drawn as they are bound. */
export interface Lacking {
  /** Runs without a value for an axis: they are left out. */
  readonly place: readonly string[];
  /** Runs without a value for the colour: they are grey. */
  readonly color: readonly string[];
}

export class LayerLines {
  lacking: Lacking = { place: [], color: [] };
  colorExtent = new Extent();
  sizeExtent = new Extent();
  #lines = new Map<string, { readonly rows: RunRows; readonly lines: RunLines; counted: number }>();
  #words = new Map<Binding, Words>();
  #weight = 0;
  #along: Along = "value";
  #colors = new Set<number>();
  readonly #store: RowStore;

  constructor(
    readonly layer: Layer,
    /** What stands along x: the layer's own or a time. */
    readonly x: Binding,
    store: RowStore,
  ) {
    this.#store = store;
  }

  /** Lines of the runs that are wanted, in their order. */
  lines(runs: readonly RunInfo[]): readonly Line[] {
    return runs.flatMap((run) => this.#lines.get(run.id)?.lines.lines ?? []);
  }

  /** Takes in new rows, drops runs that are gone or were replaced. */
  follow(runs: readonly RunInfo[], weight: number, along: Along): void {
    if (along !== this.#along) this.#lines.clear();
    this.#along = along;
    const wanted = new Set(runs.map((run) => run.id));
    for (const id of this.#lines.keys()) if (!wanted.has(id) || this.#store.runs.get(id) !== this.#lines.get(id)!.rows) this.#lines.delete(id);
    if (!this.#lines.size) this.#forget();
    const lacking = { place: [] as string[], color: [] as string[] };
    for (const run of runs) {
      const rows = this.#store.runs.get(run.id);
      if (rows) this.#followRun(run, rows, weight, lacking);
      else if (this.#lacks(run)) lacking.place.push(run.id);
    }
    if (weight !== this.#weight) for (const { lines } of this.#lines.values()) for (const line of lines.lines) line.smooth(weight);
    this.#weight = weight;
    this.lacking = lacking;
  }

  key(kind: Kind | null): ColorKey | null {
    const { binding } = this;
    if (binding === null || kind === null) return null;
    const name = binding.replace(/^@/, "");
    const codes = [...this.#colors].sort((left, right) => left - right);
    const ends = this.colorExtent.of(false);
    const ramp = this.layer.mark === "heat" || isContinuous(kind) || (kind === "int" && codes.length > CLASSES_MAX);
    if (ramp) return { name, kind, ramp: ends ?? [0, 1], classes: [] };
    const words = kind === "text" ? this.#wordsOf(binding).list : null;
    return { name, kind, ramp: null, classes: codes.map((code) => ({ code, label: words?.[code] ?? (kind === "bool" ? (code ? "true" : "false") : String(code)) })) };
  }

  /** What colours tell apart, for a heat map what its cells show; null for the run. */
  get binding(): Binding | null {
    return this.layer.mark === "heat" ? this.layer.z : this.layer.color;
  }

  groupLabel(line: Line, kinds: ReadonlyMap<Binding, Kind>): string {
    return this.layer.group.map((binding, place) => {
      const code = line.group[place]!;
      const kind = kinds.get(binding);
      const value = kind === "text" ? (this.#wordsOf(binding).list[code] ?? "none") : kind === "bool" ? String(code === 1) : String(code);
      return `${binding.replace(/^@/, "")} ${value}`;
    }).join(", ");
  }

  #followRun(run: RunInfo, rows: RunRows, weight: number, lacking: { place: string[]; color: string[] }): void {
    const bound = this.#bind(run, rows);
    if ([bound.x, bound.y].some((cells) => typeof cells === "number" && Number.isNaN(cells))) {
      lacking.place.push(run.id);
      return;
    }
    if (this.binding !== null && typeof bound.color === "number" && Number.isNaN(bound.color)) lacking.color.push(run.id);
    let own = this.#lines.get(run.id);
    if (!own) this.#lines.set(run.id, (own = { rows, lines: new RunLines(run.id), counted: 0 }));
    if (!own.lines.follow(bound, rows.rows, weight)) return;
    this.#see(bound.color, own.counted, rows.rows, this.colorExtent, this.#colors);
    this.#see(bound.size, own.counted, rows.rows, this.sizeExtent, null);
    own.counted = rows.rows;
  }

  #bind(run: RunInfo, rows: RunRows): Bound {
    const cells = (binding: Binding | null): Cells => (binding === null ? NaN : this.#cells(run, rows, binding));
    const { layer } = this;
    const x = this.#shifted(cells(this.x), run.id);
    return {
      x,
      y: cells(layer.y),
      color: cells(this.binding),
      size: layer.mark === "heat" ? NaN : cells(layer.size),
      order: layer.order === null ? x : cells(layer.order),
      groups: layer.group.map(cells),
    };
  }

  /** Times since the first of the run, if time counts from there. */
  #shifted(x: Cells, run: string): Cells {
    if (this.#along !== "relative" || typeof x === "number" || !x.length) return x;
    const begin = this.#begins.get(run) ?? x.raw[0]!;
    this.#begins.set(run, begin);
    return Numbers.of(Float64Array.from(x.view, (value) => value - begin));
  }
  #begins = new Map<string, number>();

  #cells(run: RunInfo, rows: RunRows, binding: Binding): Cells {
    if (!isOfRun(binding)) return rows.columns.get(binding) ?? NaN;
    const value = run.values.get(binding.slice(1));
    if (value === undefined) return NaN;
    return typeof value === "string" ? this.#wordsOf(binding).code(value) : Number(value);
  }

  #lacks(run: RunInfo): boolean {
    return [this.x, this.layer.y].some((binding) => isOfRun(binding) && !run.values.has(binding.slice(1)));
  }

  #wordsOf(binding: Binding): Words {
    if (!isOfRun(binding)) return this.#store.wordsOf(binding);
    let words = this.#words.get(binding);
    if (!words) this.#words.set(binding, (words = new Words()));
    return words;
  }

  #see(cells: Cells, from: number, to: number, extent: Extent, distinct: Set<number> | null): void {
    if (typeof cells === "number") {
      extent.see(cells);
      if (distinct && !Number.isNaN(cells)) distinct.add(cells);
      return;
    }
    extent.follow(cells.view.subarray(0, to), from);
    // One more than there are colours is enough to know that there are too many.
    if (distinct && this.layer.mark !== "heat") for (let row = from; row < to && distinct.size <= 5000; row++) if (!Number.isNaN(cells.raw[row]!)) distinct.add(cells.raw[row]!);
  }

  #forget(): void {
    this.colorExtent = new Extent();
    this.sizeExtent = new Extent();
    this.#colors = new Set();
    this.#begins.clear();
  }
}

/** The colours of a key's values. */
export function colorsOf(key: ColorKey, theme: Theme): (value: number) => Ink {
  const absent = ink(absentColor(theme));
  if (key.ramp) {
    const [low, high] = key.ramp;
    const steps = Array.from({ length: RAMP_STEPS }, (_, step) => ink(rampColor(step / (RAMP_STEPS - 1), theme)));
    const scale = high > low ? (RAMP_STEPS - 1) / (high - low) : 0;
    return (value) => (Number.isNaN(value) ? absent : steps[Math.max(0, Math.min(RAMP_STEPS - 1, Math.round((value - low) * scale)))]!);
  }
  const inks = new Map(key.classes.map(({ code }, place) => [code, ink(classColor(place, theme))]));
  return (value) => inks.get(value) ?? absent;
}
