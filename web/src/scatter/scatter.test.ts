import { describe, expect, it } from "vitest";
import { clamped, extentOf, fit, pan, toData, toScreen, zoom } from "./camera";
import { Grid, stepTowards } from "./grid";
import { commandOf } from "./keys";
import { Painter } from "./raster";
import { chooseRenderer, type Frame, type Layer } from "./renderer";
import { digits } from "../test/digits";
import { readPlot } from "../plot/table";

const size = { width: 800, height: 600 };
const plot = readPlot(digits());

describe("camera", () => {
  const camera = { x: 3, y: -2, span: 10 };

  it("goes from data to screen and back", () => {
    const screen = toScreen({ x: 4.5, y: 1 }, camera, size);
    expect(screen).toEqual({ x: 490, y: 120 });
    expect(toData(screen, camera, size)).toEqual({ x: 4.5, y: 1 });
  });

  it("keeps what is under the anchor while zooming", () => {
    const anchor = { x: 123, y: 456 };
    const before = toData(anchor, camera, size);
    const after = toData(anchor, zoom(camera, 2.5, anchor, size), size);
    expect(after.x).toBeCloseTo(before.x, 10);
    expect(after.y).toBeCloseTo(before.y, 10);
  });

  it("moves the picture with the pointer", () => {
    const before = toScreen({ x: 0, y: 0 }, camera, size);
    const after = toScreen({ x: 0, y: 0 }, pan(camera, { x: 10, y: -7 }, size), size);
    expect(after.x - before.x).toBeCloseTo(10, 10);
    expect(after.y - before.y).toBeCloseTo(-7, 10);
  });

  it.each([size, { width: 390, height: 360 }, { width: 300, height: 900 }])("fits every point into %o", (box) => {
    const camera = fit(extentOf(plot.x, plot.y), box);
    for (let i = 0; i < plot.count; i++) {
      const at = toScreen({ x: plot.x[i]!, y: plot.y[i]! }, camera, box);
      expect(at.x >= 0 && at.x <= box.width && at.y >= 0 && at.y <= box.height).toBe(true);
    }
  });

  it("fits one point, and none, without dividing by nothing", () => {
    expect(fit(extentOf(Float32Array.of(5), Float32Array.of(5)), size)).toEqual({ x: 5, y: 5, span: 1 });
    expect(fit(extentOf(new Float32Array(), new Float32Array()), size).span).toBeGreaterThan(0);
  });

  it("does not zoom past what floats can show", () => {
    const whole = { x: 0, y: 0, span: 100 };
    expect(clamped({ ...whole, span: 1e-9 }, whole).span).toBe(0.02);
    expect(clamped({ ...whole, span: 1e9 }, whole).span).toBe(400);
    expect(clamped({ ...whole, span: 50 }, whole).span).toBe(50);
  });
});

describe("grid", () => {
  const grid = new Grid(plot.x, plot.y);

  function nearestByScan(at: { x: number; y: number }, radius: number): number | null {
    let best: number | null = null;
    let bestSquare = radius * radius;
    for (let i = 0; i < plot.count; i++) {
      const square = (plot.x[i]! - at.x) ** 2 + (plot.y[i]! - at.y) ** 2;
      if (square > bestSquare) continue;
      best = i;
      bestSquare = square;
    }
    return best;
  }

  it("finds the point that a scan over all finds", () => {
    for (let step = 0; step < 400; step++) {
      const at = { x: -35 + ((step * 7) % 71), y: -35 + ((step * 13) % 71) };
      expect(grid.nearest(at, 3)).toBe(nearestByScan(at, 3));
    }
  });

  it("finds nothing far away, and passes over what is not visible", () => {
    expect(grid.nearest({ x: 1e6, y: 1e6 }, 5)).toBeNull();
    const at = { x: plot.x[40]!, y: plot.y[40]! };
    expect(grid.nearest(at, 0.001)).toBe(40);
    expect(grid.nearest(at, 0.001, (index) => index !== 40)).toBeNull();
  });

  it("works for no points and for equal ones, of which the one on top is taken", () => {
    expect(new Grid(new Float32Array(), new Float32Array()).nearest({ x: 0, y: 0 }, 9)).toBeNull();
    const same = new Grid(Float32Array.of(1, 1, 1), Float32Array.of(2, 2, 2));
    expect(same.nearest({ x: 1, y: 2 }, 1)).toBe(2);
  });

  it("steps to the closest point in a direction", () => {
    const points = { x: Float32Array.of(0, 5, 1, -1), y: Float32Array.of(0, 0, 0.5, 0) };
    expect(stepTowards(0, { x: 1, y: 0 }, points, () => true)).toBe(2);
    expect(stepTowards(0, { x: 1, y: 0 }, points, (index) => index !== 2)).toBe(1);
    expect(stepTowards(0, { x: -1, y: 0 }, points, () => true)).toBe(3);
    expect(stepTowards(0, { x: 0, y: 1 }, points, () => true)).toBeNull();
  });
});

