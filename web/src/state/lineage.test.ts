import { describe, expect, it } from "vitest";
import { parseLineage, printLineage, readStep, stepOf } from "./lineage";

describe("the address of the lineage explorer", () => {
  it("comes back to the same view", () => {
    const search = "?node=run/a&open=up:run/a&open=down:artifact/x&pick=run/z&unfold=*artifact/1&focus=run/a&sel=*artifact/1&of=run/a&from=run/a&to=run/b&at=17&a=run/a&b=run/b&up=3&down=0&fold=run&mark=impact&as=list&camera=-3,40,0.5";
    const view = parseLineage(search);
    expect(parseLineage(printLineage(view))).toEqual(view);
    expect(view).toMatchObject({ up: 3, down: 0, fold: "run", at: 17, sel: "*artifact/1", camera: { x: -3, y: 40, k: 0.5 } });
  });

  it("says nothing of what is as at the start", () => {
    expect(printLineage(parseLineage("?node=run/a"))).toBe("?node=run/a");
    expect(printLineage(parseLineage(""))).toBe("");
  });

  it("leaves out what it cannot read", () => {
    const view = parseLineage("?node=a&up=x&down=999&open=run/a&fold=odd&at=soon&camera=1,2&sel=*&mark=all");
    expect(view).toMatchObject({ node: null, up: 1, down: 100, open: [], fold: "auto", at: null, camera: null, sel: null, mark: "none" });
  });

  it("reads its steps", () => {
    expect(readStep(stepOf("upstream", "run/a:b"))).toEqual({ way: "upstream", id: "run/a:b" });
  });
});
