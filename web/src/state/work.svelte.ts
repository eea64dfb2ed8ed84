/** What runs and waits at the service now; says when something ends. */

import { methodLabel, text, title } from "../lineage/names";
import type { Schemas } from "../api/operations";
import { hrefOf, ownView } from "./links";
import { api } from "./service";
import { session } from "./session.svelte";
import { toasts } from "./toasts.svelte";

const BUSY_MS = 2000;
const IDLE_MS = 10_000;
const WATCHED_MAX = 100;

type Item = Schemas["WorkAnswer"];

class Work {
  /** Null until the service has answered. */
  items = $state.raw<readonly Item[] | null>(null);
  /** Running and queued, also those that are not in `items`. */
  count = $state(0);

  #timer = 0;
  #seen = new Map<string, Item>();

  /** Looks again and again while the page is in sight; call once. */
  start(): void {
    document.addEventListener("visibilitychange", () => document.hidden || this.look());
    this.look();
  }

  /** Looks now: after something was requested or cancelled. */
  look = (): void => {
    clearTimeout(this.#timer);
    void this.#look().then(() => {
      clearTimeout(this.#timer);
      if (!document.hidden) this.#timer = window.setTimeout(this.look, this.count ? BUSY_MS : IDLE_MS);
    });
  };

  async #look(): Promise<void> {
    if (session.locked) return;
    const answer = await api.get("/api/v1/running", { query: { limit: WATCHED_MAX } });
    if (answer.state === "failed") return;
    const { work, started, pending } = answer.value;
    const now = new Map(work.map((item) => [item.run, item]));
    const ended = [...this.#seen.values()].filter((item) => !now.has(item.run));
    this.#seen = now;
    this.items = work;
    this.count = started + pending;
    await Promise.all(ended.map((item) => tellEnd(item)));
  }
}

async function tellEnd(item: Item): Promise<void> {
  const key = item.run.slice(item.run.indexOf("/") + 1);
  const answer = await api.get("/api/v1/nodes/{kind}/{key}", { path: { kind: "run", key } });
  if (answer.state === "failed") return;
  const node = answer.value as unknown as Parameters<typeof title>[0];
  const state = text(node.attributes["state"]);
  if (state === "STARTED" || state === "PENDING") return;
  const name = item.name || title(node) || methodLabel(item.method);
  const good = state === "SUCCESS";
  const words = good ? "finished" : state === "CANCELLED" ? "was cancelled" : `ended: ${state.toLowerCase().replaceAll("_", " ")}`;
  toasts.show(`${name} ${words}`, { tone: good ? "good" : state === "ERROR" ? "bad" : "plain", href: good ? (ownView(node)?.href ?? hrefOf(node)) : hrefOf(node) });
}

export const work = new Work();
