/** Completion of filters with what is stored. */

import { caretIn, suggest, type SearchName, type Suggestion } from "./filter";
import { api } from "./service";

const VALUES_MAX = 50;

/** Completes with the names and values that nodes of a kind have at the service. */
export function filterCompleter(kind: string): (text: string, caret: number) => Promise<readonly Suggestion[]> {
  return async (text, caret) => {
    const at = caretIn(text, caret);
    const names = at.expects === "name" || at.expects === "operator" ? await namesOf(kind) : [];
    const values = at.expects === "value" && at.name ? await valuesOf(kind, at.name) : [];
    return suggest(at, names, values);
  };
}

async function namesOf(kind: string): Promise<readonly SearchName[]> {
  const answer = await api.get("/api/v1/search/names", { query: { kind } });
  return answer.state === "ready" ? answer.value.names : [];
}

async function valuesOf(kind: string, name: string): Promise<readonly (string | number | boolean)[]> {
  const answer = await api.post("/api/v1/search", { body: { kinds: [kind], facets: [name], facet_limit: VALUES_MAX, limit: 0 } });
  if (answer.state === "failed") return [];
  const values = answer.value.facets[0]?.values ?? [];
  return values.map((found) => found.value as string | number | boolean);
}
