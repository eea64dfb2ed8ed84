/** The drawing as files: SVG and Mermaid. */

import type { Drawn, Folded } from "./fold";
import type { Layout } from "./layout";
import { BOX_WIDTH, curve, fitted, kindColor, wordsOf } from "./look";

const MARGIN = 24;

/** The colours of the page by custom property; `value` resolves one, so that the file needs no style sheet. */
export type Colors = (property: string) => string;

/** A whole SVG document that looks like the page. */
export function toSvg(layout: Layout, folded: Folded, color: Colors, marked: ReadonlySet<string>): string {
  const drawn = new Map(folded.drawn.map((box) => [box.id, box]));
  const [width, height] = [Math.ceil(layout.width + 2 * MARGIN), Math.ceil(layout.height + 2 * MARGIN)];
  const lines = layout.links.map(
    ({ from, to, points }) =>
      `<path d="${curve(points)}" fill="none" stroke="${color(marked.has(from) && marked.has(to) ? "--accent" : "--strong")}" stroke-width="1.3" marker-end="url(#tip)"/>`,
  );
  const boxes = layout.boxes.map((box) => boxSvg(box, drawn.get(box.id)!, color, marked.has(box.id)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${-MARGIN} ${-MARGIN} ${width} ${height}" font-family="system-ui, sans-serif">`,
    `<defs><marker id="tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z" fill="${color("--strong")}"/></marker></defs>`,
    `<rect x="${-MARGIN}" y="${-MARGIN}" width="${width}" height="${height}" fill="${color("--surface")}"/>`,
    ...lines,
    ...boxes,
    "</svg>",
  ].join("\n");
}

function boxSvg({ x, y, width, height }: Layout["boxes"][number], drawn: Drawn, color: Colors, marked: boolean): string {
  const words = wordsOf(drawn);
  const kind = color(kindColor(drawn.members[0]!.kind));
  const small = [words.kind, words.detail].filter(Boolean).join(" · ");
  return [
    `<g transform="translate(${round(x)} ${round(y)})">`,
    `<rect width="${width}" height="${height}" rx="6" fill="${color("--raised")}" stroke="${color(marked ? "--accent" : "--strong")}"/>`,
    `<rect width="4" height="${height}" rx="2" fill="${kind}"/>`,
    `<text x="14" y="18" font-size="10.5" fill="${kind}">${escaped(fitted(small, BOX_WIDTH - 24, 10))}</text>`,
    `<text x="14" y="35" font-size="12.5" font-weight="600" fill="${color("--text")}">${escaped(fitted(words.title, BOX_WIDTH - 24, 12.5))}</text>`,
    "</g>",
  ].join("");
}

/** A flow chart of Mermaid, for documents that draw one. */
export function toMermaid(folded: Folded): string {
  const names = new Map(folded.drawn.map(({ id }, place) => [id, `n${place}`]));
  const boxes = folded.drawn.map((drawn) => {
    const words = wordsOf(drawn);
    const label = `${quoted(words.title)}<br/>${quoted(words.kind)}`;
    return `  ${names.get(drawn.id)}${drawn.members[0]!.kind === "run" ? `(["${label}"])` : `["${label}"]`}`;
  });
  const links = folded.edges.map(({ from, to, roles, count }) => {
    const label = roles.length === 1 && count === 1 ? `|"${quoted(roles[0]!)}"| ` : "";
    return `  ${names.get(from)} --> ${label}${names.get(to)}`;
  });
  return ["flowchart LR", ...boxes, ...links, ""].join("\n");
}

/** Mermaid reads texts in quotes; it knows HTML's names of characters, with `#` for `&`. */
function quoted(text: string): string {
  return text.replace(/[#"<>&]/g, (sign) => `#${sign.codePointAt(0)};`).replaceAll("\n", " ");
}

function escaped(text: string): string {
  // Control characters have no place in XML, not even escaped.
  const plain = [...text].filter((sign) => sign >= " ").join("");
  return plain.replace(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
