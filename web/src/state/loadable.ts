/** Something on its way: each view draws all three states. */

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

/** A failure on its way through reads of several steps; `settled` makes an answer of it again. */
export class Failed extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = "Failed";
    this.failure = failure;
  }
}

/** The value of an answer; a failure is thrown as `Failed`. */
export async function valueOf<Value>(answer: Promise<Answer<Value>>): Promise<Value> {
  const given = await answer;
  if (given.state === "failed") throw new Failed(given.failure);
  return given.value;
}

/** Turns what a promise gives into a state; null if it was abandoned. */
export async function settled<Value>(promise: Promise<Value>): Promise<Answer<Value> | null> {
  try {
    return ready(await promise);
  } catch (error) {
    const failure = failureOf(error);
    return failure.aborted ? null : failed(failure);
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
  if (error instanceof Failed) return error.failure;
  return { message: error instanceof Error ? error.message : String(error), requestId: "", status: 0 };
}

/** What is wrong with a field, for the input that it was given in; null if nothing is. */
export function faultOf(failure: Failure | null | undefined, field: string): string | null {
  return failure?.faults?.find((fault) => fault.field === field)?.problem ?? null;
}
