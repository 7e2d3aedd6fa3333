import type { Options, Scenario } from './scenario';

const SHOWN = 20;

/**
 * Runs a scenario as `npm test` does, small and seeded.
 * @returns what is wrong: goals that were missed, laws that were broken; of a naive run that no damage shows
 */
export async function shortcomings(scenario: Pick<Scenario, 'name' | 'run'>, { seed = 1, naive = false, orders, strikes }: Partial<Options> & Pick<Options, 'orders' | 'strikes'>): Promise<string[]> {
  const { figures, violations } = await scenario.run({ seed, naive, orders, strikes, note: () => undefined });
  const missed = figures.filter(({ reached }) => reached === false).map(({ what, value, goal }) => `${what}: ${value}, goal ${goal}`);
  if (naive && violations.length === 0) missed.push(`the control of ${scenario.name} shows no damage: the scenario proves nothing`);
  return [...missed, ...(naive ? [] : violations.slice(0, SHOWN))];
}
