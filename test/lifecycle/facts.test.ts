import { fulfillmentFacts, fulfillmentUsual, type Shipment } from '../../nodes/fulfillment/facts';
import type { FactContext, FactRules } from '../../nodes/lifecycle/facts';
import { lifecycle, type Status } from '../../nodes/lifecycle/lifecycle';
import { navFacts } from '../../nodes/nav/facts';

const effect = (kind: string, state: string, sequence = 1) => ({ id: 1, kind, key: kind === 'camel.request' ? `camel.request:1:${sequence}` : 'nav.create:1', state, attempt: 1 });
const context = (status: Status, more: Partial<FactContext> = {}): FactContext => ({
  order: 1, status, exportSequence: 1, navOrderNo: null, provider: 'cirro', path: 'finished', batchReference: null, batchSequence: 1, cancelAsked: null, lines: [{ lineId: 'L1', quantity: 2, shipped: 0, cancelled: 0 }, { lineId: 'L2', quantity: 1, shipped: 0, cancelled: 0 }],
  effects: [effect('nav.create', 'done'), effect('camel.request', 'done')], ...more,
});
const event = { id: 'e', type: 'accepted', order_id: 'X', sequence: 1, at: '' };
const parcel = (...lines: [string, number][]): Shipment => ({ order_id: 'X', shipment_id: 'S', carrier: 'UPS', tracking: '1Z', shipped_at: '2026-11-21T10:00:00Z', lines: lines.map(([line_id, quantity]) => ({ line_id, quantity })) });
const judge = (rules: FactRules, type: string, body: unknown, at: FactContext) => {
  const rule = rules[type];
  if (!rule) throw new Error(`no rule for ${type}`);
  return rule(body as never, at);
};

test.each(lifecycle.names)('in %s every fact has an answer, and what it moves is a legal step', (status) => {
  for (const [rules, type, body] of [[navFacts, 'RELEASED_FROM_NAV', {}], [navFacts, 'FAILED_TO_RELEASE_FROM_NAV', {}], [fulfillmentFacts, 'accepted', event], [fulfillmentFacts, 'rejected', event], [fulfillmentFacts, 'cancel_acknowledged', event], [fulfillmentFacts, 'cancel_refused', event], [fulfillmentFacts, 'shipped', parcel(['L1', 2], ['L2', 1])], [fulfillmentFacts, 'shipped', parcel(['L1', 1])]] as const) {
    const decision = judge(rules, type, body, context(status));
    expect(decision.is).toMatch(/^(applied|already|early|impossible|exception)$/);
    const to = 'to' in decision ? decision.to : undefined;
    expect(to === undefined || lifecycle.allows(status, to)).toBe(true);
  }
});

test.each([
  ['before we asked NAV', 'READY_TO_CREATE_IN_NAV', [], 'early'],
  ['when nothing had reached NAV', 'READY_TO_CREATE_IN_NAV', [effect('nav.create', 'intent')], 'early'],
  ['before our reply is committed', 'READY_TO_CREATE_IN_NAV', [effect('nav.create', 'sent')], 'applied'],
  ['while the call is in doubt', 'READY_TO_CREATE_IN_NAV', [effect('nav.create', 'parked')], 'applied'],
  ['after the creation', 'PENDING_NAV_RELEASE', [effect('nav.create', 'done')], 'applied'],
  ['again', 'RELEASED_FROM_NAV', [effect('nav.create', 'done')], 'already'],
  ['long after', 'SHIPPED', [effect('nav.create', 'done')], 'already'],
  ['after a refused creation', 'FAILED_TO_CREATE_IN_NAV', [effect('nav.create', 'rejected')], 'early'],
  ['after a cancel', 'CS_CANCELLED', [], 'impossible'],
] as const)('a release %s', (_when, status, effects, is) => {
  expect(judge(navFacts, 'RELEASED_FROM_NAV', { nav_order_no: 'SO1' }, context(status, { effects })).is).toBe(is);
});

test.each([
  ['accepted', 'READY_FOR_PROCESSING', 'early'],
  ['accepted', 'WAITING_FULFILLMENT_CONFIRMATION', 'applied'],
  ['accepted', 'EXPORTED_TO_TPL', 'already'],
  ['accepted', 'FULFILLED', 'already'],
  ['accepted', 'CS_CANCELLED', 'exception'],
  ['accepted', 'FAILED_TO_EXPORT_TO_TPL', 'early'],
  ['rejected', 'EXPORTED_TO_TPL', 'applied'],
  ['rejected', 'SHIPPED', 'exception'],
] as const)('%s in %s is %s', (type, status, is) => {
  expect(judge(fulfillmentFacts, type, event, context(status)).is).toBe(is);
});

