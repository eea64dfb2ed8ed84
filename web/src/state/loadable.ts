/** Something on its way: each view draws all three states. */

import { ApiError } from "../api/client";

export type Loadable<Value> =
  | { readonly state: "loading" }
  | { readonly state: "ready"; readonly value: Value }
  | { readonly state: "failed"; readonly failure: Failure };

export interface Failure {
  readonly message: string;
  /** For asking the operator; "" if the service did not answer. */
  readonly requestId: string;
  /** HTTP status; 0 if the service did not answer or the failure is not of HTTP. */
  readonly status: number;
}

export const LOADING = { state: "loading" } as const;

export function ready<Value>(value: Value): Loadable<Value> {
  return { state: "ready", value };
}

/** Turns what a promise gives into a state; null if it was abandoned. */
export async function settled<Value>(promise: Promise<Value>): Promise<Loadable<Value> | null> {
  try {
    return ready(await promise);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return null;
    return { state: "failed", failure: failureOf(error) };
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof ApiError) return { message: error.message, requestId: error.requestId, status: error.status };
  return { message: error instanceof Error ? error.message : String(error), requestId: "", status: 0 };
}
