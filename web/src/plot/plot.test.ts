import { tableFromArrays, tableToIPC } from "@uwdata/flechette";
import { describe, expect, it } from "vitest";
import { digits } from "../test/digits";
import { classCentres, colorable, colorPoints, type ColoringChoice, type ValueLegend } from "./coloring";
import { absentColor, classColor, healthColor, rampColor } from "./palette";
import { radiusFor, sceneOf } from "./scene";
import { cellAt, isHealthy, readPlot, rowOf, type ClassColumn, type GradientColumn } from "./table";

const plot = readPlot(digits());
const classes = plot.columns.find(({ name }) => name === "class") as ClassColumn;
const score = plot.columns.find(({ name }) => name === "anomaly_score") as GradientColumn;
const start: ColoringChoice = { column: classes, byValue: false, hidden: new Set(), training: true, theme: "light" };

describe("reading a plot that pyarrow wrote", () => {
  it("puts training rows first and keeps ids with their coordinates", () => {
    expect([plot.count, plot.trainingCount, plot.dropped, plot.dimensions]).toEqual([300, 60, 0, 2]);
    expect(plot.id(0)).toBe("train-00000");
    expect(plot.id(60)).toBe("req-00500");
    // The first digit of the data set under PCA(2).
    expect([plot.x[0], plot.y[0]].map((value) => Math.abs(Math.round(value! * 100) / 100))).toEqual([1.26, 21.27]);
  });

  it("reads classes, numbers and absent values", () => {
    expect(classes.classes).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    expect(cellAt(classes, 0)).toBeNull();
    expect(cellAt(classes, 60)).toMatch(/^\d$/);
    expect(cellAt(score, 0)).toBeNull();
    expect(score.limit).toEqual({ threshold: 0.3, operation: "LessEq" });
    expect(score.source).toBe("metric");
    expect(score.minimum).toBeGreaterThan(0);
    expect(score.maximum).toBeLessThan(1);
  });

  it("offers classes first and metrics last", () => {
    expect(colorable(plot).map(({ name }) => name)).toEqual(["class", "confidence", "anomaly_score", "set"]);
  });

  it("reads a file without facts, drops rows without a place, and guesses how to colour", () => {
    const bytes = tableToIPC(tableFromArrays({ x: [1, NaN, 3], y: [1, 2, 3], label: ["b", "a", "a"], value: [1, 2, 3] }), {})!;
    const table = readPlot(bytes);
    expect([table.count, table.dropped, table.trainingCount]).toEqual([2, 1, 0]);
    expect([table.id(0), table.id(1), table.find("row 2"), table.pointOf(2), table.pointOf(1)]).toEqual(["row 0", "row 2", 1, 1, -1]);
    expect(table.columns.map(({ kind }) => kind)).toEqual(["class", "gradient"]);
  });

  it("knows which row of its data a point is, behind training rows and in a part of the data", () => {
    const arrow = tableFromArrays({ x: [NaN, 2, 3, 4, 5], y: [1, 2, 3, 4, 5], label: [1, NaN, 2, 1, 2] });
    const facts = {
      columns: { label: { coloring_type: "class" } },
      sets: [
        { name: "production", dataset: "dataset/a", rows: 3, start: 40 },
        { name: "training", dataset: "dataset/b", rows: 2 },
      ],
    };
    arrow.schema.metadata = new Map([["arangovis", JSON.stringify(facts)]]);
    const table = readPlot(tableToIPC(arrow, {})!);
    expect(Array.from({ length: table.count }, (_, point) => rowOf(table, point))).toEqual([
      { dataset: "dataset/b", position: 0 },
      { dataset: "dataset/b", position: 1 },
      { dataset: "dataset/a", position: 41 },
      { dataset: "dataset/a", position: 42 },
    ]);
    expect((table.columns[0] as ClassColumn).classes).toEqual(["1", "2"]);
    expect(cellAt(table.columns[0]!, 2)).toBeNull();
    expect(rowOf(plot, 0)).toBeNull();
  });

  it("says what is wrong with bytes that are no plot", () => {
    expect(() => readPlot(new TextEncoder().encode("PK\u0003\u0004 not arrow at all"))).toThrow(/not an Arrow stream|no column/);
    expect(() => readPlot(tableToIPC(tableFromArrays({ x: [1] }), {})!)).toThrow("no column y");
  });
});

