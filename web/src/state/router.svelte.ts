/** Where the reader is. The only module that touches the browser's history. */

import { untrack } from "svelte";
import { hrefTo, placeOf, printParams, type Params, type Place } from "./route";

const URL_DELAY_MS = 250;

class Router {
  place = $state.raw<Place>(placeOf(location));
  /** Counts arrivals by a link or the history, not the changes that a view makes to its own address. */
  #arrived = new Set<() => void>();
  #timer = 0;
  #pending: string | null = null;

  /** Listens; call once. */
  start(): void {
    const { view, search, node } = this.place;
    history.replaceState(null, "", this.address(view, search, node));
    addEventListener("popstate", () => this.#arrive());
    addEventListener("pagehide", () => this.#flush());
    document.addEventListener("click", (event) => this.#follow(event));
  }

  /** The address of a view; `node` opens that record over it. */
  href(view: string, params: Params | string = {}, node: string | null = null): string {
    return this.address(view, typeof params === "string" ? params : printParams(params), node);
  }

  /** Goes to an address of this page, as a link would. */
  go(href: string): void {
    this.#flush();
    history.pushState(null, "", href);
    this.#arrive();
  }

  /** Goes to an address of this page in the place of the one in sight, which only led there. */
  redirect(href: string): void {
    history.replaceState(null, "", href);
    this.#arrive();
  }

  /** What the view in sight shows, changed in place and without an entry in the history; for changes of every size and pace. */
  replace(search: string): void {
    // Browsers refuse more than a few address changes a second, and panning makes sixty.
    this.#pending = search;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#flush(), URL_DELAY_MS);
  }

  /** What the view in sight shows, as a step that the back button undoes. The view has shown it already. */
  push(search: string): void {
    this.#flush();
    history.pushState(null, "", this.address(this.place.view, search, this.place.node));
    this.place = placeOf(location);
  }

  /** Opens a record over the view. */
  open(node: string): void {
    this.go(this.address(this.place.view, this.search(), node));
  }

  /** Closes the record that lies open. */
  close(): void {
    if (this.place.node !== null) this.go(this.address(this.place.view, this.search(), null));
  }

  /** Calls back when a link or the history has led to another address. Returns how to stop that. */
  onarrive(listener: () => void): () => void {
    this.#arrived.add(listener);
    return () => this.#arrived.delete(listener);
  }

  address(view: string, search: string, node: string | null): string {
    return hrefTo(untrack(() => this.place.root), view, search, node);
  }

  /** The query of the view in sight as it is now, with its question mark: the address may be a moment behind. */
  search(): string {
    return this.#pending ?? this.place.search;
  }

  #arrive(): void {
    clearTimeout(this.#timer);
    this.#pending = null;
    const before = this.place;
    this.place = placeOf(location);
    if (before.view !== this.place.view) return;
    if (before.search !== this.place.search) for (const listener of [...this.#arrived]) listener();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    if (this.#pending === null) return;
    const { view, node } = this.place;
    history.replaceState(null, "", this.address(view, this.#pending, node));
    this.#pending = null;
    this.place = placeOf(location);
  }

  #follow(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement) || event.defaultPrevented || event.button !== 0) return;
    // With a modifier a link opens in a tab of its own.
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || link.target || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || !link.pathname.startsWith(`${this.place.root}ui/`)) return;
    event.preventDefault();
    this.go(link.href);
  }
}

export const router = new Router();
