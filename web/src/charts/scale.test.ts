import { describe, expect, it } from "vitest";
import { binned, extent, linear, log, logTicks, nice, ticks, tickText } from "./scale";

describe("scales", () => {
  it("come back from a place to the value", () => {
    for (const scale of [linear([-2, 6], [0, 100]), linear([0, 1], [80, 0]), log([0.001, 10], [0, 400])]) {
      for (const value of [scale.domain[0], (scale.domain[0] + scale.domain[1]) / 2, scale.domain[1]]) {
        expect(scale.invert(scale(value))).toBeCloseTo(value, 9);
      }
    }
  });

  it("put all the same values in the middle", () => {
    const domain = nice([3, 3]);
    expect(linear(domain, [0, 100])(3)).toBe(50);
    expect(nice([0, 0])).toEqual([0, 1]);
  });
});

describe("ticks", () => {
  it("are round and lie inside", () => {
    expect(ticks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(0.13, 0.47, 4)).toEqual([0.2, 0.3, 0.4]);
    expect(ticks(-30, 30, 3)).toEqual([-20, 0, 20]);
    expect(ticks(5, 5)).toEqual([5]);
  });

  it("are never far from as many as asked for", () => {
    for (const high of [0.0007, 0.3, 1, 7, 19, 64, 1797, 2.5e6]) {
      const found = ticks(0, high, 5);
      expect(found.length).toBeGreaterThanOrEqual(3);
      expect(found.length).toBeLessThanOrEqual(7);
      expect(found.at(-1)).toBeLessThanOrEqual(high * 1.0001);
    }
  });

  it("of a logarithm are powers", () => {
    expect(logTicks(0.001, 1000)).toEqual([0.001, 0.01, 0.1, 1, 10, 100, 1000]);
    expect(logTicks(1, 30)).toEqual([1, 2, 5, 10, 20]);
  });

  it("say no more than they must", () => {
    expect([0, 0.05, 12.5, 1500, 25000, 1200000, 3e-7, -2e10].map(tickText)).toEqual(["0", "0.05", "12.5", "1500", "25k", "1.2M", "3e−7", "−2e10"]);
  });
});

describe("a histogram", () => {
  it("loses no value, the largest included", () => {
    const bins = binned([0, 1, 2, 3, 4, NaN], 4);
    expect(bins.map(({ count }) => count)).toEqual([1, 1, 1, 2]);
    expect([bins[0]!.from, bins.at(-1)!.to]).toEqual([0, 4]);
    expect(binned([], 4)).toEqual([]);
    expect(binned([7, 7], 2).reduce((sum, { count }) => sum + count, 0)).toBe(2);
  });

  it("has the ends of its values", () => {
    expect(extent([3, null, NaN, -1, undefined])).toEqual([-1, 3]);
    expect(extent([null, NaN])).toBeNull();
  });
});
