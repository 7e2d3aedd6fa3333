import path from 'node:path';
import * as fc from 'fast-check';
import { residentMb } from '../../../bench/rig/measure';
import { exchangeBytes } from '../../flows/a-socket';
import { ROOT } from '../../support/root';
import { startSystem, type System, waitFor } from '../../support/system';
import { allEndpoints } from '../fuzz/endpoints';
import { type Shot, shots } from '../fuzz/requests';
import { naively } from '../rig/course';
import { atMost, type Options, type Outcome, type Scenario, told } from '../rig/scenario';

const AT_ONCE = 16;
const BATCH = 500;
const HANG_MS = 2000;
/** What has not answered then never does. */
const LIMIT_MS = 4000;
/** From here on memory is judged: a small run ends before the process has got to its size. */
const LONG = 50_000;
const KNOWN_ORDERS = 20;
const SHOWN_BYTES = 800;

/** Generated and mutated requests over all endpoints. `strikes` is how many. */
export const fuzz: Scenario = {
  name: 'fuzz',
  what: 'generated and mutated requests over all endpoints, and bytes that are none',
  control: 'nothing looks at a request before Node-RED does',
  long: { orders: KNOWN_ORDERS, strikes: 100_000 },
  async run(options) {
    const { execArgv = [] } = naively('fuzz', options);
    const system = await startSystem({
      execArgv: [...execArgv, '--expose-gc', '--require', path.join(ROOT, 'test/faults/rig/naive/collect.js')],
      env: { OMS_RATE_LIMIT: '1000000', OMS_HEADER_SECONDS: '0.5', OMS_BODY_SECONDS: '0.5', OMS_ANSWER_SECONDS: '5' },
    });
    try {
      return await strike(system, options);
    } finally {
      await system.stop();
    }
  },
};

interface Seen {
  statuses: Map<number, number>;
  /** By what is wrong, with one request that shows it. */
  violations: Map<string, { times: number; request: string }>;
  hangs: number;
}

async function strike(system: System, { seed, orders, strikes, naive, note }: Options): Promise<Outcome> {
  const names = await system.place(orders, { seed: `fuzz ${seed}` });
  await waitFor(async () => (await system.standings(names)).length === names.length, { what: 'orders to be there' });
  const endpoints = allEndpoints(path.join(ROOT, 'flows'));
  const arbitrary = shots({ endpoints, tokens: system.tokens, orders: names });
  const process = system.process?.pid;
  const seen: Seen = { statuses: new Map(), violations: new Map(), hangs: 0 };
  const kinds = new Map<string, number>();
  let warm = Number.NaN;
  for (let batch = 0; batch * BATCH < strikes; batch++) {
    const size = Math.min(BATCH, strikes - batch * BATCH);
    const due = fc.sample(arbitrary, { numRuns: size, seed: seed * 1_000_003 + batch });
    for (const { kind } of due) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    await Promise.all(Array.from({ length: AT_ONCE }, () => fire(system, due, seen)));
    if ((batch + 1) * BATCH >= strikes / 5 && Number.isNaN(warm)) warm = await resident(system);
    if (system.process?.exitCode !== null || system.process.pid !== process) break;
  }
  const crashed = system.process?.exitCode !== null;
  const after = crashed ? Number.NaN : await resident(system);
  const statuses = [...seen.statuses].toSorted(([a], [b]) => a - b).map(([status, times]) => `${times} × ${status || 'closed'}`).join(', ');
  note([...kinds].map(([kind, times]) => `${times} ${kind}`).join(', '));
  note(statuses);
  const violations = [...seen.violations].map(([what, { times, request }]) => `${times} × ${what}: ${request}`);
  if (crashed) violations.push(`the process ended: ${system.warnings().join(' ')}`);
  const gained = (after / warm - 1) * 100;
  return {
    figures: [
      told('requests, endpoints', `${[...seen.statuses.values()].reduce((sum, times) => sum + times, 0)}, ${endpoints.length}`),
      ...(naive
        ? []
        : [
            atMost('5xx but 503 with Retry-After, and answers that are no problem', violations.length, 0),
            atMost(`hangs of more than ${HANG_MS / 1000} s`, seen.hangs, 0),
            atMost('crashes', crashed ? 1 : 0, 0),
            ...(strikes >= LONG ? [atMost('resident memory gained since the first fifth', gained, 10, ' %')] : [told('resident memory gained since the first fifth', `${gained.toFixed(1)} %`)]),
          ]),
    ],
    violations,
  };
}

async function fire(system: System, due: Shot[], seen: Seen): Promise<void> {
  for (let shot = due.pop(); shot; shot = due.pop()) {
    const { kind, endpoint, bytes, ended } = shot;
    const blame = (what: string): void => {
      const key = `${what} (${kind}, ${endpoint})`;
      const known = seen.violations.get(key) ?? { times: 0, request: JSON.stringify(bytes.subarray(0, SHOWN_BYTES).toString('latin1')) };
      seen.violations.set(key, { ...known, times: known.times + 1 });
    };
    const answer = await exchangeBytes(system.port, [bytes], { limitMs: LIMIT_MS, ended }).catch(() => undefined);
    seen.statuses.set(answer?.status ?? -1, (seen.statuses.get(answer?.status ?? -1) ?? 0) + 1);
    if (!answer || answer.ms > HANG_MS) {
      seen.hangs++;
      blame(answer ? `answered ${answer.status} too late` : 'no answer');
    }
    if (!answer) continue;
    const { status, headers, text } = answer;
    if (status >= 500 && !(status === 503 && headers['retry-after'] !== undefined)) blame(`status ${status} ${text.slice(0, 200)}`);
    const isOurs = !endpoint.includes('/editor') && !bytes.toString('latin1').includes('/editor');
    if (isOurs && status >= 400 && !bytes.toString('latin1').startsWith('HEAD ') && headers['content-type']?.startsWith('application/problem+json') !== true) blame(`status ${status} without a problem: ${text.slice(0, 100)}`);
    if (/node_modules|\bat \S+ \(|ER_[A-Z_]+|SELECT .* FROM/.test(text) && status >= 400) blame(`tells what is inside: ${text.slice(0, 200)}`);
  }
}

/** Once garbage has been collected. */
async function resident(system: System): Promise<number> {
  const pid = system.process?.pid ?? 0;
  for (let round = 0; round < 3; round++) {
    system.process?.kill('SIGUSR2');
    // It answers when the collection is over.
    await system.api('/healthz', { as: null });
  }
  return residentMb(pid);
}
