import { overCaptured, refuseUncaptured } from '../../nodes/sfcc/captures';
import { captureParcel, fulfilAndCapture, type WithParcel } from '../../nodes/sfcc/effects';
import { dueOf, toCapture, toCaptureRequest } from '../../nodes/sfcc/mapping';
import type { Order } from '../../nodes/orders/order';
import type { ParcelCapture } from '../../nodes/sfcc/types';
import { Rejected, Retryable } from '../../nodes/runtime/errors';
import { anOrder } from '../orders/an-order';

const parcel = { of: 'US-US00100001-2', part: 2, shipmentId: 'SHIP-1', amount: 1243 };
const subject = (more: Partial<WithParcel> = {}): WithParcel => ({ ...anOrder(), parcel, ...more });

test('the key is the whole order, the part and its shipment; a long one stays as long as its column', () => {
  expect(captureParcel.key(subject())).toBe('sfcc.capture:7:2:SHIP-1');
  const long = captureParcel.key(subject({ id: Number.MAX_SAFE_INTEGER, parcel: { ...parcel, shipmentId: 'S'.repeat(500) } }));
  expect(long).toHaveLength(191);
  expect(captureParcel.key(subject({ id: Number.MAX_SAFE_INTEGER, parcel: { ...parcel, shipmentId: `${'S'.repeat(499)}T` } }))).not.toBe(long);
});

test('the request says of which parcel, and how much, as decimal text of the currency', () => {
  expect(captureParcel.request(subject())).toEqual({ request_id: 'US-US00100001-2:SHIP-1', shipment_id: 'SHIP-1', amount: '12.43', currency: 'USD' });
  expect(captureParcel.amount?.(subject())).toEqual({ amount: 1243, currency: 'USD' });
  expect(toCaptureRequest(parcel, 'JPY').amount).toBe('1243');
  expect(() => captureParcel.request(subject({ part: 2 }))).toThrow(/the storefront is told about the whole/);
});

test('it is about no order without its parcel', () => {
  expect([captureParcel.concerns?.(subject()), captureParcel.concerns?.(anOrder() as WithParcel)]).toEqual([true, false]);
});

describe('in doubt', () => {
  const known = (more: Partial<ParcelCapture> = {}): ParcelCapture => ({ requestId: 'US-US00100001-2:SHIP-1', transactionId: 'CAP-1', amount: '12.43', currency: 'USD', ...more });
  const inquire = (...captures: ParcelCapture[]) => captureParcel.inquire?.({ getCaptures: async () => captures } as never, subject(), captureParcel.request(subject()));

  test('the capture that carries the request’s id proves it', async () => {
    expect(await inquire(known({ requestId: 'other' }), known())).toEqual({ found: true, reference: 'CAP-1' });
  });

  test.each([
    ['no capture', []],
    ['that of another parcel', [known({ requestId: 'US-US00100001-1:SHIP-1' })]],
    ['another amount', [known({ amount: '12.44' })]],
    ['another currency', [known({ currency: 'EUR' })]],
  ])('%s proves nothing', async (_what, captures) => {
    expect(await inquire(...captures)).toMatchObject({ found: false, what: expect.stringContaining('capture') as string });
  });
});

describe('the fulfilment captures', () => {
  const [line] = anOrder().fulfillments;
  const first = { ...line, shipmentId: 'SHIP-1', carrier: 'UPS', tracking: '1Z', shippedAt: '2026-02-01T08:00:00.000Z', lines: [{ lineId: 'line-1', quantity: 1 }] };

  test('everything that is due where no parcel has captured by itself', () => {
    expect(toCapture(anOrder())).toEqual({ amount: '31.30', currency: 'USD' });
  });

  test('what parcels have left, and nothing where they have left nothing', () => {
    expect(toCapture(anOrder({ captured: 1243 }))).toEqual({ amount: '18.87', currency: 'USD' });
    expect(toCapture(anOrder({ captured: 3130 }))).toBeUndefined();
  });

  test('as the ledger notes it', () => {
    const amountOf = (order: Order) => fulfilAndCapture.amount?.(order)?.amount;
    const payments = [{ instrumentId: 'a', method: 'GIFT_CERTIFICATE', amount: 1000 }, { instrumentId: 'b', method: 'CREDIT_CARD', amount: 2130 }];
    expect([amountOf(anOrder()), amountOf(anOrder({ payments })), amountOf(anOrder({ captured: 1243, fulfillments: [first] })), amountOf(anOrder({ captured: 1244, fulfillments: [first] }))]).toEqual([3130, 2130, 0, 0]);
  });

  test('and says where parcels have taken more than what left stands for', () => {
    expect(overCaptured(anOrder({ captured: 3130 }), 'test')).toEqual([]);
    expect(overCaptured(anOrder({ captured: 3131 }), 'test')).toMatchObject([{ table: 'order_events', rows: [{ kind: 'payment.over-captured', text: expect.stringMatching(/^0\.01 USD more/) as string }] }]);
  });

  test('nothing of what never left', () => {
    expect(toCapture(anOrder({ captured: 1243, fulfillments: [first] }))).toBeUndefined();
    expect(toCapture(anOrder({ captured: 243, fulfillments: [first] }))).toEqual({ amount: '10.00', currency: 'USD' });
  });

  test('never what gift certificates have paid', () => {
    const payments = [{ instrumentId: 'a', method: 'GIFT_CERTIFICATE', amount: 1000 }, { instrumentId: 'b', method: 'CREDIT_CARD', amount: 2130 }];
    expect(dueOf(anOrder({ payments }))).toBe(2130);
    expect(dueOf(anOrder({ payments: [{ instrumentId: 'a', method: 'GIFT_CERTIFICATE', amount: 4000 }] }))).toBe(0);
    expect(toCapture(anOrder({ payments, captured: 846 }))).toEqual({ amount: '12.84', currency: 'USD' });
  });

  test('and is refused while a person decides about the capture of a parcel', () => {
    expect(() => refuseUncaptured(anOrder())).not.toThrow();
    expect(() => refuseUncaptured(anOrder({ heldCaptures: 1 }))).toThrow(Rejected);
    expect(() => refuseUncaptured(anOrder({ heldCaptures: 1, openCaptures: 1 }))).toThrow(Rejected);
  });

  test('and not before the captures that are still to be made, whatever the flow does', () => {
    expect(() => refuseUncaptured(anOrder({ openCaptures: 2 }))).toThrow(Retryable);
  });
});
