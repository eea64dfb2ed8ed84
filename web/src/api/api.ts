/** The one way to the service: typed by its own description, with failures as values. */

import { failed, ready, type Answer, type FieldFault } from "../state/loadable";
import type { AnswerOf, Arguments, Method, PathFor } from "./operations";
import type { Problem } from "./types";

const KEPT_MAX = 200;
const UNREACHABLE = "The service does not answer. Is `arangovis serve` still running?";

/** What requests carry, and whom to tell that the service wants a sign-in. */
export interface Caller {
  /** Path of the service, with a slash at its end. */
  readonly root: () => string;
  /** What changes must carry beside the cookie of the sign-in, or "". */
  readonly csrf: () => string;
  /** The name that changes are recorded under, or "". */
  readonly actor: () => string;
  readonly onlocked: () => void;
}

interface Kept {
  readonly tag: string;
  readonly value: unknown;
}

interface Request {
  readonly path?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

type Fetch = typeof fetch;

export class Api {
  readonly #caller: Caller;
  readonly #fetch: Fetch;
  /** Answers with their tags: an unchanged one is neither sent nor read again, and stays the very same object. */
  readonly #kept = new Map<string, Kept>();

  /** @param fetcher stands in for `fetch` in tests. */
  constructor(caller: Caller, fetcher: Fetch = (input, init) => fetch(input, init)) {
    this.#caller = caller;
    this.#fetch = fetcher;
  }

  get<P extends PathFor<"get">>(path: P, ...[sent]: Arguments<P, "get">): Promise<Answer<AnswerOf<P, "get">>> {
    return this.#json("get", path, sent);
  }

  post<P extends PathFor<"post">>(path: P, ...[sent]: Arguments<P, "post">): Promise<Answer<AnswerOf<P, "post">>> {
    return this.#json("post", path, sent);
  }

  put<P extends PathFor<"put">>(path: P, ...[sent]: Arguments<P, "put">): Promise<Answer<AnswerOf<P, "put">>> {
    return this.#json("put", path, sent);
  }

  patch<P extends PathFor<"patch">>(path: P, ...[sent]: Arguments<P, "patch">): Promise<Answer<AnswerOf<P, "patch">>> {
    return this.#json("patch", path, sent);
  }

  delete<P extends PathFor<"delete">>(path: P, ...[sent]: Arguments<P, "delete">): Promise<Answer<AnswerOf<P, "delete">>> {
    return this.#json("delete", path, sent);
  }

  /** Reads an answer that is no JSON: Arrow, images, files. @param accept the form that is wanted. */
  async bytes<P extends PathFor<"get">>(path: P, accept: string, ...[sent]: Arguments<P, "get">): Promise<Answer<Uint8Array>> {
    return this.#read("get", path, sent, accept);
  }

  /** As `bytes`, for a question that is posted. */
  async postForBytes<P extends PathFor<"post">>(path: P, accept: string, ...[sent]: Arguments<P, "post">): Promise<Answer<Uint8Array>> {
    return this.#read("post", path, sent, accept);
  }

  /** The address of a path, for images and links that are opened or saved. */
  url<P extends PathFor<"get">>(path: P, ...[sent]: Arguments<P, "get">): string {
    return this.#address(path, sent);
  }

  async #read(method: Method, path: string, sent: Request | undefined, accept: string): Promise<Answer<Uint8Array>> {
    const response = await this.#ask(method, this.#address(path, sent), sent ?? {}, { Accept: accept });
    if (response.state === "failed") return response;
    return whole(response.value.arrayBuffer().then((buffer) => new Uint8Array(buffer)));
  }

  async #json<Value>(method: Method, path: string, sent: Request | undefined): Promise<Answer<Value>> {
    const address = this.#address(path, sent);
    const kept = method === "get" ? this.#kept.get(address) : undefined;
    const headers: Record<string, string> = { Accept: "application/json" };
    if (kept) headers["If-None-Match"] = kept.tag;
    const response = await this.#ask(method, address, sent ?? {}, headers);
    if (response.state === "failed") return response;
    if (response.value.status === 304) return ready(kept!.value as Value);
    if (response.value.status === 204) return ready(undefined as Value);
    const answer = await whole(response.value.json() as Promise<Value>);
    const tag = response.value.headers.get("ETag");
    if (method === "get" && tag && answer.state === "ready") this.#keep(address, { tag, value: answer.value });
    return answer;
  }

  async #ask(method: Method, address: string, sent: Request, headers: Record<string, string>): Promise<Answer<Response>> {
    const csrf = method === "get" ? "" : this.#caller.csrf();
    const actor = this.#caller.actor();
    if (csrf) headers["X-CSRF-Token"] = csrf;
    if (actor) headers["X-Arangovis-Actor"] = encodeHeader(actor);
    const init: RequestInit = { method: method.toUpperCase(), headers };
    if (sent.signal) init.signal = sent.signal;
    if (sent.body !== undefined) init.body = bodyOf(sent.body, headers);
    const response = await whole(this.#fetch(address, init));
    if (response.state === "failed" || response.value.ok || response.value.status === 304) return response;
    if (response.value.status === 401) this.#caller.onlocked();
    return problemOf(response.value);
  }

  #address(path: string, sent: Request | undefined): string {
    const values = (sent?.path ?? {}) as Record<string, unknown>;
    const filled = path.replace(/\{([a-z_]+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
    return `${this.#caller.root()}${filled.slice(1)}${queryOf((sent?.query ?? {}) as Record<string, unknown>)}`;
  }

  #keep(address: string, kept: Kept): void {
    this.#kept.delete(address);
    this.#kept.set(address, kept);
    if (this.#kept.size > KEPT_MAX) this.#kept.delete(this.#kept.keys().next().value!);
  }
}

function bodyOf(body: unknown, headers: Record<string, string>): BodyInit {
  if (body instanceof Uint8Array || body instanceof Blob) return body as BodyInit;
  headers["Content-Type"] = "application/json";
  return JSON.stringify(body);
}

function queryOf(values: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== null) query.set(name, Array.isArray(value) ? value.join(",") : String(value));
  }
  return query.size ? `?${query}` : "";
}

/** Headers are Latin-1 in a browser; the service reads them as UTF-8. */
function encodeHeader(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

async function whole<Value>(promise: Promise<Value>): Promise<Answer<Value>> {
  try {
    return ready(await promise);
  } catch (error) {
    const aborted = error instanceof DOMException && error.name === "AbortError";
    return failed({ message: aborted ? "Let go of." : UNREACHABLE, requestId: "", status: 0, aborted });
  }
}

async function problemOf(response: Response): Promise<Answer<never>> {
  const isJson = response.headers.get("Content-Type")?.includes("json");
  const problem = isJson ? ((await response.json().catch(() => null)) as (Partial<Problem> & { errors?: FieldFault[] }) | null) : null;
  return failed({
    message: problem?.detail || problem?.title || `The service answered ${response.status}.`,
    requestId: problem?.request_id ?? "",
    status: response.status,
    faults: problem?.errors ?? [],
  });
}
