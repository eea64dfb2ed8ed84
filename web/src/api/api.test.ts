import { describe, expect, it } from "vitest";
import { Api } from "./api";

interface Sent {
  readonly address: string;
  readonly init: RequestInit & { headers: Record<string, string> };
}

/** A client in front of real `Response`s, and what it sent. */
function apiOf(answer: (sent: Sent) => Response | Error, csrf = "", actor = "") {
  const sent: Sent[] = [];
  const told: string[] = [];
  const caller = { root: () => "/team/", csrf: () => csrf, actor: () => actor, onlocked: () => told.push("locked") };
  const api = new Api(caller, async (input, init) => {
    sent.push({ address: String(input), init: init as Sent["init"] });
    const response = answer(sent.at(-1)!);
    if (response instanceof Error) throw response;
    return response;
  });
  return { api, sent, told };
}

const json = (body: unknown, init: ResponseInit = {}): Response =>
  new Response(JSON.stringify(body), { ...init, headers: { "Content-Type": "application/json", ...init.headers } });

describe("the typed client", () => {
  it("fills in the path and the query, and says who asks", async () => {
    const { api, sent } = apiOf(() => json({ items: [] }), "secret", "Zoë");
    await api.get("/api/v1/nodes/{kind}/{key}", { path: { kind: "artifact", key: "a.b@c" }, query: { at: 12 } });
    await api.get("/api/v1/runs", { query: { filter: "acc > 0.9", limit: 20 } });
    expect(sent.map(({ address }) => address)).toEqual([
      "/team/api/v1/nodes/artifact/a.b%40c?at=12",
      "/team/api/v1/runs?filter=acc+%3E+0.9&limit=20",
    ]);
    expect(sent[0]!.init.headers).not.toHaveProperty("X-CSRF-Token");
    const name = sent[0]!.init.headers["X-Arangovis-Actor"]!;
    expect(new TextDecoder().decode(Uint8Array.from(name, (letter) => letter.charCodeAt(0)))).toBe("Zoë");
  });

  it("sends JSON, and with a change what proves that it comes from this page", async () => {
    const { api, sent } = apiOf(() => json({ items: [] }), "secret");
    await api.post("/api/v1/search", { body: { kinds: ["run"], limit: 3 } });
    expect(sent[0]!.init).toMatchObject({ method: "POST", body: '{"kinds":["run"],"limit":3}' });
    expect(sent[0]!.init.headers["Content-Type"]).toBe("application/json");
    expect(sent[0]!.init.headers["X-CSRF-Token"]).toBe("secret");
  });

  it("keeps an answer that has not changed, as the very same object", async () => {
    const tagged = { headers: { ETag: '"7"' } };
    const { api, sent } = apiOf(({ init }) => (init.headers["If-None-Match"] ? new Response(null, { status: 304 }) : json({ items: [1] }, tagged)));
    const first = await api.get("/api/v1/projects");
    const second = await api.get("/api/v1/projects");
    expect(sent[1]!.init.headers["If-None-Match"]).toBe('"7"');
    expect(first.state === "ready" && second.state === "ready" && first.value === second.value).toBe(true);
  });

  it("gives problems as values, field by field", async () => {
    const problem = { title: "Bad", detail: "limit: 0 is too small", request_id: "r1", errors: [{ field: "limit", problem: "0 is too small" }] };
    const { api } = apiOf(() => json(problem, { status: 400 }));
    expect(await api.get("/api/v1/runs", { query: { limit: 0 } })).toEqual({
      state: "failed",
      failure: { message: problem.detail, requestId: "r1", status: 400, faults: problem.errors },
    });
  });

  it("tells that a sign-in is wanted", async () => {
    const { api, told } = apiOf(() => json({ detail: "a bearer token is required" }, { status: 401 }));
    expect(await api.get("/api/v1/projects")).toMatchObject({ state: "failed", failure: { status: 401 } });
    expect(told).toEqual(["locked"]);
  });

  it("makes sense of a proxy's page, of no answer, and of a request that was let go of", async () => {
    const proxy = apiOf(() => new Response("<h1>", { status: 502 }));
    expect(await proxy.api.get("/api/v1/projects")).toMatchObject({ failure: { status: 502, message: "The service answered 502." } });
    const gone = apiOf(() => new TypeError("fetch failed"));
    expect(await gone.api.get("/api/v1/projects")).toMatchObject({ failure: { status: 0, aborted: false } });
    const left = apiOf(() => new DOMException("", "AbortError") as unknown as Error);
    expect(await left.api.get("/api/v1/projects")).toMatchObject({ failure: { aborted: true } });
  });

  it("answers nothing where there is nothing, and reads bytes", async () => {
    const none = apiOf(() => new Response(null, { status: 204 }));
    expect(await none.api.delete("/api/v1/runs/{key}", { path: { key: "1" } })).toEqual({ state: "ready", value: undefined });
    const bytes = apiOf(() => new Response(Uint8Array.of(1, 2)));
    const answer = await bytes.api.bytes("/api/v1/artifacts/{key}/content", "*/*", { path: { key: "1" } });
    expect(answer).toEqual({ state: "ready", value: Uint8Array.of(1, 2) });
  });
});
