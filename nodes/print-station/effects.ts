import { effect } from '../effects/effect';
import { PRINT_CANCEL_TASK } from '../lifecycle/cancel';
import type { AskedOrder } from '../orders/message';
import type { Order } from '../orders/order';
import type { FloorMessage, PrintFloor } from './client';
import { type PrintCancellation, type PrintRequest, toBatchStationRequest, toCancellation, toPrintStationRequest } from './mapping';

const requireUp = (floor: PrintFloor): void => floor.requireUp();

const send = async (floor: PrintFloor, request: FloorMessage, _order: Order, call: Parameters<PrintFloor['publish']>[1]): Promise<{ reference: string }> => {
  await floor.publish(request, call);
  return { reference: request.id };
};

/** Who answers knows a request by order and sequence, and the topic drops a message id that it knows: in doubt the same message is sent again. */
export const requestAtPrintStation = effect<PrintFloor, Order, PrintRequest>({
  kind: 'print-station.create',
  key: (order) => `print-station.create:${order.id}:${order.batchSequence}`,
  policy: 'key',
  request: toPrintStationRequest,
  requireUp,
  send,
});

/** As {@link requestAtPrintStation}. */
export const requestAtBatchStation = effect<PrintFloor, Order, PrintRequest>({
  kind: 'batch-station.create',
  key: (order) => `batch-station.create:${order.id}:${order.batchSequence}`,
  policy: 'key',
  request: toBatchStationRequest,
  requireUp,
  send,
});

/** As {@link requestAtPrintStation}; its answer is a fact, which decides the cancel. */
export const cancelAtPrintStation = effect<PrintFloor, AskedOrder, PrintCancellation>({
  kind: PRINT_CANCEL_TASK,
  key: (order) => `${PRINT_CANCEL_TASK}:${order.id}:${order.question}`,
  policy: 'key',
  request: (order) => toCancellation(order, order.question),
  requireUp,
  send,
});
