import { setTimeout as sleep } from 'node:timers/promises';
import { Chance } from '../../../sandbox/random';
import { createOwnDatabase, type OwnDatabase } from '../../support/database';
import { type System, waitFor } from '../../support/system';
import { comeToRest, conclude, naively, slowPartners, startRig } from '../rig/course';
import { judge } from '../oracle';
import { Proxy } from '../rig/proxy';
import { atLeast, atMost, type Options, type Outcome, type Scenario, told } from '../rig/scenario';

/** COMMITs whose answer is cut off between two deaths of the database. */
const LOST_COMMITS = 3;

/** MariaDB killed and started again mid-run, and COMMITs whose answers are lost; the server is never restarted. */
export const database: Scenario = {
  name: 'database',
  what: 'MariaDB killed and restarted mid-run, and lost answers of COMMIT',
  control: 'a server that ends when its database goes away',
  long: { orders: 600, strikes: 10 },
  async run(options) {
    const own = await createOwnDatabase();
    const proxy = await Proxy.listen();
    try {
      const system = await startRig({ ...naively('database', options), database: own, through: { database: proxy } });
      try {
        return await strike(system, own, proxy, options);
      } finally {
        await system.stop();
      }
    } finally {
      await proxy.close();
      await own.drop();
    }
  },
};

async function strike(system: System, own: OwnDatabase, proxy: Proxy, { seed, orders, strikes, naive, note }: Options): Promise<Outcome> {
  const chance = new Chance(`database ${seed}`);
  await system.fault(...slowPartners(60));
  const process = system.process?.pid;
  const names: string[] = [];
  const answers = new Map<number, number>();
  const deaths = naive ? 1 : strikes;
  for (let i = 0; i < deaths; i++) {
    names.push(...(await system.place(Math.ceil((orders - names.length) / (deaths - i)), { seed: `${seed} ${i}` })));
    await worksOnSomething(system);
    proxy.strike('after', 'COMMIT', { times: LOST_COMMITS });
    await sleep(chance.between(50, 800));
    await own.kill();
    const away = chance.between(100, 2500);
    const back = Date.now() + away;
    while (Date.now() < back) {
      const status = await system.api('/api/oms/orders?limit=1', { as: 'reader' }).then((answer) => answer.status, () => 0);
      answers.set(status, (answers.get(status) ?? 0) + 1);
      await sleep(50);
    }
    await own.start();
    note(`death ${i + 1}: away for ${away} ms`);
  }
  await comeToRest(system, names, { calmSeconds: naive ? 5 : 20 });
  if (naive) {
    const { lost } = await judge(system, names);
    return { figures: [atLeast('orders and tasks that nothing works on any more, naive', lost.length, 1)], violations: lost };
  }
  const { alone, after, held } = await conclude(system, names);
  const odd = [...answers].filter(([status]) => status !== 200 && status !== 503).map(([status, times]) => `${times} answers ${status} while the database was away`);
  const restarted = system.process?.pid === process ? [] : ['the server was started again'];
  return {
    figures: [
      told('orders, deaths of MariaDB, lost answers of COMMIT', `${names.length}, ${strikes}, ${proxy.struck}`),
      told('503 while it was away, other answers', `${answers.get(503) ?? 0}, ${[...answers.values()].reduce((sum, times) => sum + times, 0) - (answers.get(503) ?? 0)}`),
      atMost('orders lost', alone.lost.length, 0),
      atMost('effects that happened twice', after.duplicates.length, 0),
      atMost('orders held at the end', (100 * alone.count.held) / names.length, 10, ' %'),
      told('holds', held),
    ],
    violations: [...odd, ...restarted, ...alone.violations, ...after.violations],
  };
}

const worksOnSomething = (system: System): Promise<true> =>
  waitFor(async () => (await system.count('SELECT COUNT(*) FROM order_status WHERE claimed_by IS NOT NULL')) > 0 && (true as const), { what: 'orders in work', seen: () => system.warnings() });
