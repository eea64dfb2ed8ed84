/** Follows runs and their rows while the live plots are open. */

import { RowStore } from "../curves/rows";
import { ARROW, readRows } from "../curves/wire";
import type { BodyOf } from "../api/operations";
import { asNode, readNode } from "./node";
import type { Failure } from "./loadable";
import { text } from "../lineage/names";
import { runFilter, runsOf, type Fields, type Listing, type RunInfo } from "./live-runs";
import { api } from "./service";

export const RUNS_MAX = 200;
const LISTED_MAX = 8;
const RUNS_EVERY_MS = 2000;
const FASTEST_MS = 100;
const SLOWER = 1.5;
/** The service is busy with this page for half of the time at most. */
const REST = 2;
/** Rows come to runs that have ended seldom. */
const ENDED_EVERY_MS = 5000;
const POINTS_MAX = 2_000_000;
const RUN_POINTS_MIN = 2000;
const AGAIN_MS = 3000;
const FIELDS_PAGE = 500;

export interface FeedQuestion {
  readonly fields: readonly string[];
  readonly filter: string;
  readonly series: string | null;
  /** What goes along the axis and what tells lines apart, for the thinning at the service. */
  readonly x: string | null;
  readonly group: readonly string[];
}

/** The rows that answer one question about the runs; several plots may share them. */
export class Feed {
  readonly store = new RowStore();
  /** Counts what came: for those who draw. */
  version = $state(0);
  failure = $state.raw<Failure | null>(null);
  isReady = $state(false);
  wanted = 0;
  due = 0;
  #wait = FASTEST_MS;
  #allDue = 0;

  constructor(readonly question: FeedQuestion) {}

