import { fulfillmentFacts } from '../../nodes/fulfillment/facts';
import { Stages } from '../../nodes/lifecycle/stages';
import { Transitions } from '../../nodes/lifecycle/transitions';
import { navFacts } from '../../nodes/nav/facts';
import { printStationFacts } from '../../nodes/print-station/facts';
import { createLog } from '../../nodes/runtime/log';
import { ActiveWork } from '../../nodes/work/active';
import { Claims } from '../../nodes/work/claims';
import type { Departures } from '../../nodes/work/departures';
import { StageEnds } from '../../nodes/work/ends';
import { Pauses } from '../../nodes/work/pauses';
import { Processes } from '../../nodes/work/processes';
import type { Work } from '../../nodes/work/source';
import { Sweep } from '../../nodes/work/sweep';
import type { Status } from '../../nodes/lifecycle/lifecycle';
import { Ledger } from '../../nodes/effects/ledger';
import type { World } from './orders';

/** The statuses that the spine works on. */
export const SPINE: readonly Status[] = ['READY_FOR_PROCESSING', 'READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT', 'EXPORTED_TO_NAV'];

export const silent = createLog('silent');

/** The working parts of one process on a test database, without Node-RED. */
export async function createEngine(world: World, instance = `test-${Math.random()}`, departures?: Departures) {
  const { pool } = world;
  const stages = new Stages();
  for (const status of SPINE) stages.addStatus(status, { node: status, scheduled: false });
  stages.addStatus('CS_CANCELLED', { node: 'CS_CANCELLED', scheduled: false });
  stages.addStatus('SHIPPED', { node: 'SHIPPED', scheduled: true });
  for (const kind of ['sfcc.cancel', 'sfcc.mark-exported', 'parent.recompute', 'sfcc.fulfil', 'sfcc.capture']) stages.addTask(kind, { node: kind, scheduled: false });
  const transitions = new Transitions(pool, stages, { ...navFacts, ...printStationFacts, ...fulfillmentFacts }, (provider) => provider === 'cirro');
  const processes = new Processes(pool, silent, { instance, role: 'all' }, departures);
  await processes.start();
  const claims = new Claims(pool, processes);
  const active = new ActiveWork();
  const pauses = new Pauses(pool, stages);
  return {
    stages,
    transitions,
    processes,
    claims,
    active,
    pauses,
    ends: new StageEnds({ transitions, claims, active }),
    ledger: new Ledger({ pool, processes, transitions, lookAfterMs: [10, 20] }),
    sweep: new Sweep({ pool, stages, pauses, transitions, claims, active, log: silent }),
    /** Claims one order of a status, or one task of a kind, as a stage would. */
    async claim(of: Status | { task: string }, more: Partial<Work> = {}): Promise<Work> {
      const [claim] = await claims.claim(typeof of === 'string' ? { kind: 'status', name: of } : { kind: 'task', name: of.task }, 'US', 1);
      if (!claim) throw new Error(`nothing is due in ${JSON.stringify(of)}`);
      const work: Work = { ...claim, node: 'test', retry: { attempts: 3, firstMs: 10, maxMs: 100 }, since: performance.now(), effects: [], ...more };
      active.begin(work, () => undefined);
      return work;
    },
  };
}

export type Engine = Awaited<ReturnType<typeof createEngine>>;
