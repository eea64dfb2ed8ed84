/** What draws points. A renderer knows no application; the application knows no canvas. */

import type { Camera, Extent, Point, Size } from "./camera";
import type { Density } from "./contours";
import { RasterRenderer } from "./raster";
import { WebGlRenderer } from "./webgl";

/** Points start..end of the scene, drawn alike. Later layers lie over earlier ones. */
export interface Layer {
  readonly start: number;
  readonly end: number;
  /** CSS pixels. */
  readonly radius: number;
  /** A thin ring in the background's colour keeps overlapping points apart. */
  readonly outlined: boolean;
}

export interface Label {
  readonly text: string;
  readonly at: Point;
}

/** A picture: coordinates, four bytes of colour a point (alpha 0: not there), layers, and texts over it. */
export interface Scene {
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** Rows in the order of drawing, each within its layer; null for the order in which they come. */
  readonly order?: Uint32Array | null;
  readonly colors: Uint8Array;
  readonly layers: readonly Layer[];
  readonly labels: readonly Label[];
  readonly background: Rgb;
  /** Level lines that lie under the points. */
  readonly density?: Density | null;
  readonly densityColor?: string;
  /** Lines round the points, for telling how they are turned. */
  readonly edges?: readonly (readonly [Point, Point])[];
  /** What "everything" is, if it is not where the points lie. */
  readonly extent?: Extent | null;
}

export type Rgb = readonly [red: number, green: number, blue: number];

export interface Frame {
  readonly scene: Scene;
  readonly camera: Camera;
  /** CSS pixels. */
  readonly size: Size;
  /** Device pixels a CSS pixel. */
  readonly ratio: number;
  /** 0 draws every point as it should be; above, squares instead of discs and every so manieth point: while moving. */
  readonly quick?: number;
}

export interface Renderer {
  draw(frame: Frame): void;
  dispose(): void;
}

export type RendererKind = "raster" | "webgl2";

export interface Choice {
  readonly kind: RendererKind;
  /** For the status line. */
  readonly reason: string;
}

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render|mesa offscreen/i;

/** Points on a GPU if there is a real one; a software GL is many times slower than our own raster. */
export function chooseRenderer(gpu: string | null, forced: RendererKind | null): Choice {
  if (forced === "webgl2" && gpu === null) return { kind: "raster", reason: "WebGL2 is not available" };
  if (forced) return { kind: forced, reason: "asked for in the address" };
  if (gpu === null) return { kind: "raster", reason: "no GPU" };
  if (SOFTWARE.test(gpu)) return { kind: "raster", reason: "no GPU: WebGL2 is emulated in software" };
  return { kind: "webgl2", reason: gpu };
}

/** The name of the GPU behind WebGL2, or null if there is no WebGL2. */
export function probeGpu(): string | null {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (!gl) return null;
  const details = gl.getExtension("WEBGL_debug_renderer_info");
  const name = String(gl.getParameter(details ? details.UNMASKED_RENDERER_WEBGL : gl.RENDERER) ?? "");
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return name;
}

export function createRenderer(kind: RendererKind, canvas: HTMLCanvasElement): Renderer {
  return kind === "webgl2" ? new WebGlRenderer(canvas) : new RasterRenderer(canvas);
}
