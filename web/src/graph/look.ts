/** What boxes look like: sizes, words, and what of them is readable at a zoom. */

import type { Node } from "../api/types";
import { count } from "../format";
import { detail, kindLabel, methodLabel, text, title } from "../lineage/names";
import type { Drawn } from "./fold";

export const BOX_WIDTH = 196;
export const BOX_HEIGHT = 46;

const LETTER_WIDTH = 0.66;

export type Detail = "full" | "title" | "none";

/** Which words can be read: all of them, the title in larger letters, or none but those of what is pointed at. */
export function detailAt(zoom: number): Detail {
  if (zoom >= 0.62) return "full";
  return zoom >= 0.24 ? "title" : "none";
}

/** Height of the letters of titles in the drawing, so that they keep their size on the screen. */
export function titleSize(zoom: number): number {
  return Math.min(BOX_HEIGHT * 0.8, Math.max(12.5, 11 / zoom));
}

/** As many letters as fit a width; bold letters of the widest text faces are 0.66 of their height wide. */
export function fitted(words: string, width: number, size: number): string {
  const letters = Math.max(1, Math.floor(width / (size * LETTER_WIDTH)));
  return words.length <= letters ? words : `${words.slice(0, Math.max(1, letters - 1)).trimEnd()}\u2026`;
}

export interface Words {
  readonly kind: string;
  readonly title: string;
  /** What tells it from its like. */
  readonly detail: string;
}

const KINDS_IN_GROUPS: Readonly<Record<string, string>> = {
  artifact: "files",
  dataset: "data sets",
  deployment: "deployments",
  evaluation: "evaluations",
  model_version: "model versions",
  params: "parameter sets",
  run: "runs",
};

export function wordsOf({ members, head }: Drawn): Words {
  if (!head) {
    const kind = members[0]!.kind;
    return { kind: kindLabel(kind), title: `${count(members.length)} ${KINDS_IN_GROUPS[kind] ?? `${kind.replaceAll("_", " ")} nodes`}`, detail: "folded" };
  }
  const words = nodeWords(head);
  return members.length > 1 ? { ...words, detail: `and ${count(members.length - 1)} made by it` } : words;
}

function nodeWords(node: Node): Words {
  const more = [node.version.deleted ? "deleted" : "", methodOf(node), detail(node)].filter(Boolean);
  return { kind: kindLabel(node.kind), title: title(node), detail: more.join(" · ") };
}

function methodOf(node: Node): string {
  if (node.kind === "artifact") return text(node.attributes["role"]) === title(node) ? "" : text(node.attributes["role"]);
  return node.kind === "run" && text(node.attributes["name"]) ? methodLabel(text(node.attributes["method"])) : "";
}

/** The custom property that colours a kind. */
export function kindColor(kind: string): string {
  if (kind === "run") return "--kind-run";
  if (kind === "model" || kind === "model_version" || kind === "deployment") return "--kind-model";
  if (kind === "params") return "--kind-params";
  if (kind === "dataset" || kind === "featureset") return "--kind-data";
  return kind === "artifact" ? "--kind-file" : "--kind-other";
}

/** A smooth line through the points of a link: x, y, x, y ... */
export function curve(points: readonly number[]): string {
  let path = `M${points[0]} ${points[1]}`;
  for (let place = 2; place < points.length; place += 2) {
    const [x0, y0, x1, y1] = [points[place - 2]!, points[place - 1]!, points[place]!, points[place + 1]!];
    if (y0 === y1) path += `L${x1} ${y1}`;
    else {
      const middle = (x0 + x1) / 2;
      path += `C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}`;
    }
  }
  return path;
}
