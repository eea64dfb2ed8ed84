import { tableFromArrays, tableToIPC } from "@uwdata/flechette";
import { describe, expect, it } from "vitest";
import { LAYER, type Layer } from "../state/live";
import { runsOf, type Fields, type RunInfo } from "../state/live-runs";
import type { Node } from "../api/types";
import { RowStore } from "./rows";
import { colorsOf, LayerLines } from "./scene";
import { readRows, type Column, type RowsAnswer, type RunPart } from "./wire";

const FIELDS: Fields = new Map([
  ["f1", { name: "rate", kind: "float", description: "" }],
  ["f2", { name: "solver", kind: "text", description: "" }],
]);

function part(run: string, columns: Record<string, Column>, more: Partial<RunPart> = {}): RunPart {
  const rows = Object.values(columns)[0]?.length ?? 0;
  return { run, state: "STARTED", restart: false, rows, ofPoints: rows, cursor: `${run} ${rows}`, columns: new Map(Object.entries(columns)), ...more };
}

function answer(parts: readonly RunPart[], gone: readonly string[] = []): RowsAnswer {
  return { parts, gone, pollAfterMs: 1000, isPartial: false };
}

function numbers(...values: number[]): Float64Array {
  return Float64Array.from(values);
}

function run(key: string, started: number, values: Record<string, string | number> = {}): Node {
  const attributes = { name: key, state: "STARTED", started, params: { lr: 0.1 }, field_values: values };
  return { id: `run/${key}`, kind: "run", project: "p", attributes, version: { number: 1, valid_from: 0, valid_to: null, actor: "", request_id: "", action_id: "", deleted: false }, created: 0 };
}

const [FIRST, SECOND] = runsOf([run("b", 2), run("a", 1, { f1: 0.5, f2: "sgd" })], FIELDS) as [RunInfo, RunInfo];

function layered(layer: Partial<Layer>, store: RowStore): LayerLines {
  const made = { ...LAYER, y: "loss", ...layer };
  const lines = new LayerLines(made, made.x, store);
  lines.follow([FIRST, SECOND], 0, "value");
  return lines;
}

describe("what the service answers", () => {
  it("is cut into its runs, in the order in which they are told", () => {
    const table = tableFromArrays({ _run: ["a", "a", "b"], step: [1, 2, 1], loss: [0.5, NaN, 0.25], phase: ["x", null, "y"], ok: [true, false, null] });
    const told = (name: string, rows: number): object => ({ run: `run/${name}`, state: "SUCCESS", restart: name === "b", rows, of_points: rows * 10, cursor: name });
    const facts = { runs: [told("a", 2), told("b", 1)], gone: ["run/c"], poll_after_ms: 5, partial_reasons: ["rows"] };
    table.schema.metadata = new Map([["arangovis", JSON.stringify(facts)]]);
    const read = readRows(tableToIPC(table, { format: "stream" })!);
    expect(read).toMatchObject({ gone: ["run/c"], pollAfterMs: 5, isPartial: true });
    expect(read.parts.map((one) => [one.run, one.rows, one.ofPoints, one.restart])).toEqual([["run/a", 2, 20, false], ["run/b", 1, 10, true]]);
    expect(Object.fromEntries(read.parts[0]!.columns)).toEqual({ step: numbers(1, 2), loss: numbers(0.5, NaN), phase: ["x", null], ok: numbers(1, 0) });
    expect(Object.fromEntries(read.parts[1]!.columns)).toEqual({ step: numbers(1), loss: numbers(0.25), phase: ["y"], ok: numbers(NaN) });
  });

  it("says so if it is something else", () => {
    expect(() => readRows(tableToIPC(tableFromArrays({ a: [1] }), { format: "stream" })!)).toThrow(/says nothing/);
  });
});

