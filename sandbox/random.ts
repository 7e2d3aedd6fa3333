/** A number made from a text: the same text always gives the same number (FNV-1a, 32 bits). */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
  value ^= value >>> 15;
  return Math.imul(value, 0x2c1b3c6d) >>> 0;
}

/** Repeatable chance: the same seed always gives the same sequence (mulberry32). */
export class Chance {
  #state: number;

  constructor(seed: string) {
    this.#state = hash(seed);
  }

  /** A fraction, 0 <= n < 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** True in this share of the cases. */
  happens(share: number): boolean {
    return this.fraction() < share;
  }

  /** One of the list. */
  oneOf<T>(list: readonly T[]): T {
    const chosen = list[this.between(0, list.length - 1)];
    if (chosen === undefined) throw new RangeError('Nothing to choose from');
    return chosen;
  }

  /** So many digits. */
  digits(count: number): string {
    return Array.from({ length: count }, () => this.between(0, 9)).join('');
  }

  /** So many lower-case hexadecimal digits. */
  hex(count: number): string {
    return Array.from({ length: count }, () => this.between(0, 15).toString(16)).join('');
  }
}
