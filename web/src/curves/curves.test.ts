import { describe, expect, it } from "vitest";
import { linear, log } from "../charts/scale";
import { cut, fitted, panned, tickLabel, zoomed } from "./axis";
import { drawSheet, edgesOf, type Sheet, type Tally } from "./draw";
import { whyNot, axesOf, bindingsOf } from "./kinds";
import { Line, RunLines } from "./lines";
import { Numbers, Words } from "./numbers";
import { ink, Raster } from "./raster";
import { Reduced, reduce } from "./reduce";
import { Smoothed } from "./smooth";
import { LAYER, PLOT, type PlotSpec } from "../state/live";
import { axesFor, nearest, scalesFor, ticksOf, type Part } from "./picture";

const wave = Float64Array.from({ length: 10_000 }, (_, at) => Math.sin(at / 50) * Math.exp(-at / 4000));
const steps = Float64Array.from(wave, (_, at) => at);

function lineOf(x: ArrayLike<number>, y: ArrayLike<number>, order: ArrayLike<number> = x): Line {
  const line = new Line("run/a", []);
  for (let at = 0; at < x.length; at++) line.add(x[at]!, y[at]!, NaN, NaN, order[at]!);
  line.settle(0);
  return line;
}

function sheetOf(lines: readonly Line[], x = linear([0, 10_000], [0, 200]), y = linear([-1, 1], [100, 0])): Sheet {
  return { mark: "line", strands: lines.map((line) => ({ line, color: ink([0, 0, 255]) })), x, y, ratio: 1, colorOf: null, radiusOf: null, lit: null };
}

function drawn(sheet: Sheet): { raster: Raster; tally: Tally } {
  const raster = new Raster(200, 100);
  raster.clear(ink([255, 255, 255]));
  const tally = { drawn: 0, seen: 0, without: 0 };
  drawSheet(raster, sheet, tally);
  return { raster, tally };
}

describe("what may be bound", () => {
  it("takes only what has a place on the axis, and says why", () => {
    expect(whyNot("x", { label: "word", kind: "text" })).toBe("word holds texts; this takes whole numbers, numbers and times");
    for (const kind of ["int", "float", "timestamp"] as const) expect(whyNot("x", { label: "a", kind })).toBeNull();
    expect(whyNot("color", { label: "word", kind: "text" })).toBeNull();
    expect(whyNot("group", { label: "loss", kind: "float" })).toMatch(/takes whole numbers, texts and truth values/);
    expect(whyNot("size", { label: "ok", kind: "bool" })).not.toBeNull();
  });

  it("knows what a layer needs, and which axes there are", () => {
    const layer = { ...LAYER, y: "loss", color: "@lr", group: ["rank"], z: "unused" };
    expect(bindingsOf(layer)).toEqual(["step", "loss", "@lr", "rank"]);
    expect(bindingsOf({ ...layer, mark: "heat" })).toContain("unused");
    expect(axesOf([LAYER, { ...LAYER, ownY: true }])).toEqual(["x", "y", "y2"]);
  });
});

describe("fewer points", () => {
  it("keep the extremes of every column, and say how many they are of", () => {
    const found = reduce(steps, wave, Float64Array.from({ length: 101 }, (_, at) => at * 100), -Infinity, new Reduced());
    expect(found.length).toBe(100);
    expect([found.points, found.kept]).toEqual([10_000, 400]);
    for (let column = 0; column < 100; column++) {
      const part = wave.slice(column * 100, column * 100 + 100);
      expect(found.low[column]).toBe(Math.min(...part));
      expect(found.high[column]).toBe(Math.max(...part));
    }
  });

  it("are all there once one looks closely, with what leads out of sight", () => {
    const found = reduce(steps, wave, Float64Array.from({ length: 201 }, (_, at) => 5000 + at / 10), -Infinity, new Reduced());
    expect([found.points, found.kept]).toEqual([20, 20]);
    expect([found.column[0], found.column[found.length - 1]]).toEqual([-1, 200]);
    expect(found.first[0]).toBe(4999);
  });

  it("break at gaps, and leave out what a logarithmic axis has no place for", () => {
    const values = Float64Array.from([1, NaN, 2, 0, -3, 4, Infinity, 5]);
    const found = reduce(Float64Array.from(values, (_, at) => at), values, Float64Array.from({ length: 9 }, (_, at) => at), 0, new Reduced());
    expect([...found.first.slice(0, found.length)]).toEqual([0, 2, 5, 7]);
    expect([...found.broken.slice(0, found.length)]).toEqual([0, 1, 1, 1]);
    expect(found.without).toBe(2);
  });
});

