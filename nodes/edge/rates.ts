/** Counts what each caller does in the current second; what is remembered is never older than that. */
export class Rates {
  readonly #limit: number;
  #second = 0;
  readonly #counts = new Map<string, number>();

  /** @param limit a second */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts one more. @returns whether it is one too many */
  isOver(caller: string): boolean {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#counts.clear();
    }
    const count = (this.#counts.get(caller) ?? 0) + 1;
    this.#counts.set(caller, count);
    return count > this.#limit;
  }
}