const question = (sequence = 1) => ({ id: 1 + sequence, kind: 'camel.cancel', key: `camel.cancel:1:${sequence}`, state: 'sent', attempt: 1 });
const request = effect('camel.request', 'done');
const askedBy = (kind: string, { state = 'done', sequence = 1 } = {}) => ({ id: 9, kind, key: `${kind}:1:${sequence}`, state, attempt: 1 });
test.each([
  ['asked, its question on its way', 'EXPORTED_TO_TPL', { cancelAsked: 'provider', effects: [request, question()] }, 'applied', 'applied'],
  ['asked, before the request was accepted', 'WAITING_FULFILLMENT_CONFIRMATION', { cancelAsked: 'provider', effects: [request, question()] }, 'applied', 'applied'],
  ['an own warehouse was asked', 'OMS_CREATED_ORDER_FULFILLMENT', { cancelAsked: 'warehouse', effects: [] }, 'applied', 'applied'],
  ['a second question is open', 'EXPORTED_TO_TPL', { cancelAsked: 'provider', effects: [request, question(), question(2)] }, 'already', 'already'],
  ['the print floor was asked', 'PRINT_STATION_BATCHED', { cancelAsked: 'print-station', effects: [] }, 'exception', 'impossible'],
  ['nobody was asked', 'EXPORTED_TO_TPL', {}, 'exception', 'impossible'],
  ['decided by a parcel', 'SHIPPED', { effects: [request, question()] }, 'exception', 'already'],
  ['cancelled by its yes', 'EXPORTED_CANCELLATION_TO_NAV', { effects: [request, question()] }, 'already', 'exception'],
  ['the order is another one’s', 'EXPORTED_TO_TPL', { cancelAsked: 'provider', effects: [askedBy('parcelo.request'), { ...question(), kind: 'parcelo.cancel', key: 'parcelo.cancel:1:1' }] }, 'exception', 'exception'],
  ['its warehouse has another one since', 'EXPORTED_TO_TPL', { cancelAsked: 'provider', provider: 'parcelo', effects: [request, question()] }, 'applied', 'applied'],
] as [string, Status, Partial<FactContext>, string, string][])('the answer to a cancel: %s', (_when, status, more, yes, no) => {
  expect(judge(fulfillmentFacts, 'cancel_acknowledged', event, context(status, more)).is).toBe(yes);
  expect(judge(fulfillmentFacts, 'cancel_refused', event, context(status, more)).is).toBe(no);
});

test('the answer to a cancel carries its reason, and proves that the question arrived', () => {
  const asked = context('EXPORTED_TO_TPL', { cancelAsked: 'provider', effects: [request, question()] });
  expect(judge(fulfillmentFacts, 'cancel_refused', { ...event, data: { reason: 'it is packed' } }, asked)).toEqual({ is: 'applied', reason: 'Cirro does not stop it: it is packed', settles: ['camel.cancel'], cancel: 'refused' });
  expect(judge(fulfillmentFacts, 'cancel_acknowledged', event, asked)).toEqual({ is: 'applied', reason: 'Cirro has stopped it', settles: ['camel.cancel'], cancel: 'granted' });
});

test('an acceptance that comes after the order was stopped is nothing new', () => {
  expect(judge(fulfillmentFacts, 'accepted', event, context('CS_CANCELLED', { effects: [request, question()] })).is).toBe('already');
  // What tells the storefront is no question.
  expect(judge(fulfillmentFacts, 'accepted', event, context('CS_CANCELLED', { effects: [request, effect('sfcc.cancel', 'done')] })).is).toBe('exception');
});

test('an answer that names no sequence is about the current request', () => {
  for (const type of ['accepted', 'rejected'])
    expect(judge(fulfillmentFacts, type, { ...event, sequence: 0 }, context('WAITING_FULFILLMENT_CONFIRMATION', { exportSequence: 3, effects: [effect('camel.request', 'done', 3)] })).is).toBe('applied');
});

test('an answer to an older request is an exception, to one that never went out it is early', () => {
  expect(judge(fulfillmentFacts, 'accepted', event, context('WAITING_FULFILLMENT_CONFIRMATION', { exportSequence: 2 }))).toMatchObject({ is: 'exception', reason: 'Cirro accepted sequence 1, but 2 is the current one' });
  expect(judge(fulfillmentFacts, 'accepted', { ...event, sequence: 2 }, context('CIRRO_READY_FOR_FULFILLMENT', { exportSequence: 2 })).is).toBe('early');
});

