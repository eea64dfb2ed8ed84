import { describe, expect, it } from "vitest";
import type { Node } from "../api/types";
import { toMermaid, toSvg } from "./export";
import { fold, type Folding } from "./fold";
import { layout, type Box, type Layout, type Link } from "./layout";
import { detailAt, fitted } from "./look";
import { changes, connected, distances, hidden, neighboursOf, through, type Part } from "./part";

function node(id: string, attributes: Node["attributes"] = {}, created = 1): Node {
  const version = { number: 1, valid_from: created, valid_to: null, actor: "ada", request_id: "", action_id: "", deleted: false };
  return { id, kind: id.split("/")[0]!, project: null, attributes, version, created };
}

function part(links: readonly string[], more: Record<string, [number, number]> = {}): Part {
  const pairs = links.map((link) => link.split(" > ") as [string, string]);
  const ids = [...new Set(pairs.flat())];
  const kind = (from: string) => (from.startsWith("run/") ? "generated" : "input_to");
  const edges = pairs.map(([from, to]) => ({ kind: kind(from), from, to, role: "r", since: 5 }));
  const near = neighboursOf({ nodes: new Map(ids.map((id) => [id, node(id)])), edges, degrees: new Map() });
  const degree = (id: string) => {
    const [up, down] = more[id] ?? [0, 0];
    return { upstream: near.upstream.get(id)!.length + up, downstream: near.downstream.get(id)!.length + down, at_least: false };
  };
  return { nodes: new Map(ids.map((id) => [id, node(id)])), edges, degrees: new Map(ids.map((id) => [id, degree(id)])) };
}

const box = (id: string): Box => ({ id, width: 100, height: 40 });

function drawing(links: readonly string[]): Layout {
  const pairs = links.map((link) => link.split(" > ") as [string, string]);
  return layout([...new Set(pairs.flat())].map(box), pairs.map(([from, to]): Link => ({ from, to })));
}

const layersOf = (found: Layout) => Object.fromEntries(found.boxes.map(({ id, layer }) => [id, layer]));

describe("layout", () => {
  it("puts every box behind what leads to it, and its sources near to what they lead to", () => {
    const found = drawing(["a > b", "b > c", "c > d", "late > d", "a > d"]);
    expect(layersOf(found)).toEqual({ a: 0, b: 1, c: 2, d: 3, late: 2 });
  });

  it("lets no boxes of a layer overlap", () => {
    const found = drawing(Array.from({ length: 60 }, (_, n) => `s${n % 7} > t${(n * 5) % 23}`));
    for (const one of found.boxes) {
      for (const other of found.boxes) {
        if (one.id < other.id && one.layer === other.layer) expect(Math.abs(one.y - other.y)).toBeGreaterThanOrEqual(40);
      }
    }
    expect(Math.min(...found.boxes.map(({ y }) => y))).toBeGreaterThanOrEqual(0);
  });

  it("undoes crossings that need not be", () => {
    const found = drawing(["a > z", "b > y", "c > x", "a > y"]);
    const y = Object.fromEntries(found.boxes.map((one) => [one.id, one.y]));
    expect(Math.sign(y["a"]! - y["b"]!)).toBe(Math.sign(y["z"]! - y["y"]!));
    expect(Math.sign(y["b"]! - y["c"]!)).toBe(Math.sign(y["y"]! - y["x"]!));
  });

  it("draws cycles, with each link from its own start to its own end", () => {
    const found = drawing(["a > b", "b > c", "c > a"]);
    const places = Object.fromEntries(found.boxes.map((one) => [one.id, one]));
    for (const { from, to, points } of found.links) {
      const [ends, starts] = [points.at(-1)! - 20, points[1]! - 20];
      expect([starts, ends]).toEqual([places[from]!.y, places[to]!.y]);
    }
    expect(found.links).toHaveLength(3);
  });

  it("is empty for nothing, and leaves out links to nowhere and to oneself", () => {
    expect(layout([], [])).toEqual({ boxes: [], links: [], width: 0, height: 0 });
    expect(layout([box("a")], [{ from: "a", to: "a" }, { from: "a", to: "b" }]).links).toEqual([]);
  });

  it("keeps the bends of a long link where no box is", () => {
    const found = drawing(["a > b", "b > c", "c > d", "a > d"]);
    const long = found.links.find(({ from, to }) => from === "a" && to === "d")!;
    const inner = found.boxes.filter(({ id }) => id === "b" || id === "c");
    for (let place = 2; place < long.points.length - 2; place += 2) {
      const [x, y] = [long.points[place]!, long.points[place + 1]!];
      expect(inner.some((one) => x >= one.x && x <= one.x + 100 && y > one.y && y < one.y + 40)).toBe(false);
    }
  });
});

