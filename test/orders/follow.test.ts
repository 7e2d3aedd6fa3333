import { lifecycle, type Status } from '../../nodes/lifecycle/lifecycle';
import { awaitedParts, parentStep } from '../../nodes/orders/follow';

const parts = (...statuses: Status[]) => statuses.map((status, index) => ({ name: `N-${index + 1}`, status }));

test.each<[Status, Status[], string]>([
  ['SPLIT', ['READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE'], 'stay'],
  ['SPLIT', ['SHIPPED', 'EXPORTED_TO_TPL'], 'partially-shipped'],
  ['SPLIT', ['PARTIALLY_SHIPPED', 'RELEASED_FROM_NAV'], 'partially-shipped'],
  ['PARTIALLY_SHIPPED', ['FULFILLED', 'EXPORTED_TO_TPL'], 'stay'],
  ['SPLIT', ['SHIPPED', 'EXPORTED_TO_NAV'], 'shipped'],
  ['PARTIALLY_SHIPPED', ['FAILED_TO_EXPORT_TO_NAV', 'FULFILLED'], 'shipped'],
  ['SHIPPED', ['SHIPPED', 'FULFILLED'], 'stay'],
  ['SHIPPED', ['FAILED_TO_EXPORT_TO_NAV', 'FULFILLED'], 'stay'],
  ['SHIPPED', ['EXPORTED_TO_NAV', 'FULFILLED'], 'fulfil'],
  ['SPLIT', ['CS_CANCELLED', 'EXPORTED_CANCELLATION_TO_NAV'], 'cancelled'],
  ['SPLIT', ['PROCESSED_EXTERNALLY', 'EXPORTED_TO_TPL'], 'stay'],
  ['SPLIT', ['PROCESSED_EXTERNALLY', 'CS_CANCELLED'], 'ended-apart'],
  ['PARTIALLY_SHIPPED', ['PROCESSED_EXTERNALLY', 'FULFILLED'], 'ended-apart'],
  ['SHIPPED', ['PROCESSED_EXTERNALLY', 'FULFILLED'], 'ended-apart'],
  ['CS_CANCELLED', ['CS_CANCELLED', 'CS_CANCELLED'], 'stay'],
  ['FULFILLED', ['FULFILLED', 'FULFILLED'], 'stay'],
  ['FAILED_TO_FULFILL', ['FULFILLED', 'FULFILLED'], 'stay'],
])('a parent in %s whose parts stand in %j: %s', (status, of, step) => {
  expect(parentStep(status, parts(...of)).is).toBe(step);
});

const LEADS: Partial<Record<string, Status>> = { 'partially-shipped': 'PARTIALLY_SHIPPED', shipped: 'SHIPPED', cancelled: 'OMS_CANCELLED', 'ended-apart': 'FAILED_TO_FULFILL', fulfil: 'FULFILLED' };

test('wherever two parts stand, the parent takes a legal step, the same whichever comes first, and none twice', () => {
  let looks = 0;
  for (const status of lifecycle.names)
    for (const one of lifecycle.names)
      for (const other of lifecycle.names) {
        looks++;
        const { is } = parentStep(status, parts(one, other));
        if (parentStep(status, parts(other, one)).is !== is) throw new Error(`${status}: ${one} and ${other} lead elsewhere than ${other} and ${one}`);
        const to = LEADS[is];
        if (to === undefined) continue;
        if (status === to || !lifecycle.allows(status, to)) throw new Error(`${one} and ${other} lead from ${status} to ${to}`);
      }
  expect(looks).toBe(lifecycle.names.length ** 3);
});

test('a parent waits for the parts that have not come as far', () => {
  expect(awaitedParts('SPLIT', parts('SHIPPED', 'EXPORTED_TO_TPL', 'PARTIALLY_SHIPPED')).map(({ name }) => name)).toEqual(['N-2', 'N-3']);
  expect(awaitedParts('SHIPPED', parts('SHIPPED', 'FULFILLED')).map(({ name }) => name)).toEqual(['N-1']);
  expect(awaitedParts('FULFILLED', parts('FULFILLED', 'FULFILLED'))).toEqual([]);
});
