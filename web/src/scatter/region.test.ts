import { describe, expect, it } from "vitest";
import { densityOf } from "./contours";
import { extentOf } from "./camera";
import { FRONT, Orbit, turned } from "./orbit";
import { boxOf, countOf, insideOf, polygonOf } from "./region";
import { between, carried, startOf } from "./tween";
import { digits } from "../test/digits";
import { readPlot } from "../plot/table";

const plot = readPlot(digits());
const extent = extentOf(plot.x, plot.y);

/** The rule by its definition: how many edges a ray to the right meets. */
function isInside(polygon: readonly number[], px: number, py: number): boolean {
  let inside = false;
  for (let k = 0; k < polygon.length; k += 2) {
    const [x1, y1] = [polygon[k]!, polygon[k + 1]!];
    const [x2, y2] = [polygon[(k + 2) % polygon.length]!, polygon[(k + 3) % polygon.length]!];
    if (y1 > py !== y2 > py && px < ((x2 - x1) * (py - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

describe("a region", () => {
  const star = Array.from({ length: 10 }, (_, corner) => {
    const [radius, angle] = [corner % 2 ? 6 : 18, (corner / 10) * 2 * Math.PI];
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  }).flat();

  it("holds the points that lie inside by definition", () => {
    const mask = insideOf(star, plot.x, plot.y);
    const expected = Array.from(plot.x, (x, point) => Number(isInside(star, x, plot.y[point]!)));
    expect([...mask]).toEqual(expected);
    expect(countOf(mask)).toBeGreaterThan(20);
    expect(countOf(mask)).toBeLessThan(plot.count);
  });

  it("holds everything if it goes round everything, and nothing if it is no region", () => {
    const all = boxOf({ x: extent.minX - 1, y: extent.minY - 1 }, { x: extent.maxX + 1, y: extent.maxY + 1 });
    expect(countOf(insideOf(all, plot.x, plot.y))).toBe(plot.count);
    expect(countOf(insideOf([0, 0, 1, 1], plot.x, plot.y))).toBe(0);
  });

  it("is a path in few and short numbers", () => {
    const path = Array.from({ length: 2000 }, (_, step) => ({ x: 300 + 200 * Math.cos(step / 318), y: 300 + 200 * Math.sin(step / 318) }));
    const polygon = polygonOf(path, ({ x, y }) => ({ x: x / 7, y: -y / 7 }));
    expect(polygon.length).toBeLessThanOrEqual(240);
    expect(polygon.every((value) => value === Number(value.toPrecision(5)))).toBe(true);
  });
});

describe("points of three dimensions", () => {
  const z = Float32Array.from(plot.x, (x, point) => Math.sin(x) * plot.y[point]!);
  const orbit = new Orbit(plot.x, plot.y, z);
  const layers = [{ start: 0, end: plot.trainingCount }, { start: plot.trainingCount, end: plot.count }];

  it("lie as they are when looked at from the front, but for perspective", () => {
    const flat = orbit.flat({ yaw: 0, pitch: 0 }, layers);
    const middle = (extent.minX + extent.maxX) / 2;
    for (let point = 0; point < plot.count; point++) expect(Math.sign(flat.x[point]!)).toBe(Math.sign(Math.fround(plot.x[point]! - middle)));
  });

  it("are drawn from far to near, each once, training before production", () => {
    const { order } = orbit.flat(FRONT, layers);
    expect([...order!].sort((left, right) => left - right)).toEqual(Array.from({ length: plot.count }, (_, row) => row));
    expect([...order!.slice(0, plot.trainingCount)].every((row) => row < plot.trainingCount)).toBe(true);
    const front = orbit.flat({ yaw: 0, pitch: 0 }, layers).order!;
    const depths = [...front.slice(plot.trainingCount)].map((row) => z[row]!);
    const span = Math.max(...z) - Math.min(...z);
    // In steps of a thousandth of the depth.
    for (let place = 1; place < depths.length; place++) expect(depths[place]! - depths[place - 1]!).toBeGreaterThan(-span / 100);
  });

  it("stay inside what everything fits into, however they are turned", () => {
    const reach = orbit.extent().maxX * 1.25;
    for (const yaw of [0, 1, 2, 3, 4]) {
      const { x, y } = orbit.flat({ yaw, pitch: 0.7 }, layers);
      for (let point = 0; point < plot.count; point++) expect(Math.max(Math.abs(x[point]!), Math.abs(y[point]!))).toBeLessThan(reach);
    }
    expect(orbit.box(FRONT)).toHaveLength(12);
  });

  it("do not turn over the top", () => {
    expect(turned(FRONT, { x: 0, y: 1e6 }).pitch).toBe(Math.PI / 2);
    expect(turned(FRONT, { x: 10, y: 0 }).yaw).toBeLessThan(FRONT.yaw);
  });
});

describe("density", () => {
  const { lines } = densityOf(plot.x, plot.y, 0, plot.trainingCount, extent)!;

  it("has lines that lie where the points are, the higher the shorter", () => {
    const lengths = lines.map((line) => {
      let length = 0;
      for (let k = 0; k < line.length; k += 4) length += Math.hypot(line[k + 2]! - line[k]!, line[k + 3]! - line[k + 1]!);
      return length;
    });
    expect(lengths.every((length) => length > 0)).toBe(true);
    expect(lengths.at(-1)).toBeLessThan(lengths[0]!);
    const across = extent.maxX - extent.minX;
    for (const value of lines[0]!.filter((_, place) => place % 2 === 0)) expect(value > extent.minX - across && value < extent.maxX + across).toBe(true);
  });

  it("is closed: at every place an even number of pieces meets", () => {
    const ends = new Map<string, number>();
    const line = lines[2]!;
    for (let k = 0; k < line.length; k += 2) {
      const end = `${line[k]!.toFixed(3)} ${line[k + 1]!.toFixed(3)}`;
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    expect([...ends.values()].filter((count) => count % 2 === 1)).toEqual([]);
  });

  it("is none of no points", () => {
    expect(densityOf(plot.x, plot.y, 0, 0, extent)).toBeNull();
  });
});

describe("gliding from one picture to another", () => {
  it("starts where the rows lay, and ends where they lie", () => {
    const before = { x: Float32Array.of(0, 10), y: Float32Array.of(0, 10) };
    const after = { x: Float32Array.of(100, 200, 150), y: Float32Array.of(0, 100, 50) };
    const from = startOf(before, after, Int32Array.of(1, 0, -1));
    expect([...from.x, ...from.y]).toEqual([200, 100, 150, 100, 0, 50]);
    expect([...between(from.x, after.x, 0)]).toEqual([...from.x]);
    expect([...between(from.x, after.x, 1)]).toEqual([...after.x]);
    expect(between(from.x, after.x, 0.5)[0]).toBe(150);
  });

  it("carries a camera to the same part of another picture, and back", () => {
    const [small, large] = [extentOf(Float32Array.of(0, 1), Float32Array.of(0, 1)), extentOf(Float32Array.of(-10, 10), Float32Array.of(0, 20))];
    const there = carried({ x: 0.5, y: 0.25, span: 0.5 }, small, large);
    expect(there).toEqual({ x: 0, y: 5, span: 10 });
    expect(carried(there, large, small)).toEqual({ x: 0.5, y: 0.25, span: 0.5 });
  });
});
