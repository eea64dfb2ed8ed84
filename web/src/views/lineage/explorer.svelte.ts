/** What the lineage explorer shows and can do: the address, the part of the graph it names, and how that is laid out. */

import { onDestroy, untrack } from "svelte";
import type { Schemas } from "../../api/operations";
import { readPart, type Found } from "../../graph/fetch";
import { fold, isGroup, type Drawn, type Folded } from "../../graph/fold";
import type { Layout, PlacedBox } from "../../graph/layout";
import { BOX_HEIGHT, BOX_WIDTH } from "../../graph/look";
import { changes, distances, hidden, neighboursOf, NOTHING, through, type Part, type Way } from "../../graph/part";
import { parseLineage, printLineage, stepOf, type LineageView } from "../../state/lineage";
import { partsOf } from "../../state/node";
import { Query } from "../../state/query.svelte";
import { api } from "../../state/service";
import { useUrl } from "../../state/url-state.svelte";
import { Layouter } from "./layouter";

/** So many readings are remembered for the slider. */
const SEEN_MAX = 20;

export class Explorer {
  readonly url = useUrl({ parse: parseLineage, print: printLineage });
  /** What the address says, apart from the camera: it stays the same object while only that moves. */
  readonly view = $derived.by(() => this.#still(this.url.value));
  readonly found = new Query<Found>();
  readonly impact = new Query<Schemas["ImpactAnswer"]>();
  readonly stale = new Query<Schemas["StaleNodesAnswer"]>();

  /** The layout of what is drawn; null before the first. */
  layout = $state.raw<Layout | null>(null);
  /** What the layout is of. */
  laid = $state.raw<Folded | null>(null);
  /** How long the worker took, milliseconds. */
  took = $state(0);
  /** Everything that was seen around this start, at whatever time: its changes are the ticks of the slider. */
  seen = $state.raw<readonly Part[]>([]);

  readonly part = $derived(this.#shown());
  readonly near = $derived(neighboursOf(this.part));
  readonly folded = $derived(fold(this.part, this.view.fold, new Set(this.view.unfold), this.#kept()));
  readonly distance = $derived(distances(this.view.node ?? "", this.near));
  readonly ticks = $derived(changes(this.seen));
  readonly path = $derived(this.found.value?.path ?? null);
  /** Ids of nodes that stand out: the path, what would have to be redone, or what is stale. */
  readonly marked = $derived(this.#marked());
  readonly causes = $derived(new Map((this.stale.value?.stale ?? []).map((one) => [one.node, one.causes])));
  /** The box that is looked at. */
  readonly selected = $derived(this.#selected());

  readonly #layouter = new Layouter((layout, milliseconds) => {
    this.layout = layout;
    this.laid = this.#pending;
    this.took = milliseconds;
  });
  #pending: Folded | null = null;
  #last: LineageView | null = null;

  constructor() {
    onDestroy(() => {
      this.#layouter.stop();
      for (const query of [this.found, this.impact, this.stale]) query.stop();
    });
    this.#follow();
  }

  #follow(): void {
    const wanted = $derived(JSON.stringify(pick(this.view)));
    $effect(() => {
      const asked = JSON.parse(wanted) as ReturnType<typeof pick>;
      if (asked.node) void this.found.ask((signal) => readPart(asked, signal));
    });
    let start: string | null = null;
    $effect(() => {
      const [part, node] = [this.found.value?.part, this.view.node];
      if (!part || !node || !part.nodes.has(node)) return;
      this.seen = start === node ? [...untrack(() => this.seen).slice(1 - SEEN_MAX), part] : [part];
      start = node;
    });
    $effect(() => {
      const folded = this.folded;
      if (!this.found.value) return;
      this.#pending = folded;
      this.#layouter.ask(folded.drawn.map(({ id }) => ({ id, width: BOX_WIDTH, height: BOX_HEIGHT })), folded.edges.map(({ from, to }) => ({ from, to })));
    });
    this.#mark();
  }

  #mark(): void {
    const mark = $derived(this.view.mark);
    const of = $derived(this.view.of);
    const at = $derived(this.view.at);
    $effect(() => {
      const query = at === null ? {} : { at };
      if (mark === "impact" && of) void this.impact.ask((signal) => api.get("/api/v1/impact/{kind}/{key}", { path: partsOf(of), query, signal }), { keep: false });
      if (mark === "stale") void this.stale.ask((signal) => api.get("/api/v1/stale", { query, signal }), { keep: false });
    });
  }

  // --- what a reader does -------------------------------------------------------------------------------------

  /** Shows the neighbours of a node that are out of sight. */
  expand(id: string, way: Way): void {
    const step = stepOf(way, id);
    const { open, node, up, down } = this.view;
    if (id === node && (way === "upstream" ? up : down) === 0) this.url.step(way === "upstream" ? { up: 1 } : { down: 1 });
    else if (!open.includes(step)) this.url.step({ open: [...open, step] });
  }

  /** Takes back what was expanded from a node. */
  collapse(id: string, way: Way): void {
    const { open, node } = this.view;
    const change = { open: open.filter((step) => step !== stepOf(way, id)) };
    if (id !== node) this.url.step(change);
    else this.url.step({ ...change, ...(way === "upstream" ? { up: 0 } : { down: 0 }) });
  }

  isExpanded(id: string, way: Way): boolean {
    const { open, node, up, down } = this.view;
    return open.includes(stepOf(way, id)) || (id === node && (way === "upstream" ? up : down) > 0);
  }

  /** How many neighbours of a box are out of sight. */
  rest({ members }: Drawn, way: Way): number {
    return members.reduce((sum, { id }) => sum + hidden(this.part, this.near, id, way), 0);
  }

  /** Adds a node out of a hub's list, or takes it away. */
  toggle(id: string): void {
    const { pick: picked } = this.view;
    this.url.step({ pick: picked.includes(id) ? picked.filter((one) => one !== id) : [...picked, id] });
  }

  select(id: string | null): void {
    this.url.look({ sel: id });
  }

  /** Begins anew from a node. */
  begin(node: string): void {
    this.seen = [];
    this.url.step({ ...parseLineage(""), node, sel: node });
  }

  hrefFrom(node: string): string {
    return this.url.href({ ...parseLineage(""), node, sel: node });
  }

  unfold(drawn: Drawn): void {
    this.url.step({ unfold: [...this.view.unfold, drawn.id], sel: drawn.members[0]!.id });
  }

  // --- what follows from it -----------------------------------------------------------------------------------

  #still(view: LineageView): LineageView {
    const same = this.#last && JSON.stringify({ ...this.#last, camera: null }) === JSON.stringify({ ...view, camera: null });
    return same ? this.#last! : (this.#last = view);
  }

  #shown(): Part {
    const found = this.found.value?.part ?? NOTHING;
    const { focus } = this.view;
    return focus ? through(found, focus) : found;
  }

