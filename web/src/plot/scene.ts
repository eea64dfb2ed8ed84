/** A plot and its colours as a picture for the scatter. */

import type { Density } from "../scatter/contours";
import type { Layer, Scene } from "../scatter/renderer";
import { classCentres, type Coloring } from "./coloring";
import { absentColor, css, surfaceColor, type Theme } from "./palette";
import type { PlotColumn, PlotTable } from "./table";

/** More names than this would hide the points. */
const LABELS_MAX = 24;

export interface SceneChoice {
  readonly column: PlotColumn | null;
  readonly hidden: ReadonlySet<string>;
  readonly theme: Theme;
  /** Where training points lie dense, drawn under the others. */
  readonly density?: Density | null;
}

export function sceneOf(table: PlotTable, coloring: Coloring, { column, hidden, theme, density = null }: SceneChoice): Scene {
  const named = column?.kind === "class" && column.source !== "set" && !table.z && column.classes.length <= LABELS_MAX ? column : null;
  const centres = named ? classCentres(table, named, hidden) : [];
  return {
    x: table.x,
    y: table.y,
    density,
    densityColor: css(absentColor(theme)),
    colors: coloring.colors,
    layers: layersOf(table),
    labels: centres.map(({ name, x, y }) => ({ text: name, at: { x, y } })),
    background: surfaceColor(theme),
  };
}

/** CSS pixels: the more points, the smaller. */
export function radiusFor(count: number): number {
  if (count <= 600) return 3.6;
  if (count <= 2_500) return 3.2;
  if (count <= 10_000) return 2.6;
  return count <= 100_000 ? 1.5 : 0.8;
}

export function layersOf({ count, trainingCount }: PlotTable): Layer[] {
  const production = radiusFor(count - trainingCount);
  return [
    { start: 0, end: trainingCount, radius: Math.min(production, radiusFor(trainingCount)) * 0.7, outlined: false },
    { start: trainingCount, end: count, radius: production, outlined: production > 2 },
  ];
}
