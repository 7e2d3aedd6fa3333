import { waitFor, type System } from '../../support/system';
import { comeToRest, conclude, naively, slowPartners, startRig } from '../rig/course';
import { Recovery } from '../rig/recovery';
import { atLeast, atMost, type Options, type Outcome, type Scenario, told } from '../rig/scenario';

/** Orders in work at a kill, at least. */
const IN_WORK = 3;
const GOAL_SECONDS = 10;
/** A control that has not moved within this time does not recover. */
const NAIVE_SECONDS = 15;

/** Kills one after the other: how soon do the orders move again that were in work? */
export const recovery: Scenario = {
  name: 'recovery',
  what: 'how soon an order moves again after a kill of Node-RED, which is started again at once',
  control: 'claims that belong to no process',
  long: { orders: 600, strikes: 30 },
  async run(options) {
    const system = await startRig(naively('recovery', options));
    try {
      return await strike(system, options);
    } finally {
      await system.stop();
    }
  },
};

async function strike(system: System, { seed, orders, strikes, naive }: Options): Promise<Outcome> {
  await system.fault(...slowPartners(100));
  const recovered = new Recovery(system);
  const names: string[] = [];
  for (let i = 0; i < strikes; i++) {
    names.push(...(await system.place(Math.ceil((orders - names.length) / (strikes - i)), { seed: `recovery ${seed} ${i}` })));
    await waitFor(async () => (await system.count('SELECT COUNT(*) FROM order_status WHERE claimed_by IS NOT NULL')) >= IN_WORK && true, { what: `${IN_WORK} orders in work`, seen: () => system.warnings() });
    await system.kill('SIGKILL');
    await recovered.struck();
    await system.startServer();
    // No second kill into the recovery: it would be measured, too.
    await comeToRest(system, names, { calmSeconds: naive ? NAIVE_SECONDS : 20 });
  }
  const { struck, moved, p95 } = await recovered.figures();
  if (naive) return { figures: [atLeast('orders that never moved again, naive', struck - moved, 1)], violations: [`${struck - moved} of ${struck} orders never moved again`] };
  const { alone, after } = await conclude(system, names);
  return {
    figures: [
      told('orders, kills, orders in work at a kill, of them moved again', `${names.length}, ${strikes}, ${struck}, ${moved}`),
      atMost('until the same order moves again, 95 in 100', p95, GOAL_SECONDS, ' s'),
      atMost('orders lost', alone.lost.length, 0),
      atMost('effects that happened twice', after.duplicates.length, 0),
    ],
    violations: [...alone.violations, ...after.violations],
  };
}
