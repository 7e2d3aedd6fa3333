import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import { Database } from '../store/database';
import { requireWork, type StageMessage } from '../work/message';
import { inWords, type ParentStep, parentStep } from './follow';
import { requireOrder } from './message';
import type { Order } from './order';
import { readFamily } from './family';

/** The outputs, by what the parent does. */
const OUTPUTS: readonly ParentStep['is'][] = ['partially-shipped', 'shipped', 'cancelled', 'ended-apart', 'stay'];

export default defineNode<NodeConfig, StageMessage<Order>>('oms-parent', (node) => {
  const { pool } = node.services.get(Database);
  return {
    async input(message, send) {
      const work = requireWork(message);
      const order = requireOrder(message);
      const family = await readFamily(pool, work.order);
      if (!family) throw new InvalidInput(`${order.name} was not split: it has no parts to follow`, { code: 'parent.no-parts' });
      const { is } = parentStep(family.status, family.parts);
      work.found = inWords(family.parts);
      if (is === 'fulfil') work.writes = [{ table: 'tasks', rows: [{ kind: `${order.storePlatform}.fulfil`, order_id: work.order, store_id: order.storeId, subject: String(work.order), lane: work.lane }] }];
      node.badge({ fill: 'green', text: `${order.name}: ${is}` });
      const output = OUTPUTS.indexOf(is === 'fulfil' ? 'stay' : is);
      send(OUTPUTS.map((_, index) => (index === output ? message : null)));
    },
  };
});
