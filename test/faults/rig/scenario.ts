/** What every fault scenario is: it runs the system, strikes it, and says in figures what became of the orders. */

export interface Options {
  /** The same seed strikes at the same places in the same order. */
  seed: number;
  orders: number;
  /** How often it strikes: kills, deploys, restarts. */
  strikes: number;
  /** Runs the naive control instead: the damage must show, or the scenario proves nothing. */
  naive: boolean;
  /** Told how it goes. */
  note: (text: string) => void;
}

export interface Figure {
  what: string;
  value: string;
  goal: string;
  /** Undefined: told, without a goal. */
  reached?: boolean;
}

export interface Outcome {
  figures: Figure[];
  /** The laws that were broken, in words; of a naive run the damage. */
  violations: string[];
}

export interface Scenario {
  name: string;
  what: string;
  /** What the naive control leaves out. */
  control: string;
  /** Of a long run; `orders` and `strikes` are in all, over every seed. */
  long: { orders: number; strikes: number; seeds?: number };
  run(options: Options): Promise<Outcome>;
}

/** A figure that must not be more than `most`. */
export const atMost = (what: string, value: number, most: number, unit = ''): Figure => ({ what, value: `${rounded(value)}${unit}`, goal: most === 0 ? '0' : `≤ ${most}${unit}`, reached: value <= most });

/** A figure that must be at least `least`. */
export const atLeast = (what: string, value: number, least: number, unit = ''): Figure => ({ what, value: `${rounded(value)}${unit}`, goal: `≥ ${least}${unit}`, reached: value >= least });

/** A figure without a goal. */
export const told = (what: string, value: number | string): Figure => ({ what, value: String(value), goal: '–' });

const rounded = (value: number): number => Math.round(value * 100) / 100;
