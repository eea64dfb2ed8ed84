import { describe, expect, it } from "vitest";
import type { Attributes, Lineage, LineageEdge, LineageNode, Revision } from "../api/types";
import { answerOf, plotsOf, requestersOf, revisionChanges } from "./answer";
import { detail, methodLabel, title } from "./names";
import { originTree, type Branch } from "./tree";

function node(id: string, attributes: Attributes = {}, actor = "anna"): LineageNode {
  const version = { number: 1, valid_from: 1, valid_to: null, actor, request_id: "", action_id: "", deleted: false };
  return { id, kind: id.split("/")[0]!, project: null, attributes, version, created: 1, depth: 0 };
}

function edge(kind: string, from: string, to: string, role = ""): LineageEdge {
  return { kind, from, to, role, attributes: {}, since: 1, actor: "anna" };
}

const lineage: Lineage = {
  start: "artifact/plot",
  nodes: [
    node("artifact/plot", { role: "plot" }, "worker"),
    node("run/p", { method: "projection.umap", params: { n_neighbours: 30 } }, "worker"),
    node("params/2", { method: "umap", revision: 2, values: { n_neighbours: 30 } }, "bruno"),
    node("dataset/sample", { name: "sample", form: "snapshot", rows: 1000 }),
    node("dataset/training", { name: "training" }),
    node("model_version/2", { name: "digits", version: "2", number: 2 }),
    node("dataset/stream", { name: "production", form: "stream" }),
    node("run/fit", { method: "training" }),
  ],
  edges: [
    edge("generated", "run/p", "artifact/plot", "plot"),
    edge("input_to", "dataset/training", "run/p", "training"),
    edge("input_to", "dataset/sample", "run/p", "production"),
    edge("input_to", "params/2", "run/p"),
    edge("input_to", "model_version/2", "run/p"),
    edge("derived_into", "dataset/stream", "dataset/sample"),
    edge("generated", "run/fit", "model_version/2"),
    edge("input_to", "dataset/training", "run/fit", "data"),
  ],
  partial: false,
  partial_reasons: [],
};

function outline(branch: Branch): unknown {
  const name = branch.repeated ? `${branch.node.id}*` : branch.node.id;
  return branch.branches.length ? [name, branch.branches.map(outline)] : name;
}

describe("the answer", () => {
  it("names run, model, parameters and data with their source", () => {
    const answer = answerOf(lineage);
    expect(answer.run?.id).toBe("run/p");
    expect(answer.modelVersion?.id).toBe("model_version/2");
    expect(answer.params?.version.actor).toBe("bruno");
    expect(answer.data.map(({ node: { id }, role, source }) => [id, role, source?.id])).toEqual([
      ["dataset/training", "training", undefined],
      ["dataset/sample", "production", "dataset/stream"],
    ]);
  });

  it("is empty for an uploaded plot", () => {
    const uploaded = { ...lineage, nodes: lineage.nodes.slice(0, 1), edges: [] };
    expect(answerOf(uploaded)).toEqual({ run: null, modelVersion: null, params: null, data: [] });
  });

  it("finds the plots of a run among its files", () => {
    const near = { ...lineage, nodes: [...lineage.nodes, node("artifact/result", { role: "result" })] };
    expect(plotsOf(near, "run/p").map(({ id }) => id)).toEqual(["artifact/plot"]);
  });

  it("takes the requester from the first input, not from what the worker linked", () => {
    const edges = [
      { ...edge("input_to", "artifact/a", "run/p"), since: 9, actor: "worker" },
      { ...edge("input_to", "params/2", "run/p"), since: 5, actor: "bruno" },
    ];
    expect([...requestersOf({ ...lineage, edges })]).toEqual([["run/p", "bruno"]]);
  });
});

describe("the tree", () => {
  it("puts each node once, as near to the plot as it can stand, and marks where it is used again", () => {
    expect(outline(originTree(lineage)!)).toEqual([
      "artifact/plot",
      [
        [
          "run/p",
          [
            ["model_version/2", [["run/fit", ["dataset/training*"]]]],
            "params/2",
            "dataset/training",
            ["dataset/sample", ["dataset/stream"]],
          ],
        ],
      ],
    ]);
  });

  it("ends in a cycle, and leaves out edges to what was cut off", () => {
    const circular = {
      ...lineage,
      edges: [...lineage.edges, edge("input_to", "artifact/plot", "run/fit"), edge("input_to", "artifact/unknown", "run/p")],
    };
    expect(JSON.stringify(outline(originTree(circular)!))).toContain('["run/fit",["dataset/training*","artifact/plot*"]]');
  });

  it("shows a node once if two edges lead to the same one", () => {
    const doubled = { ...lineage, edges: [...lineage.edges, edge("input_to", "params/2", "run/p", "again")] };
    expect(outline(originTree(doubled)!)).toEqual(outline(originTree(lineage)!));
  });

  it("is null without its start", () => {
    expect(originTree({ ...lineage, start: "artifact/other" })).toBeNull();
  });
});

describe("the parameter history", () => {
  const revision = (number: number, values: Attributes, options: Attributes = {}): Revision => ({
    node: `params/${number}`,
    revision: number,
    values,
    options,
    actor: "anna",
    at: number,
    runs: [],
    current: false,
  });

  it("tells what each revision changed, newest first", () => {
    const history = revisionChanges([
      revision(2, { n_neighbours: 30, metric: "cosine" }, { sample: 500 }),
      revision(1, { n_neighbours: 15, metric: "cosine", min_dist: 0.1 }, { sample: 500 }),
      revision(3, { n_neighbours: 30, metric: "cosine" }, { sample: 500 }),
    ]);
    expect(history.map(({ revision: { revision: number } }) => number)).toEqual([3, 2, 1]);
    expect(history[0]!.changes).toEqual([]);
    expect(history[1]!.changes).toEqual([
      { name: "n_neighbours", from: 15, to: 30 },
      { name: "min_dist", from: 0.1, to: undefined },
    ]);
    expect(history[2]!.changes.map(({ name }) => name)).toEqual(["n_neighbours", "metric", "min_dist", "sample"]);
  });
});

describe("names", () => {
  it("calls nodes what people call them", () => {
    expect(lineage.nodes.map(title)).toEqual([
      "plot",
      "UMAP projection",
      "UMAP parameters, revision 2",
      "sample",
      "training",
      "digits v2",
      "production",
      "training",
    ]);
    expect(title(node("model_version/1", { name: "digits v2", version: "v2" }))).toBe("digits v2");
    expect(title(node("model_version/1", { name: "digits", version: "v2" }))).toBe("digits v2");
    expect(methodLabel("anomaly.ensemble")).toBe("ensemble anomaly");
    expect(detail(node("metric_spec/1", { threshold: 0.3, operation: "LessEq" }))).toBe("healthy if \u2264 0.3");
    expect(detail(lineage.nodes[3]!)).toBe("snapshot, 1\u202f000 rows");
  });
});
