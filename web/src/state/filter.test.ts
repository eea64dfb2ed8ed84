import { describe, expect, it } from "vitest";
import { caretIn, printValue, quotedName, suggest } from "./filter";

const NAMES = [
  { name: "metrics.accuracy", types: ["number"], nodes: 9 },
  { name: "method", types: ["text"], nodes: 9 },
  { name: "params.learning rate", types: ["number"], nodes: 3 },
];
/** The caret is where the bar is. */
const at = (marked: string) => caretIn(marked.replace("|", ""), marked.indexOf("|"));

describe("the caret", () => {
  it.each([
    ["|", "name", null, ""],
    ["met|", "name", null, "met"],
    ["method |", "operator", "method", ""],
    ["method n|", "operator", "method", "n"],
    ["method = |", "value", "method", ""],
    ['method = "um|', "value", "method", '"um'],
    ['method = "umap" |', "next", "method", ""],
    ['method = "umap" and |', "name", null, ""],
    ["not (metrics.accuracy >= 0.9 or |", "name", null, ""],
    ['method in ("umap", |', "value", "method", ""],
    ['method not in ("a b") |', "next", "method", ""],
    ["`params.learning rate` < |", "value", "params.learning rate", ""],
    ["metrics.accuracy exists a|", "next", "metrics.accuracy", "a"],
  ])("in %s expects a %s", (marked, expects, name, word) => {
    expect(at(marked)).toMatchObject({ expects, name, word });
  });
});

describe("suggestions", () => {
  it("replace the word at the caret, and quote what must be", () => {
    const [first] = suggest(at("rate|"), NAMES, []);
    expect(first).toMatchObject({ from: 0, to: 4, insert: "`params.learning rate` " });
    expect(suggest(at('method = "u|'), NAMES, ["umap", "pca"]).map(({ insert }) => insert)).toEqual(['"umap"']);
  });

  it("put what begins so first", () => {
    expect(suggest(at("m|"), NAMES, []).map(({ label }) => label)).toEqual(["metrics.accuracy", "method", "params.learning rate"].filter((name) => name.includes("m")));
  });

  it("know that numbers are not matched", () => {
    const signs = suggest(at("metrics.accuracy |"), NAMES, []).map(({ label }) => label);
    expect(signs).toContain(">=");
    expect(signs).not.toContain("matches");
  });

  it("write values as the language reads them", () => {
    expect(printValue('say "hi" \\')).toBe('"say \\"hi\\" \\\\"');
    expect(printValue(0.5)).toBe("0.5");
    expect(quotedName("in")).toBe("`in`");
    expect(quotedName("a`b")).toBe("`a``b`");
  });
});
