import { describe, expect, it } from "vitest";
import { columnErrors, heatOf, isSkewed, oddest, parseAnomaly, powers, printAnomaly, scoredRows, scoresOf, warningText } from "./anomaly";

const ROWS = scoredRows([
  { score: 0.1, is_anomaly: false, status: "ok", top_features: [{ column: "area", error: 0.3 }, { column: "age", error: 0.1 }] },
  { score: null, is_anomaly: false, status: "non_finite" },
  { score: 2, is_anomaly: true, status: "ok", top_features: [{ column: "age", error: 6 }, { column: "area", error: 2 }] },
]);

it("an address comes back to the same view", () => {
  for (const search of ["", "?model=3&frame=dataset/a&log=1", "?run=run/x", "?model=2&log=0"]) expect(printAnomaly(parseAnomaly(search))).toBe(search);
  expect(parseAnomaly("?model=x")).toMatchObject({ model: null });
});

describe("scores", () => {
  it("rank rows, those without one last", () => expect(oddest(ROWS).map(({ row }) => row)).toEqual([3, 1, 2]));
  it("are shown along powers of ten where a few are much larger", () => {
    expect(isSkewed([0.001, 0.001, 0.5])).toBe(true);
    expect(isSkewed([1, 2, 3])).toBe(false);
    expect(isSkewed([])).toBe(false);
    expect(powers([0, 0.01, 10])).toEqual([-2, 1]);
    expect(scoresOf(ROWS)).toEqual([0.1, 2]);
  });
});

it("errors by column are means over rows, and shares of a row are of its whole error", () => {
  expect(columnErrors(ROWS).map(({ column }) => column)).toEqual(["age", "area"]);
  const heat = heatOf([ROWS[2]!], 1);
  expect(heat.columns).toEqual(["age"]);
  expect(heat.rows[0]!.cells[0]).toEqual({ error: 6, share: 0.75 });
});

it("says what the detector did not learn", () => {
  expect(warningText({ kind: "unseen_level", column: "color", level: "teal", count: 3 })).toBe("color has a level that was never seen (teal), in 3 rows");
  expect(warningText({ kind: "missing_column", column: "age", count: 1 })).toBe("age is missing");
});
