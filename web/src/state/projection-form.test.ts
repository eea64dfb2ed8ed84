import { describe, expect, it } from "vitest";
import { entriesOf, limitsOf, measuresOf, parametersFor, problemOf, titleOf, valuesOf, type Method, type Methods, type Parameter } from "./projection-form";

function parameter(change: Partial<Parameter> & Pick<Parameter, "name" | "type">): Parameter {
  return { default: null, minimum: null, maximum: null, choices: [], aliases: [], optional: false, description: "", ...change } as Parameter;
}

const metric = parameter({ name: "metric", type: "text", default: "euclidean", choices: ["euclidean", "minkowski"] });
const neighbours = parameter({ name: "n_neighbours", type: "integer", default: 15, minimum: 2, maximum: 200 });
const p = parameter({ name: "p", type: "number", default: 2, minimum: 1, maximum: 64, optional: true });
const method = { name: "umap", parameters: [metric, neighbours, p] } as unknown as Method;
const methods = { distances: [{ name: "euclidean", parameters: [], asks: "" }, { name: "minkowski", parameters: ["p"], asks: "" }] } as unknown as Methods;

describe("the form of a projection", () => {
  it("shows what the distance takes, and nothing that it does not", () => {
    expect(parametersFor(method, methods, { metric: "euclidean" }).map(({ name }) => name)).toEqual(["metric", "n_neighbours"]);
    expect(parametersFor(method, methods, { metric: "minkowski" }).map(({ name }) => name)).toEqual(["metric", "n_neighbours", "p"]);
  });

  it("is filled with what is in force over the defaults, and sends it typed", () => {
    const entries = entriesOf(method.parameters, { n_neighbours: 40 });
    expect(entries).toEqual({ metric: "euclidean", n_neighbours: "40", p: "2" });
    expect(valuesOf(method.parameters, entries)).toEqual({ metric: "euclidean", n_neighbours: 40 });
    expect(valuesOf(method.parameters, { ...entries, p: "3" })).toEqual({ metric: "euclidean", n_neighbours: 40, p: 3 });
  });

  it.each([
    [neighbours, "2", null],
    [neighbours, "200", null],
    [neighbours, "1", "must be at least 2"],
    [neighbours, "201", "must be at most 200"],
    [neighbours, "2.5", "2.5 is not a whole number"],
    [neighbours, "many", "many is not a number"],
    [neighbours, " ", "is needed"],
    [p, "", null],
    [metric, "warped", "is none of euclidean, minkowski"],
  ])("holds %o to its limits: %s", (of, entry, problem) => {
    expect(problemOf(of, entry)).toBe(problem);
  });

  it("says limits and names in words", () => {
    expect(limitsOf(neighbours)).toBe("2 to 200, 15 by default");
    expect(titleOf("n_neighbours")).toBe("N neighbours");
  });

  it("lists what was measured with its range", () => {
    const known = [{ name: "trustworthiness", best: 1, worst: 0, sees: "near" }, { name: "msid", best: 0, worst: null, sees: "shape" }, { name: "continuity", best: 1, worst: 0, sees: "" }] as unknown as Methods["measures"];
    const rows = measuresOf({ msid: 3, trustworthiness: 0.9, alignment_residual: 0.2, other: 1 }, known);
    expect(rows.map(({ name, range }) => [name, range])).toEqual([
      ["trustworthiness", "0 to 1, 1 is best"],
      ["msid", "0 is best"],
      ["alignment_residual", "0 is best"],
    ]);
  });
});
