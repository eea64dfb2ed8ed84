import { expect, it } from "vitest";
import type { Node } from "../api/types";
import { gatesFor, inTime, metricNames, overVersions, parseModels, periodName, printModels, versionRow } from "./models";

function node(id: string, created: number, attributes: Node["attributes"]): Node {
  const version = { number: 1, valid_from: created, valid_to: null, actor: "ada", request_id: "", action_id: "", deleted: false };
  return { id, kind: id.split("/")[0]!, project: null, attributes, version, created };
}

const run = (id: string, created: number, method: string, metrics: Record<string, number>): Node => node(`run/${id}`, created, { method, metrics });
const FIRST = versionRow(node("model_version/a", 1, { number: 4, version: "1" }), [run("old", 1, "training", { accuracy: 0.8, loss: 2 }), run("new", 2, "training", { accuracy: 0.9 })]);
const SECOND = versionRow(node("model_version/b", 2, { number: 9, version: "2" }), [run("plot", 3, "projection.pca", { global_score: 1 }), run("t", 2, "training", { accuracy: 0.95, rows: 5 })]);

it("an address comes back to the same view", () => {
  for (const search of ["", "?model=model/a&metric=f1", "?version=model_version/x", "?deployment=deployment/d", "?tab=deployments"]) expect(printModels(parseModels(search))).toBe(search);
});

it("a version has the metrics of its newest run, and none of projections", () => {
  expect(FIRST.metrics).toEqual({ accuracy: 0.9, loss: 2 });
  expect(SECOND.metrics).toEqual({ accuracy: 0.95, rows: 5 });
  expect(metricNames([FIRST, SECOND])).toEqual(["accuracy", "loss", "rows"]);
  expect(overVersions([SECOND, FIRST], "loss")).toEqual([[1, 2], [2, null]]);
});

it("periods are in order and have a name", () => {
  const may = { period: null, period_start: Date.UTC(2026, 4, 1) * 1000, period_end: null };
  const march = { period: "March", period_start: Date.UTC(2026, 2, 1) * 1000, period_end: null };
  expect(inTime([may, march])).toEqual([march, may]);
  expect(periodName(march)).toBe("March");
  expect(periodName(may)).toContain("2026");
  expect(periodName({ period: null, period_start: null, period_end: null })).toBe("unknown time");
});

it("gates are of all models or of one", () => {
  expect(gatesFor([{ model: null }, { model: "model/a" }, { model: "model/b" }], "model/a")).toHaveLength(2);
});
