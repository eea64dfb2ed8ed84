/** What a search finds: its first page at once, the pages after it as they are scrolled to, and the counts beside. */

import type { Schemas } from "../../api/operations";
import type { Node } from "../../api/types";
import type { SearchName } from "../../state/filter";
import { kindOf, type Question } from "../../state/home";
import { faultOf, mapAnswer, type Answer } from "../../state/loadable";
import { asNode, readNode } from "../../state/node";
import { Query } from "../../state/query.svelte";
import { api } from "../../state/service";

const FIRST_PAGE = 100;
const PAGE = 500;
const FACET_VALUES = 40;

export interface Rows {
  readonly question: Question;
  readonly items: readonly Node[];
  readonly cursor: string | null;
}

export type Facet = Schemas["FacetAnswer"];
interface Counts {
  readonly total: number;
  readonly facets: readonly Facet[];
  readonly partial: boolean;
}

export class Found {
  readonly rows = new Query<Rows>();
  readonly counts = new Query<Counts>();
  /** What was found last: it stays in sight while a filter is mended. */
  last = $state.raw<Rows | null>(null);
  /** Why the page after the last one did not come. */
  stuck = $state<string | null>(null);
  #reading = false;

  /** @param own the part of the filter that the reader wrote: what is wrong is told by its characters. */
  ask(question: Question, own: string): void {
    this.stuck = null;
    void this.rows.ask(async (signal) => {
      let answer = await page(question, null, signal);
      if (own !== question.filter && answer.state === "failed" && faultOf(answer.failure, "filter")) {
        const alone = await page({ kinds: question.kinds, filter: own }, null, signal);
        if (alone.state === "failed") answer = alone;
      }
      if (answer.state === "ready" && !signal.aborted) this.last = answer.value;
      return answer;
    });
  }

  count(question: Question, facets: readonly string[]): void {
    const { order: _, ...asked } = question;
    const body = { ...asked, facets: [...facets], facet_limit: FACET_VALUES, others: true, count: true, limit: 0 };
    void this.counts.ask(async (signal) =>
      mapAnswer(await api.post("/api/v1/search", { body, signal }), (found) => ({ total: found.total ?? 0, facets: found.facets, partial: found.partial })),
    );
  }

  more = async (): Promise<void> => {
    const known = this.rows.value;
    if (!known?.cursor || this.#reading || this.stuck || this.rows.refreshing) return;
    this.#reading = true;
    const answer = await page(known.question, known.cursor);
    this.#reading = false;
    if (this.rows.value !== known) return;
    if (answer.state === "failed") this.stuck = answer.failure.message;
    else this.rows.put((this.last = { ...answer.value, items: [...known.items, ...answer.value.items] }));
  };

  /** Reads a node again that was changed, where it stands. */
  async renew(id: string): Promise<void> {
    if (!this.last?.items.some((node) => node.id === id)) return;
    const answer = await readNode(id);
    if (answer.state === "failed" || !this.last) return;
    const renewed = { ...this.last, items: this.last.items.map((node) => (node.id === id ? answer.value : node)) };
    const current = this.rows.value === this.last;
    this.last = renewed;
    if (current) this.rows.put(renewed);
  }

  again = (): void => {
    this.stuck = null;
    void this.more();
  };

  stop(): void {
    this.rows.stop();
    this.counts.stop();
  }
}

/** The names that nodes of a tab have; of all kinds together only those that every node has. */
export async function namesOf(kind: string, signal: AbortSignal): Promise<Answer<readonly SearchName[]>> {
  const [only, ...others] = kindOf(kind).kinds;
  if (!only || others.length) return { state: "ready", value: [] };
  return mapAnswer(await api.get("/api/v1/search/names", { query: { kind: only }, signal }), (found) => found.names);
}

/** How many of a kind there are, whatever narrows the search by names that other kinds do not have. */
export async function totalOf(question: Question, signal: AbortSignal): Promise<number | null> {
  const answer = await api.post("/api/v1/search", { body: { ...question, count: true, limit: 0 }, signal });
  return answer.state === "ready" ? answer.value.total : null;
}

export interface KindTotal {
  readonly kind: string;
  readonly count: number;
}

/** How many of each kind there are, the most first; null if the kinds could not be read. */
export async function totalsOfKinds(question: Question, signal: AbortSignal): Promise<readonly KindTotal[] | null> {
  const known = await api.get("/api/v1/kinds", { signal });
  if (known.state === "failed") return null;
  const names = known.value.items.filter((kind) => kind.of === "vertex").map((kind) => kind.name);
  const counts = await Promise.all(names.map(async (kind) => ({ kind, count: (await totalOf({ ...question, kinds: [kind] }, signal)) ?? 0 })));
  return counts.filter(({ count }) => count > 0).sort((left, right) => right.count - left.count);
}

async function page(question: Question, cursor: string | null, signal?: AbortSignal): Promise<Answer<Rows>> {
  const body = { ...question, limit: cursor ? PAGE : FIRST_PAGE, ...(cursor && { cursor }) };
  const answer = await api.post("/api/v1/search", { body, ...(signal && { signal }) });
  return mapAnswer(answer, (found) => ({ question, items: found.items.map(asNode), cursor: found.next_cursor }));
}
