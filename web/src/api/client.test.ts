import { describe, expect, it } from "vitest";
import { ApiClient, ApiError } from "./client";

interface Sent {
  address: string;
  headers: Record<string, string>;
}

/** A client in front of a real `Response`, and what it sent. */
function clientOf(response: () => Response | Error, token = ""): { client: ApiClient; sent: Sent[] } {
  const sent: Sent[] = [];
  const client = new ApiClient(
    () => token,
    async (input, init) => {
      sent.push({ address: String(input), headers: init?.headers as Record<string, string> });
      const answer = response();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  );
  return { client, sent };
}

const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/problem+json" } });

describe("the client", () => {
  it("asks as the API is written", async () => {
    const { client, sent } = clientOf(() => json({ items: [] }), "secret");
    await client.runs({ method: "projection.umap", state: "SUCCESS", limit: 20 });
    await client.lineage("artifact/a.b@c", { direction: "upstream", depth: 12 });
    await client.paramsHistory(2, "umap");
    expect(sent.map(({ address }) => address)).toEqual([
      "api/v1/runs?method=projection.umap&state=SUCCESS&limit=20",
      "api/v1/lineage/artifact/a.b%40c?direction=upstream&depth=12",
      "api/v1/model-versions/2/params/umap/history",
    ]);
    expect(sent[0]!.headers["Authorization"]).toBe("Bearer secret");
  });

  it("sends no token that it does not have", async () => {
    const { client, sent } = clientOf(() => json({ items: [] }));
    await client.paramsHistory(1, "umap");
    expect(sent[0]!.headers).not.toHaveProperty("Authorization");
  });

  it("reads bytes", async () => {
    const { client, sent } = clientOf(() => new Response(Uint8Array.of(1, 2, 3)));
    expect(await client.content("artifact/1")).toEqual(Uint8Array.of(1, 2, 3));
    expect(sent[0]!.address).toBe("api/v1/artifacts/1/content");
  });

  it("passes on what a problem says", async () => {
    const { client } = clientOf(() => json({ title: "Not found", status: 404, detail: "there is no model version 1", request_id: "r7" }, 404));
    const error = await client.paramsHistory(1, "umap").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ message: "there is no model version 1", status: 404, requestId: "r7" });
  });

  it("makes sense of an answer that is no problem, and of none", async () => {
    const proxy = clientOf(() => new Response("<h1>Bad gateway</h1>", { status: 502 }));
    await expect(proxy.client.paramsHistory(1, "umap")).rejects.toMatchObject({ status: 502, message: "The service answered 502." });
    const gone = clientOf(() => new TypeError("fetch failed"));
    await expect(gone.client.paramsHistory(1, "umap")).rejects.toMatchObject({ status: 0 });
  });

  it("lets an abandoned request be just that", async () => {
    const { client } = clientOf(() => new DOMException("", "AbortError"));
    await expect(client.paramsHistory(1, "umap")).rejects.toMatchObject({ name: "AbortError" });
  });
});
