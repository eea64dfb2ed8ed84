/** Asks the worker for layouts; only the newest request is answered. */

import type { Box, Layout, Link } from "../../graph/layout";
import type { LayoutReply, LayoutRequest } from "./layout.worker";

export class Layouter {
  readonly #worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
  #number = 0;

  /** @param onlayout gets each layout that is still wanted, and how long it took in the worker */
  constructor(onlayout: (layout: Layout, milliseconds: number) => void) {
    this.#worker.addEventListener("message", ({ data }: MessageEvent<LayoutReply>) => {
      if (data.number === this.#number) onlayout(data.layout, data.milliseconds);
    });
  }

  ask(boxes: readonly Box[], links: readonly Link[]): void {
    const request: LayoutRequest = { number: ++this.#number, boxes, links };
    this.#worker.postMessage(request);
  }

  stop(): void {
    this.#worker.terminate();
  }
}
