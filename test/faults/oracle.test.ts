import { doneTwice, judgeFacts } from './oracle';
import type { Facts, OrderFact } from './rig/facts';

/** Every law is broken once: an oracle that sees nothing would judge nothing. */

const NAME = 'US-US001';
const PATH = ['READY_FOR_PROCESSING', 'READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT', 'EXPORTED_TO_TPL', 'SHIPPED', 'EXPORTED_TO_NAV', 'FULFILLED'] as const;

const order: OrderFact = { id: 1, name: NAME, part: 0, total: 2500, lines: ['L1', 'L2'], platform: 'sfcc', children: 0, status: 'FULFILLED', version: PATH.length, due: false, claimed: false, holds: 0, navOrderNo: 'SO1', exportsToNav: true, secondsThere: 5, authorised: 2500, owed: 2500, rejections: 0, decisions: 0 };
const deed = (system: string, operation: string, key: string, detail: Record<string, unknown> = {}) => ({ id: 1, at: '', system, operation, ref: 'US001', key, detail });
const capture = deed('sfcc', 'capture', 'r1', { amount: '25.00', currency: 'USD' });
const effects = [deed('nav', 'document:1', NAME), deed('camel', 'fulfillment-request', `${NAME}/1`), deed('nav', 'document:6', `${NAME}/p1`), deed('sfcc', 'fulfill', 'r1'), capture];
const ofParcel = (parcel: string, amount: string) => deed('sfcc', 'capture', `${NAME}:${parcel}`, { amount, currency: 'USD', shipment: parcel });
/** Everything that happens where each parcel captures what left in it. */
const byParcels = (...amounts: string[]) => [...effects.filter((each) => each !== capture), ...amounts.map((amount, index) => ofParcel(`P${index + 1}`, amount))];
const audits = PATH.map((to, index) => ({ order: 1, version: index + 1, from: PATH[index - 1] ?? '', to }));
const good: Facts = { orders: [order], audits, tasks: [], ledger: [{ id: 1, order: 1, kind: 'nav.create', key: 'nav.create:1', state: 'done' }], effects };

/** The order as it stands in a status, with the path that led there. */
const at = (status: (typeof PATH)[number], more: Partial<OrderFact> = {}): Facts => {
  const version = PATH.indexOf(status) + 1;
  return { ...good, orders: [{ ...order, status, version, ...more }], audits: audits.slice(0, version) };
};

test('an order that was fulfilled as it should be breaks no law', () => {
  expect(judgeFacts(good, [NAME])).toMatchObject({ violations: [], fulfilled: 1, count: { final: 1, held: 0, waiting: 0, 'in work': 0 } });
});

test('parcels that capture one by one, each once and all together what is owed, break no law', () => {
  expect(judgeFacts({ ...good, effects: byParcels('10.00', '7.50', '7.50') }, [NAME])).toMatchObject({ violations: [], fulfilled: 1 });
});

test('a call of a task may be in doubt where that task is held', () => {
  const waiting: Facts = { ...at('EXPORTED_TO_TPL'), effects: byParcels('10.00'), ledger: [{ id: 1, order: 1, kind: 'sfcc.capture', key: 'sfcc.capture:1:0:P1', state: 'unknown' }] };
  const task = { order: NAME, kind: 'sfcc.capture', subject: '1:P1', due: false, claimed: false, holds: 1, secondsThere: 5 };
  expect(judgeFacts({ ...waiting, tasks: [task] }, [NAME]).violations).toEqual([]);
  expect(judgeFacts({ ...waiting, tasks: [{ ...task, kind: 'sfcc.cancel' }] }, [NAME]).violations).toEqual(['sfcc.capture:1:0:P1: unknown, and nobody looks at it']);
  expect(judgeFacts({ ...waiting, tasks: [{ ...task, subject: '1:P2' }] }, [NAME]).violations).toEqual(['sfcc.capture:1:0:P1: unknown, and nobody looks at it']);
  expect(judgeFacts({ ...waiting, tasks: [] }, [NAME]).violations).toEqual(['sfcc.capture:1:0:P1: unknown, and nobody looks at it']);
});

test('a store that does not export to NAV owes NAV nothing, and the storefront all the same', () => {
  const past = { ...good, orders: [{ ...order, exportsToNav: false }], effects: effects.filter(({ system }) => system !== 'nav') };
  expect(judgeFacts(past, [NAME]).violations).toEqual([]);
  expect(judgeFacts({ ...past, effects: past.effects.filter(({ operation }) => operation !== 'capture') }, [NAME]).violations).toEqual([`${NAME}: FULFILLED without sfcc capture`]);
});

test('what a warehouse of our own ships, Cirro was not asked for', () => {
  const own = [...PATH.slice(0, 4), 'OMS_CREATED_ORDER_FULFILLMENT', ...PATH.slice(6)];
  const shipped = { ...good, orders: [{ ...order, version: own.length }], audits: own.map((to, index) => ({ order: 1, version: index + 1, from: own[index - 1] ?? '', to })), effects: effects.filter(({ system }) => system !== 'camel') };
  expect(judgeFacts(shipped, [NAME]).violations).toEqual([]);
  expect(judgeFacts({ ...shipped, effects: shipped.effects.filter(({ operation }) => operation !== 'document:6') }, [NAME]).violations).toEqual([`${NAME}: FULFILLED without nav document:6`]);
});

