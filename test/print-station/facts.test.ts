import type { FactContext, FactDecision } from '../../nodes/lifecycle/facts';
import { lifecycle, type Status } from '../../nodes/lifecycle/lifecycle';
import { type PrintEvent, printStationFacts, printStationReadings } from '../../nodes/print-station/facts';

const request = (state: string, sequence = 1, kind = 'print-station.create') => ({ id: 1, kind, key: `${kind}:7:${sequence}`, state, attempt: 1 });
const context = (status: Status, more: Partial<FactContext> = {}): FactContext => ({
  order: 7, status, exportSequence: 1, navOrderNo: 'SO1', provider: 'cirro', path: 'printable', batchReference: null, batchSequence: 1, cancelAsked: null, lines: [], effects: [request('done')], ...more,
});
const tell = (type: string, at: FactContext, more: Partial<PrintEvent> = {}): FactDecision => {
  const rule = printStationFacts[type];
  if (!rule) throw new Error(`no rule for ${type}`);
  const event: PrintEvent = { id: 'e', type, order_id: 'X', sequence: 1, at: '', data: { batch_reference: 'PB-1', reason: 'no ink' }, ...more };
  return rule(event as never, at);
};

test.each(lifecycle.names)('in %s every answer of the print floor has a decision, and what it moves is a legal step', (status) => {
  for (const type of Object.keys(printStationFacts)) {
    const decision = tell(type, context(status));
    expect(decision.is).toMatch(/^(applied|already|early|impossible|exception)$/);
    const to = 'to' in decision ? decision.to : undefined;
    expect(to === undefined || lifecycle.allows(status, to)).toBe(true);
  }
});

test.each([
  ['while it is waited for', 'PRINT_STATION_WAITING_FOR_BATCHING', 'done', 'applied'],
  ['before our own step is committed', 'PRINT_STATION_READY_FOR_BATCHING', 'sent', 'applied'],
  ['while the request is in doubt', 'PRINT_STATION_READY_FOR_BATCHING', 'unknown', 'applied'],
  ['before anything was sent', 'PRINT_STATION_READY_FOR_BATCHING', 'intent', 'early'],
  ['before the release', 'PENDING_NAV_RELEASE', 'intent', 'early'],
  ['by BatchStation', 'WAITING_BATCHING_CAPACITY', 'done', 'applied'],
  ['while it waits for a place', 'WAITING_BATCHING_CAPACITY', 'intent', 'early'],
  ['after a cancel', 'CS_CANCELLED', 'done', 'exception'],
  ['where PrintStation was never reached', 'PRINT_STATION_FAILED_EXPORT', 'rejected', 'exception'],
] as const)('a batch %s', (_when, status, state, is) => {
  expect(tell('batched', context(status, { effects: [request(state)] })).is).toBe(is);
});

test('a batch brings its reference, settles the request, and goes on by the path that the order took', () => {
  expect(tell('batched', context('PRINT_STATION_WAITING_FOR_BATCHING'))).toEqual({
    is: 'applied', to: 'PRINT_STATION_BATCHED', reason: 'batched as PB-1', settles: ['print-station.create', 'batch-station.create'], order: { batch_reference: 'PB-1' },
  });
  expect(tell('batched', context('WAITING_BATCHING_CAPACITY', { effects: [request('done', 1, 'batch-station.create')] }))).toMatchObject({ is: 'applied', to: 'BATCHED' });
});

test('the same batch again is nothing new, another one is an exception', () => {
  for (const status of ['PRINT_STATION_BATCHED', 'BATCHED', 'CIRRO_READY_FOR_FULFILLMENT', 'FULFILLED'] as const) {
    expect(tell('batched', context(status, { batchReference: 'PB-1' })).is).toBe('already');
    expect(tell('batched', context(status, { batchReference: 'PB-0' })).is).toBe('exception');
  }
});

test('a failed batch leads to the error with its reason, and the next request has the next number', () => {
  expect(tell('batch_failed', context('PRINT_STATION_WAITING_FOR_BATCHING'))).toMatchObject({ is: 'applied', to: 'FAILED_TO_BATCH', reason: 'the batch failed: no ink', order: { batch_sequence: 2 } });
  const next = context('PRINT_STATION_WAITING_FOR_BATCHING', { batchSequence: 2, effects: [request('done'), request('done', 2)] });
  expect(tell('batched', next)).toMatchObject({ is: 'exception', reason: 'the print floor batched it as PB-1 by request 1, but 2 is the current one' });
  expect(tell('batch_failed', next)).toMatchObject({ is: 'exception' });
  expect(tell('batched', next, { sequence: 2 })).toMatchObject({ is: 'applied', to: 'PRINT_STATION_BATCHED' });
});

test('a batch of what is not printed here, or without a reference, is an exception with a reason', () => {
  expect(tell('batched', context('RELEASED_FROM_NAV', { path: 'finished' }))).toEqual({ is: 'exception', reason: 'a batch was reported for an order that is not printed here' });
  expect(tell('batched', context('PRINT_STATION_WAITING_FOR_BATCHING'), { data: {} })).toMatchObject({ is: 'exception', reason: expect.stringContaining('without its reference') });
});

test.each([
  ['PRINT_STATION_WAITING_FOR_BATCHING', 'applied'],
  ['PRINT_STATION_BATCHED', 'already'],
  ['FULFILLED', 'already'],
  ['RELEASED_FROM_NAV', 'early'],
  ['CUSTOMER_CANCELLED', 'exception'],
] as const)('PrintStation has the order, in %s: %s', (status, is) => {
  const decision = tell('print_station.order_created', context(status));
  expect(decision.is).toBe(is);
  expect('to' in decision).toBe(false);
});

test('the bus and REST carry the same fact', () => {
  const at = '2026-11-21T10:00:00Z';
  const bus = printStationReadings['print-station-event']?.read({ id: 'ps-2', type: 'Event::BatchCreated', order_id: 'X', sequence: 1, at, data: { batch_reference: 'PB-1' } } as never, {});
  const rest = printStationReadings['print-batches']?.read({ orders: [{ event_id: 'ps-2', order_id: 'X', sequence: 1, at, result: 'batched', batch_reference: 'PB-1' }] } as never, {});
  expect(bus).toEqual(rest);
  expect(bus).toMatchObject([{ source: 'print-station', eventId: 'ps-2', type: 'batched', orderName: 'X' }]);
});

test.each([
  ['PRINT_STATION_WAITING_FOR_BATCHING', null, true, 'exception', 'cancel.stopped'],
  ['OMS_CREATED_ORDER_FULFILLMENT', null, true, 'exception', undefined],
  ['EXPORTED_TO_TPL', null, true, 'exception', undefined],
  ['OMS_CREATED_ORDER_FULFILLMENT', null, false, 'already', undefined],
  ['OMS_CREATED_ORDER_FULFILLMENT', 'provider', true, 'already', undefined],
  ['FULFILLED', null, true, 'already', undefined],
] as const)('an answer to a question that nobody waits for any more, in %s, while %s is asked, granted %s: %s, %s', (status, cancelAsked, granted, is, hold) => {
  const at = context(status, { cancelAsked, effects: [request('done', 1, 'print-station.cancel')] });
  const decision = tell('print_station.cancellation_acknowledged', at, { data: { granted } });
  // The print floor is asked for it again only where it may be.
  expect({ is: decision.is, hold: 'hold' in decision ? decision.hold : undefined }).toEqual({ is, hold });
});
