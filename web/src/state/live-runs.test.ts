import { describe, expect, it } from "vitest";
import { LAYER, PLOT } from "./live";
import { bindablesOf, countingField, defaultPlots, plotTitle, runFilter, timeField, type Listing, type RunInfo } from "./live-runs";

type Field = Listing["series"][number]["fields"][number];

function field(name: string, kind: Field["kind"], minimum: unknown = 0, maximum: unknown = 0): Field {
  return { field: `field/${name}`, name, kind, count: 0, nulls: 0, nans: 0, minimum, maximum };
}

function listing(...series: [rows: number, ...fields: Field[]][]): Listing {
  const listed = series.map(([rows, ...fields]) => ({ series: "series/s", series_data: "series_data/d", name: null, rows, loggers: [], updated: null, newest_step: null, fields }));
  return { run: "run/a", generation: 0, state: "STARTED", series: listed, attributes: [] };
}

describe("the plots of a run", () => {
  it("are one for each number, along what counts", () => {
    const logged = listing([10, field("loss", "float"), field("step", "int", 0, 9), field("word", "text")], [3, field("epoch", "int", 0, 2), field("accuracy", "float"), field("loss", "float")]);
    expect(defaultPlots([logged])).toEqual({ left: 0, plots: [{ ...PLOT, layers: [{ ...LAYER, x: "epoch", y: "accuracy" }] }, { ...PLOT, layers: [{ ...LAYER, y: "loss" }] }] });
  });

  it("have a line for each of what stands beside one another at a step", () => {
    const logged = listing([100, field("step", "int", 0, 9), field("digit", "int", 0, 9), field("score", "float")]);
    expect(defaultPlots([logged]).plots).toEqual([{ ...PLOT, layers: [{ ...LAYER, y: "score", group: ["digit"] }] }]);
  });

  it("are no more than a page has room for", () => {
    const fields = Array.from({ length: 40 }, (_, at) => field(`m${at}`, "float"));
    const found = defaultPlots([listing([5, field("step", "int", 0, 4), ...fields])]);
    expect([found.plots.length, found.left]).toEqual([24, 16]);
    expect(found.plots[2]!.layers[0]!.y).toBe("m2");
  });

  it("know which field counts, and which is a time", () => {
    expect(countingField([field("n", "int"), field("epoch", "int")])).toBe("epoch");
    expect(countingField([field("loss", "float"), field("at", "timestamp")])).toBe("at");
    expect(countingField([field("loss", "float")])).toBeNull();
    expect(timeField([listing([1, field("loss", "float"), field("at", "timestamp")])], "loss")).toBe("at");
    expect(timeField([listing([1, field("loss", "float")], [1, field("at", "timestamp")])], "loss")).toBeNull();
  });

  it("are called after what they show", () => {
    expect(plotTitle({ ...PLOT, layers: [{ ...LAYER, y: "loss" }, { ...LAYER, y: "@lr" }] })).toBe("loss, lr");
    expect(plotTitle({ ...PLOT, title: "Mine", layers: [{ ...LAYER, y: "loss" }] })).toBe("Mine");
  });
});

describe("what can be bound", () => {
  it("is what rows have, and what runs have one value of", () => {
    const runs = [
      { id: "run/a", values: new Map<string, string | number | boolean>([["", "run/a"], ["rate", 1], ["params.lr", 1], ["params.deep", true]]) },
      { id: "run/b", values: new Map<string, string | number | boolean>([["", "run/b"], ["params.lr", 0.5], ["params.deep", "very"]]) },
    ] as unknown as readonly RunInfo[];
    const found = bindablesOf([listing([1, field("loss", "float")])], runs, new Map([["k", { name: "rate", kind: "float", description: "of learning" }]]));
    expect(found.map((one) => [one.binding, one.kind])).toEqual([["loss", "float"], ["@", "text"], ["@params.deep", "text"], ["@params.lr", "float"], ["@rate", "float"]]);
    expect(found.at(-1)!.description).toBe("of learning");
  });
});

describe("the question for runs", () => {
  it("joins ids and a filter", () => {
    expect(runFilter([], null)).toBeNull();
    expect(runFilter(["run/a", "run/b"], null)).toBe('id in ("run/a", "run/b")');
    expect(runFilter(["run/a"], "tags = \"x\"")).toBe('(tags = "x") or id in ("run/a")');
    expect(runFilter(["run/a"], "")).toBe("");
  });
});
