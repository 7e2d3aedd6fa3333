import type { Scenario } from './scenario';

export interface Command {
  scenarios: readonly Scenario[];
  seed: number;
  seeds: number | undefined;
  orders: number | undefined;
  strikes: number | undefined;
  naive: boolean;
}

/** Every option takes a whole number, but `--naive`; `--kills` and `--strikes` are the same. */
const NUMBERS: Readonly<Record<string, 'seed' | 'seeds' | 'orders' | 'strikes'>> = { seed: 'seed', seeds: 'seeds', orders: 'orders', kills: 'strikes', strikes: 'strikes' };

export const USAGE = 'npm run faults -- [scenario …] [--seed N] [--seeds N] [--orders N] [--kills N] [--naive]';

/** The command was not understood; its message is for the person who typed it. */
export class UsageError extends Error {}

/**
 * Reads the command's arguments, `--orders 200` and `--orders=200` alike.
 * @throws UsageError
 */
export function parseCommand(args: readonly string[], known: readonly Scenario[]): Command {
  const command: Command = { scenarios: known, seed: 1, seeds: undefined, orders: undefined, strikes: undefined, naive: false };
  const named: string[] = [];
  const left = args.flatMap((arg) => (arg.startsWith('--') ? arg.split(/=(.*)/s, 2) : [arg]));
  for (let arg = left.shift(); arg !== undefined; arg = left.shift()) {
    const option = NUMBERS[arg.slice(2)];
    if (!arg.startsWith('--')) named.push(arg);
    else if (arg === '--naive') command.naive = true;
    else if (!option) throw new UsageError(`no option ${arg}\n${USAGE}`);
    else command[option] = wholeNumber(arg, left.shift());
  }
  const unknown = named.find((name) => !known.some((scenario) => scenario.name === name));
  if (unknown !== undefined) throw new UsageError(`no scenario ${unknown}: ${known.map(({ name }) => name).join(', ')}\n${USAGE}`);
  return named.length === 0 ? command : { ...command, scenarios: known.filter(({ name }) => named.includes(name)) };
}

function wholeNumber(option: string, text: string | undefined): number {
  if (text === undefined || !/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`${option} wants a whole number from 1 up, not ${text === undefined ? 'nothing' : `"${text}"`}\n${USAGE}`);
  return Number(text);
}