  async ask(runs: readonly RunInfo[], signal: AbortSignal): Promise<void> {
    const begin = performance.now();
    const asked = this.#runsToAsk(runs, begin);
    this.due = begin + this.#wait;
    if (!asked.length) return;
    const answer = await api.postForBytes("/api/v1/series-queries", ARROW, { body: this.#body(asked, runs.length), signal });
    if (signal.aborted) return;
    if (answer.state === "failed") {
      this.failure = answer.failure;
      this.due = performance.now() + AGAIN_MS;
      return;
    }
    const rows = readRows(answer.value);
    const changed = this.store.take(rows);
    this.failure = null;
    this.isReady = true;
    this.#wait = changed ? FASTEST_MS : Math.min(this.#wait * SLOWER, rows.pollAfterMs || FASTEST_MS);
    this.due = rows.isPartial ? 0 : begin + Math.max(this.#wait, (performance.now() - begin) * REST);
    if (rows.isPartial) this.#allDue = 0;
    if (changed) this.version++;
  }

  /** Open runs every time, the others now and then. */
  #runsToAsk(runs: readonly RunInfo[], now: number): readonly RunInfo[] {
    this.store.keep(new Set(runs.map((run) => run.id)));
    if (now < this.#allDue) return runs.filter((run) => run.isOpen || !this.store.runs.has(run.id));
    this.#allDue = now + ENDED_EVERY_MS;
    return runs;
  }

  #body(runs: readonly RunInfo[], ofRuns: number): BodyOf<"/api/v1/series-queries", "post"> {
    const { fields, filter, series, x, group } = this.question;
    const decimate = Math.min(1_000_000, Math.max(RUN_POINTS_MIN, Math.floor(POINTS_MAX / Math.max(1, ofRuns))));
    const cursors = this.store.cursors(runs.map((run) => run.id));
    return { runs: runs.map((run) => keyOf(run.id)), fields: [...fields], filter, cursors, decimate, group: [...group], ...(x !== null && { x }), ...(series !== null && { series }) };
  }

  /** Asks soon: the runs are others, or it is looked at again. */
  hurry(): void {
    this.due = 0;
    this.#allDue = 0;
    this.#wait = FASTEST_MS;
  }
}

export class LiveData {
  /** Null until they were asked for. */
  runs = $state.raw<readonly RunInfo[] | null>(null);
  /** How many runs there are, of which `runs` are the newest. */
  ofRuns = $state(0);
  failure = $state.raw<Failure | null>(null);
  listings = $state.raw<readonly Listing[] | null>(null);
  fields = $state.raw<Fields>(new Map());
  /** Runs that were there and are gone. */
  gone = $state.raw<readonly string[]>([]);
  /** When something came last, milliseconds since 1970. */
  updated = $state(0);
  paused = $state(false);

  #feeds = new Map<string, Feed>();
  #filter: string | null = null;
  #runsDue = 0;
  #timer = 0;
  #stopping = new AbortController();
  #projects = new Map<string, string>();
  /** Ids and versions of the runs that were found; null before. */
  #signature: string | null = null;
  /** Other runs are asked for: those that are not found are not gone. */
  #isOther = true;

  /** Follows these runs from here on. */
  follow(runs: readonly string[], filter: string | null): void {
    const question = runFilter(runs, filter);
    if (question === this.#filter) return;
    this.#filter = question;
    this.#runsDue = 0;
    this.#isOther = true;
    if (question === null) this.runs = this.listings = null;
    this.gone = [];
    this.#signature = null;
    this.#soon();
  }

  /** Rows for as long as somebody wants them: give them back with `release`. */
  feed(question: FeedQuestion): Feed {
    const key = JSON.stringify(question);
    let feed = this.#feeds.get(key);
    if (!feed) this.#feeds.set(key, (feed = new Feed(question)));
    feed.wanted++;
    this.#soon();
    return feed;
  }

  release(feed: Feed): void {
    feed.wanted--;
    // A plot that is only changed asks for the same rows again at once.
    setTimeout(() => {
      if (feed.wanted <= 0) this.#feeds.delete(JSON.stringify(feed.question));
    }, AGAIN_MS);
  }

  retry = (): void => {
    this.#runsDue = 0;
    for (const feed of this.#feeds.values()) feed.hurry();
    this.#soon();
  };

  start(): () => void {
    this.#stopping = new AbortController();
    const look = (): void => (document.hidden ? undefined : this.retry());
    document.addEventListener("visibilitychange", look);
    this.#soon();
    return () => {
      document.removeEventListener("visibilitychange", look);
      this.#stopping.abort();
      clearTimeout(this.#timer);
    };
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#turn(), 0);
  }

  #busy = false;

  async #turn(): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted || this.#busy) return;
    this.#busy = true;
    const isHeld = (this.paused && this.runs !== null && [...this.#feeds.values()].every((feed) => feed.isReady)) || document.hidden;
    if (!isHeld) {
      // Rows do not wait for runs, once there are some.
      const asking = performance.now() >= this.#runsDue ? this.#askRuns(signal) : null;
      if (this.runs === null) await asking;
      await this.#askRows(signal);
    }
    this.#busy = false;
    if (signal.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#turn(), isHeld ? RUNS_EVERY_MS / 4 : this.#pause());
  }

  #pause(): number {
    const next = Math.min(this.#runsDue, ...[...this.#feeds.values()].map((feed) => feed.due));
    return Math.max(10, Math.min(RUNS_EVERY_MS, next - performance.now()));
  }

  async #askRows(signal: AbortSignal): Promise<void> {
    const { runs } = this;
    if (!runs?.length) {
      for (const feed of this.#feeds.values()) if (feed.store.runs.size) feed.store.keep(new Set()), feed.version++;
      return;
    }
    const due = [...this.#feeds.values()].filter((feed) => feed.wanted > 0 && performance.now() >= feed.due);
    await Promise.all(due.map(async (feed) => {
      const before = feed.version;
      await feed.ask(runs, signal);
      if (feed.version !== before) this.updated = Date.now();
    }));
  }

  async #askRuns(signal: AbortSignal): Promise<void> {
    const asked = this.#filter;
    this.#runsDue = performance.now() + RUNS_EVERY_MS;
    if (asked === null) return;
    const answer = await api.post("/api/v1/search", { body: { kind: "run", filter: asked, limit: RUNS_MAX, count: true }, signal });
    if (signal.aborted || asked !== this.#filter) return;
    if (answer.state === "failed") {
      this.failure = answer.failure;
      this.#runsDue = performance.now() + AGAIN_MS;
      return;
    }
    this.failure = null;
    const nodes = answer.value.items.map(asNode);
    const signature = nodes.map((node) => `${node.id} ${node.version.number}`).join();
    const isOther = signature !== this.#signature;
    if (isOther) await this.#askFields([...new Set(nodes.flatMap((node) => node.project ?? []))], signal);
    const found = isOther ? runsOf(nodes, this.fields) : this.runs!;
    const before = this.runs ?? [];
    const there = new Set(found.map((run) => run.id));
    const isGone = before.filter((run) => !there.has(run.id)).map((run) => run.name);
    const isOtherSet = before.length !== found.length || before.some((run) => !there.has(run.id));
    if (isGone.length && !this.#isOther) this.gone = [...this.gone, ...isGone];
    this.#signature = signature;
    this.#isOther = false;
    this.ofRuns = answer.value.total ?? found.length;
    if (isOther || this.runs === null) this.runs = found;
    if (isOtherSet) for (const feed of this.#feeds.values()) feed.hurry();
    if (isOther || found.some((run) => run.isOpen) || this.listings === null) await this.#askListings(found, signal);
  }

  /** Which fields there are, by key: attributes of runs are kept under it. */
  async #askFields(projects: readonly string[], signal: AbortSignal): Promise<void> {
    const known = new Map(this.fields);
    for (const key of projects) {
      const name = this.#projects.get(key) ?? (await projectName(key, signal));
      if (name === null) continue;
      this.#projects.set(key, name);
      const answer = await api.get("/api/v1/fields", { query: { project: name, limit: FIELDS_PAGE }, signal });
      if (answer.state === "failed") continue;
      for (const field of answer.value.items) known.set(keyOf(field.node), { name: field.name, kind: field.kind, description: field.description });
    }
    this.fields = known;
  }

  /** What the newest of the runs logged; it is asked again, since a run may log more at any time. */
  async #askListings(runs: readonly RunInfo[], signal: AbortSignal): Promise<void> {
    const newest = runs.slice(-LISTED_MAX);
    const answers = await Promise.all(newest.map((run) => api.get("/api/v1/runs/{key}/series", { path: { key: keyOf(run.id) }, signal })));
    if (signal.aborted) return;
    const found = answers.flatMap((answer) => (answer.state === "ready" ? [answer.value] : []));
    if (this.listings === null || shape(found) !== shape(this.listings)) this.listings = found;
  }
}

/** Which fields there are: what else a listing says changes with every row. */
function shape(listings: readonly Listing[]): string {
  return JSON.stringify(listings.map(({ run, series }) => [run, series.map(({ name, fields }) => [name, fields.map((field) => [field.name, field.kind])])]));
}

function keyOf(id: string): string {
  return id.slice(id.indexOf("/") + 1);
}

async function projectName(key: string, signal: AbortSignal): Promise<string | null> {
  const answer = await readNode(`project/${key}`, signal);
  return answer.state === "ready" ? text(answer.value.attributes["name"]) || null : null;
}
