/** Where the reader points: every plot with the same thing along x shows it. */
export class Crosshair {
  at = $state.raw<{ readonly key: string; readonly x: number } | null>(null);
}
