import { checkCapture, checkFulfillment, Refused } from '../../sandbox/sfcc/fulfillment-request';
import type { OrderState } from '../../sandbox/sfcc/storefront';

/** What the storefront lets be captured of an order that gift certificates have paid a part of. */

const order = (taken: readonly string[] = []): OrderState => ({
  ref: 'US00100001', site: 'POPS-US', template: 'own-warehouse', place: {} as never, createdAt: '', modifiedAt: '', exportStatus: 'exported', cancelled: false, fulfillments: [],
  captures: taken.map((amount) => ({ amount }) as never),
});
const document = {
  order_total: 25, product_items: [{ item_id: 'L1', quantity: 1 }],
  payment_instruments: [{ payment_method_id: 'GIFT_CERTIFICATE', amount: 10.1 }, { payment_method_id: 'CREDIT_CARD', amount: 14.9 }],
};
const capture = (amount: string) => ({ requestId: 'P1', shipmentId: 'S1', capture: { execute: 'Capture', amount, currency: 'USD' } }) as never;
const fulfillment = { requestId: 'F1', shipments: [{ items: [{ item_id: 'L1', quantity: 1 }] }] } as never;

test('a parcel captures as much as the card has authorised, and no more', () => {
  expect(checkCapture(order(), document, capture('14.90'))).toBe(1490);
  expect(() => checkCapture(order(), document, capture('14.91'))).toThrow(Refused);
  expect(() => checkCapture(order(['4.90']), document, capture('10.01'))).toThrow(Refused);
});

test('the fulfilment captures nothing once the parcels have captured all of it', () => {
  expect(checkFulfillment(order(['14.90']), document, fulfillment)).toBe(0);
  expect(() => checkFulfillment(order(['14.89']), document, fulfillment)).toThrow(Refused);
});