test('an order may wait for its owner, or stand in a hold', () => {
  expect(judgeFacts(at('EXPORTED_TO_TPL'), [NAME])).toMatchObject({ violations: [], count: { waiting: 1 } });
  const held = at('CIRRO_READY_FOR_FULFILLMENT', { holds: 1 });
  expect(judgeFacts({ ...held, ledger: [{ id: 1, order: 1, kind: 'camel.request', key: 'camel.request:1:1', state: 'unknown' }] }, [NAME])).toMatchObject({ violations: [], count: { held: 1 } });
});

test.each<[string, Facts, RegExp]>([
  ['a second sales order', { ...good, effects: [...effects, deed('nav', 'document:1', NAME)] }, /nav document:1 of US-US001: 2 times/],
  ['a second request', { ...good, effects: [...effects, deed('camel', 'fulfillment-request', `${NAME}/1`)] }, /fulfillment-request of US-US001\/1: 2 times/],
  ['a request under the next sequence without a rejection', { ...good, effects: [...effects, deed('camel', 'fulfillment-request', `${NAME}/2`)] }, /requested under 2 sequences, rejected 0 times/],
  ['a notice of a second parcel', { ...good, effects: [...effects, deed('nav', 'document:6', `${NAME}/p2`)] }, /document:6 of US-US001: 2 times/],
  ['a second capture', { ...good, effects: [...effects, deed('sfcc', 'capture', 'r2', { amount: '0.00', currency: 'USD' })] }, /sfcc capture of US001: 2 times/],
  ['more captured than authorised', { ...good, orders: [{ ...order, authorised: 2499 }] }, /captured 2500, authorised 2499/],
  ['less captured than is owed', { ...good, effects: effects.map((each) => (each === capture ? { ...capture, detail: { amount: '24.99', currency: 'USD' } } : each)) }, /FULFILLED, captured 2499 of 2500/],
  ['a parcel that was captured twice', { ...good, effects: [...byParcels('10.00', '7.50'), ofParcel('P2', '7.50')] }, /sfcc capture of US-US001:P2: 2 times/],
  ['parcels that have captured too little', { ...good, effects: byParcels('10.00', '14.99') }, /FULFILLED, captured 2499 of 2500/],
  ['parcels that have captured too much', { ...good, effects: byParcels('10.00', '15.01') }, /captured 2501, authorised 2500/],
  ['a capture of a cancelled order', { ...good, orders: [{ ...order, status: 'CS_CANCELLED' }], audits: [...audits.slice(0, -1), { order: 1, version: 9, from: 'EXPORTED_TO_NAV', to: 'CS_CANCELLED' }] }, /CS_CANCELLED and captured, and nobody decided that/],
  ['fulfilled without a notice', { ...good, effects: effects.filter(({ operation }) => operation !== 'document:6') }, /FULFILLED without nav document:6/],
  ['a step that is no edge', { ...good, orders: [{ ...order, version: 2 }], audits: [{ order: 1, version: 1, from: '', to: PATH[0] }, { order: 1, version: 2, from: PATH[0], to: 'FULFILLED' }] }, /READY_FOR_PROCESSING → FULFILLED is no edge/],
  ['a gap in the versions', { ...good, audits: audits.filter(({ version }) => version !== 4) }, /version 5 after 3/],
  ['a status without its audit', { ...good, orders: [{ ...order, status: 'PAYMENT_CAPTURED' }] }, /stands in PAYMENT_CAPTURED \(9\), its audit ends in FULFILLED/],
  ['a start in the middle', { ...good, audits: [{ order: 1, version: 1, from: '', to: 'SHIPPED' }] }, /begins in SHIPPED/],
  ['work that has not ended', at('EXPORTED_TO_NAV', { due: true }), /still EXPORTED_TO_NAV, due/],
  ['a task that has not ended', { ...good, tasks: [{ order: NAME, kind: 'sfcc.cancel', subject: NAME, due: false, claimed: false, holds: 0, secondsThere: 5 }] }, /task sfcc.cancel still open, and nothing works on it/],
  ['a call that nobody heard the end of', { ...good, ledger: [{ id: 1, order: 1, kind: 'nav.create', key: 'nav.create:1', state: 'unknown' }] }, /nav.create:1: unknown, and nobody looks at it/],
  ['an order that stands still', at('EXPORTED_TO_NAV', { secondsThere: 121 }), /neither due nor claimed in EXPORTED_TO_NAV for 121 s/],
  ['an order that somebody has claimed and forgotten', at('EXPORTED_TO_NAV', { claimed: true, secondsThere: 121 }), /claimed in EXPORTED_TO_NAV for 121 s/],
])('seen: %s', (_what, facts, says) => {
  const { violations } = judgeFacts(facts, [NAME]);
  expect(violations.join('\n')).toMatch(says);
});

