/** Who uses the page: the account that is signed in, or the name that changes are recorded under. */

import type { Schemas } from "../api/operations";
import { kept } from "./kept";

const ACTOR = "arangovis-actor";

class Session {
  /** What the service says of whoever asks; null until it has. */
  who = $state.raw<Schemas["SessionAnswer"] | null>(null);
  /** The service wants a sign-in that the page does not have. */
  locked = $state(false);
  /** Grows when somebody signed in or out: what was loaded before is asked for again. */
  epoch = $state(0);
  /** Given by the reader, where the service asks for no sign-in. */
  actor = $state(kept.getItem(ACTOR) ?? "");

  change(who: Schemas["SessionAnswer"] | null): void {
    this.who = who;
    this.locked = who !== null && who.required && who.account === null;
  }

  rename(actor: string): void {
    this.actor = actor.trim();
    kept.setItem(ACTOR, this.actor);
  }
}

export const session = new Session();
