import { assertAddsUp, type CanonicalOrder, shipmentReference } from '../../nodes/orders/order';
import { InvalidInput } from '../../nodes/runtime/errors';
import { anOrder } from './an-order';

function refusalOf(order: CanonicalOrder): InvalidInput | undefined {
  try {
    assertAddsUp(order);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
}

test('an order whose sums are right adds up', () => {
  expect(refusalOf(anOrder())).toBeUndefined();
});

test('with gross taxation the tax is inside the prices', () => {
  const totals = { ...anOrder().totals, total: 2900 };
  expect(refusalOf(anOrder({ taxation: 'gross', totals }))).toBeUndefined();
  expect(refusalOf(anOrder({ taxation: 'net', totals }))).toMatchObject({ pointer: '/totals/total' });
});

test('the difference is named in decimals, with its sign and place', () => {
  const { totals } = anOrder();
  expect(refusalOf(anOrder({ totals: { ...totals, total: 3131 } }))).toMatchObject({
    code: 'order.totals-do-not-add-up',
    message: expect.stringContaining('difference -0.01 USD'),
    pointer: '/totals/total',
  });
});

test.each<[string, Partial<CanonicalOrder>, string]>([
  ['a line', { lines: anOrder().lines.map((line) => ({ ...line, discount: line.discount + 1 })) }, '/lines/0/total'],
  ['the sum of lines', { lines: anOrder().lines.slice(1) }, '/totals/lines'],
  ['shipping', { shipping: { ...anOrder().shipping, amount: 1 } }, '/totals/shipping'],
  ['payments that do not cover the total', { payments: [] }, '/payments'],
])('%s that does not add up is pointed at', (_, changes, pointer) => {
  expect(refusalOf(anOrder(changes))).toMatchObject({ code: 'order.totals-do-not-add-up', pointer });
});

test('payments may be more than the total, and none are needed for an order that costs nothing', () => {
  const free = { lines: 0, discount: 0, shipping: 0, tax: 0, total: 0 };
  const payment = { instrumentId: 'pi', method: 'GIFT_CERTIFICATE', amount: 5000 };
  expect(refusalOf(anOrder({ payments: [payment] }))).toBeUndefined();
  expect(refusalOf(anOrder({ lines: [], shipping: { amount: 0, tax: 0, discount: 0, method: '' }, totals: free, payments: [] }))).toBeUndefined();
});

test('sums beyond safe integers are refused as input, not as a crash', () => {
  const [line] = anOrder().lines;
  if (line === undefined) throw new Error('the order has no line');
  expect(refusalOf(anOrder({ lines: [{ ...line, unitPrice: Number.MAX_SAFE_INTEGER, quantity: 999 }] }))).toMatchObject({ code: 'money.too-large' });
});

test('several parcels are named together', () => {
  const [parcel] = anOrder().fulfillments;
  if (parcel === undefined) throw new Error('the order has no parcel');
  expect(shipmentReference(anOrder({ fulfillments: [parcel, { ...parcel, shipmentId: 'SHIP-2' }] }))).toBe('SHIP-1+SHIP-2');
});
