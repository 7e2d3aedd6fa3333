import { Contracts } from '../edge/contracts';
import { Calls } from '../effects/calls';
import { Ledger } from '../effects/ledger';
import { requireOrder } from '../orders/message';
import type { Order } from '../orders/order';
import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import type { ServiceBusSettings } from '../service-bus/connection';
import { requireWork, type StageMessage } from '../work/message';
import { createPrintFloor } from './client';
import { requestAtBatchStation, requestAtPrintStation } from './effects';

interface PrintRequestConfig extends NodeConfig {
  connection: string;
  station: keyof typeof STATIONS;
}

const STATIONS = { 'print-station': requestAtPrintStation, 'batch-station': requestAtBatchStation };

/** Whom it can ask. */
export const PRINT_STATIONS: readonly string[] = Object.keys(STATIONS);

export default defineNode<PrintRequestConfig, StageMessage<Order>>('oms-print-request', (node, config) => {
  const request = STATIONS[config.station];
  if (!request) throw new InvalidInput('no station is chosen', { code: 'print-request.no-station' });
  const { connectionString, printTopic } = node.use<ServiceBusSettings>(config.connection);
  const contracts = node.services.get(Contracts);
  const ledger = node.services.get(Ledger);
  const forget = node.services.get(Calls).add(node.id, () => [request]);
  const floor = createPrintFloor({ connectionString, topic: printTopic });
  return {
    async input(message, send) {
      const work = requireWork(message);
      const order = requireOrder(message);
      contracts.validate('print-request', request.request(order));
      message.payload = await ledger.perform(request, floor, order, work);
      send(message);
    },
    async close() {
      forget();
      await floor.close();
    },
  };
});