describe("rows as they come", () => {
  it("are joined, begun anew, and dropped", () => {
    const store = new RowStore();
    expect(store.take(answer([part("run/a", { loss: numbers(1, 2) }), part("run/b", { loss: numbers(5) })]))).toBe(true);
    store.take(answer([part("run/a", { loss: numbers(3) })]));
    expect([...store.runs.get("run/a")!.columns.get("loss")!.view]).toEqual([1, 2, 3]);
    expect(store.cursors(["run/a", "run/unknown"])).toEqual({ a: "run/a 1" });
    expect(store.take(answer([part("run/a", { loss: numbers() })]))).toBe(false);
    const before = store.runs.get("run/a");
    store.take(answer([part("run/a", { loss: numbers(9) }, { restart: true })], ["run/b"]));
    expect(store.runs.get("run/a")).not.toBe(before);
    expect([...store.runs.keys()]).toEqual(["run/a"]);
    expect(store.points).toEqual({ held: 1, logged: 1 });
    store.keep(new Set());
    expect(store.runs.size).toBe(0);
  });
});

describe("a layer", () => {
  it("binds a value of the run beside every row, and leaves out runs without one", () => {
    const store = new RowStore();
    const rows = { step: numbers(0, 1), loss: numbers(3, 2) };
    store.take(answer([part(FIRST.id, rows), part(SECOND.id, rows)]));
    expect(FIRST.values.get("rate")).toBe(0.5);
    const across = layered({ x: "@rate", mark: "points" }, store);
    expect(across.lines([FIRST, SECOND]).map((line) => [...line.x.view])).toEqual([[0.5, 0.5]]);
    expect(across.lacking).toEqual({ place: [SECOND.id], color: [] });
    const colored = layered({ color: "@solver" }, store);
    expect(colored.lacking).toEqual({ place: [], color: [SECOND.id] });
    expect(colored.lines([FIRST, SECOND]).length).toBe(2);
    const key = colored.key("text")!;
    expect(key.classes.map((one) => one.label)).toEqual(["sgd"]);
    const colors = colorsOf(key, "light");
    expect(colors(NaN)).not.toBe(colors(0));
    expect(layered({ color: "@params.lr" }, store).key("float")).toMatchObject({ name: "params.lr", ramp: [0.1, 0.1] });
  });

  it("follows what is replaced and what is gone", () => {
    const store = new RowStore();
    const lines = layered({}, store);
    store.take(answer([part(FIRST.id, { step: numbers(0, 1), loss: numbers(1, 2) }), part(SECOND.id, { step: numbers(0), loss: numbers(7) })]));
    lines.follow([FIRST, SECOND], 0, "value");
    expect(lines.lines([FIRST, SECOND]).map((line) => line.length)).toEqual([2, 1]);
    store.take(answer([part(FIRST.id, { step: numbers(5), loss: numbers(9) }, { restart: true })], [SECOND.id]));
    lines.follow([FIRST], 0.5, "value");
    expect(lines.lines([FIRST, SECOND]).map((line) => [...line.drawn.view])).toEqual([[9]]);
  });

  it("names what tells its lines apart, and counts time from the first row", () => {
    const store = new RowStore();
    store.take(answer([part(FIRST.id, { step: numbers(1000, 1000, 3000), loss: numbers(1, 2, 3), phase: ["early", "late", "early"] })]));
    const lines = new LayerLines({ ...LAYER, y: "loss", group: ["phase"] }, "step", store);
    lines.follow([FIRST], 0, "relative");
    expect(lines.lines([FIRST]).map((line) => [lines.groupLabel(line, new Map([["phase", "text"]])), [...line.x.view]])).toEqual([["phase early", [0, 2000]], ["phase late", [0]]]);
    store.take(answer([part(FIRST.id, { step: numbers(4000), loss: numbers(4), phase: ["late"] })]));
    lines.follow([FIRST], 0, "relative");
    expect([...lines.lines([FIRST])[1]!.x.view]).toEqual([0, 3000]);
  });
});
