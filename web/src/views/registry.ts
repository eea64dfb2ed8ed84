/** Every view of the page. Each is loaded when it is first opened. */

import type { Component } from "svelte";
import type { IconName } from "../components/ui/icons";

export interface View {
  /** Its name in the address: `ui/<route>`. */
  readonly route: string;
  readonly title: string;
  readonly icon: IconName;
  /** Whether the navigation lists it; the others are reached from views and records. */
  readonly listed: boolean;
  /** A component without props: what it shows is in the address. */
  readonly load: () => Promise<{ default: Component }>;
}

export const VIEWS: readonly View[] = [
  { route: "home", title: "Home", icon: "home", listed: true, load: () => import("./home/View.svelte") },
  { route: "embeddings", title: "Embeddings", icon: "points", listed: true, load: () => import("./embeddings/View.svelte") },
  { route: "live", title: "Live plots", icon: "curve", listed: true, load: () => import("./live/View.svelte") },
  { route: "lineage", title: "Lineage", icon: "graph", listed: true, load: () => import("./lineage/View.svelte") },
  { route: "models", title: "Models", icon: "model", listed: true, load: () => import("./models/View.svelte") },
  { route: "compatibility", title: "Compatibility", icon: "overlap", listed: true, load: () => import("./compatibility/View.svelte") },
  { route: "anomaly", title: "Anomaly", icon: "alarm", listed: true, load: () => import("./anomaly/View.svelte") },
  { route: "work", title: "Work", icon: "work", listed: true, load: () => import("./work/View.svelte") },
  { route: "parameters", title: "Parameters", icon: "sliders", listed: false, load: () => import("./parameters/View.svelte") },
  { route: "audit", title: "History", icon: "clock", listed: false, load: () => import("./audit/View.svelte") },
  { route: "saved", title: "Saved view", icon: "star", listed: false, load: () => import("./saved/View.svelte") },
  { route: "node", title: "Record", icon: "record", listed: false, load: () => import("./node/View.svelte") },
];

export function viewOf(route: string): View | null {
  return VIEWS.find((view) => view.route === route) ?? null;
}
