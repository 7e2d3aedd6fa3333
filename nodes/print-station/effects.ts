import { effect } from '../effects/effect';
import type { Order } from '../orders/order';
import type { PrintFloor } from './client';
import { type PrintRequest, toBatchStationRequest, toPrintStationRequest } from './mapping';

const send = async (floor: PrintFloor, request: PrintRequest, _order: Order, call: Parameters<PrintFloor['publish']>[1]): Promise<{ reference: string }> => {
  await floor.publish(request, call);
  return { reference: request.id };
};

/** Who answers knows a request by order and sequence, and the topic drops a message id that it knows: in doubt the same message is sent again. */
export const requestAtPrintStation = effect<PrintFloor, Order, PrintRequest>({
  kind: 'print-station.create',
  key: (order) => `print-station.create:${order.id}:${order.batchSequence}`,
  policy: 'key',
  request: toPrintStationRequest,
  send,
});

/** As {@link requestAtPrintStation}. */
export const requestAtBatchStation = effect<PrintFloor, Order, PrintRequest>({
  kind: 'batch-station.create',
  key: (order) => `batch-station.create:${order.id}:${order.batchSequence}`,
  policy: 'key',
  request: toBatchStationRequest,
  send,
});
