/** What nodes are called on the page. */

import type { Json, Node } from "../api/types";
import { bytes, number, plural, shortKey } from "../format";

const KINDS: Readonly<Record<string, string>> = {
  artifact: "File",
  dataset: "Data",
  deployment: "Deployment",
  evaluation: "Evaluation",
  featureset: "Features",
  metric_spec: "Metric",
  model: "Model",
  model_version: "Model",
  params: "Parameters",
  project: "Project",
  run: "Run",
  series_data: "Series",
};
const METHODS: Readonly<Record<string, string>> = {
  umap: "UMAP",
  densmap: "densMAP",
  tsne: "t-SNE",
  trimap: "TriMap",
  pacmap: "PaCMAP",
  pca: "PCA",
  "all-rows": "All rows",
};
const OPERATIONS: Readonly<Record<string, string>> = {
  Eq: "=",
  NotEq: "\u2260",
  Greater: ">",
  GreaterEq: "\u2265",
  Less: "<",
  LessEq: "\u2264",
};

export function kindLabel(kind: string): string {
  return KINDS[kind] ?? kind.replaceAll("_", " ");
}

/** `projection.umap` or `umap` as people write it. */
export function methodLabel(method: string): string {
  const [room, name] = method.includes(".") ? method.split(".", 2) : ["", method];
  const label = METHODS[name!] ?? name!.replaceAll("_", " ");
  return room && room !== "projection" ? `${label} ${room}` : label;
}

/** The method of a run; of a projection of all rows also by which it places them. */
export function runMethodLabel({ attributes }: Node): string {
  const [method, placing] = [text(attributes["method"]), text(record(attributes["options"])["method"])];
  return method === "projection.all-rows" && placing ? `${methodLabel(placing)} of all rows` : methodLabel(method);
}

export function operationSign(operation: string): string {
  return OPERATIONS[operation] ?? operation;
}

export function text(value: Json | undefined): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

export function numeric(value: Json | undefined): number | null {
  return typeof value === "number" ? value : null;
}

export function record(value: Json | undefined): Readonly<Record<string, Json>> {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
}

/** A node in a few words. */
export function title(node: Node): string {
  const { attributes } = node;
  const name = text(attributes["name"]);
  switch (node.kind) {
    case "model_version":
      return modelVersionTitle(name, text(attributes["version"]));
    case "run":
      return name || runTitle(text(attributes["method"]));
    case "params":
      return paramsTitle(text(attributes["method"]), numeric(attributes["revision"]));
    case "artifact":
      return text(attributes["role"]) || name || shortKey(node.id);
    default:
      return name || shortKey(node.id);
  }
}

/** What else tells a node from its like; "" if there is nothing. */
export function detail(node: Node): string {
  const { attributes } = node;
  const rows = numeric(attributes["rows"]);
  const size = numeric(attributes["bytes"]);
  if (node.kind === "dataset") return [text(attributes["form"]), rows === null ? "" : plural(rows, "row")].filter(Boolean).join(", ");
  if (node.kind === "artifact") return size === null ? "" : bytes(size);
  if (node.kind === "metric_spec") return limitText(node);
  if (node.kind === "run") return text(attributes["state"]) === "SUCCESS" ? "" : text(attributes["state"]).toLowerCase();
  return "";
}

/** The parameters that a node carries. */
export function parametersOf(node: Node): Readonly<Record<string, Json>> {
  return record(node.attributes[node.kind === "params" ? "values" : "params"]);
}

function limitText({ attributes }: Node): string {
  const threshold = numeric(attributes["threshold"]);
  const sign = operationSign(text(attributes["operation"]));
  return threshold === null ? "" : `healthy if ${sign} ${number(threshold)}`;
}

function modelVersionTitle(name: string, version: string): string {
  return version && !name.endsWith(version) ? `${name} v${version.replace(/^v(?=\d)/, "")}` : name;
}

function runTitle(method: string): string {
  if (method === "projection.all-rows") return "Projection of all rows";
  const isProjection = method.startsWith("projection.");
  return isProjection ? `${methodLabel(method)} projection` : methodLabel(method) || "run";
}

function paramsTitle(method: string, revision: number | null): string {
  const label = `${methodLabel(method)} parameters`.trim();
  return revision === null ? label : `${label}, revision ${revision}`;
}
