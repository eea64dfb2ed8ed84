import { describe, expect, it } from "vitest";
import { START, parseView, printView, type ViewState } from "./url";

describe("the address", () => {
  it("comes back to the same view", () => {
    const view: ViewState = {
      plot: "artifact/0199a2b4-77df-7000-9f10-000000000010",
      color: "anomaly score & more",
      byValue: true,
      hidden: ["3", "a,b/c"],
      training: false,
      point: "req-00700",
      camera: { x: -3.25, y: 0.125, span: 12 },
      run: "run/0199a2b4-77df-7000-9f10-000000000011",
      beside: "artifact/0199a2b4-77df-7000-9f10-000000000012",
      turn: { yaw: -0.5, pitch: 0.25 },
      region: [0, 0, 1.5, -2, 3, 4.25],
      regionIn: "b",
    ids: ["digit-1", "digit-2"],
      tool: "lasso",
      density: true,
      period: "week 3",
      near: 0,
      find: "req-1",
      side: "selection",
      renderer: "raster",
    };
    expect(parseView(printView(view))).toEqual(view);
    expect(printView(view)).toContain("plot=artifact/0199a2b4-77df-7000-9f10-000000000010");
  });

  it("says nothing about the start", () => {
    expect(printView(START)).toBe("");
    expect(parseView("")).toEqual(START);
  });

  it.each(["?view=1,2", "?view=a,b,c", "?view=1,2,0", "?view=1,2,-3", "?view=,,", "?view=1,2,Infinity"])("passes over %s", (search) => {
    expect(parseView(search).camera).toBeNull();
  });

  it.each(["region=1,2,3,4", "region=1,2,3,4,5,6,7", "region=a", "turn=1", "tool=hammer", "side=left", "near=-1", "near=1e9", "near=x"])("passes over %s", (search) => {
    expect(parseView(`?${search}`)).toEqual(START);
  });

  it("passes over a renderer that there is not", () => {
    expect(parseView("?renderer=vulkan").renderer).toBeNull();
  });
});