test('seen: an order that was accepted and is not there', () => {
  expect(judgeFacts(good, [NAME, 'US-US002']).lost).toEqual(['US-US002: placed, and not in the database']);
});

test('a rejection allows one more request', () => {
  const again = { ...good, orders: [{ ...order, rejections: 1 }], effects: [...effects, deed('camel', 'fulfillment-request', `${NAME}/2`)] };
  expect(judgeFacts(again, [NAME]).violations).toEqual([]);
  expect(doneTwice(again)).toEqual([]);
});

describe('a split order', () => {
  const vendorPath = ['READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'OMS_CREATED_ORDER_FULFILLMENT', 'SHIPPED', 'EXPORTED_TO_NAV', 'FULFILLED'] as const;
  const partPath = ['READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT', 'EXPORTED_TO_TPL', 'SHIPPED', 'EXPORTED_TO_NAV', 'FULFILLED'] as const;
  const wholePath = ['READY_FOR_PROCESSING', 'SPLIT', 'SHIPPED', 'FULFILLED'] as const;
  const steps = (of: number, path: readonly string[]) => path.map((to, index) => ({ order: of, version: index + 1, from: path[index - 1] ?? '', to }));
  const whole: OrderFact = { ...order, children: 2, version: wholePath.length, navOrderNo: null };
  const part = (number: number, more: Partial<OrderFact> = {}): OrderFact => ({ ...order, id: 1 + number, name: `${NAME}-${number}`, part: number, version: partPath.length, ...more });
  const one = part(1, { total: 1500, authorised: 1500, lines: ['L1'] });
  const two = part(2, { version: vendorPath.length, total: 1000, authorised: 1000, lines: ['L2'] });
  const of = (number: number, ...deeds: string[]) => deeds.map((each) => deed(each.split(' ')[0] ?? '', each.split(' ')[1] ?? '', `${NAME}-${number}/1`, { part: number }));
  const told = [...of(1, 'nav document:1', 'camel fulfillment-request', 'nav document:6'), ...of(2, 'nav document:1', 'nav document:6'), deed('sfcc', 'fulfill', 'r1'), capture];
  const split: Facts = { orders: [whole, one, two], audits: [...steps(1, wholePath), ...steps(2, partPath), ...steps(3, vendorPath)], tasks: [], ledger: [], effects: told };
  const stands = (status: 'SPLIT' | 'SHIPPED'): Facts => ({ ...split, orders: [{ ...whole, status, version: wholePath.indexOf(status) + 1 }, one, two], audits: split.audits.filter(({ order: id, version }) => id !== 1 || version <= wholePath.indexOf(status) + 1), effects: told.filter(({ system }) => system !== 'sfcc') });

  test('that was fulfilled as it should be breaks no law', () => {
    expect(judgeFacts(split, [NAME])).toMatchObject({ violations: [], fulfilled: 1, count: { final: 3 } });
  });

  test.each<[string, Facts, RegExp]>([
    ['a part without its sales order', { ...split, effects: told.filter(({ key, operation }) => operation !== 'document:1' || key !== `${NAME}-2/1`) }, /US-US001-2: FULFILLED without nav document:1/],
    ['two sales orders of a part', { ...split, effects: [...told, ...of(1, 'nav document:1')] }, /nav document:1 of US-US001-1: 2 times/],
    ['a capture for each part', { ...split, effects: [...told, capture] }, /sfcc capture of US001: 2 times/],
    ['a fulfilled whole that the storefront does not know of', { ...split, effects: told.filter(({ operation }) => operation !== 'fulfill') }, /US-US001: FULFILLED without sfcc fulfill/],
    ['a part that is missing', { ...split, orders: [whole, one] }, /1 parts, 2 counted, and split/],
    ['parts of an order that was never split', { ...split, audits: split.audits.filter(({ to }) => to !== 'SPLIT') }, /2 parts, 2 counted, but never split/],
    ['parts that do not add up', { ...split, orders: [whole, one, { ...two, total: 999 }] }, /costs 2500, its parts 2499/],
    ['a line in both parts', { ...split, orders: [whole, one, { ...two, lines: ['L1', 'L2'] }] }, /has lines L1,L2, its parts L1,L1,L2/],
    ['a whole that does not follow its parts', stands('SPLIT'), /still SPLIT, its parts US-US001-1 FULFILLED, US-US001-2 FULFILLED, and nothing looks at them/],
    ['a whole whose storefront nobody tells', stands('SHIPPED'), /still SHIPPED, .*nothing looks at them/],
  ])('seen: %s', (_what, facts, says) => {
    expect(judgeFacts(facts, [NAME]).violations.join('\n')).toMatch(says);
  });

  test('a whole that looks at its parts by a task is not left behind', () => {
    expect(judgeFacts({ ...stands('SPLIT'), tasks: [{ order: NAME, kind: 'parent.recompute', subject: '1', due: true, claimed: false, holds: 0, secondsThere: 1 }] }, [NAME]).violations).toEqual([`${NAME}: task parent.recompute still open, due`]);
  });
});