describe("lines", () => {
  it("grow with rows, each group its own, in order whatever the order of coming", () => {
    const run = new RunLines("run/a");
    const x = Numbers.of([3, 1]);
    const y = Numbers.of([30, 10]);
    const rank = Numbers.of([0, 0]);
    const bound = { x, y, color: 7, size: NaN, order: x, groups: [rank] };
    expect(run.follow(bound, 2, 0)).toBe(true);
    expect([...run.lines[0]!.y.view]).toEqual([10, 30]);
    x.append([2, 1, 4]);
    y.append([20, 11, 40]);
    rank.append([0, 1, 0]);
    run.follow(bound, 5, 0);
    expect(run.lines.map((line) => [...line.y.view])).toEqual([[10, 20, 30, 40], [11]]);
    expect(run.lines[0]!.isForward).toBe(true);
    expect(run.lines[0]!.xExtent.of(false)).toEqual([1, 4]);
    expect(run.follow(bound, 5, 0)).toBe(false);
    expect([...run.lines[0]!.color.view]).toEqual([7, 7, 7, 7]);
  });

  it("may go back and forth if another field orders them", () => {
    const line = lineOf([0, 2, 1], [0, 1, 2], [0, 1, 2]);
    expect(line.isForward).toBe(false);
    expect(drawn(sheetOf([line], linear([0, 2], [0, 200]), linear([0, 2], [100, 0]))).tally).toMatchObject({ drawn: 3, seen: 3 });
  });

  it("are smoothed as TensorBoard does, piece by piece or at once", () => {
    const whole = new Smoothed(0.9);
    whole.follow(wave);
    const pieces = new Smoothed(0.9);
    for (const end of [1, 17, 5000, wave.length]) pieces.follow(wave.slice(0, end));
    expect(pieces.values.view).toEqual(whole.values.view);
    let last = 0;
    const oracle = Array.from(wave.slice(0, 100), (value, at) => (last = last * 0.9 + 0.1 * value) / (1 - 0.9 ** (at + 1)));
    oracle.forEach((value, at) => expect(whole.values.view[at]).toBeCloseTo(value, 12));
    const gap = new Smoothed(0.5);
    gap.follow(Float64Array.from([2, NaN, 2]));
    expect([...gap.values.view]).toEqual([2, NaN, 2]);
  });
});

describe("the picture", () => {
  it("shows a peak of one point among ten thousand", () => {
    const flat = new Float64Array(10_000);
    flat[5000] = 0.9;
    const { raster, tally } = drawn(sheetOf([lineOf(steps, flat)]));
    expect(raster.pixels[100 * 100 + 10]).toBe(ink([0, 0, 255]));
    expect(tally.seen).toBe(10_000);
    expect(tally.drawn).toBeLessThanOrEqual(800);
  });

  it("draws a line through far points that are out of sight", () => {
    const { raster } = drawn(sheetOf([lineOf([-1e9, 1e9], [0, 0])]));
    const image = new Int32Array(200 * 100);
    raster.copyTo(image);
    for (let column = 0; column < 200; column++) expect(image[50 * 200 + column]).not.toBe(ink([255, 255, 255]));
    expect(image[20 * 200 + 100]).toBe(ink([255, 255, 255]));
  });

  it("leaves gaps open, and shows a point between two of them", () => {
    const values = [0, 0, NaN, 0.5, NaN, 0, 0];
    const { raster } = drawn(sheetOf([lineOf(values.map((_, at) => at), values)], linear([0, 6], [0, 200])));
    const isDrawn = (column: number, row: number): boolean => raster.pixels[column * 100 + row] !== ink([255, 255, 255]);
    expect(isDrawn(20, 50)).toBe(true);
    expect(isDrawn(65, 50)).toBe(false);
    expect(isDrawn(100, 25)).toBe(true);
  });

  it("counts points that a logarithmic axis leaves out", () => {
    const line = lineOf([1, 2, 3, 4], [1, 0, -1, 10]);
    expect(drawn(sheetOf([line], linear([0, 5], [0, 200]), log([0.1, 100], [100, 0]))).tally).toEqual({ drawn: 2, seen: 2, without: 2 });
    const early = drawn(sheetOf([lineOf([-1, 0, 1, 2], [1, 1, 1, 1])], log([1, 10], [0, 200])));
    expect(early.tally).toEqual({ drawn: 2, seen: 2, without: 2 });
    const points = { ...sheetOf([line], linear([0, 5], [0, 200]), log([0.1, 100], [100, 0])), mark: "points" as const };
    expect(drawn(points).tally).toEqual({ drawn: 2, seen: 2, without: 2 });
  });

  it("means what lies in a cell of a heat map", () => {
    const line = new Line("run/a", []);
    for (const z of [1, 3]) line.add(50, 0, z, NaN, 50);
    line.settle(0);
    const { raster } = drawn({ ...sheetOf([line], linear([0, 100], [0, 200])), mark: "heat", colorOf: (value) => (value === 2 ? ink([255, 0, 0]) : 0) });
    expect(raster.pixels[100 * 100 + 50]).toBe(ink([255, 0, 0]));
  });

  it("has one column for each pixel", () => {
    const edges = edgesOf(linear([0, 10], [0, 5]), 5);
    expect([...edges].map((edge) => Number(edge.toFixed(6)))).toEqual([0, 2, 4, 6, 8, 10]);
    expect(edges[5]).toBeGreaterThan(10);
  });
});

