import { tableFromArrays, tableToIPC } from "@uwdata/flechette";
import { describe, expect, it } from "vitest";
import { digits } from "../test/digits";
import { colorPoints, faded } from "./coloring";
import { counterfactualsOf, type Near } from "./counterfactuals";
import { csvOf, pageOf } from "./export";
import { backwards, carriedMask, linkedCount, linkOf } from "./link";
import { sceneOf } from "./scene";
import { readPlot, type ClassColumn, type GradientColumn, type PlotTable } from "./table";

const plot = readPlot(digits());
const classes = plot.columns.find(({ name }) => name === "class") as ClassColumn;
const score = plot.columns.find(({ name }) => name === "anomaly_score") as GradientColumn;

function other(ids: readonly string[]): PlotTable {
  const places = Float32Array.from(ids, (_, row) => row);
  return readPlot(tableToIPC(tableFromArrays({ x: places, y: places, id: [...ids] }), {})!);
}

describe("two plots", () => {
  const half = other([plot.id(200), "nobody", plot.id(60)]);
  const links = linkOf(plot, half);

  it("are linked by the ids of their rows", () => {
    expect(linkedCount(links)).toBe(2);
    expect([links[200], links[60], links[61]]).toEqual([0, 2, -1]);
    expect([...backwards(links, half.count)]).toEqual([200, -1, 60]);
  });

  it("share a selection", () => {
    const mask = new Uint8Array(plot.count);
    mask[60] = mask[61] = 1;
    expect([...carriedMask(mask, links, half.count)]).toEqual([0, 0, 1]);
  });

  it("are linked row by row where they show the same sample without ids", () => {
    const sets = plot.sets.map((set) => ({ ...set, dataset: `dataset/${set.name}` }));
    const same = { ...plot, sets };
    expect([...linkOf(same, same)].every((row, place) => row === place)).toBe(true);
  });
});

describe("counterfactuals", () => {
  const near: Near[] = Array.from({ length: 40 }, (_, place) => ({ point: 100 + place, id: `n${place}`, distance: place }));

  it("are of another class, nearest first", () => {
    const found = counterfactualsOf(plot, 60, near, classes)!;
    expect(found.near.length).toBeGreaterThan(0);
    for (const { point } of found.near) expect(classes.codes[point]).not.toBe(classes.codes[60]);
    expect(found.near.map(({ distance }) => distance)).toEqual(found.near.map(({ distance }) => distance).sort((left, right) => left - right));
  });

  it("are healthy for a point that is not, and none for one that is", () => {
    const odd = score.values.findIndex((value) => value > 0.3);
    for (const { point } of counterfactualsOf(plot, odd, near, score)!.near) expect(score.values[point]).toBeLessThanOrEqual(0.3);
    expect(counterfactualsOf(plot, score.values.findIndex((value) => value <= 0.3), near, score)).toBeNull();
  });
});

describe("what leaves the page", () => {
  const coloring = colorPoints(plot, { column: classes, byValue: false, hidden: new Set(), training: true, theme: "light" });
  const mask = new Uint8Array(plot.count);
  mask[60] = 1;

  it("is every point in a table, or the selected ones", () => {
    const lines = csvOf(plot).trimEnd().split("\r\n");
    expect(lines).toHaveLength(plot.count + 1);
    expect(lines[0]).toBe(`id,set,x,y,${plot.columns.filter(({ source }) => source !== "set").map(({ name }) => name).join(",")}`);
    const [, only] = csvOf(plot, mask).trimEnd().split("\r\n");
    expect(only!.startsWith(`${plot.id(60)},production,${plot.x[60]},${plot.y[60]},`)).toBe(true);
  });

  it("is one page that ends no script before its end and asks nobody", () => {
    const scene = sceneOf(plot, coloring, { column: classes, hidden: new Set(), theme: "light" });
    const page = pageOf(plot, scene, { title: "</script><b>", facts: [], legend: coloring.legend, theme: "light" });
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(page).not.toMatch(/src=|href=|https?:/);
    const data = JSON.parse(/id="data">(.*)<\/script>\n<script>/s.exec(page)![1]!) as { title: string; ids: string[] };
    expect(data.title).toBe("</script><b>");
    expect(data.ids[60]).toBe(plot.id(60));
  });

  it("keeps in grey what is not selected", () => {
    const colors = faded(coloring.colors, mask, "light");
    expect([...colors.slice(240, 244)]).toEqual([...coloring.colors.slice(240, 244)]);
    for (let point = 61; point < plot.count; point++) expect(colors[4 * point + 3]).toBe(60);
  });
});
