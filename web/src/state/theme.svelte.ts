/** Light or dark: as the system says, unless the reader chose. */

import { MediaQuery } from "svelte/reactivity";
import type { Theme } from "../plot/palette";
import { kept } from "./kept";

export type ThemeChoice = Theme | "system";

const KEY = "arangovis-theme";
const CHOICES: readonly ThemeChoice[] = ["system", "light", "dark"];

class ThemeState {
  choice = $state<ThemeChoice>(remembered());
  readonly #system = new MediaQuery("(prefers-color-scheme: dark)");
  /** What canvases draw for. */
  readonly current = $derived<Theme>(this.choice === "system" ? (this.#system.current ? "dark" : "light") : this.choice);

  constructor() {
    apply(this.choice);
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    kept.setItem(KEY, choice);
    apply(choice);
  }
}

function remembered(): ThemeChoice {
  const found = kept.getItem(KEY) as ThemeChoice;
  return CHOICES.includes(found) ? found : "system";
}

function apply(choice: ThemeChoice): void {
  if (choice === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = choice;
}

export const theme = new ThemeState();