describe("raster", () => {
  function painted(colors: number[], layer: Partial<Layer> = {}): Uint8ClampedArray {
    const pixels = new Uint8ClampedArray(4 * 21 * 21);
    const frame: Frame = {
      scene: {
        x: Float32Array.of(0),
        y: Float32Array.of(0),
        colors: Uint8Array.from(colors),
        layers: [{ start: 0, end: 1, radius: 4, outlined: false, ...layer }],
        labels: [],
        background: [250, 250, 250],
      },
      camera: { x: 0, y: 0, span: 21 },
      size: { width: 21, height: 21 },
      ratio: 1,
    };
    new Painter().paint(pixels, 21, frame);
    return pixels;
  }

  const at = (pixels: Uint8ClampedArray, x: number, y: number): number[] => [...pixels.slice(4 * (21 * y + x), 4 * (21 * y + x) + 4)];

  it("draws a disc of the point's colour on the background", () => {
    const pixels = painted([200, 10, 30, 255]);
    expect(at(pixels, 10, 10)).toEqual([200, 10, 30, 255]);
    expect(at(pixels, 13, 10)).toEqual([200, 10, 30, 255]);
    expect(at(pixels, 16, 10)).toEqual([250, 250, 250, 255]);
    expect(at(pixels, 0, 0)).toEqual([250, 250, 250, 255]);
  });

  it("covers about the area of the disc", () => {
    const pixels = painted([0, 0, 0, 255]);
    let ink = 0;
    for (let i = 0; i < pixels.length; i += 4) ink += (250 - pixels[i]!) / 250;
    expect(Math.abs(ink - Math.PI * 16)).toBeLessThan(2);
  });

  it("lets the background through a faint point and draws no hidden one", () => {
    expect(at(painted([0, 0, 0, 51]), 10, 10)).toEqual([200, 200, 200, 255]);
    expect(new Set(painted([0, 0, 0, 0]).filter((_, i) => i % 4 !== 3))).toEqual(new Set([250]));
  });

  it("draws points that are cut by the edge", () => {
    const pixels = new Uint8ClampedArray(4 * 10 * 10);
    const scene = {
      x: Float32Array.of(-5, 5),
      y: Float32Array.of(5, -5),
      colors: Uint8Array.of(0, 0, 0, 255, 0, 0, 0, 255),
      layers: [{ start: 0, end: 2, radius: 3, outlined: true }],
      labels: [],
      background: [255, 255, 255] as const,
    };
    new Painter().paint(pixels, 10, { scene, camera: { x: 0, y: 0, span: 10 }, size: { width: 10, height: 10 }, ratio: 1 });
    expect(pixels[0]).toBe(0);
    expect(pixels.at(-4)).toBe(0);
    expect(pixels[4 * 9]).toBe(255);
  });
});

describe("choice of renderer", () => {
  it.each([
    [null, "raster"],
    ["ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)", "raster"],
    ["llvmpipe (LLVM 15.0.6, 256 bits)", "raster"],
    ["Microsoft Basic Render Driver", "raster"],
    ["ANGLE (NVIDIA, NVIDIA GeForce RTX 4070, OpenGL 4.5)", "webgl2"],
    ["Apple M3", "webgl2"],
  ])("%s: %s", (gpu, kind) => {
    expect(chooseRenderer(gpu, null).kind).toBe(kind);
  });

  it("does as the address says, if it can", () => {
    expect(chooseRenderer("SwiftShader", "webgl2").kind).toBe("webgl2");
    expect(chooseRenderer("Apple M3", "raster").kind).toBe("raster");
    expect(chooseRenderer(null, "webgl2").kind).toBe("raster");
  });
});

describe("keys", () => {
  const key = (name: string, more: Partial<KeyboardEvent> = {}) =>
    commandOf({ key: name, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more });

  it("means what the help says", () => {
    expect(key("ArrowRight")).toEqual({ name: "pan", by: { x: -60, y: 0 } });
    expect(key("ArrowUp", { shiftKey: true })).toEqual({ name: "step", direction: { x: 0, y: 1 } });
    expect(key("+")).toMatchObject({ name: "zoom" });
    expect(key("0")).toEqual({ name: "fit" });
    expect(key("Escape")).toEqual({ name: "clear" });
  });

  it("leaves the browser its own keys", () => {
    expect(key("+", { ctrlKey: true })).toBeNull();
    expect(key("Tab")).toBeNull();
  });
});
