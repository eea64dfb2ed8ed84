/** Where nodes lead: to their record, and to the views that show them. */

import type { IconName } from "../components/ui/icons";
import { text } from "../lineage/names";
import { router } from "./router.svelte";
import type { Attributes } from "../api/types";

/** As much of a node as a link needs. */
export interface Linked {
  readonly id: string;
  readonly kind: string;
  readonly attributes: Attributes;
}

export interface ViewLink {
  readonly title: string;
  readonly icon: IconName;
  readonly href: string;
}

/** The record of a node, over the view in sight. Every mention of a node anywhere is this link. */
export function hrefOf(node: string | Pick<Linked, "id">): string {
  const { view, search } = router.place;
  return router.address(view, search, typeof node === "string" ? node : node.id);
}

/** The view that shows a kind of node best; null if there is none but its record and its lineage. */
export function ownView({ id, kind, attributes }: Linked): ViewLink | null {
  const key = id.slice(id.indexOf("/") + 1);
  if (kind === "artifact" && text(attributes["role"]) === "plot") return link("Embeddings", "points", "embeddings", { plot: id });
  if (kind === "model_version") return link("Model", "model", "models", { version: id });
  if (kind === "model") return link("Model", "model", "models", { model: id });
  if (kind === "deployment") return link("Deployment", "deploy", "models", { deployment: id });
  if (kind === "saved_view") return link("Saved view", "star", "saved", { view: key });
  if (kind === "params") return link("Parameters", "sliders", "parameters", { params: id });
  return kind === "run" ? runView(id, key, text(attributes["method"])) : null;
}

/** Every view that a node can be opened in, the best first. */
export function viewsOf(node: Linked): readonly ViewLink[] {
  const own = ownView(node);
  const lineage = link("Lineage", "graph", "lineage", { node: node.id });
  const history = link("History", "clock", "audit", { node: node.id });
  const log = node.kind === "run" ? [link("Log", "work", "work", { run: node.id })] : [];
  return [...(own ? [own] : []), lineage, ...log, history];
}

function runView(id: string, key: string, method: string): ViewLink {
  if (method.startsWith("projection.")) return link("Embeddings", "points", "embeddings", { run: id });
  if (method === "compatibility.sweep") return link("Compatibility", "overlap", "compatibility", { sweep: key });
  if (method.startsWith("compatibility.")) return link("Compatibility", "overlap", "compatibility", { comparison: key });
  if (method.startsWith("anomaly.")) return link("Anomaly", "alarm", "anomaly", { run: id });
  return link("Live plots", "curve", "live", { run: id });
}

function link(title: string, icon: IconName, view: string, params: Record<string, string>): ViewLink {
  return { title, icon, href: router.href(view, params) };
}
