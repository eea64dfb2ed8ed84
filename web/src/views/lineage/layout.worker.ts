/** Lays graphs out off the main thread. */

import { layout, type Box, type Layout, type Link } from "../../graph/layout";

export interface LayoutRequest {
  readonly number: number;
  readonly boxes: readonly Box[];
  readonly links: readonly Link[];
}

export interface LayoutReply {
  readonly number: number;
  readonly layout: Layout;
  /** In the worker. */
  readonly milliseconds: number;
}

addEventListener("message", ({ data }: MessageEvent<LayoutRequest>) => {
  const begun = performance.now();
  const found = layout(data.boxes, data.links);
  const reply: LayoutReply = { number: data.number, layout: found, milliseconds: performance.now() - begun };
  postMessage(reply);
});