test('a rejection holds the order and raises its sequence', () => {
  expect(judge(fulfillmentFacts, 'rejected', { ...event, data: { reason: 'no such address' } }, context('WAITING_FULFILLMENT_CONFIRMATION'))).toMatchObject({
    is: 'applied', to: 'CIRRO_READY_FOR_FULFILLMENT', order: { export_sequence: 2 }, hold: { kind: 'cirro.rejected', reason: 'Cirro rejected sequence 1: no such address' },
  });
});

test.each([
  ['everything', [['L1', 2], ['L2', 1]], 'SHIPPED'],
  ['a line in two entries', [['L1', 1], ['L1', 1], ['L2', 1]], 'SHIPPED'],
  ['a part', [['L1', 2]], 'PARTIALLY_SHIPPED'],
] as [string, [string, number][], Status][])('a parcel with %s', (_what, lines, to) => {
  expect(judge(fulfillmentFacts, 'shipped', parcel(...lines), context('EXPORTED_TO_TPL'))).toMatchObject({ is: 'applied', to });
});

test.each([
  ['more than was ordered', [['L1', 3]]],
  ['more than is left, in two entries', [['L1', 2], ['L1', 1]]],
  ['a line that the order does not have', [['L9', 1]]],
] as [string, [string, number][]][])('a parcel with %s is an exception', (_what, lines) => {
  expect(judge(fulfillmentFacts, 'shipped', parcel(...lines), context('EXPORTED_TO_TPL')).is).toBe('exception');
});

test('an own warehouse reports without a name, whatever 3PL its warehouse has beside; a 3PL that was not asked is a stranger', () => {
  const own = context('OMS_CREATED_ORDER_FULFILLMENT', { provider: 'parcelo', effects: [] });
  const all = parcel(['L1', 2], ['L2', 1]);
  expect(judge(fulfillmentFacts, 'shipped', all, own)).toMatchObject({ is: 'applied', to: 'SHIPPED' });
  expect(judge(fulfillmentFacts, 'shipped', { ...all, provider: 'another' }, own)).toMatchObject({ is: 'exception', reason: 'Another shipped an order that Parcelo fulfils' });
  expect(judge(fulfillmentFacts, 'shipped', all, context('EXPORTED_TO_TPL', { provider: 'parcelo', effects: [askedBy('parcelo.request')] }))).toMatchObject({ is: 'exception', reason: 'Cirro shipped an order that Parcelo fulfils' });
});

test.each([
  ['asked and not answered', 'WAITING_FULFILLMENT_CONFIRMATION', [askedBy('camel.request')], 'applied', 'exception'],
  ['perhaps asked', 'CIRRO_INVENTORY_CONFIRMED', [askedBy('camel.request', { state: 'unknown' })], 'applied', 'exception'],
  ['never asked: nothing reached Cirro', 'CIRRO_INVENTORY_CONFIRMED', [askedBy('camel.request', { state: 'intent' })], 'exception', 'early'],
  ['refused at once', 'FAILED_TO_EXPORT_TO_TPL', [askedBy('camel.request', { state: 'rejected' })], 'exception', 'early'],
  ['rejected, and the new one asked since', 'WAITING_FULFILLMENT_CONFIRMATION', [askedBy('camel.request'), askedBy('parcelo.request', { sequence: 2 })], 'exception', 'applied'],
  ['rejected, and nobody asked since', 'CIRRO_READY_FOR_FULFILLMENT', [askedBy('camel.request')], 'exception', 'early', 2],
] as const)('a warehouse handed from Cirro to Parcelo, the order %s: it is with whom it was asked of', (_when, status, effects, ofCirro, ofParcelo, exportSequence: number = effects.length) => {
  const at = context(status, { provider: 'parcelo', exportSequence, effects });
  expect(judge(fulfillmentFacts, 'accepted', { ...event, sequence: exportSequence }, at).is).toBe(ofCirro);
  expect(judge(fulfillmentFacts, 'accepted', { ...event, sequence: exportSequence, provider: 'parcelo' }, at).is).toBe(ofParcelo);
  const usual = fulfillmentUsual.find(({ type }) => type === 'accepted');
  expect(usual?.from(at)).toBe(ofCirro === 'applied' ? 'Cirro' : 'Parcelo');
});
