import { describe, expect, it } from "vitest";
import type { Attributes, Node } from "../api/types";
import { cellOf, columnsOf, facetsOf, firstColumns, heading } from "./cells";
import { compareNodes } from "./compare";

const VERSION = { number: 1, valid_from: 5, valid_to: null, actor: "ada", request_id: "", action_id: "", deleted: false };
const run = (key: string, attributes: Attributes): Node => ({ id: `run/${key}`, kind: "run", project: "p", attributes, version: VERSION, created: 7 });
const FIRST = run("1", { name: "a", state: "SUCCESS", params: { k: 5, kernel: "rbf" }, metrics: { "f1.macro": 0.9 }, started: 10, ended: 30 });
const SECOND = run("2", { name: "b", state: "SUCCESS", params: { k: 15, kernel: "rbf", seed: 1 }, metrics: { "f1.macro": 0.8 } });
const NAMES = [
  { name: "state", types: ["text"], nodes: 2 },
  { name: "run_key", types: ["text"], nodes: 2 },
  { name: "plan", types: [], nodes: 0 },
  { name: "params.k", types: ["number"], nodes: 2 },
  { name: "params.kernel", types: ["text"], nodes: 2 },
  { name: "metrics.f1.macro", types: ["number"], nodes: 2 },
];

describe("comparing", () => {
  const groups = compareNodes([FIRST, SECOND]);
  const rows = (title: string) => groups.find((group) => group.title === title)!.rows;

  it("says what differs, and which number is least and greatest", () => {
    expect(rows("Parameters").map(({ name, differs }) => [name, differs])).toEqual([["k", true], ["kernel", false], ["seed", true]]);
    expect(rows("Parameters")[0]!.ends).toEqual([5, 15]);
    expect(rows("Metrics")[0]).toMatchObject({ name: "f1.macro", cells: [0.9, 0.8], ends: [0.8, 0.9] });
    expect(rows("Parameters")[2]!.cells).toEqual([undefined, 1]);
  });

  it("leaves out what the nodes do not say", () => {
    expect(groups.map(({ title }) => title)).toEqual(["Parameters", "Metrics", "Run"]);
    expect(rows("Run").find(({ name }) => name === "took")!.cells).toEqual([20, undefined]);
  });
});

describe("cells", () => {
  it("are found by their searchable names, dots in them or not", () => {
    expect(["metrics.f1.macro", "params.k", "took", "created", "actor", "params.none", "plan"].map((name) => cellOf(FIRST, name))).toEqual([0.9, 5, 20, 7, "ada", null, null]);
  });

  it("make columns of what is in use", () => {
    expect(columnsOf("run", NAMES)).toContain("params.kernel");
    expect(columnsOf("run", NAMES)).not.toContain("run_key");
    expect(columnsOf("run", NAMES)).not.toContain("plan");
    expect(firstColumns("run", NAMES).slice(-3)).toEqual(["metrics.f1.macro", "params.k", "params.kernel"]);
    expect(facetsOf("run", NAMES, ["metrics.f1.macro"])).toEqual(["state", "method", "tags", "project", "params.kernel", "metrics.f1.macro"]);
    expect(heading("metrics.f1.macro")).toBe("f1.macro");
  });
});
