import { Contracts } from '../edge/contracts';
import { Ledger } from '../effects/ledger';
import { requireAskedOrder } from '../orders/message';
import type { Order } from '../orders/order';
import { defineNode, type NodeConfig } from '../runtime/node';
import type { ServiceBusSettings } from '../service-bus/connection';
import { requireWork, type StageMessage } from '../work/message';
import { createPrintFloor } from './client';
import { cancelAtPrintStation } from './effects';

interface PrintCancelConfig extends NodeConfig {
  connection: string;
}

export default defineNode<PrintCancelConfig, StageMessage<Order>>('oms-print-cancel', (node, config) => {
  const { connectionString, printTopic } = node.use<ServiceBusSettings>(config.connection);
  const contracts = node.services.get(Contracts);
  const ledger = node.services.get(Ledger);
  const floor = createPrintFloor({ connectionString, topic: printTopic });
  return {
    async input(message, send) {
      const work = requireWork(message);
      const order = requireAskedOrder(message);
      contracts.validate('print-cancellation', cancelAtPrintStation.request(order));
      message.payload = await ledger.perform(cancelAtPrintStation, floor, order, work);
      send(message);
    },
    close: () => floor.close(),
  };
});
