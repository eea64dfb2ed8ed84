/** The rows of runs as they come: what is known of each run's columns, and how to go on. */

import { Numbers, Words } from "./numbers";
import type { RowsAnswer, RunPart } from "./wire";

/** The rows of a run in one generation: another object if the run is replaced. */
export class RunRows {
  rows = 0;
  ofPoints = 0;
  cursor = "";
  readonly columns = new Map<string, Numbers>();
}

export class RowStore {
  readonly runs = new Map<string, RunRows>();
  /** What the codes of a column of texts stand for. */
  readonly words = new Map<string, Words>();
  /** Counts changes. */
  version = 0;

  /** Takes in what is new. @returns whether anything was */
  take(answer: RowsAnswer): boolean {
    let changed = false;
    for (const run of answer.gone) changed = this.runs.delete(run) || changed;
    for (const part of answer.parts) changed = this.#add(part) || changed;
    if (changed) this.version++;
    return changed;
  }

  /** Lets go of runs that are not looked at any more. */
  keep(runs: ReadonlySet<string>): void {
    for (const run of this.runs.keys()) if (!runs.has(run)) this.runs.delete(run), this.version++;
  }

  /** By key of a run, where its rows go on; of these runs. */
  cursors(runs: readonly string[]): Record<string, string> {
    return Object.fromEntries(runs.flatMap((run) => {
      const rows = this.runs.get(run);
      return rows ? [[run.slice(run.indexOf("/") + 1), rows.cursor]] : [];
    }));
  }

  get points(): { readonly held: number; readonly logged: number } {
    let [held, logged] = [0, 0];
    for (const rows of this.runs.values()) [held, logged] = [held + rows.rows, logged + rows.ofPoints];
    return { held, logged };
  }

  wordsOf(name: string): Words {
    let words = this.words.get(name);
    if (!words) this.words.set(name, (words = new Words()));
    return words;
  }

  #add(part: RunPart): boolean {
    let rows = this.runs.get(part.run);
    const isNew = rows === undefined || part.restart;
    if (rows === undefined || part.restart) this.runs.set(part.run, (rows = new RunRows()));
    for (const [name, column] of part.columns) {
      let known = rows.columns.get(name);
      if (!known) rows.columns.set(name, (known = new Numbers(column.length)));
      if (column instanceof Float64Array) known.append(column);
      else {
        const words = this.wordsOf(name);
        for (const word of column) known.push(word === null ? NaN : words.code(word));
      }
    }
    rows.rows += part.rows;
    rows.ofPoints += part.ofPoints;
    rows.cursor = part.cursor;
    return isNew || part.rows > 0;
  }
}
