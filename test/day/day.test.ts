import path from 'node:path';
import { ROOT } from '../support/root';
import { countsOf } from './mix';
import { SCENARIOS } from './scenarios';

// What `npm run demo:day` runs.
const { run } = require(path.join(ROOT, 'bin/command')) as { run: (command: string, args: string[], options: { cwd: string }) => Promise<{ status: number; stdout: string; output: string }> };
const demo = (...args: string[]) => run(process.execPath, [path.join(ROOT, 'bin/run'), 'demo:day', ...args], { cwd: ROOT });

const ORDERS = 80;

test('a small day: every order of every scenario ends as it should, and the table says so', async () => {
  const { status, stdout, output } = await demo('--orders', String(ORDERS), '--seed', '7');
  expect({ status, differences: output.split('\n').filter((line) => line.startsWith('DIFFERENT')) }).toEqual({ status: 0, differences: [] });
  const counts = countsOf(SCENARIOS, ORDERS);
  for (const [index, { name }] of SCENARIOS.entries()) expect(stdout).toMatch(new RegExp(`^${name} +${counts[index]} +\\S+ +0 +\\d`, 'm'));
  expect(stdout).toMatch(/^slowest stage by median: [A-Z_]+, owed by \S.*: median \d+\.\d+ s, p99 \d+\.\d+ s$/m);
  expect(stdout).toMatch(/^slowest stage by p99: [A-Z_]+, owed by/m);
  expect(stdout).toMatch(new RegExp(`^${ORDERS} orders in \\d+ s, \\d+ decided by people: every order ended as its scenario expects$`, 'm'));
}, 300_000);

test.each([
  [['--orders', '3'], '--orders wants a whole number from'],
  [['--orders', 'many'], '--orders wants a whole number from'],
  [['--color'], "Unknown option '--color'"],
])('%j is refused in words', async (args, says) => {
  const { status, output } = await demo(...args);
  expect(status).toBe(1);
  expect(output).toContain(says);
  expect(output).toContain('npm run demo:day -- [--orders N] [--seed N]');
}, 60_000);
