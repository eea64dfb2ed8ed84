/** The whole query of what is in sight, where the address leaves something open: the newest plot is another one tomorrow. */

let say: (() => string) | null = null;

/** Lets a view say what it shows, as a query with its question mark. Returns how to stop. */
export function pin(search: () => string): () => void {
  say = search;
  return () => {
    if (say === search) say = null;
  };
}

/** What the view in sight says that it shows; null if its address says everything. */
export function pinned(): string | null {
  return say?.() ?? null;
}
