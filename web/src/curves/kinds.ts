/** What can be bound to what, and why not otherwise. */

import { AXES, type Binding, type Layer } from "../state/live";

export type Kind = "int" | "float" | "text" | "bool" | "timestamp";
export type Role = "x" | "y" | "z" | "color" | "size" | "group" | "order";

/** Something that a row has, or the whole run that it is of. */
export interface Bindable {
  readonly binding: Binding;
  readonly label: string;
  readonly kind: Kind;
  readonly ofRun: boolean;
  readonly description: string;
}

/** In front of the name of what is one value of the whole run. */
export const OF_RUN = "@";
/** The run itself. */
export const RUN: Bindable = { binding: "@", label: "run", kind: "text", ofRun: true, description: "Each run by itself" };

const NUMBERS: readonly Kind[] = ["int", "float", "timestamp"];
const ALLOWED: Readonly<Record<Role, readonly Kind[]>> = {
  x: NUMBERS,
  y: NUMBERS,
  z: ["int", "float"],
  size: ["int", "float"],
  color: ["int", "float", "text", "bool", "timestamp"],
  group: ["int", "text", "bool"],
  order: NUMBERS,
};
const KIND_WORDS: Readonly<Record<Kind, string>> = { int: "whole numbers", float: "numbers", text: "texts", bool: "truth values", timestamp: "times" };

/** Why something cannot be bound to this; null if it can. */
export function whyNot(role: Role, { label, kind }: Pick<Bindable, "label" | "kind">): string | null {
  if (ALLOWED[role].includes(kind)) return null;
  const wanted = ALLOWED[role].map((one) => KIND_WORDS[one]);
  return `${label} holds ${KIND_WORDS[kind]}; this takes ${listed(wanted)}`;
}

/** Whether its values lie along a ramp; otherwise each value has a colour of its own. */
export function isContinuous(kind: Kind): boolean {
  return kind === "float" || kind === "timestamp";
}

export function isOfRun(binding: Binding): boolean {
  return binding.startsWith(OF_RUN);
}

/** Everything that a layer binds. */
export function bindingsOf(layer: Layer): readonly Binding[] {
  const heat = layer.mark === "heat";
  const all = [layer.x, layer.y, heat ? layer.z : null, layer.color, heat ? null : layer.size, ...layer.group, layer.order];
  return [...new Set(all.filter((one): one is Binding => one !== null && one !== ""))];
}

/** Which axes the layers of a plot lie on. */
export function axesOf(layers: readonly Pick<Layer, "ownX" | "ownY">[]): readonly (typeof AXES)[number][] {
  return AXES.filter((name) => layers.some((layer) => name === (layer.ownX ? "x2" : "x") || name === (layer.ownY ? "y2" : "y")));
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
