/** One question to the service that is asked again and again as what is looked at changes. */

import { untrack } from "svelte";
import { LOADING, type Answer, type Loadable } from "./loadable";

export class Query<Value> {
  /** Loading, failed or ready: a view draws all three. */
  answer = $state.raw<Loadable<Value>>(LOADING);
  /** It is asked again, and `answer` is what was known before. */
  refreshing = $state(false);
  /** The value if there is one. */
  readonly value = $derived(this.answer.state === "ready" ? this.answer.value : null);

  #asking: AbortController | null = null;
  #again: (() => Promise<void>) | null = null;

  /**
   * Asks, and lets go of a question that is still under way.
   * @param keep shows what is known until the new answer is there.
   */
  async ask(question: (signal: AbortSignal) => Promise<Answer<Value>>, { keep = true } = {}): Promise<void> {
    this.#again = () => this.ask(question, { keep });
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    untrack(() => {
      this.refreshing = keep && this.answer.state === "ready";
      if (!this.refreshing) this.answer = LOADING;
    });
    const answer = await question(asking.signal);
    if (asking.signal.aborted) return;
    this.refreshing = false;
    this.answer = answer;
  }

  /** Asks the last question again. */
  retry = (): void => void this.#again?.();

  /** Puts in what is known otherwise, such as the answer to a change. */
  put(value: Value): void {
    this.answer = { state: "ready", value };
  }

  stop(): void {
    this.#asking?.abort();
  }
}
