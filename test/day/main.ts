// `npm run demo:day [-- --orders N --seed N]`: a mixed day of orders, each held against the end that its scenario expects. Ends with 1 on any difference.
import { parseArgs } from 'node:util';
import { runDay } from './day';
import { isAsExpected, reportOf } from './report';
import { SCENARIOS } from './scenarios';

const USAGE = 'npm run demo:day -- [--orders N] [--seed N]';

/** The command was not understood; its message is for the person who typed it. */
class UsageError extends Error {}

function optionsOf(args: string[]): { orders: number; seed: number } {
  const whole = (name: string, text: string, least: number): number => {
    if (/^\d{1,6}$/.test(text) && Number(text) >= least) return Number(text);
    throw new UsageError(`--${name} wants a whole number from ${least} up, not "${text}"\n${USAGE}`);
  };
  try {
    const { values } = parseArgs({ args, options: { orders: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } } });
    return { orders: whole('orders', values.orders, SCENARIOS.length), seed: whole('seed', values.seed, 1) };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

async function main(args: string[]): Promise<boolean> {
  const options = optionsOf(args);
  process.stdout.write(`a day of ${options.orders} orders, seed ${options.seed}\n`);
  for (const { name, what } of SCENARIOS) process.stdout.write(`  ${name}: ${what}\n`);
  const day = await runDay({ ...options, note: (text) => void process.stdout.write(`${text}\n`) });
  process.stdout.write(`\n${reportOf(day)}\n`);
  return isAsExpected(day);
}

main(process.argv.slice(2)).then(
  (good) => process.exit(good ? 0 : 1),
  (error: Error) => {
    process.stderr.write(`${error instanceof UsageError ? error.message : error.stack}\n`);
    process.exit(1);
  },
);
