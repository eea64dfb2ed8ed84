/** Draws points with WebGL2: one draw call a layer. */

import { scaleOf } from "./camera";
import type { Frame, Layer, Renderer, Scene } from "./renderer";

const VERTEX = `#version 300 es
in float x; in float y; in vec4 color;
uniform vec2 centre; uniform vec2 scale; uniform float radius; uniform float ring; uniform float faint;
out vec4 ink;
void main() {
  ink = color;
  gl_Position = vec4((vec2(x, y) - centre) * scale, 0.0, 1.0);
  bool shown = color.a > 0.0 && (color.a < 1.0) == (faint > 0.5);
  if (!shown) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  gl_PointSize = !shown ? 0.0 : 2.0 * (radius + ring) + 1.0;
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec4 ink; out vec4 pixel;
uniform float radius; uniform float ring; uniform vec3 background;
void main() {
  float distance = length(gl_PointCoord - 0.5) * (2.0 * (radius + ring) + 1.0);
  float disc = clamp(radius + 0.5 - distance, 0.0, 1.0);
  float whole = clamp(radius + ring + 0.5 - distance, 0.0, 1.0);
  if (whole * ink.a == 0.0) discard;
  float alpha = whole * ink.a;
  pixel = vec4(mix(background, ink.rgb, disc / whole) * alpha, alpha);
}`;

const ATTRIBUTES = ["x", "y", "color"] as const;
const UNIFORMS = ["centre", "scale", "radius", "ring", "background", "faint"] as const;

export class WebGlRenderer implements Renderer {
  readonly #canvas: HTMLCanvasElement;
  readonly #gl: WebGL2RenderingContext;
  readonly #buffers: Record<(typeof ATTRIBUTES)[number], WebGLBuffer>;
  readonly #uniforms: Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>;
  readonly #order: WebGLBuffer;
  #uploadedOrder: Uint32Array | null = null;
  #uploaded: Partial<Record<(typeof ATTRIBUTES)[number], ArrayBufferView>> = {};

  constructor(canvas: HTMLCanvasElement) {
    const gl = canvas.getContext("webgl2", { alpha: true, antialias: false, premultipliedAlpha: true, preserveDrawingBuffer: true });
    if (!gl) throw new Error("this browser has no WebGL2");
    const program = linked(gl);
    gl.useProgram(program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.#canvas = canvas;
    this.#gl = gl;
    this.#order = gl.createBuffer();
    this.#uniforms = entries(UNIFORMS, (name) => gl.getUniformLocation(program, name));
    this.#buffers = entries(ATTRIBUTES, (name) => attribute(gl, gl.getAttribLocation(program, name), name));
  }

  draw(frame: Frame): void {
    const gl = this.#gl;
    const { scene, camera, size } = frame;
    this.#resize(frame);
    this.#upload(scene);
    const scale = scaleOf(camera, size);
    const background = scene.background.map((value) => value / 255) as [number, number, number];
    // Clear through: level lines lie on a canvas under this one.
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform2f(this.#uniforms.centre, camera.x, camera.y);
    gl.uniform2f(this.#uniforms.scale, (2 * scale) / size.width, (2 * scale) / size.height);
    gl.uniform3f(this.#uniforms.background, ...background);
    for (const layer of scene.layers) {
      this.#drawLayer(layer, frame, 1);
      this.#drawLayer(layer, frame, 0);
    }
  }

  dispose(): void {
    for (const name of ATTRIBUTES) this.#gl.deleteBuffer(this.#buffers[name]);
    this.#uploaded = {};
  }

  /** The faint ones (1) or the others (0). */
  #drawLayer(layer: Layer, { scene, ratio }: Frame, faint: number): void {
    const gl = this.#gl;
    gl.uniform1f(this.#uniforms.faint, faint);
    gl.uniform1f(this.#uniforms.radius, layer.radius * ratio);
    gl.uniform1f(this.#uniforms.ring, layer.outlined ? ratio : 0);
    if (scene.order) gl.drawElements(gl.POINTS, layer.end - layer.start, gl.UNSIGNED_INT, 4 * layer.start);
    else gl.drawArrays(gl.POINTS, layer.start, layer.end - layer.start);
  }

  #resize({ size, ratio }: Frame): void {
    const width = Math.max(1, Math.round(size.width * ratio));
    const height = Math.max(1, Math.round(size.height * ratio));
    if (this.#canvas.width === width && this.#canvas.height === height) return;
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#gl.viewport(0, 0, width, height);
  }

  /** Sends only arrays that are not on the GPU yet. */
  #upload(scene: Scene): void {
    const gl = this.#gl;
    const arrays = { x: scene.x, y: scene.y, color: scene.colors };
    for (const name of ATTRIBUTES) {
      if (this.#uploaded[name] === arrays[name]) continue;
      gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffers[name]);
      gl.bufferData(gl.ARRAY_BUFFER, arrays[name], gl.STATIC_DRAW);
      this.#uploaded[name] = arrays[name];
    }
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.#order);
    if (!scene.order || scene.order === this.#uploadedOrder) return;
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, scene.order, gl.STATIC_DRAW);
    this.#uploadedOrder = scene.order;
  }
}

function attribute(gl: WebGL2RenderingContext, location: number, name: string): WebGLBuffer {
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.enableVertexAttribArray(location);
  if (name === "color") gl.vertexAttribPointer(location, 4, gl.UNSIGNED_BYTE, true, 0, 0);
  else gl.vertexAttribPointer(location, 1, gl.FLOAT, false, 0, 0);
  return buffer;
}

function linked(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  gl.attachShader(program, compiled(gl, gl.VERTEX_SHADER, VERTEX));
  gl.attachShader(program, compiled(gl, gl.FRAGMENT_SHADER, FRAGMENT));
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? "link");
  return program;
}

function compiled(gl: WebGL2RenderingContext, type: number, source: string): WebGLShader {
  const shader = gl.createShader(type);
  if (!shader) throw new Error("the GPU was lost");
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  return shader;
}

function entries<Name extends string, Value>(names: readonly Name[], make: (name: Name) => Value): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, Value>;
}
