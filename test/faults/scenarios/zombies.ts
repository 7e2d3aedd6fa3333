import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type System, waitFor } from '../../support/system';
import { judge } from '../oracle';
import { comeToRest, conclude, naively, slowPartners, startRig } from '../rig/course';
import { differences, imprint } from '../rig/imprint';
import { armed, type Point } from '../rig/points';
import { atLeast, atMost, type Options, type Outcome, type Scenario, told } from '../rig/scenario';

/** Where workers freeze: before, in and after a call, and with their locks held. */
const PLACES: readonly Point[] = [
  { site: 'effect.sent', about: 'nav.create' },
  { site: 'transition.commit', about: 'PENDING_NAV_RELEASE' },
  { site: 'effect.answered', about: 'nav.create' },
  { site: 'effect.answered', about: 'camel.request' },
  { site: 'effect.sent', about: 'nav.notice' },
  { site: 'effect.answered', about: 'sfcc.fulfil' },
  { site: 'work.claimed', about: 'EXPORTED_TO_NAV' },
  { site: 'work.claimed', about: 'READY_TO_CREATE_IN_NAV' },
];

const AT_ONCE = 2;
/** What the bus has given to a frozen worker comes to another one after this time. */
const LOCK_MS = 2000;
const FREEZE_LIMIT_MS = 40_000;
/** A thawed worker has this long to do harm. */
const AWAKE_MS = 4000;

/** Workers of several processes are frozen mid-call past the heartbeat limit, others go on, and then they wake up. */
export const zombies: Scenario = {
  name: 'zombies',
  what: 'workers frozen past the heartbeat limit mid-call, several at once',
  control: 'remote calls without a ledger',
  long: { orders: 50, strikes: PLACES.length },
  async run(options) {
    // It answers callers; the work is left to the workers beside it.
    const system = await startRig({ ...naively('ledger', options), lockMs: LOCK_MS, env: { OMS_ROLE: 'edge' } });
    try {
      return await freezeAndThaw(system, options);
    } finally {
      await system.stop();
    }
  },
};

async function freezeAndThaw(system: System, options: Options): Promise<Outcome> {
  const { seed, orders, strikes, naive, note } = options;
  await system.fault(...slowPartners(30));
  const places = PLACES.slice(0, strikes);
  const names: string[] = [];
  const touched: string[] = [];
  let struck = 0;
  for (let first = 0; first < places.length; first += AT_ONCE) {
    const some = places.slice(first, first + AT_ONCE);
    const workers = await Promise.all(some.map((point) => startRig({ ...naively('ledger', options), beside: system, env: armed(point, 'freeze') })));
    try {
      for (const [index, worker] of workers.entries()) {
        const share = Math.ceil((orders - names.length) / (places.length - first - index));
        names.push(...(await placeUntilFrozen(system, worker, share, `${seed} ${first} ${index}`)));
      }
      struck += await system.count('SELECT COUNT(*) FROM order_status WHERE claimed_by IN (SELECT id FROM processes WHERE pid IN (?))', [workers.map((worker) => worker.process?.pid)]);
      await fenced(system, workers);
      note(`frozen at ${some.map(({ site, about }) => `${site}/${about}`).join(', ')}`);
      // Another one brings everything to its end; then the frozen ones wake up, and whatever changes is their doing.
      workers.push(await startRig({ ...naively('ledger', options), beside: system }));
      await comeToRest(system, names, { calmSeconds: naive ? 5 : 12 });
      const before = await imprint(system, names);
      for (const worker of workers) worker.process?.kill('SIGCONT');
      await waitFor(() => !workers.some(isFrozen), { what: 'the frozen workers to wake up' });
      await sleep(AWAKE_MS);
      touched.push(...differences(before, await imprint(system, names)));
    } finally {
      await Promise.all(workers.map((worker) => worker.stop()));
    }
  }
  if (naive) {
    const { duplicates } = await judge(system, names);
    return { figures: [atLeast('effects that happened twice, naive', duplicates.length, 1)], violations: [...duplicates, ...touched] };
  }
  const worker = await startRig({ beside: system });
  const { alone, after, held } = await conclude(system, names);
  await worker.stop();
  return {
    figures: [
      told('orders, workers frozen, orders in their hands', `${names.length}, ${places.length}, ${struck}`),
      atMost('rows written by a worker that was fenced off', touched.length, 0),
      atMost('effects that happened twice', after.duplicates.length, 0),
      atMost('orders lost', alone.lost.length, 0),
      told('holds', held),
    ],
    violations: [...touched, ...alone.violations, ...after.violations],
  };
}

/** Places orders until this worker has met its failpoint and stands still. */
async function placeUntilFrozen(system: System, worker: System, least: number, seed: string): Promise<string[]> {
  const names = await system.place(Math.max(1, least), { seed });
  const deadline = Date.now() + FREEZE_LIMIT_MS;
  for (let more = 0; !isFrozen(worker); more++) {
    if (Date.now() > deadline) throw new Error('the worker never came to its failpoint');
    await sleep(500);
    if (more % 4 === 3) names.push(...(await system.place(1, { seed: `${seed} ${more}` })));
  }
  return names;
}

/** The state of a process: T is stopped. */
const isFrozen = (worker: System): boolean => /\) T /.test(readFileSync(`/proc/${worker.process?.pid}/stat`, 'utf8'));

/** Others have taken these processes for dead, and their claims are free. */
async function fenced(system: System, workers: readonly System[]): Promise<void> {
  const pids = workers.map((worker) => worker.process?.pid);
  await waitFor(async () => (await system.count('SELECT COUNT(*) FROM processes WHERE ended_at IS NULL AND pid IN (?)', [pids])) === 0, {
    what: 'the frozen workers to be taken for dead', timeoutMs: 60_000, seen: () => system.sql('SELECT pid, started_at, beat_at, ended_at FROM processes'),
  });
}
