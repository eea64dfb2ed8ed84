import { describe, expect, it } from "vitest";
import { frontOf, incompatibleShares, marksOf, parseCompatibility, printCompatibility, relativeChange } from "./compatibility";
import { regionPaths } from "./venn";

const POINTS = [0, 0.5, 1].flatMap((lambda_c, place) =>
  ["new_error", "strict_imitation"].map((kind, nth) => ({
    point: 2 * place + nth,
    lambda_c,
    dissonances: [kind],
    metrics: { train_performance: 0.9, train_btc: 0.8, train_bec: 0.5, test_performance: 0.8 - lambda_c / 10, test_btc: 0.7 + lambda_c / 10, test_bec: null },
  })),
);

describe("the address", () => {
  it("comes back to the same view", () => {
    for (const search of ["", "?sweep=a&point=3&split=train&region=regress&page=2", "?comparison=b&errors=h1&class=7&bars=incompatible", "?sweep=a&sets=none&kinds=new_error&low=0.25&high=0.75"]) {
      expect(printCompatibility(parseCompatibility(search))).toBe(search);
    }
  });
  it("takes nothing that is out of range", () => {
    expect(parseCompatibility("?point=-1&low=2&high=x&region=all")).toMatchObject({ point: null, low: 0, high: 1, region: null });
  });
});

describe("marks", () => {
  const all = parseCompatibility("");
  it("are one for each training and data set, and fewer by boxes and lambda", () => {
    expect(marksOf(POINTS, all)).toHaveLength(12);
    expect(marksOf(POINTS, { ...all, sets: ["test"] })).toHaveLength(6);
    expect(marksOf(POINTS, { ...all, kinds: ["new_error"], low: 0.5 })).toHaveLength(4);
    expect(marksOf([{ ...POINTS[0]!, metrics: {} }], all)).toHaveLength(0);
    expect(marksOf([{ ...POINTS[0]!, dissonances: ["new_error", "strict_imitation"] }], { ...all, kinds: ["strict_imitation"] })).toHaveLength(2);
  });
  it("lie on a front in order, without those that have no score", () => {
    const marks = marksOf(POINTS, all);
    expect(frontOf(marks, [4, 0], "test", "btc")).toEqual([[0.7, 0.8], [0.7999999999999999, 0.7000000000000001]]);
    expect(frontOf(marks, [4, 0], "test", "bec")).toEqual([]);
  });
});

it("shares are of all classes", () => {
  expect(incompatibleShares([{ incompatible: 1 }, { incompatible: 3 }])).toEqual([0.25, 0.75]);
  expect(incompatibleShares([{ incompatible: 0 }])).toEqual([0]);
  expect(relativeChange(0.5, 0.6)).toBeCloseTo(0.2);
  expect(relativeChange(0, 0.6)).toBeNull();
});

describe("the regions of two circles", () => {
  const filled = (r1: number, r2: number, d: number): string[] =>
    Object.entries(regionPaths({ h1_radius: r1, h2_radius: r2, distance: d })).filter(([, path]) => path).map(([name]) => name);
  it("are those that are there", () => {
    expect(filled(5, 4, 6)).toEqual(["progress", "common", "regress"]);
    expect(filled(5, 5, 0)).toEqual(["common"]);
    expect(filled(5, 2, 1)).toEqual(["progress", "common"]);
    expect(filled(2, 5, 1)).toEqual(["common", "regress"]);
    expect(filled(2, 3, 15)).toEqual(["progress", "regress"]);
    expect(filled(2, 0, 0)).toEqual(["progress"]);
    expect(filled(0, 0, 0)).toEqual([]);
  });
  it("meet where both circles are", () => {
    const { common } = regionPaths({ h1_radius: 5, h2_radius: 5, distance: 6 });
    expect(common.startsWith("M3 -4A")).toBe(true);
    expect(common.endsWith("3 -4Z")).toBe(true);
  });
});
