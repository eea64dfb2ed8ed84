import { describe, expect, it } from "vitest";
import { both, choiceOf, chosenIn, rangeIn, termsOf, toggleIn, withRange } from "./terms";

describe("the terms of a filter", () => {
  it.each([
    ["", []],
    ["a = 1", ["a = 1"]],
    ['a = 1 and tags in ("x and y", "z") AND not (b = 2 and c = 3)', ["a = 1", 'tags in ("x and y", "z")', "not (b = 2 and c = 3)"]],
    ["name = 'this and that' and `in and out` exists", ["name = 'this and that'", "`in and out` exists"]],
    ["a = 1 or b = 2 and c = 3", ["a = 1 or b = 2 and c = 3"]],
  ])("of %s", (filter, terms) => expect(termsOf(filter)).toEqual(terms));

  it("stay apart when filters are joined", () => {
    expect(both("a = 1 or b = 2", "c = 3")).toBe("(a = 1 or b = 2) and c = 3");
    expect(both("", "c = 3")).toBe("c = 3");
    expect(both("", "")).toBe("");
  });
});

describe("choices", () => {
  it("are read in both forms, and nothing else is one", () => {
    expect(choiceOf('tags = "a \\"b\\""')).toEqual({ name: "tags", values: ['a "b"'] });
    expect(choiceOf("`params.learning rate` in (0.1, 'x', true)")).toEqual({ name: "params.learning rate", values: [0.1, "x", true] });
    for (const term of ["tags != 1", 'not tags = "a"', '(tags = "a")', "tags exists", 'name like "x%"', "tags = ", 'tags in ("a"']) expect(choiceOf(term)).toBeNull();
  });

  it("go into the filter and out of it again, and leave the rest alone", () => {
    const before = "metrics.accuracy > 0.9 and not state exists";
    const one = toggleIn(before, "tags", "sweep");
    expect(one).toBe(`${before} and tags = "sweep"`);
    const two = toggleIn(one, "tags", "base\\line");
    expect([...chosenIn(two, "tags")]).toEqual(["sweep", "base\\line"]);
    expect(toggleIn(toggleIn(two, "tags", "sweep"), "tags", "base\\line")).toBe(before);
    expect(toggleIn("a = 1 or b = 2", "params.k", 3)).toBe("(a = 1 or b = 2) and params.k = 3");
    expect(toggleIn("params.k = 3", "params.k", 3)).toBe("");
  });
});

describe("times", () => {
  it("are part of the filter", () => {
    const filter = withRange("a = 1", { from: "2026-03-01", to: "2026-04-01" });
    expect(filter).toBe('a = 1 and created >= "2026-03-01" and created < "2026-04-01"');
    expect(rangeIn(filter)).toEqual({ from: "2026-03-01", to: "2026-04-01" });
    expect(withRange(filter, { from: null, to: null })).toBe("a = 1");
    expect(withRange('created >= "2026-03-01"', { from: null, to: null })).toBe("");
  });
});
