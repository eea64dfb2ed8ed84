/** What the view gives to one of its plots. */

import type { Bindable } from "../../curves/kinds";
import type { Along, AxisName, PlotSpec } from "../../state/live";
import type { LiveData } from "../../state/live-data.svelte";
import type { RunInfo } from "../../state/live-runs";
import type { Crosshair } from "./crosshair.svelte";

export interface PlotProps {
  plot: PlotSpec;
  data: LiveData;
  bindables: readonly Bindable[];
  /** Runs that are drawn, in order. */
  runs: readonly RunInfo[];
  smooth: number;
  along: Along;
  cross: Crosshair;
  height: number;
  /** How many columns there are. */
  columns: number;
  onchange: (plot: PlotSpec) => void;
  onedit: () => void;
  oncopy: () => void;
  onremove: () => void;
}

export function isAcross(name: AxisName): boolean {
  return name === "x" || name === "x2";
}
