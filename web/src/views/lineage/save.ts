/** The drawing as files. */

import { toMermaid, toSvg } from "../../graph/export";
import { title } from "../../lineage/names";
import type { Explorer } from "./explorer.svelte";

/** Browsers refuse larger canvases. */
const PIXELS_MAX = 16_000;
const SHARPNESS = 2;

export function saveSvg(explorer: Explorer): void {
  save(new Blob([svgOf(explorer)], { type: "image/svg+xml" }), nameOf(explorer, "svg"));
}

export function saveMermaid(explorer: Explorer): void {
  save(new Blob([toMermaid(explorer.laid!)], { type: "text/plain" }), nameOf(explorer, "mmd"));
}

export async function savePng(explorer: Explorer): Promise<void> {
  const address = URL.createObjectURL(new Blob([svgOf(explorer)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const scale = Math.min(SHARPNESS, PIXELS_MAX / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
    if (blob) save(blob, nameOf(explorer, "png"));
  } finally {
    URL.revokeObjectURL(address);
  }
}

function svgOf(explorer: Explorer): string {
  const marked = new Set([...explorer.marked].flatMap((id) => explorer.laid!.boxOf.get(id) ?? []));
  return toSvg(explorer.layout!, explorer.laid!, resolved, marked);
}

/** What a custom property is in the theme in sight: as a colour that any program reads. */
function resolved(property: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

function nameOf(explorer: Explorer, ending: string): string {
  const node = explorer.part.nodes.get(explorer.url.value.node ?? "");
  const name = node ? title(node).replace(/[^\p{L}\p{N}._-]+/gu, "-") : "graph";
  return `lineage-${name}.${ending}`;
}

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