describe("colouring", () => {
  const colorAt = (colors: Uint8Array, row: number): number[] => [...colors.slice(4 * row, 4 * row + 4)];

  it("gives every class its colour and training points a faint one", () => {
    const { colors } = colorPoints(plot, start);
    expect(colorAt(colors, 60)).toEqual([...classColor(classes.codes[60]!, "light"), 255]);
    expect(colorAt(colors, 0)).toEqual([...absentColor("light"), 90]);
  });

  it("hides classes and training points", () => {
    const { colors } = colorPoints(plot, { ...start, hidden: new Set(["3"]), training: false });
    for (let row = 0; row < plot.count; row++) {
      const isHidden = row < plot.trainingCount || classes.codes[row] === 3;
      expect(colors[4 * row + 3] === 0).toBe(isHidden);
    }
  });

  it("counts every production point once in the legend", () => {
    const { legend } = colorPoints(plot, start);
    expect(legend?.kind).toBe("class");
    if (legend?.kind === "class") expect(legend.entries.reduce((sum, { count }) => sum + count, legend.absent)).toBe(240);
  });

  it("colours a metric by its threshold", () => {
    const { colors, legend } = colorPoints(plot, { ...start, column: score });
    const { healthy, unhealthy, absent, bins } = legend as ValueLegend;
    const values = [...score.values.slice(60)];
    expect(healthy).toBe(values.filter((value) => value <= 0.3).length);
    expect(unhealthy).toBe(values.filter((value) => value > 0.3).length);
    expect(healthy + unhealthy + absent).toBe(240);
    expect(absent).toBeGreaterThan(0);
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(healthy + unhealthy);
    const row = score.values.findIndex((value) => value > 0.3);
    expect(colorAt(colors, row)).toEqual([...healthColor(false, "light"), 255]);
  });

  it("colours by value along the ramp, and absent values apart", () => {
    const { colors } = colorPoints(plot, { ...start, column: score, byValue: true });
    const highest = score.values.indexOf(score.maximum);
    expect(colorAt(colors, highest)).toEqual([...rampColor(1, "light"), 255]);
    const absent = score.values.findIndex((value, row) => row >= 60 && Number.isNaN(value));
    expect(colorAt(colors, absent)).toEqual([...absentColor("light"), 255]);
  });

  it("colours a column without any value", () => {
    const empty: GradientColumn = { ...score, values: score.values.map(() => NaN), minimum: Infinity, maximum: -Infinity };
    const { legend } = colorPoints(plot, { ...start, column: empty });
    expect(legend).toMatchObject({ kind: "value", bins: [], absent: 240, healthy: 0 });
  });

  it.each([
    ["Eq", [false, true, false]],
    ["NotEq", [true, false, true]],
    ["Greater", [false, false, true]],
    ["GreaterEq", [false, true, true]],
    ["Less", [true, false, false]],
    ["LessEq", [true, true, false]],
  ] as const)("knows what healthy means under %s", (operation, expected) => {
    expect([1, 2, 3].map((value) => isHealthy(value, { threshold: 2, operation }))).toEqual(expected);
  });
});

describe("the picture", () => {
  it("writes the name of each visible class inside the cloud", () => {
    const centres = classCentres(plot, classes, new Set(["1"]));
    expect(centres.map(({ name }) => name)).toEqual(["0", "2", "3", "4", "5", "6", "7", "8", "9"]);
    const scene = sceneOf(plot, colorPoints(plot, start), { column: classes, hidden: new Set(), theme: "dark" });
    expect(scene.labels).toHaveLength(10);
    expect(scene.layers.map(({ start: from, end }) => [from, end])).toEqual([[0, 60], [60, 300]]);
  });

  it("makes points smaller the more there are", () => {
    const radii = [10, 1_000, 5_000, 50_000, 1_000_000].map(radiusFor);
    expect(radii).toEqual([...radii].sort((left, right) => right - left));
  });
});
