import path from 'node:path';
import { Contracts } from '../../nodes/edge/contracts';
import type { InvalidInput } from '../../nodes/runtime/errors';

/** Releases, acceptances and shipments are three reports with three endpoints: what comes to the wrong one is told the right one. */

const contracts = new Contracts(path.join(__dirname, '../../docs/contracts'));

const parcel = { order_id: 'US-1', shipment_id: 'SHP-1', carrier: 'UPS', tracking: '1Z', shipped_at: '2026-11-21T10:00:00Z', lines: [{ line_id: '1', quantity: 1 }] };
const event = { id: 'evt-1', type: 'accepted', order_id: 'US-1', sequence: 1, at: '2026-11-21T10:00:00Z' };
const release = { status: 'RELEASED_FROM_NAV', event_id: 'release-1' };

const [STATUS, PARCELS, EVENTS] = ['PATCH /api/v3/osor_order/status/:order_id', 'POST /api/v3/osor_order/fulfill_orders', 'POST /api/service_bus/events'];

function refusal(contract: string, body: unknown): InvalidInput {
  try {
    contracts.validate(contract, body);
  } catch (error) {
    return error as InvalidInput;
  }
  throw new Error(`${contract} took ${JSON.stringify(body)}`);
}

test.each([
  ['an acceptance among the shipments', 'fulfill-orders', event, EVENTS, '/type'],
  ['an acceptance as an item of a shipment report', 'fulfill-orders', { orders: [event] }, EVENTS, '/orders/0/type'],
  ['a rejection that also names a parcel', 'fulfill-orders', { orders: [{ ...parcel, type: 'rejected' }] }, EVENTS, '/orders/0/type'],
  ['a release among the shipments', 'fulfill-orders', release, STATUS, '/status'],
  ['a shipment as an event', 'fulfillment-event', { ...event, type: 'shipped' }, PARCELS, '/type'],
  ['a parcel as an event', 'fulfillment-event', parcel, PARCELS, '/shipment_id'],
  ['a whole shipment report as an event', 'fulfillment-event', { orders: [parcel] }, PARCELS, '/orders/0/shipment_id'],
  ['a release as an event', 'fulfillment-event', release, STATUS, '/status'],
  ['SHIPPED as a status of NAV', 'nav-release-status', { ...release, status: 'SHIPPED' }, PARCELS, '/status'],
  ['PARTIALLY_SHIPPED as a status of NAV', 'nav-release-status', { ...release, status: 'PARTIALLY_SHIPPED' }, PARCELS, '/status'],
  ['an acceptance as a status of NAV', 'nav-release-status', { ...release, status: 'EXPORTED_TO_TPL' }, EVENTS, '/status'],
  ['an event as a status of NAV', 'nav-release-status', event, EVENTS, '/type'],
])('%s is refused and told where it belongs', (_, contract, body, endpoint, pointer) => {
  expect(refusal(contract, body)).toMatchObject({ code: 'contract.wrong-endpoint', pointer, message: expect.stringContaining(endpoint) as string });
});

test.each([
  ['nav-release-status', { ...release, status: 'ON_HOLD' }],
  ['nav-release-status', { ...release, surprise: 1 }],
  ['fulfill-orders', { orders: [{ ...parcel, lines: [] }] }],
  ['fulfillment-event', { ...event, sequence: 'one' }],
  ['pause', { ...release, status: 'SHIPPED' }],
])('%s: what is merely wrong is not sent elsewhere', (contract, body) => {
  expect(refusal(contract, body).code).toBe('contract.violated');
});

test('what is right is taken', () => {
  contracts.validate('nav-release-status', release);
  contracts.validate('fulfill-orders', { orders: [parcel] });
  expect(() => contracts.validate('fulfillment-event', event)).not.toThrow();
});
