/** What a view shows, kept in its address. */

import { onDestroy, untrack } from "svelte";
import { router } from "./router.svelte";

/** Pure functions of a view's own module `state/<view>.ts`; `print(parse(x))` must come back to the same view. */
export interface Codec<View> {
  readonly parse: (search: string) => View;
  /** The query with its question mark, without what is as at the start. */
  readonly print: (view: View) => string;
}

export class UrlState<View extends object> {
  value = $state.raw() as View;
  readonly #codec: Codec<View>;

  constructor(codec: Codec<View>) {
    this.#codec = codec;
    this.value = codec.parse(untrack(() => router.place.search));
  }

  /** Changes what is shown, and the address in place. */
  look(change: Partial<View>): void {
    this.value = { ...this.value, ...change };
    router.replace(this.#codec.print(this.value));
  }

  /** Changes what is shown as a step that the back button undoes. */
  step(change: Partial<View>): void {
    this.value = { ...this.value, ...change };
    router.push(this.#codec.print(this.value));
  }

  /** The address of this view with a change. */
  href(change: Partial<View>): string {
    return router.address(router.place.view, this.#codec.print({ ...this.value, ...change }), null);
  }

  /** Follows links and the history from here on. Returns how to stop. */
  follow(): () => void {
    return router.onarrive(() => (this.value = this.#codec.parse(router.place.search)));
  }
}

/** The state of the component that calls this while it is made. */
export function useUrl<View extends object>(codec: Codec<View>): UrlState<View> {
  const state = new UrlState(codec);
  onDestroy(state.follow());
  return state;
}
