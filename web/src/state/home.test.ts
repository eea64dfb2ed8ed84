import { describe, expect, it } from "vitest";
import { kindOf, parseHome, printHome, questionOf, viewOfSaved } from "./home";

const NOW = Date.UTC(2026, 2, 8, 12);

describe("the address of the home view", () => {
  it.each([
    "",
    "?text=fraud+mod*",
    "?kind=run&text=fraud",
    "?q=metrics.accuracy+%3E+0.9&project=wine&since=7d&sort=-metrics.accuracy",
    "?column=name&column=params.learning+rate&facet=attributes.gpu&pick=run/1&pick=run/2&compare=1",
    "?kind=evaluation&saved=good+models",
  ])("says what is shown: %s", (search) => expect(printHome(parseHome(search))).toBe(search));

  it("leads words to everything, and nothing to runs", () => {
    expect(parseHome("?text=fraud").kind).toBe("all");
    expect(parseHome("").kind).toBe("run");
  });

  it("takes no period that it cannot count, and compares no fewer than two", () => {
    expect(parseHome("?since=forever").since).toBeNull();
    expect(printHome(parseHome("?pick=run/1&compare=1"))).toBe("?pick=run/1");
  });
});

describe("the question", () => {
  it("holds all that narrows, each by itself", () => {
    const view = parseHome("?kind=plot&q=params.k+%3D+1+or+params.k+%3D+2&since=24h&project=wine&text=grid&sort=-params.learning+rate");
    expect(questionOf(view, NOW)).toEqual({
      kinds: ["run"],
      filter: 'method like "projection.%" and created >= "2026-03-07T12:00:00.000Z" and (params.k = 1 or params.k = 2)',
      text: "grid",
      project: "wine",
      order: "params.learning rate desc",
    });
    expect(questionOf(parseHome(""), NOW)).toEqual({ kinds: ["run"], filter: "" });
  });

  it("is the one that was saved", () => {
    const saved = { kinds: ["run"], filter: "metrics.accuracy > 0.9", text: "wine", order: "metrics.accuracy desc" };
    const view = { ...parseHome(""), ...viewOfSaved("good", "lab", saved) };
    expect(questionOf(view, NOW)).toEqual({ ...saved, project: "lab" });
    expect(printHome(view)).toContain("saved=good");
  });

  it("may be about any kind", () => expect(kindOf("metric_spec")).toMatchObject({ kinds: ["metric_spec"], title: "metric spec" }));
});
