import path from 'node:path';
import { requestFulfillment } from '../../nodes/camel/effects';
import { Contracts } from '../../nodes/edge/contracts';
import { withClient } from '../../nodes/fulfillment/provider';
import { toBatchStationRequest, toPrintStationRequest } from '../../nodes/print-station/mapping';
import type { Line, Order } from '../../nodes/orders/order';
import { anOrder } from '../orders/an-order';

const contracts = new Contracts(path.join(__dirname, '../../docs/contracts'));
const assets = [{ kind: 'artwork', url: 'https://artwork.test/1.png', position: 1 }, { kind: 'proof', url: 'https://artwork.test/2.png', position: 2 }];

/** Two printable lines, one with artwork. */
function printable(more: Partial<Order> = {}): Order {
  const order = anOrder();
  const [line] = order.lines as [Line];
  return { ...order, ...more, lines: [{ ...line, lineId: 'L1', path: 'printable', assets }, { ...line, lineId: 'L2', path: 'printable' }] };
}

test('a request names every printable line with its artwork in order, and keeps its contract', () => {
  const request = toPrintStationRequest(printable());
  expect(request).toMatchObject({ type: 'order.create.request', sequence: 1, lines: [{ line_id: 'L1', assets }, { line_id: 'L2', assets: [] }] });
  expect(request.order_id).toBe(printable().name);
  contracts.validate('print-request', request);
  contracts.validate('print-request', toBatchStationRequest(printable()));
});

test('the message id is the same for the same order and number, and another one for the next', () => {
  expect(toPrintStationRequest(printable()).id).toBe(toPrintStationRequest(printable()).id);
  const again = toPrintStationRequest(printable({ batchSequence: 2 }));
  expect(again).toMatchObject({ type: 'order.update.repush', sequence: 2 });
  expect(again.id).not.toBe(toPrintStationRequest(printable()).id);
});

test('it holds nothing about the customer', () => {
  const { customer, shippingAddress } = printable();
  const text = JSON.stringify(toPrintStationRequest(printable()));
  for (const word of [customer.email, customer.name, shippingAddress.address1]) expect(text).not.toContain(word);
});

test('artwork that others would fetch without https breaks the contract', () => {
  const order = printable();
  const [line] = order.lines as [Line];
  const spoiled = { ...order, lines: [{ ...line, assets: [{ kind: 'artwork', url: 'http://artwork.test/1.png', position: 1 }] }] };
  expect(() => contracts.validate('print-request', toPrintStationRequest(spoiled))).toThrow(expect.objectContaining({ code: 'contract.violated', pointer: '/lines/0/assets/0/url' }));
});

test('no 3PL is ever asked for a printable order without its batch', () => {
  const { declared } = withClient(undefined as never, requestFulfillment);
  expect(() => declared.request(printable())).toThrow(expect.objectContaining({ code: 'fulfillment.printable-order-has-no-batch' }));
  expect(declared.request(printable({ batchReference: 'PB-1' }))).toMatchObject({ order_id: printable().name });
});
