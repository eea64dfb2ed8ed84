/** Columns that grow: numbers one behind the other, with room for more. */

const ROOM_MIN = 64;

export class Numbers {
  #data: Float64Array;
  length = 0;

  constructor(room = ROOM_MIN) {
    this.#data = new Float64Array(Math.max(ROOM_MIN, room));
  }

  static of(values: ArrayLike<number>): Numbers {
    const made = new Numbers(values.length);
    made.append(values);
    return made;
  }

  /** What is in it; valid until more is appended. */
  get view(): Float64Array {
    return this.#data.subarray(0, this.length);
  }

  /** Where the values lie, with what is behind them: for loops that know the length. */
  get raw(): Float64Array {
    return this.#data;
  }

  push(value: number): void {
    if (this.length === this.#data.length) this.#grow(this.length + 1);
    this.#data[this.length++] = value;
  }

  append(values: ArrayLike<number>): void {
    if (this.length + values.length > this.#data.length) this.#grow(this.length + values.length);
    this.#data.set(values, this.length);
    this.length += values.length;
  }

  #grow(wanted: number): void {
    const grown = new Float64Array(Math.max(wanted, Math.ceil(this.#data.length * 1.5)));
    grown.set(this.view);
    this.#data = grown;
  }
}

/** Texts as numbers: each distinct one has its place. */
export class Words {
  readonly list: string[] = [];
  readonly #places = new Map<string, number>();

  code(word: string): number {
    const known = this.#places.get(word);
    if (known !== undefined) return known;
    this.#places.set(word, this.list.length);
    return this.list.push(word) - 1;
  }
}
