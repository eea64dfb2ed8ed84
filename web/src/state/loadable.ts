/** Something on its way: each view draws all three states. */

import { ApiError } from "../api/client";

export type Loadable<Value> =
  | { readonly state: "loading" }
  | { readonly state: "ready"; readonly value: Value }
  | { readonly state: "failed"; readonly failure: Failure };

/** What the service answered: a value or a failure, never an exception. */
export type Answer<Value> = Exclude<Loadable<Value>, { readonly state: "loading" }>;

/** What is wrong with one field of what was sent. */
export interface FieldFault {
  readonly field: string;
  /** In words: names the value and what would be right. */
  readonly problem: string;
}

export interface Failure {
  readonly message: string;
  /** For asking the operator; "" if the service did not answer. */
  readonly requestId: string;
  /** HTTP status; 0 if the service did not answer or the failure is not of HTTP. */
  readonly status: number;
  /** One for each field that was wrong. */
  readonly faults?: readonly FieldFault[];
  /** The page let go of the question itself: nothing to show. */
  readonly aborted?: boolean;
}

export const LOADING = { state: "loading" } as const;

export function ready<Value>(value: Value): { readonly state: "ready"; readonly value: Value } {
  return { state: "ready", value };
}

/** Turns what a promise gives into a state; null if it was abandoned. */
export async function settled<Value>(promise: Promise<Value>): Promise<Answer<Value> | null> {
  try {
    return ready(await promise);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return null;
    return { state: "failed", failure: failureOf(error) };
  }
}

export function failed(failure: Failure): { readonly state: "failed"; readonly failure: Failure } {
  return { state: "failed", failure };
}

/** The value of a ready answer through a function; a failure as it is. */
export function mapAnswer<From, To>(answer: Answer<From>, change: (value: From) => To): Answer<To> {
  return answer.state === "ready" ? ready(change(answer.value)) : answer;
}

function failureOf(error: unknown): Failure {
  if (error instanceof ApiError) return { message: error.message, requestId: error.requestId, status: error.status };
  return { message: error instanceof Error ? error.message : String(error), requestId: "", status: 0 };
}

/** What is wrong with a field, for the input that it was given in; null if nothing is. */
export function faultOf(failure: Failure | null | undefined, field: string): string | null {
  return failure?.faults?.find((fault) => fault.field === field)?.problem ?? null;
}
