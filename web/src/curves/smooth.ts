/** The exponential moving mean of TensorBoard: begun without a value, and freed of the bias that this gives the first ones. */

import { Numbers } from "./numbers";

export class Smoothed {
  readonly values = new Numbers();
  readonly #weight: number;
  #mean = 0;
  #count = 0;

  /** @param weight of what was before, 0 to less than 1 */
  constructor(weight: number) {
    this.#weight = weight;
  }

  /** Goes on with what is behind the values that it has. What is not finite stays, and counts for nothing. */
  follow(values: Float64Array): void {
    for (let place = this.values.length; place < values.length; place++) {
      const value = values[place]!;
      if (!Number.isFinite(value)) {
        this.values.push(value);
        continue;
      }
      this.#count += 1;
      this.#mean = this.#mean * this.#weight + (1 - this.#weight) * value;
      this.values.push(this.#mean / (1 - this.#weight ** this.#count));
    }
  }
}
