import { describe, expect, it } from "vitest";
import { LAYER, PLOT, parseLive, printLive, type LiveView, type PlotSpec } from "./live";

const START = parseLive("");

describe("the address of the live plots", () => {
  it("says nothing at the start", () => {
    expect(printLive(START)).toBe("");
    expect(START).toMatchObject({ runs: [], plots: null, smooth: 0, along: "value" });
  });

  it("comes back to the same plots, whatever fields are called", () => {
    const plot: PlotSpec = {
      ...PLOT,
      title: "a: b, 100 % | ~c+d",
      layers: [
        { ...LAYER, y: "val/loss, mean" },
        { ...LAYER, mark: "points", x: "@params.lr", y: "größe|é", color: "@lr", size: "n~7c", group: ["a+b", "c"], order: "t:0", ownX: true, ownY: true, filter: 'a > 1 and b = "x|y"', series: "s, t", only: "night:ly" },
      ],
      ends: { x: [-0.5, 1e9], y2: [1e-7, 0.25] },
      logs: ["x", "y2"],
      wide: 2,
      tall: 3,
    };
    const view: LiveView = { runs: ["run/a", "run/b"], filter: 'tags = "x"', plots: [plot, { ...PLOT, layers: [{ ...LAYER, y: "loss" }] }], smooth: 0.6, along: "relative", hidden: ["run/b"], columns: 2, paused: true };
    expect(parseLive(printLive(view))).toEqual(view);
  });

  it("tells a grid that was emptied from one that was never chosen", () => {
    expect(parseLive(printLive({ ...START, plots: [] })).plots).toEqual([]);
  });

  it("makes the best of what cannot be", () => {
    const odd = parseLive("?smooth=7&columns=99&along=up&plot=x:9..1|mark:pie,y:loss&plot=|x:step&plot=");
    expect(odd).toMatchObject({ smooth: 0.999, columns: 4, along: "value" });
    expect(odd.plots).toEqual([{ ...PLOT, layers: [{ ...LAYER, y: "loss" }] }]);
    expect(parseLive("?smooth=many").smooth).toBe(0);
  });
});
