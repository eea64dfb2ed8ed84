/** The frames that a detector learnt from and scored, and the scores of their rows. */

import type { Schemas } from "../../api/operations";
import { record, text } from "../../lineage/names";
import { mapAnswer, ready, type Answer } from "../../state/loadable";
import { asNode, partsOf, readNeighbours } from "../../state/node";
import { api } from "../../state/service";

/** Rows of a frame that are looked at; scoring them is asked for as they are looked at. */
export const ROWS_MAX = 2_000;
const TOP_MAX = 1_000;
const SCORINGS_MAX = 50;

export interface FrameChoice {
  readonly id: string;
  readonly label: string;
  readonly made: number;
  readonly isTraining: boolean;
}

export type Scored = Schemas["ScoredAnswer"];

export interface Looked {
  readonly scored: Scored;
  /** How many rows there are, where fewer were scored. */
  readonly of: number;
}

/** What it was trained on, and what it scored with lineage; the newest first. */
export async function framesOf(detector: string, signal: AbortSignal): Promise<Answer<readonly FrameChoice[]>> {
  const [made, used] = await Promise.all([readNeighbours(detector, "upstream", signal), readNeighbours(detector, "downstream", signal)]);
  if (made.state === "failed") return made;
  if (used.state === "failed") return used;
  const training = made.value.items.map(({ node }) => asNode(node)).filter((node) => node.attributes["method"] === "anomaly.train");
  const scorings = used.value.items.map(({ node }) => asNode(node)).filter((node) => node.attributes["method"] === "anomaly.score");
  const newest = scorings.sort((left, right) => right.created - left.created).slice(0, SCORINGS_MAX);
  const choices = [...newest, ...training].flatMap((run): FrameChoice[] => {
    const options = record(run.attributes["options"]);
    const id = text(options["frame"]);
    const isTraining = run.attributes["method"] === "anomaly.train";
    const label = isTraining ? "Training rows" : text(options["name"]).replace(/^scores of /, "") || "Scored rows";
    return id ? [{ id, label, made: run.created, isTraining }] : [];
  });
  return ready(choices.filter((choice, place) => choices.findIndex((other) => other.id === choice.id) === place));
}

export async function scoreFrame(number: number, frame: string, columns: number, signal: AbortSignal): Promise<Answer<Looked>> {
  const key = partsOf(frame).key;
  const [about, rows] = await Promise.all([
    api.get("/api/v1/frames/{key}", { path: { key }, signal }),
    api.get("/api/v1/frames/{key}/rows", { path: { key }, query: { limit: ROWS_MAX }, signal }),
  ]);
  if (about.state === "failed") return about;
  if (rows.state === "failed") return rows;
  const body = rows.value.items as Record<string, never>[];
  const answer = await api.post("/api/v1/anomaly-models/{number}/score", { path: { number }, query: { top: Math.min(columns, TOP_MAX) }, body, signal });
  return mapAnswer(answer, (scored) => ({ scored, of: about.value.rows }));
}

const MEDIA: Readonly<Record<string, string>> = { csv: "text/csv", parquet: "application/vnd.apache.parquet", arrow: "application/vnd.apache.arrow.stream", json: "application/json" };

/** Scores a file; nothing of it is kept. */
export async function scoreFile(number: number, file: File, columns: number, signal: AbortSignal): Promise<Answer<Looked>> {
  const media = MEDIA[file.name.split(".").at(-1)?.toLowerCase() ?? ""] ?? "text/csv";
  const body = new Blob([file], { type: media }) as never;
  const answer = await api.post("/api/v1/anomaly-models/{number}/score", { path: { number }, query: { top: Math.min(columns, TOP_MAX) }, body, signal });
  return mapAnswer(answer, (scored) => ({ scored, of: scored.rows.length }));
}

export interface Coloured {
  /** Id of a projection run. */
  readonly run: string;
  readonly metric: string | null;
}

/** The newest projection that is coloured by the detector's scores; null if there is none. */
export async function plotOf(detector: string, signal: AbortSignal): Promise<Answer<Coloured | null>> {
  const used = await readNeighbours(detector, "downstream", signal);
  if (used.state === "failed") return used;
  const runs = used.value.items.filter(({ role, node }) => role === "detector" && node.attributes["state"] === "SUCCESS");
  const newest = runs.map(({ node }) => node).sort((left, right) => right.created - left.created)[0];
  if (!newest) return ready(null);
  const read = await readNeighbours(newest.id, "upstream", signal);
  return mapAnswer(read, ({ items }) => {
    const specs = items.map(({ node }) => asNode(node)).filter(({ kind }) => kind === "metric_spec");
    const own = specs.find((spec) => spec.attributes["detector"] === detector) ?? specs[0];
    return { run: newest.id, metric: own ? text(own.attributes["name"]) : null };
  });
}
