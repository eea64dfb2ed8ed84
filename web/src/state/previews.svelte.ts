/** What rows are to look at, asked once for each data set: whether they are pictures, and which texts they have. */

import type { Schemas } from "../api/operations";
import { partsOf } from "./node";
import { api } from "./service";

export type RowPreviews = Schemas["RowPreviewsAnswer"];

/** A row, by its number in a data set. */
export interface RowPlace {
  readonly dataset: string;
  readonly position: number;
}

class Previews {
  #known = $state.raw<ReadonlyMap<string, RowPreviews>>(new Map());
  readonly #asked = new Set<string>();

  /** What is known of the rows of a data set; null until the answer to `ask` is there. */
  of(dataset: string | null): RowPreviews | null {
    return (dataset && this.#known.get(dataset)) || null;
  }

  /** A failure is kept to itself: it costs a picture, and nothing else of the view. */
  async ask(dataset: string): Promise<void> {
    if (this.#asked.has(dataset)) return;
    this.#asked.add(dataset);
    const answer = await api.get("/api/v1/rows/{kind}/{key}/previews", { path: partsOf(dataset) });
    if (answer.state === "ready") this.#known = new Map([...this.#known, [dataset, answer.value]]);
    else this.#asked.delete(dataset);
  }
}

export const previews = new Previews();

export function imageUrl({ dataset, position }: RowPlace): string {
  return api.url("/api/v1/rows/{kind}/{key}/image", { path: partsOf(dataset), query: { position } });
}
