/** The nearest rows that the model calls something else, or that are healthy where a row is not. */

import { isHealthy, type PlotColumn, type PlotTable } from "./table";

/** A row near another in the space that was projected. */
export interface Near {
  /** In the plot; -1 if it is not shown there. */
  readonly point: number;
  readonly id: string;
  readonly distance: number;
}

export interface Counterfactuals {
  /** What is different about them, in words. */
  readonly label: string;
  readonly near: readonly Near[];
}

const CLASS = "class";

/** By the column that colours if it can tell, else by the model's class. None if nothing can be said of the point. */
export function counterfactualsOf(table: PlotTable, point: number, near: readonly Near[], colored: PlotColumn | null): Counterfactuals | null {
  if (colored?.kind === "gradient" && colored.limit) {
    const { values, limit } = colored;
    if (Number.isNaN(values[point]!) || isHealthy(values[point]!, limit)) return null;
    return { label: `healthy by ${colored.name}`, near: near.filter((item) => item.point >= 0 && isHealthy(values[item.point]!, limit)) };
  }
  const column = colored?.kind === "class" && colored.source !== "set" ? colored : table.columns.find(({ name }) => name === CLASS);
  if (column?.kind !== "class" || column.codes[point]! < 0) return null;
  const { codes } = column;
  const differs = ({ point: other }: Near): boolean => other >= 0 && codes[other]! >= 0 && codes[other] !== codes[point];
  return { label: `another ${column.name}`, near: near.filter(differs) };
}
