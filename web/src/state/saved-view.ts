/** Addresses of views that have a name: `live?run=run/1`, as they stand behind `/ui/`. */

/** The view that only leads to the saved one. */
export const SAVED = "saved";

export interface Shown {
  readonly name: string;
  readonly view: string;
  readonly address: string;
}

/** What is saved of where a reader is: not that the view stands in a frame. */
export function addressOf(view: string, search: string): string {
  const kept = search.replace(/^\?/, "").split("&").filter((part) => part && !/^embed(=|$)/.test(part)).join("&");
  return kept ? `${view}?${kept}` : view;
}

export function splitAddress(address: string): { readonly view: string; readonly search: string } {
  const at = address.indexOf("?");
  return at < 0 ? { view: address, search: "" } : { view: address.slice(0, at), search: address.slice(at) };
}

/** Views of the kind in sight first, then those of others; by name. */
export function inOrder<View extends Shown>(views: readonly View[], route: string): readonly View[] {
  const away = (one: Shown): number => (one.view === route ? 0 : 1);
  return [...views].sort((one, other) => away(one) - away(other) || one.view.localeCompare(other.view) || one.name.localeCompare(other.name));
}
