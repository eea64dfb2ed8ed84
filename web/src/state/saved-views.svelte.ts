/** The views that have a name, kept by the service for a team: one list for every place of the page that shows them. */

import type { Schemas } from "../api/operations";
import { mapAnswer, type Answer, type Failure } from "./loadable";
import { Query } from "./query.svelte";
import { router } from "./router.svelte";
import { SAVED, splitAddress } from "./saved-view";
import { api } from "./service";

export type SavedView = Schemas["SavedViewAnswer"];
/** So many are listed. */
export const LISTED_MAX = 500;

class SavedViews {
  readonly list = new Query<readonly SavedView[]>();

  /** Reads the list anew. */
  look(): void {
    void this.list.ask(async (signal) => mapAnswer(await api.get("/api/v1/saved-views", { query: { limit: LISTED_MAX }, signal }), ({ items }) => items));
  }

  /** Saves an address under a name, in the place of the view that was called so. @param project its name; null for everybody */
  save(name: string, address: string, project: string | null): Promise<Failure | null> {
    return this.#changed(api.post("/api/v1/saved-views", { body: { name, address, ...(project !== null && { project }) } }));
  }

  rename(view: SavedView, name: string): Promise<Failure | null> {
    return this.#changed(api.patch("/api/v1/saved-views/{key}", { path: { key: keyOf(view) }, body: { name } }));
  }

  remove(view: SavedView): Promise<Failure | null> {
    return this.#changed(api.delete("/api/v1/saved-views/{key}", { path: { key: keyOf(view) } }));
  }

  /** Returns what is wrong, or null. */
  async #changed(asked: Promise<Answer<unknown>>): Promise<Failure | null> {
    const answer = await asked;
    if (answer.state === "failed") return answer.failure;
    this.look();
    return null;
  }
}

export const savedViews = new SavedViews();

/** Where a saved view leads now. */
export function hrefTo({ address }: SavedView): string {
  const { view, search } = splitAddress(address);
  return router.href(view, search);
}

/** An address that leads to a saved view whatever it is called and shows by then. */
export function permalinkTo(view: SavedView): string {
  return router.href(SAVED, { view: keyOf(view) });
}

function keyOf({ node }: SavedView): string {
  return node.slice(node.indexOf("/") + 1);
}
