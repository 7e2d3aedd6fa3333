import { Transitions } from '../lifecycle/transitions';
import { InvalidInput } from '../runtime/errors';
import { defineNode, type Message, type NodeConfig } from '../runtime/node';
import { Database } from '../store/database';
import { findStore, takePage } from './intake';
import { Platforms } from './platforms';

interface IntakeMessage extends Message {
  counts?: Record<string, number>;
}

export default defineNode<NodeConfig, IntakeMessage>('oms-intake', (node) => {
  const { pool } = node.services.get(Database);
  const transitions = node.services.get(Transitions);
  const platforms = node.services.get(Platforms);
  return {
    async input(message, send) {
      const { store: url, orders } = (message.payload ?? {}) as { store?: unknown; orders?: unknown };
      if (typeof url !== 'string' || !Array.isArray(orders))
        throw new InvalidInput('payload must be {store, orders}: the url of a store and its raw orders', { code: 'intake.bad-message' });
      const begun = performance.now();
      const store = await findStore(pool, url);
      const { taken, unidentified } = await takePage({ pool, transitions, node: node.id }, store, platforms.get(store.platform), orders);
      const ms = Math.round(performance.now() - begun);
      for (const each of taken) if (each.result !== 'known') node.log.info({ order: each.name, flow: node.flow, node: node.id, code: `intake.${each.result}` }, 'an order was taken');
      const count = (result: string): number => taken.filter((each) => each.result === result).length;
      const counts = { created: count('created'), known: count('known'), errors: count('generalize-error'), unidentified };
      if (unidentified > 0) node.log.warn({ node: node.id, flow: node.flow, code: 'intake.unidentified', store: url, orders: unidentified }, 'a page held entries without an order number');
      message.counts = Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, value + (message.counts?.[name] ?? 0)]));
      const reports = taken.filter((each) => each.result !== 'known').map((each) => ({ payload: { order: each.name, status: each.result, ms, ...(each.reason !== undefined && { reason: each.reason }) } }));
      node.badge({ fill: counts.errors > 0 ? 'red' : 'green', text: `${counts.created} new · ${counts.known} known${counts.errors > 0 ? ` · ${counts.errors} errors` : ''}` });
      send([message, reports] as never);
    },
  };
});