describe("an axis", () => {
  it("is moved and zoomed around what is pointed at, on both scales", () => {
    const plain = { log: false, ends: [0, 10] as const };
    expect(panned(plain, 0.5)).toEqual([5, 15]);
    expect(zoomed(plain, 0.5, 0)).toEqual([0, 5]);
    expect(cut(plain, 0.2, 0.4)).toEqual([2, 4]);
    const tens = { log: true, ends: [1, 100] as const };
    expect(panned(tens, 0.5).map(Math.round)).toEqual([10, 1000]);
    expect(zoomed(tens, 2, 1).map((value) => Number(value.toPrecision(6)))).toEqual([0.01, 100]);
  });

  it("fits what is finite, and above 0 on a logarithmic scale", () => {
    const line = lineOf([0, 1, 2, 3], [-5, NaN, 100, Infinity]);
    expect(line.yExtent.of(false)).toEqual([-5, 100]);
    expect(line.yExtent.of(true)).toEqual([100, 100]);
    expect(fitted([100, 100], true)).toEqual([50, 200]);
    expect(fitted(null, true)).toEqual([1, 10]);
    expect(fitted([0, 0], false)).toEqual([-0.5, 0.5]);
  });

  it("can not be zoomed into nothing", () => {
    let ends: readonly [number, number] = [0, 1];
    for (let turn = 0; turn < 200; turn++) ends = zoomed({ log: false, ends }, 0.5, 0.3);
    expect(ends[1]).toBeGreaterThan(ends[0]);
  });
});

describe("words", () => {
  it("have one code each", () => {
    const words = new Words();
    expect(["a", "b", "a"].map((word) => words.code(word))).toEqual([0, 1, 0]);
    expect(words.list).toEqual(["a", "b"]);
  });
});

describe("what is near", () => {
  const layer = { ...LAYER, y: "loss" };
  const part = (line: Line): Part => ({ layer, lines: [line], colors: new Map(), paler: 0, key: null, sizes: null });

  it("is the point of each line that is nearest along x, and none of a line that ends before", () => {
    const [long, short] = [lineOf([0, 5, 10], [1, 2, 3]), lineOf([0, 1], [9, 9])];
    const axes = axesFor({ ...PLOT, layers: [layer], ends: { x: [0, 10], y: [0, 10] } }, [part(long), part(short)]);
    const scales = scalesFor(axes, { width: 100, height: 100 });
    expect(nearest([part(long), part(short)], scales, 45, 0).map((near) => [near.line === long, near.x, near.y, near.left, near.top])).toEqual([[true, 5, 2, 50, 80]]);
    expect(nearest([part(long), part(short)], scales, 4, 12).map((near) => near.line === short)).toEqual([true, false]);
  });
});

describe("the axes of a plot", () => {
  it("lie around everything on them, or where they were moved to", () => {
    const [low, high] = [lineOf([0, 10], [1, 2]), lineOf([5, 20], [100, 200])];
    const layers = [{ ...LAYER, y: "a" }, { ...LAYER, y: "b", ownY: true }];
    const parts = layers.map((layer, place): Part => ({ layer, lines: [place ? high : low], colors: new Map(), paler: 0, key: null, sizes: null }));
    const plot: PlotSpec = { ...PLOT, layers, ends: { y2: [0, 50] }, logs: ["y"] };
    const axes = axesFor(plot, parts);
    expect([...axes.keys()]).toEqual(["x", "y", "y2"]);
    expect(axes.get("x")!.ends).toEqual([0, 20]);
    expect(axes.get("y2")!.ends).toEqual([0, 50]);
    expect(axes.get("y")).toMatchObject({ log: true });
    expect(axes.get("y")!.ends[0]).toBeGreaterThan(0.9);
    expect(axesFor({ ...plot, ends: { y: [-1, 5] } }, parts).get("y")!.ends[0]).toBeGreaterThan(0);
    expect(ticksOf("x", axes.get("x")!, 400)).toEqual([0, 5, 10, 15, 20]);
  });

  it("have round times on them", () => {
    const axis = { log: false, ends: [0, 300_000] as const, time: "relative" as const };
    expect(ticksOf("x", axis, 400).map((tick) => tickLabel(axis, tick))).toEqual(["0 s", "60 s", "2 min", "3 min", "4 min", "5 min"]);
  });
});
