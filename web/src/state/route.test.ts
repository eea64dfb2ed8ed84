import { describe, expect, it } from "vitest";
import { hrefTo, placeOf, printParams } from "./route";

const at = (address: string) => placeOf(new URL(address, "http://host"));

describe("the address of a view", () => {
  it("comes back to the same place, behind a proxy that adds a path too", () => {
    for (const root of ["/", "/team/arangovis/"]) {
      const place = { root, view: "runs", search: "?q=acc%20%3E%200.9", node: "run/a b#c" };
      expect(at(hrefTo(place.root, place.view, place.search, place.node))).toEqual(place);
    }
  });

  it("is home at the root", () => {
    expect(at("/")).toEqual({ root: "/", view: "home", search: "", node: null });
    expect(at("/team/")).toEqual({ root: "/team/", view: "home", search: "", node: null });
    expect(at("/team/ui/")).toMatchObject({ root: "/team/", view: "home" });
  });

  it("still opens links that were handed out before", () => {
    expect(at("/?plot=artifact/1&view=1,2,3")).toEqual({ root: "/", view: "embeddings", search: "?plot=artifact/1&view=1,2,3", node: null });
    expect(at("/?view=compatibility&sweep=abc")).toEqual({ root: "/", view: "compatibility", search: "?sweep=abc", node: null });
  });

  it.each(["#", "#nothing", "#%E0%A4%A", "#/x"])("passes over %s", (hash) => {
    expect(placeOf({ pathname: "/ui/home", search: "", hash }).node).toBeNull();
  });
});

describe("parameters", () => {
  it("leave out what says nothing", () => {
    expect(printParams({ a: null, b: undefined, c: "", d: false, e: [] })).toBe("");
  });

  it("repeat a list and keep ids readable", () => {
    expect(printParams({ plot: "artifact/1", hide: ["a", "b&c"], on: true, n: 0 })).toBe("?plot=artifact/1&hide=a&hide=b%26c&on=1&n=0");
  });
});
