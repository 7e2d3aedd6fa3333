import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from '../../support/system';
import { Chance } from '../../../sandbox/random';
import { anEvent, post } from '../../flows/partners';
import { conclude, naively, slowPartners, startRig } from '../rig/course';
import { atMost, type Options, type Outcome, type Scenario, told } from '../rig/scenario';

const CALLERS = 6;
/** A caller that waits longer has got no answer. */
const ANSWER_SECONDS = 5;

/** Full deploys of the editor with work and callers in flight. */
export const deploys: Scenario = {
  name: 'deploys',
  what: 'full deploys mid-run, with callers in flight',
  control: 'deploys as Node-RED makes them',
  long: { orders: 600, strikes: 20 },
  async run(options) {
    const system = await startRig({ ...naively('deploys', options), env: { OMS_ANSWER_SECONDS: String(ANSWER_SECONDS) } });
    try {
      return await strike(system, options);
    } finally {
      await system.stop();
    }
  },
};

async function strike(system: System, { seed, orders, strikes, naive, note }: Options): Promise<Outcome> {
  const chance = new Chance(`deploys ${seed}`);
  await system.fault(...slowPartners(60));
  const [known = ''] = await system.place(1);
  await system.reach(known, 'FULFILLED');
  const names = [known];
  const callers = call(system, known);
  try {
    for (let i = 0; i < strikes; i++) {
      names.push(...(await system.place(Math.ceil((orders - names.length) / (strikes - i)), { seed: `${seed} ${i}` })));
      await sleep(chance.between(50, 600));
      await deploy(system);
    }
    await sleep(200);
  } finally {
    await callers.end();
  }
  const { alone, after } = await conclude(system, names);
  const unanswered = [...callers.statuses].filter(([status]) => status !== '200').map(([status, times]) => `${times} callers got ${status}`);
  note(`${[...callers.statuses.values()].reduce((sum, times) => sum + times, 0)} calls during the deploys`);
  const missed = [...callers.statuses].filter(([status]) => status !== '200').reduce((sum, [, times]) => sum + times, 0);
  if (naive) return { figures: [{ what: 'callers without an answer, naive', value: String(missed), goal: '≥ 1', reached: missed > 0 }], violations: [...unanswered, ...after.violations] };
  return {
    figures: [
      told('orders, deploys', `${names.length}, ${strikes}`),
      atMost('orders lost', alone.lost.length, 0),
      atMost('effects that happened twice', alone.duplicates.length, 0),
      atMost('callers without an answer', missed, 0),
      atMost('orders held', alone.count.held, 0),
    ],
    violations: [...unanswered, ...alone.violations, ...after.violations],
  };
}

/** Callers that always have a call in flight: readers, and a partner that repeats an event. */
function call(system: System, known: string) {
  const statuses = new Map<string, number>();
  const event = anEvent(known, 'accepted');
  const calls = { over: false };
  const running = Array.from({ length: CALLERS }, async (_each, index) => {
    while (!calls.over) {
      const answer = index % 2 === 0 ? system.api(`/api/oms/orders/${known}`, { as: 'reader' }) : post(system, event);
      const status = await answer.then((each) => String(each.status), (error: Error) => error.message);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  return {
    statuses,
    async end() {
      calls.over = true;
      await Promise.all(running);
    },
  };
}

async function deploy(system: System): Promise<void> {
  const { text } = await system.admin('/flows');
  const deployed = await system.admin('/flows', { method: 'POST', headers: { 'node-red-deployment-type': 'full' }, body: text });
  if (deployed.status !== 204) throw new Error(`the deploy was refused: ${deployed.status} ${deployed.text}`);
}