  #kept(): ReadonlySet<string> {
    const { node, focus, pick: picked, a, b } = this.view;
    return new Set([node, focus, a, b, ...picked, ...(this.found.value?.path ?? [])].filter((id) => id !== null));
  }

  #marked(): ReadonlySet<string> {
    const { mark, of, from, to } = this.view;
    if (from && to) return new Set(this.path ?? []);
    if (mark === "impact") return new Set([...(of ? [of] : []), ...(this.impact.value?.affected ?? []).map(({ node }) => node)]);
    return mark === "stale" ? new Set((this.stale.value?.stale ?? []).map(({ node }) => node)) : new Set();
  }

  #selected(): Drawn | null {
    const { sel } = this.view;
    const box = sel && (this.folded.boxOf.get(sel) ?? sel);
    return this.folded.drawn.find(({ id }) => id === box) ?? null;
  }
}

function pick({ node, up, down, open, pick: picked, at, from, to }: LineageView) {
  return { node, up, down, open, pick: picked, at, from, to };
}

/** The node that a box is about; of like nodes, the first. */
export function nodeOf(drawn: Drawn): Drawn["members"][number] {
  return drawn.head ?? drawn.members[0]!;
}

/** Where arrow keys lead: along the edges to the sides, within the layer up and down. */
export function neighbourOf(layout: Layout, from: string, key: string): string | null {
  const here = layout.boxes.find(({ id }) => id === from);
  if (!here) return layout.boxes[0]?.id ?? null;
  const nearest = (boxes: readonly PlacedBox[]) => [...boxes].sort((a, b) => Math.abs(a.y - here.y) - Math.abs(b.y - here.y))[0]?.id ?? null;
  const byId = new Map(layout.boxes.map((box) => [box.id, box]));
  const along = (ends: readonly string[]) => nearest(ends.flatMap((id) => byId.get(id) ?? []));
  if (key === "ArrowRight") return along(layout.links.filter((link) => link.from === from).map(({ to }) => to));
  if (key === "ArrowLeft") return along(layout.links.filter((link) => link.to === from).map((link) => link.from));
  const row = layout.boxes.filter(({ layer, y }) => layer === here.layer && (key === "ArrowDown" ? y > here.y : y < here.y));
  return nearest(row);
}

export { isGroup };
