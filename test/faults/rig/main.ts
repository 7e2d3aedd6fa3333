// `npm run faults [-- scenario …]`: strikes the running system and counts what became of its orders. Ends with 1 where a law was broken.
import { cpus } from 'node:os';
import { note, report } from '../../../bench/rig/measure';
import { type Command, parseCommand, UsageError } from './options';
import type { Outcome, Scenario } from './scenario';
import { SCENARIOS } from './scenarios';

const SHOWN = 20;

async function main(args: readonly string[]): Promise<boolean> {
  const command = parseCommand(args, SCENARIOS);
  process.stdout.write(`${cpus().length} cores, ${cpus()[0]?.model.trim()}, Node ${process.version}\n`);
  let good = true;
  for (const scenario of command.scenarios) good = (await runScenario(scenario, command)) && good;
  return good;
}

/** Runs a scenario once for each seed, with its share of the orders and strikes. */
async function runScenario(scenario: Scenario, { seed, seeds = scenario.long.seeds ?? 1, orders = scenario.long.orders, strikes = scenario.long.strikes, naive }: Command): Promise<boolean> {
  let good = true;
  for (let round = 0; round < seeds; round++) {
    const options = { seed: seed + round, orders: share(orders, seeds), strikes: share(strikes, seeds), naive, note };
    process.stdout.write(`\n${scenario.name}: ${naive ? `the naive control, ${scenario.control}` : scenario.what} (seed ${options.seed}, ${options.orders} orders, ${options.strikes} strikes)\n`);
    good = print(await scenario.run(options), naive) && good;
  }
  return good;
}

const share = (all: number, seeds: number): number => Math.ceil(all / seeds);

/** @returns whether every goal was reached and no law was broken; a naive run has to break some */
function print({ figures, violations }: Outcome, naive: boolean): boolean {
  for (const { what, value, goal, reached } of figures) report(what, value, goal, reached);
  for (const violation of violations.slice(0, SHOWN)) note(`${naive ? 'damage' : 'BROKEN'}: ${violation}`);
  if (violations.length > SHOWN) note(`… and ${violations.length - SHOWN} more`);
  return figures.every(({ reached }) => reached !== false) && (naive ? violations.length > 0 : violations.length === 0);
}

main(process.argv.slice(2)).then(
  (good) => process.exit(good ? 0 : 1),
  (error: Error) => {
    process.stderr.write(`${error instanceof UsageError ? error.message : error.stack}\n`);
    process.exit(1);
  },
);
