import type { NamedFact } from './inbox';

/** Reads the facts out of one kind of validated body. */
export type FactReader = (body: never, parameters: Readonly<Record<string, string>>) => NamedFact[];

export interface Reading {
  read: FactReader;
  /** One fact is answered by its own status; several are answered together, item by item. */
  answers: 'one' | 'each';
}

/** The kinds of bodies that carry facts, by the name of their contract. Provided by the subjects that know the partners. */
export class FactReaders {
  readonly #readings: Readonly<Record<string, Reading>>;

  constructor(readings: Readonly<Record<string, Reading>>) {
    this.#readings = readings;
  }

  /** The contracts whose bodies are facts. */
  contracts(): string[] {
    return Object.keys(this.#readings);
  }

  get(contract: string): Reading {
    const reading = this.#readings[contract];
    if (!reading) throw new Error(`no facts are read from ${contract}`);
    return reading;
  }
}
