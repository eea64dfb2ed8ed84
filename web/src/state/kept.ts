/** What the browser keeps between visits. In a frame of another site, such as a notebook's, it may refuse: then nothing outlives the page. */

const MEMORY = new Map<string, string>();

/** The part of `Storage` that the page uses. */
export type Kept = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const memory: Kept = {
  getItem: (name) => MEMORY.get(name) ?? null,
  setItem: (name, value) => void MEMORY.set(name, value),
  removeItem: (name) => void MEMORY.delete(name),
};

/** The browser's storage if it may be used. */
export const kept: Kept = allowed() ?? memory;

function allowed(): Kept | null {
  try {
    // Reading the property is what throws.
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
