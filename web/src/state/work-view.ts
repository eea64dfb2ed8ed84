/** What the view of work shows, as its address says it; and what a run's versions tell of its life. */

import type { Attributes } from "../api/types";
import { printParams } from "./route";

export type Tab = "now" | "ended";
export const ENDINGS = ["ERROR", "CANCELLED", "NO_DATA", "NOT_SUPPORTED", "SUCCESS"] as const;
export type Ending = (typeof ENDINGS)[number];

export interface WorkView {
  readonly tab: Tab;
  /** Of ended runs; null for all. */
  readonly state: Ending | null;
  /** Id of the run whose log is open. */
  readonly run: string | null;
}

export function parseWork(search: string): WorkView {
  const query = new URLSearchParams(search);
  const state = query.get("state");
  return {
    tab: query.get("tab") === "ended" ? "ended" : "now",
    state: ENDINGS.find((ending) => ending === state) ?? null,
    run: query.get("run"),
  };
}

export function printWork({ tab, state, run }: WorkView): string {
  return printParams({ tab: tab === "ended" ? tab : null, state, run });
}

export interface Version {
  readonly attributes: Attributes;
  readonly version: { readonly number: number; readonly valid_from: number; readonly actor: string };
}

export interface LogLine {
  readonly at: number;
  readonly actor: string;
  readonly text: string;
  readonly tone: "plain" | "good" | "bad";
}

const WORDS: Readonly<Record<string, string>> = { PENDING: "asked for", STARTED: "begun", SUCCESS: "finished", CANCELLED: "cancelled" };

/** What happened to a run, oldest first: one line for each version that says something new. */
export function logOf(versions: readonly Version[]): LogLine[] {
  const ordered = [...versions].sort((left, right) => left.version.number - right.version.number);
  const lines: LogLine[] = [];
  ordered.forEach((now, place) => {
    const words = changeWords(ordered[place - 1]?.attributes ?? null, now.attributes);
    if (words) lines.push({ at: now.version.valid_from, actor: now.version.actor, text: words, tone: toneOf(now.attributes) });
  });
  return lines;
}

function changeWords(before: Attributes | null, now: Attributes): string | null {
  const [state, attempt] = [String(now["state"]), Number(now["attempt"] ?? 0)];
  if (before && before["state"] === state && Number(before["attempt"] ?? 0) === attempt) return null;
  const again = state === "STARTED" && attempt > 1 ? `, attempt ${attempt}` : "";
  const words = WORDS[state] ?? state.toLowerCase().replaceAll("_", " ");
  // Of a cancelled run the message says who did it, which the line says anyway.
  const told = state !== "STARTED" && state !== "CANCELLED" && typeof now["message"] === "string" && now["message"];
  return `${words}${again}${told ? `: ${told}` : ""}`;
}

function toneOf(now: Attributes): LogLine["tone"] {
  if (now["state"] === "SUCCESS") return "good";
  return now["state"] === "ERROR" ? "bad" : "plain";
}

/** Whether the service can do an ended run again: not what its user's own process ran, and not a step of a plan. */
export function canRetry(attributes: Attributes): boolean {
  const ended = attributes["state"] !== "SUCCESS" && attributes["state"] !== "PENDING" && attributes["state"] !== "STARTED";
  return ended && attributes["executor"] !== "external" && !attributes["plan"];
}
