import { describe, expect, it } from "vitest";
import { nextSort, rowsInSight, sorted, type Column } from "./table";

interface Run {
  readonly name: string;
  readonly accuracy: number | null;
}

const NAME: Column<Run> = { id: "name", title: "Name", value: (run) => run.name };
const ACCURACY: Column<Run> = { id: "accuracy", title: "Accuracy", value: (run) => run.accuracy, numeric: true };
const RUNS: readonly Run[] = [
  { name: "run 10", accuracy: 0.9 },
  { name: "run 9", accuracy: null },
  { name: "Run 2", accuracy: 0.95 },
  { name: "run 1", accuracy: NaN },
];
const names = (runs: readonly Run[]): string[] => runs.map(({ name }) => name);

describe("the order of a table", () => {
  it("is by number, with what has no value last either way", () => {
    expect(names(sorted(RUNS, ACCURACY, true)).slice(0, 2)).toEqual(["Run 2", "run 10"]);
    expect(names(sorted(RUNS, ACCURACY, false)).slice(0, 2)).toEqual(["run 10", "Run 2"]);
    expect(names(sorted(RUNS, ACCURACY, false)).slice(2)).toEqual(["run 9", "run 1"]);
  });

  it("is by words as people count", () => {
    expect(names(sorted(RUNS, NAME, false))).toEqual(["run 1", "Run 2", "run 9", "run 10"]);
  });

  it("begins with the largest number and turns round", () => {
    const first = nextSort(ACCURACY, { column: "name", descending: true });
    expect(first).toEqual({ column: "accuracy", descending: true });
    expect(nextSort(ACCURACY, first).descending).toBe(false);
    expect(nextSort(NAME, null).descending).toBe(false);
  });
});

describe("the rows in sight", () => {
  it("are never more than there are, and always cover the window", () => {
    for (const count of [0, 3, 10_000]) {
      for (const top of [0, 31, 5_000, 320_000, 999_999]) {
        const [first, last] = rowsInSight(top, 600, 32, count);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(first).toBeLessThanOrEqual(count);
        expect(last).toBeLessThanOrEqual(count);
        if (top + 600 <= count * 32) expect(last * 32).toBeGreaterThanOrEqual(top + 600);
        expect(last - first).toBeLessThan(60);
      }
    }
  });
});
