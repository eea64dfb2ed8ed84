/** The service of this page. */

import { untrack } from "svelte";
import { Api } from "../api/api";
import { router } from "./router.svelte";
import { session } from "./session.svelte";

export const api = new Api({
  root: () => untrack(() => router.place.root),
  csrf: () => untrack(() => session.who?.csrf ?? ""),
  actor: () => untrack(() => session.actor),
  onlocked: () => (session.locked = true),
});
