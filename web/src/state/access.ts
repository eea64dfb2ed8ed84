/** Signing in and out. The sign-in itself is a cookie that scripts cannot read. */

import type { Failure } from "./loadable";
import { api } from "./service";
import { session } from "./session.svelte";

/** Learns who is signed in; call once at the start. */
export async function readSession(): Promise<void> {
  const answer = await api.get("/api/v1/session");
  if (answer.state === "ready") session.change(answer.value);
}

/** Returns what is wrong, or null. */
export async function signIn(token: string): Promise<Failure | null> {
  const answer = await api.post("/api/v1/session", { body: { token } });
  if (answer.state === "failed") return answer.failure;
  session.change(answer.value);
  session.epoch += 1;
  return null;
}

export async function signOut(): Promise<void> {
  const answer = await api.delete("/api/v1/session");
  if (answer.state === "failed") return;
  await readSession();
  session.epoch += 1;
}
