import { describe, expect, it } from "vitest";
import { addressOf, inOrder, splitAddress } from "./saved-view";

describe("the address of a saved view", () => {
  it("is the view and its query, without the frame that it stands in", () => {
    expect(addressOf("live", "?filter=tags+%3D+%22a%22&plot=|y:loss")).toBe("live?filter=tags+%3D+%22a%22&plot=|y:loss");
    expect(addressOf("live", "?embed=1&run=run/1")).toBe("live?run=run/1");
    expect(addressOf("live", "?run=run/1&embed")).toBe("live?run=run/1");
    expect(addressOf("live", "?embedder=a")).toBe("live?embedder=a");
    expect(addressOf("home", "")).toBe("home");
    expect(addressOf("home", "?embed=1")).toBe("home");
  });

  it("leads back to where it was saved", () => {
    for (const [view, search] of [["live", "?run=run/1&q=a?b"], ["home", ""]] as const) {
      expect(splitAddress(addressOf(view, search))).toEqual({ view, search });
    }
  });
});

describe("the order of saved views", () => {
  it("begins with the view in sight", () => {
    const views = [
      { name: "b", view: "live", address: "live" },
      { name: "c", view: "home", address: "home" },
      { name: "a", view: "models", address: "models" },
      { name: "a", view: "live", address: "live" },
    ];
    expect(inOrder(views, "live").map(({ view, name }) => `${view} ${name}`)).toEqual(["live a", "live b", "home c", "models a"]);
    expect(inOrder(views, "home").map(({ view, name }) => `${view} ${name}`)).toEqual(["home c", "live a", "live b", "models a"]);
  });
});
