import { Chance } from '../../sandbox/random';
import type { Scenario } from './scenario';

/** How many orders each scenario gets: its share, at least one; together just `orders`. The largest remainders are rounded up. */
export function countsOf(scenarios: readonly Scenario[], orders: number): number[] {
  if (orders < scenarios.length) throw new RangeError(`a day has ${scenarios.length} scenarios: ${orders} orders are too few for it`);
  const all = scenarios.reduce((sum, { share }) => sum + share, 0);
  // One order each is set aside, the rest goes by share.
  const exact = scenarios.map(({ share }) => ((orders - scenarios.length) * share) / all);
  const counts = exact.map((count) => Math.floor(count) + 1);
  const left = orders - counts.reduce((sum, count) => sum + count, 0);
  const byRemainder = exact.map((count, index) => ({ index, remainder: count % 1 })).toSorted((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, left)) counts[index] = (counts[index] ?? 0) + 1;
  return counts;
}

/** The orders of the day, mixed: the same seed always mixes alike. */
export function mix<S extends Scenario>(scenarios: readonly S[], orders: number, seed: number): S[] {
  const chance = new Chance(`day ${seed}`);
  const counts = countsOf(scenarios, orders);
  return scenarios
    .flatMap((scenario, index) => Array.from({ length: counts[index] ?? 0 }, () => ({ scenario, place: chance.fraction() })))
    .toSorted((a, b) => a.place - b.place)
    .map(({ scenario }) => scenario);
}
