/** The one place that talks to the service. */

import type { Direction, Lineage, Node, Page, Problem, Revision } from "./types";

const ROOT = "api/v1";

/** The service answered with a problem, or did not answer (status 0). Its message is meant for the reader. */
export class ApiError extends Error {
  readonly status: number;
  readonly requestId: string;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
    this.status = problem.status;
    this.requestId = problem.request_id ?? "";
  }
}

export interface RunsQuestion {
  /** In the filter language. */
  readonly filter?: string;
  readonly method?: string;
  readonly state?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

export interface LineageQuestion {
  readonly direction: Direction;
  readonly depth: number;
  readonly limit?: number;
}

type Fetch = typeof fetch;

export class ApiClient {
  readonly #fetch: Fetch;
  readonly #token: () => string;

  /**
   * @param token gives the bearer token, or "" while none is needed.
   * @param fetcher stands in for `fetch` in tests.
   */
  constructor(token: () => string = () => "", fetcher: Fetch = (input, init) => fetch(input, init)) {
    this.#token = token;
    this.#fetch = fetcher;
  }

  runs(question: RunsQuestion, signal?: AbortSignal): Promise<Page<Node>> {
    return this.#json(`${ROOT}/runs${queryOf({ ...question })}`, signal);
  }

  lineage(id: string, question: LineageQuestion, signal?: AbortSignal): Promise<Lineage> {
    return this.#json(`${ROOT}/lineage/${pathOf(id)}${queryOf({ ...question })}`, signal);
  }

  /** Every parameter set of a model version (by its small integer id) and a method. */
  paramsHistory(modelVersion: number, method: string, signal?: AbortSignal): Promise<Page<Revision>> {
    return this.#json(
      `${ROOT}/model-versions/${modelVersion}/params/${encodeURIComponent(method)}/history`,
      signal,
    );
  }

  /** The bytes of an artifact. */
  async content(id: string, signal?: AbortSignal): Promise<Uint8Array> {
    const response = await this.#answer(`${ROOT}/artifacts/${encodeURIComponent(keyOf(id))}/content`, "*/*", signal);
    return new Uint8Array(await response.arrayBuffer());
  }

  async #json<Answer>(address: string, signal: AbortSignal | undefined): Promise<Answer> {
    const response = await this.#answer(address, "application/json", signal);
    return (await response.json()) as Answer;
  }

  async #answer(address: string, accept: string, signal: AbortSignal | undefined): Promise<Response> {
    const headers: Record<string, string> = { Accept: accept };
    const token = this.#token();
    if (token) headers["Authorization"] = `Bearer ${token}`;
    const response = await this.#fetch(address, { headers, ...(signal && { signal }) }).catch(unreachable);
    if (!response.ok) throw new ApiError(await problemOf(response));
    return response;
  }
}

function keyOf(id: string): string {
  return id.slice(id.indexOf("/") + 1);
}

function pathOf(id: string): string {
  return id.split("/").map(encodeURIComponent).join("/");
}

function queryOf(values: Record<string, string | number | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size ? `?${query}` : "";
}

function unreachable(error: unknown): never {
  if (error instanceof DOMException && error.name === "AbortError") throw error;
  throw new ApiError({ title: "The service does not answer. Is `arangovis serve` still running?", status: 0 });
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback: Problem = { title: `The service answered ${response.status}.`, status: response.status };
  if (!response.headers.get("Content-Type")?.includes("json")) return fallback;
  const body = (await response.json().catch(() => null)) as Partial<Problem> | null;
  return { ...fallback, ...body };
}
