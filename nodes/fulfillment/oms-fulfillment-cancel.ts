import { Ledger } from '../effects/ledger';
import { requireAskedOrder } from '../orders/message';
import type { Order } from '../orders/order';
import { Rejected } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import { requireWork, type StageMessage } from '../work/message';
import { Providers } from './providers';

export default defineNode<NodeConfig, StageMessage<Order>>('oms-fulfillment-cancel', (node) => {
  const ledger = node.services.get(Ledger);
  const providers = node.services.get(Providers);
  return {
    async input(message, send) {
      const work = requireWork(message);
      const order = requireAskedOrder(message);
      message.payload = await providers.with(order, ({ name, cancel }) => {
        if (!cancel) throw new Rejected(`the 3PL ${name} cannot be asked from here to stop an order`, { code: 'fulfillment.no-cancel', next: 'Ask it by hand, and report what it answers.' });
        return cancel.perform(ledger, order, work);
      });
      send(message);
    },
  };
});
