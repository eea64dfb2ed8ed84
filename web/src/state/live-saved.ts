/** Named views of the live plots, kept by this browser. The address of each can be sent to others. */

export interface SavedView {
  readonly name: string;
  /** What the address says, with its question mark. */
  readonly search: string;
}

const KEY = "arangovis-live-views";
const VIEWS_MAX = 100;

type Kept = Pick<Storage, "getItem" | "setItem">;

export function savedViews(storage: Kept): readonly SavedView[] {
  try {
    const found = JSON.parse(storage.getItem(KEY) ?? "[]") as unknown;
    return Array.isArray(found) ? found.filter(isView) : [];
  } catch {
    return [];
  }
}

/** Keeps a view under a name, in place of the one that was called so. */
export function saveView(storage: Kept, view: SavedView): readonly SavedView[] {
  return keep(storage, [view, ...savedViews(storage).filter(({ name }) => name !== view.name)].slice(0, VIEWS_MAX));
}

export function forgetView(storage: Kept, name: string): readonly SavedView[] {
  return keep(storage, savedViews(storage).filter((view) => view.name !== name));
}

function keep(storage: Kept, views: readonly SavedView[]): readonly SavedView[] {
  storage.setItem(KEY, JSON.stringify(views));
  return views;
}

function isView(found: unknown): found is SavedView {
  const view = found as Partial<SavedView> | null;
  return typeof view?.name === "string" && typeof view.search === "string" && (view.search === "" || view.search.startsWith("?"));
}
