/** Rows of runs as lines: which points there are, in which order, and what of them is seen. */

import type { Ends } from "../state/live";
import { Numbers } from "./numbers";
import { Smoothed } from "./smooth";

/** A column of rows, or one value for all of them. */
export type Cells = Numbers | number;

/** What the rows of a run are bound to; text and truth values as codes. */
export interface Bound {
  readonly x: Cells;
  readonly y: Cells;
  /** NaN where the run has none. */
  readonly color: Cells;
  readonly size: Cells;
  readonly order: Cells;
  readonly groups: readonly Cells[];
}

/** The least and greatest finite values, and of those above 0: for a logarithmic scale. */
export class Extent {
  low = Infinity;
  high = -Infinity;
  lowAbove = Infinity;
  highAbove = -Infinity;

  follow(values: Float64Array, from: number): void {
    for (let place = from; place < values.length; place++) this.see(values[place]!);
  }

  see(value: number): void {
    if (!(value - value === 0)) return;
    if (value < this.low) this.low = value;
    if (value > this.high) this.high = value;
    if (value > 0 && value < this.lowAbove) this.lowAbove = value;
    if (value > 0 && value > this.highAbove) this.highAbove = value;
  }

  join(other: Extent): void {
    for (const value of [other.low, other.high, other.lowAbove, other.highAbove]) this.see(value);
  }

  of(isLog: boolean): Ends | null {
    const ends: Ends = isLog ? [this.lowAbove, this.highAbove] : [this.low, this.high];
    return ends[0] <= ends[1] ? ends : null;
  }
}

/** One line, or one cloud of points: of one run and one value of everything that lines are told apart by. */
export class Line {
  readonly x = new Numbers();
  readonly y = new Numbers();
  readonly color = new Numbers();
  readonly size = new Numbers();
  readonly xExtent = new Extent();
  yExtent = new Extent();
  /** Whether x never goes back: then only one stretch of it has to be looked at. */
  isForward = true;
  smoothed: Smoothed | null = null;
  readonly #order = new Numbers();
  #inOrder = true;
  #seen = 0;

  constructor(
    readonly run: string,
    /** Codes of what tells it from the other lines of its run. */
    readonly group: readonly number[],
  ) {}

  get length(): number {
    return this.x.length;
  }

  /** What is drawn up the y axis. */
  get drawn(): Numbers {
    return this.smoothed?.values ?? this.y;
  }

  add(x: number, y: number, color: number, size: number, order: number): void {
    const { length } = this.#order;
    if (length && order < this.#order.raw[length - 1]!) this.#inOrder = false;
    this.x.push(x);
    this.y.push(y);
    this.color.push(color);
    this.size.push(size);
    this.#order.push(order);
  }

  /** Takes in what was added: puts it in order, and goes on with extents and the moving mean. */
  settle(weight: number): void {
    if (!this.#inOrder) this.#sort();
    if (this.smoothed && this.#seen === 0) this.smoothed = null;
    if (weight > 0) {
      this.smoothed ??= new Smoothed(weight);
      this.smoothed.follow(this.y.view);
    }
    this.xExtent.follow(this.x.view, this.#seen);
    this.yExtent.follow(this.y.view, this.#seen);
    const x = this.x.raw;
    for (let place = Math.max(1, this.#seen); this.isForward && place < this.length; place++) this.isForward = !(x[place]! < x[place - 1]!);
    this.#seen = this.length;
  }

  /** Draws with another moving mean from here on. */
  smooth(weight: number): void {
    this.smoothed = weight > 0 ? new Smoothed(weight) : null;
    this.smoothed?.follow(this.y.view);
  }

  #sort(): void {
    const order = this.#order.view;
    const places = Uint32Array.from(order, (_, place) => place).sort((left, right) => order[left]! - order[right]! || left - right);
    for (const column of [this.x, this.y, this.color, this.size, this.#order]) {
      const before = column.view.slice();
      const raw = column.raw;
      for (let place = 0; place < places.length; place++) raw[place] = before[places[place]!]!;
    }
    this.#inOrder = true;
    this.isForward = true;
    this.#seen = 0;
  }
}

/** The lines of one run in one layer; grows with its rows. */
export class RunLines {
  readonly lines: Line[] = [];
  readonly #known = new Map<string, Line>();
  #taken = 0;

  constructor(readonly run: string) {}

  /** Takes the rows that it does not have. @returns whether there were any */
  follow(bound: Bound, rows: number, weight: number): boolean {
    if (rows === this.#taken) return false;
    const { x, y, color, size, order, groups } = bound;
    const [first, grouped] = [this.#taken, groups.length > 0];
    let line = grouped ? null : this.#line([]);
    for (let row = first; row < rows; row++) {
      if (grouped) line = this.#line(groups.map((cells) => at(cells, row)));
      line!.add(at(x, row), at(y, row), at(color, row), at(size, row), at(order, row));
    }
    this.#taken = rows;
    for (const one of this.lines) one.settle(weight);
    return true;
  }

  #line(group: readonly number[]): Line {
    const key = group.join(" ");
    let line = this.#known.get(key);
    if (!line) {
      this.#known.set(key, (line = new Line(this.run, group)));
      this.lines.push(line);
    }
    return line;
  }
}

function at(cells: Cells, row: number): number {
  return typeof cells === "number" ? cells : cells.raw[row]!;
}
