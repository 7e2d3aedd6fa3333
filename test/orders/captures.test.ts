import { array, assert, constantFrom, integer, property, record, shuffledSubarray } from 'fast-check';
import { shareOfParcel, shareOfPieces } from '../../nodes/orders/captures';
import type { FulfilledLine, Line } from '../../nodes/orders/order';
import { anOrder } from './an-order';

/** What parcels capture one by one, whatever the order and whatever leaves in them. */

const amounts = integer({ min: 0, max: 1_000_000_00 });

/** An order of any lines, and all its pieces in any order, cut into parcels anywhere. */
const shipped = record({
  lines: array(record({ quantity: integer({ min: 1, max: 9 }), total: amounts, tax: amounts }), { minLength: 1, maxLength: 6 }),
  taxation: constantFrom('net' as const, 'gross' as const),
  due: amounts,
  cuts: array(integer({ min: 0, max: 54 }), { maxLength: 6 }),
}).chain(({ lines, cuts, ...order }) => {
  const own = lines.map((line, index): Line => ({ lineId: `line-${index}`, position: index + 1, sku: 'POP', name: 'PopGrip', unitPrice: 0, discount: 0, gift: false, properties: {}, path: 'finished', ...line }));
  const pieces = own.flatMap(({ lineId, quantity }) => Array.from({ length: quantity }, () => ({ lineId, quantity: 1 })));
  return shuffledSubarray(pieces, { minLength: pieces.length }).map((leaving) => ({ ...order, lines: own, parcels: parcelsOf(leaving, cuts) }));
});

function parcelsOf(pieces: readonly FulfilledLine[], cuts: readonly number[]): FulfilledLine[][] {
  const ends = [...new Set(cuts.map((cut) => cut % pieces.length))].filter((cut) => cut > 0).toSorted((a, b) => a - b);
  return [0, ...ends].map((begin, index) => pieces.slice(begin, ends[index] ?? pieces.length));
}

const capturesOf = ({ parcels, due, ...order }: { lines: readonly Line[]; taxation: 'net' | 'gross'; due: number; parcels: readonly FulfilledLine[][] }): number[] =>
  parcels.map((parcel, index) => shareOfParcel(order, due, { before: parcels.slice(0, index).flat(), parcel }));

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

test('all parcels together capture exactly what is due, and none of them captures less than nothing', () => {
  assert(
    property(shipped, (made) => {
      const captures = capturesOf(made);
      for (const amount of captures) expect(amount).toBeGreaterThanOrEqual(0);
      expect(sum(captures)).toBe(made.due);
    }),
  );
});

test('as long as something has not left, no more is captured than is due; what was cancelled is never captured', () => {
  assert(
    property(shipped, integer({ min: 0, max: 5 }), (made, left) => {
      const captures = capturesOf(made).slice(0, left);
      expect(sum(captures)).toBeLessThanOrEqual(made.due);
      expect(sum(captures)).toBe(shareOfPieces(made, made.due, made.parcels.slice(0, left).flat()));
    }),
  );
});

test('it does not matter what else has left: a parcel captures by the pieces of its own lines alone', () => {
  assert(
    property(shipped, (made) => {
      for (const [index, parcel] of made.parcels.entries()) {
        const before = made.parcels.slice(0, index).flat();
        const ofItsLines = before.filter(({ lineId }) => parcel.some((line) => line.lineId === lineId));
        expect(shareOfParcel(made, made.due, { before: ofItsLines, parcel })).toBe(shareOfParcel(made, made.due, { before, parcel }));
      }
    }),
  );
});

test('a line has its share by what it costs with its tax; shipping and gift certificates go with the lines', () => {
  // 31.30 in all: 20.90 and 5.40 with their tax, 5.00 for shipping.
  const order = anOrder();
  const first = [{ lineId: 'line-1', quantity: 1 }];
  const rest = [{ lineId: 'line-1', quantity: 1 }, { lineId: 'line-2', quantity: 1 }];
  expect(shareOfParcel(order, 3130, { before: [], parcel: first })).toBe(1243);
  expect(shareOfParcel(order, 3130, { before: first, parcel: rest })).toBe(1887);
  // A gift certificate of 10.00 pays a share of each parcel.
  expect(shareOfParcel(order, 2130, { before: [], parcel: first })).toBe(846);
  expect(shareOfParcel(order, 2130, { before: first, parcel: rest })).toBe(1284);
  expect(shareOfPieces({ ...order, taxation: 'gross' }, 3130, [{ lineId: 'line-2', quantity: 1 }])).toBe(652);
});

test('what costs nothing captures nothing, unless nothing has a price: then each line has the same share', () => {
  const order = anOrder();
  const free = order.lines.map((line, index) => ({ ...line, ...(index === 1 && { unitPrice: 0, tax: 0, total: 0 }) }));
  expect(shareOfPieces({ ...order, lines: free }, 2590, [{ lineId: 'line-2', quantity: 1 }])).toBe(0);
  expect(shareOfPieces({ ...order, lines: order.lines.map((line) => ({ ...line, tax: 0, total: 0 })) }, 500, [{ lineId: 'line-2', quantity: 1 }])).toBe(250);
});
