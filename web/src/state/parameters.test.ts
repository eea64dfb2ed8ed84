import { expect, test } from "vitest";
import { differences, inOrder, parseParameters, printParameters, timelineOf } from "./parameters";

const FIRST = { node: "params/1", revision: 1, values: { n_neighbors: 15, metric: "euclidean" }, options: { sample: 500 } };
const SECOND = { node: "params/2", revision: 2, values: { n_neighbors: 30, metric: "euclidean" }, options: { sample: 500 } };
const THIRD = { node: "params/3", revision: 3, values: { n_neighbors: 15, metric: "cosine", p: 2 }, options: { sample: 500 } };

test.each(["", "?params=params/1", "?version=model_version/7&method=pca&left=1&right=3"])("the address %s comes back", (search) => {
  expect(printParameters(parseParameters(search))).toBe(search);
});

test("numbers of revisions that are none are left out", () => {
  expect(parseParameters("?left=-1&right=two")).toMatchObject({ left: null, right: null, method: "umap" });
});

test("the timeline has every parameter, the restless ones first", () => {
  const rows = timelineOf(inOrder([THIRD, FIRST, SECOND]));
  expect(rows.map((row) => [row.name, row.changes])).toEqual([["n_neighbors", 2], ["metric", 1], ["p", 1], ["sample", 0]]);
  expect(rows[0]!.cells).toEqual([{ value: 15, changed: false }, { value: 30, changed: true }, { value: 15, changed: true }]);
  expect(rows[2]!.cells[1]).toEqual({ value: undefined, changed: false });
});

test("any two revisions are compared", () => {
  expect(differences(FIRST, THIRD)).toEqual([
    { name: "metric", left: "euclidean", right: "cosine" },
    { name: "p", left: undefined, right: 2 },
  ]);
  expect(differences(FIRST, FIRST)).toEqual([]);
});
