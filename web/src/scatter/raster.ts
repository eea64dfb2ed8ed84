/** Draws points on the CPU into an ImageData: discs for as many as the eye can tell apart, squares for more. */

import { scaleOf } from "./camera";
import { drawDensity } from "./contours";
import type { Frame, Layer, Renderer, Rgb, Scene } from "./renderer";
import { StampSet, type Stamp } from "./stamps";

/** Device pixels. Below, a disc is a dot that a square shows as well. */
const DISC_MIN = 1.1;

export class RasterRenderer implements Renderer {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #painter = new Painter();
  #image: ImageData | null = null;
  #under: CanvasRenderingContext2D | null = null;

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext("2d", { alpha: false });
    if (!context) throw new Error("this browser has no 2D canvas");
    this.#canvas = canvas;
    this.#context = context;
  }

  draw(frame: Frame): void {
    const image = this.#imageFor(frame);
    this.#painter.paint(image.data, image.width, frame, frame.scene.density ? this.#backdrop(frame, image) : null);
    this.#context.putImageData(image, 0, 0);
  }

  dispose(): void {
    this.#image = this.#under = null;
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

  /** What lies under the points, as pixels. */
  #backdrop(frame: Frame, { width, height }: ImageData): Uint32Array {
    const { background, density, densityColor } = frame.scene;
    this.#under ??= document.createElement("canvas").getContext("2d", { alpha: false, willReadFrequently: true })!;
    const { canvas } = this.#under;
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    this.#under.fillStyle = `rgb(${background.join(" ")})`;
    this.#under.fillRect(0, 0, width, height);
    drawDensity(this.#under, density!, frame, densityColor ?? "gray");
    return wordsOf(this.#under.getImageData(0, 0, width, height).data);
  }
}

/** Paints frames; keeps from one to the next what does not change. */
export class Painter {
  readonly #stamps = new StampSet();
  #inks: { colors: Uint8Array; background: Rgb; words: Uint32Array } | null = null;

  /** Fills a picture (RGBA bytes, `width` device pixels a row) with the frame's points, over a backdrop if there is one. */
  paint(pixels: Uint8ClampedArray, width: number, frame: Frame, backdrop: Uint32Array | null = null): void {
    const { colors, background, layers } = frame.scene;
    const words = wordsOf(pixels);
    if (backdrop) words.set(backdrop);
    else {
      pixels.set([...background, 255]);
      words.fill(words[0]!);
    }
    const height = words.length / width;
    const sheet = { pixels, words, width, height, colors, inks: wordsOf(colors), background };
    for (const layer of layers) {
      if (frame.quick || layer.radius * frame.ratio < DISC_MIN) this.#dots(sheet, frame, layer);
      else this.#discs(sheet, frame, layer);
    }
  }

  /** The faint ones first, so that what counts lies on top. */
  #discs(sheet: Sheet, frame: Frame, layer: Layer): void {
    if (hasFaint(frame.scene, layer)) paintLayer(sheet, frame, layer, this.#stamps, true);
    paintLayer(sheet, frame, layer, this.#stamps, false);
  }

  #dots(sheet: Sheet, frame: Frame, layer: Layer): void {
    const { colors, background } = frame.scene;
    if (this.#inks?.colors !== colors || this.#inks.background !== background) {
      this.#inks = { colors, background, words: opaque(colors, background) };
    }
    if (hasFaint(frame.scene, layer)) paintDots(sheet, frame, layer, this.#inks.words, true);
    paintDots(sheet, frame, layer, this.#inks.words, false);
  }
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

/** Every visible point as a square of 1 to 3 pixels: one store a pixel, nothing is blended. */
function paintDots(sheet: Sheet, { scene, camera, size, ratio, quick }: Frame, layer: Layer, inks: Uint32Array, faint: boolean): void {
  const scale = scaleOf(camera, size) * ratio;
  const side = Math.min(3, Math.max(1, Math.round(2 * layer.radius * ratio)));
  const offsetX = (size.width * ratio - side) / 2 - camera.x * scale + 0.5;
  const offsetY = (size.height * ratio - side) / 2 + camera.y * scale + 0.5;
  const { words, width, height, colors } = sheet;
  const { x, y } = scene;
  const order = scene.order ?? null;
  const step = Math.max(1, quick ?? 1);
  for (let k = layer.start; k < layer.end; k += step) {
    const i = order ? order[k]! : k;
    const alpha = colors[4 * i + 3]!;
    if (alpha === 0 || (alpha < 255) !== faint) continue;
    const column = (x[i]! * scale + offsetX) | 0;
    const row = (offsetY - y[i]! * scale) | 0;
    if (column < 0 || row < 0 || column + side > width || row + side > height) continue;
    const ink = inks[i]!;
    let pixel = row * width + column;
    words[pixel] = ink;
    if (side === 1) continue;
    words[pixel + 1] = ink;
    words[(pixel += width)] = ink;
    words[pixel + 1] = ink;
    if (side === 2) continue;
    words[pixel + 2] = words[pixel + 2 - width] = ink;
    words[(pixel += width)] = words[pixel + 1] = words[pixel + 2] = ink;
  }
}

/** Colours as they look on the background alone: what is faint gets no blending while it is drawn as a square. */
function opaque(colors: Uint8Array, background: Rgb): Uint32Array {
  const inks = colors.slice();
  for (let at = 0; at < inks.length; at += 4) {
    const alpha = inks[at + 3]!;
    if (alpha === 255 || alpha === 0) continue;
    for (let band = 0; band < 3; band++) inks[at + band] = background[band]! + ((inks[at + band]! - background[band]!) * alpha) / 255;
    inks[at + 3] = 255;
  }
  return wordsOf(inks);
}

/** Whether a layer has both faint points and others; looked up once for each set of colours. */
function hasFaint({ colors }: Scene, { start, end }: Layer): boolean {
  const known = FAINT.get(colors) ?? new Map<number, boolean>();
  FAINT.set(colors, known);
  let found = known.get(start);
  if (found === undefined) {
    found = false;
    for (let i = start; i < end && !found; i++) found = colors[4 * i + 3]! > 0 && colors[4 * i + 3]! < 255;
    known.set(start, found);
  }
  return found;
}

const FAINT = new WeakMap<Uint8Array, Map<number, boolean>>();

function paintLayer(sheet: Sheet, { scene, camera, size, ratio }: Frame, layer: Layer, stamps: StampSet, faint: boolean): void {
  const scale = scaleOf(camera, size) * ratio;
  const offsetX = (size.width * ratio) / 2 - camera.x * scale;
  const offsetY = (size.height * ratio) / 2 + camera.y * scale;
  const radius = layer.radius * ratio;
  const ring = layer.outlined ? ratio : 0;
  const reach = radius + ring + 1;
  const order = scene.order ?? null;
  for (let k = layer.start; k < layer.end; k++) {
    const i = order ? order[k]! : k;
    const alpha = sheet.colors[4 * i + 3]!;
    if (alpha === 0 || (alpha < 255) !== faint) continue;
    const x = scene.x[i]! * scale + offsetX;
    const y = offsetY - scene.y[i]! * scale;
    if (x < -reach || y < -reach || x > sheet.width + reach || y > sheet.height + reach) continue;
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