const GRAPH = ["dataset/d > run/a", "params/p > run/a", "run/a > artifact/1", "run/a > artifact/2", "run/a > artifact/3", "artifact/1 > run/b", "run/b > artifact/4"];

describe("the part", () => {
  it("knows what is out of sight", () => {
    const found = part(GRAPH, { "dataset/d": [2, 482] });
    const near = neighboursOf(found);
    expect([hidden(found, near, "dataset/d", "downstream"), hidden(found, near, "dataset/d", "upstream"), hidden(found, near, "run/a", "upstream")]).toEqual([482, 2, 0]);
    expect(distances("run/a", near).get("artifact/4")).toBe(3);
  });

  it("shows only paths through the focus", () => {
    expect([...through(part(GRAPH), "artifact/1").nodes.keys()].sort()).toEqual(["artifact/1", "artifact/4", "dataset/d", "params/p", "run/a", "run/b"]);
    expect(through(part(GRAPH), "run/none").nodes.size).toBe(8);
  });

  it("lets go of what hangs on nothing", () => {
    expect([...connected(part([...GRAPH, "run/x > artifact/x"]), ["run/a"]).nodes.keys()]).not.toContain("run/x");
  });

  it("counts what changed within a second as one change", () => {
    const nodes = new Map([["run/a", node("run/a", {}, 1_000_000)], ["run/b", node("run/b", {}, 1_400_000)], ["run/c", node("run/c", {}, 9_000_000)]]);
    expect(changes([{ nodes, edges: [], degrees: new Map() }])).toEqual([1_400_000, 9_000_000]);
  });
});

describe("folding", () => {
  const boxes = (folding: Folding, opened: string[] = [], kept: string[] = []) =>
    fold(part(GRAPH), folding, new Set(opened), new Set(kept)).drawn.map(({ id, members }) => (members.length > 1 ? `${id} ${members.length}` : id)).sort();

  it("folds files of one run that lead nowhere else, by kind", () => {
    expect(boxes("kind")).toEqual(["*artifact/1 3", "artifact/4", "dataset/d", "params/p", "run/a", "run/b"]);
    expect(boxes("kind", ["*artifact/1"])).toEqual(boxes("none"));
    expect(boxes("kind", [], ["artifact/1"])).toContain("*artifact/2 2");
    expect(boxes("auto")).toEqual(boxes("none"));
  });

  it("folds what a run made into it", () => {
    const folded = fold(part(GRAPH), "run", new Set(), new Set());
    expect(folded.drawn.map(({ id }) => id).sort()).toEqual(["*run/a", "*run/b", "dataset/d", "params/p"]);
    expect(folded.edges.map(({ from, to }) => `${from} ${to}`).sort()).toEqual(["*run/a *run/b", "dataset/d *run/a", "params/p *run/a"]);
    expect(folded.boxOf.get("artifact/4")).toBe("*run/b");
  });
});

describe("files", () => {
  const odd = part(["run/a > artifact/1"]);
  const folded = fold({ ...odd, nodes: new Map([...odd.nodes, ["run/a", node("run/a", { name: 'a "b" <c> & #d;' })]]) }, "none", new Set(), new Set());

  it("writes Mermaid whose texts end no quotes", () => {
    const text = toMermaid(folded);
    expect(text.startsWith("flowchart LR\n")).toBe(true);
    expect(text).toContain('(["a #34;b#34; #60;c#62; #38; #35;d;<br/>Run"])');
    expect(text).toContain('--> |"r"| ');
  });

  it("writes SVG that is sound XML", () => {
    const placed = layout(folded.drawn.map(({ id }) => box(id)), folded.edges);
    const text = toSvg(placed, folded, () => "#123456", new Set());
    expect(text).toContain("a &#34;b&#34; &#60;c&#62; &#38; #d;");
    expect(text.match(/<g /g)).toHaveLength(2);
    expect(text).not.toContain("var(");
  });
});

describe("words", () => {
  it("hides them by the zoom, and cuts them to what fits", () => {
    expect([1, 0.4, 0.1].map(detailAt)).toEqual(["full", "title", "none"]);
    expect(fitted("abcdef", 100, 12)).toBe("abcdef");
    expect(fitted("abcdefghij", 40, 12)).toBe("abcd\u2026");
  });
});
