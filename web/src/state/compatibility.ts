/** What the view of compatibility shows, as its address says it, and which marks its plots have. */

import { printParams } from "./route";

export const SPLITS = ["train", "test"] as const;
export type Split = (typeof SPLITS)[number];
export const KINDS = ["new_error", "strict_imitation"] as const;
export type Kind = (typeof KINDS)[number];
export const REGIONS = ["progress", "common", "regress"] as const;
export type Region = (typeof REGIONS)[number];
export const SCORES = ["btc", "bec"] as const;
export type Score = (typeof SCORES)[number];
export type ModelName = "h1" | "h2";

export const SPLIT_NAMES: Readonly<Record<Split, string>> = { train: "Training", test: "Testing" };
export const KIND_NAMES: Readonly<Record<Kind, string>> = { new_error: "New error", strict_imitation: "Strict imitation" };
export const REGION_NAMES: Readonly<Record<Region, string>> = { progress: "Progress", common: "Common", regress: "Regress" };
export const REGION_NOTES: Readonly<Record<Region, string>> = {
  progress: "Only the old model is wrong",
  common: "Both models are wrong",
  regress: "Only the new model is wrong",
};

export interface CompatibilityView {
  /** Keys of runs. */
  readonly sweep: string | null;
  readonly comparison: string | null;
  /** The chosen training, and the data set on which it is looked at. */
  readonly point: number | null;
  readonly split: Split;
  /** What the plots show. */
  readonly sets: readonly Split[];
  readonly kinds: readonly Kind[];
  readonly low: number;
  readonly high: number;
  /** What the table shows: a region, errors of a model, a class; each null for all. */
  readonly region: Region | null;
  readonly model: ModelName | null;
  readonly label: string | null;
  readonly bars: "accuracy" | "incompatible";
  readonly page: number;
}

/** What the table is filtered by. */
export const NO_FILTER = { region: null, model: null, label: null, page: 0 } as const;

export function parseCompatibility(search: string): CompatibilityView {
  const query = new URLSearchParams(search);
  return {
    sweep: query.get("sweep"),
    comparison: query.get("comparison"),
    point: wholeOf(query.get("point")),
    split: query.get("split") === "train" ? "train" : "test",
    sets: someOf(query.get("sets"), SPLITS),
    kinds: someOf(query.get("kinds"), KINDS),
    low: shareOf(query.get("low"), 0),
    high: shareOf(query.get("high"), 1),
    region: REGIONS.find((region) => region === query.get("region")) ?? null,
    model: query.get("errors") === "h1" ? "h1" : query.get("errors") === "h2" ? "h2" : null,
    label: query.get("class"),
    bars: query.get("bars") === "incompatible" ? "incompatible" : "accuracy",
    page: wholeOf(query.get("page")) ?? 0,
  };
}

export function printCompatibility(view: CompatibilityView): string {
  return printParams({
    sweep: view.sweep,
    comparison: view.comparison,
    point: view.point,
    split: view.split === "train" && "train",
    sets: view.sets.length < SPLITS.length && (view.sets.join(",") || "none"),
    kinds: view.kinds.length < KINDS.length && (view.kinds.join(",") || "none"),
    low: view.low > 0 && view.low,
    high: view.high < 1 && view.high,
    region: view.region,
    errors: view.model,
    class: view.label,
    bars: view.bars === "incompatible" && view.bars,
    page: view.page > 0 && view.page,
  });
}

function wholeOf(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

function shareOf(text: string | null, otherwise: number): number {
  const value = text === null || text.trim() === "" ? NaN : Number(text);
  return value >= 0 && value <= 1 ? value : otherwise;
}

function someOf<Value extends string>(text: string | null, known: readonly Value[]): readonly Value[] {
  if (text === null) return known;
  const named = text.split(",");
  return known.filter((value) => named.includes(value));
}

/** As much of a point as marks are made of. */
export interface PointLike {
  readonly point: number;
  readonly lambda_c: number;
  readonly dissonances: readonly string[];
  readonly metrics: Readonly<Record<string, unknown>>;
}

/** One training on one data set: a mark in both plots. */
export interface Mark {
  readonly id: string;
  readonly point: number;
  readonly split: Split;
  readonly lambda: number;
  readonly kinds: readonly Kind[];
  readonly performance: number;
  readonly btc: number | null;
  readonly bec: number | null;
}

export function markId(point: number, split: Split): string {
  return `${point}-${split}`;
}

/** What is to be seen of the trained points. */
export function marksOf(points: readonly PointLike[], { sets, kinds, low, high }: Pick<CompatibilityView, "sets" | "kinds" | "low" | "high">): Mark[] {
  return points
    .filter((point) => point.lambda_c >= low - 1e-9 && point.lambda_c <= high + 1e-9)
    .filter((point) => kindsOf(point).some((kind) => kinds.includes(kind)))
    .flatMap((point) => sets.flatMap((split) => markOf(point, split) ?? []));
}

function markOf(point: PointLike, split: Split): Mark | null {
  const performance = finite(point.metrics[`${split}_performance`]);
  if (performance === null) return null;
  return {
    id: markId(point.point, split),
    point: point.point,
    split,
    lambda: point.lambda_c,
    kinds: kindsOf(point),
    performance,
    btc: finite(point.metrics[`${split}_btc`]),
    bec: finite(point.metrics[`${split}_bec`]),
  };
}

export function kindsOf(point: Pick<PointLike, "dissonances">): readonly Kind[] {
  return KINDS.filter((kind) => point.dissonances.includes(kind));
}

/** "new error", or both where one training is of both kinds. */
export function kindText(kinds: readonly Kind[]): string {
  return kinds.map((kind) => KIND_NAMES[kind]).join(" and ").toLowerCase();
}

/** The points that none of those in sight beats in performance and in a score, by the service's own front, in order of x. */
export function frontOf(marks: readonly Mark[], front: readonly number[], split: Split, score: Score): (readonly [number, number])[] {
  return marks
    .filter((mark) => mark.split === split && mark[score] !== null && front.includes(mark.point))
    .map((mark) => [mark[score]!, mark.performance] as const)
    .sort((left, right) => left[0] - right[0]);
}

/** Lambdas of a sweep, smallest first. */
export function lambdasOf(points: readonly PointLike[]): readonly number[] {
  return [...new Set(points.map((point) => point.lambda_c))].sort((left, right) => left - right);
}

export interface ClassLike {
  readonly class?: unknown;
  readonly incompatible: number;
}

/** Of all rows that only the new model gets wrong, the share that is of each class: over all classes, 0 to 1. */
export function incompatibleShares(classes: readonly ClassLike[]): readonly number[] {
  const all = classes.reduce((sum, one) => sum + one.incompatible, 0);
  return classes.map((one) => (all ? one.incompatible / all : 0));
}

/** The change from old to new as a share of the old one; null where there is none to speak of. */
export function relativeChange(before: number | null, after: number | null): number | null {
  return before === null || after === null || before === 0 ? null : (after - before) / before;
}

export function percent(share: number | null | undefined, digits = 1): string {
  return share === null || share === undefined ? "not defined" : `${(share * 100).toFixed(digits)} %`;
}

function finite(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** The ids of errors as a link to the embeddings carries them; more than these are cut, and it is said. */
export const IDS_MAX = 400;
