import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { assertAddsUp, type Line, linePaths, type Order } from '../../nodes/orders/order';
import { shareOut, splitOrder } from '../../nodes/orders/split';
import { dueOf } from '../../nodes/sfcc/mapping';
import { anOrder } from './an-order';

/** What the parts of a split order must share to the cent, whatever the order looks like. */

const amounts = integer({ min: 0, max: 1_000_000_00 });

/** The key of the orders' own warehouse, and others that a line may name. */
const OWN = anOrder().warehouse.key;
const lines = array(record({ path: constantFrom(...linePaths), warehouse: constantFrom(undefined, undefined, OWN, 'eu-west', 'jp-tokyo'), unitPrice: amounts, quantity: integer({ min: 1, max: 9 }), tax: amounts, off: integer({ min: 0, max: 100 }) }), { minLength: 1, maxLength: 8 });

/** An order that adds up, of any lines, shipping, taxation, and payments that may cover more than the total. */
const orders = record({ lines, shipping: amounts, shippingTax: amounts, shippingDiscount: amounts, otherDiscount: amounts, taxation: constantFrom('net', 'gross'), roundedTax: integer({ min: -2, max: 2 }), cuts: array(integer({ min: 0, max: 100 }), { maxLength: 3 }), tip: integer({ min: 0, max: 500 }) }).map(
  (made): Order => {
    const own: Line[] = made.lines.map(({ path, warehouse, unitPrice, quantity, tax, off }, index) => {
      const discount = Math.floor((unitPrice * quantity * off) / 100);
      return { lineId: `line-${index}`, position: index + 1, sku: 'POP', name: 'PopGrip', quantity, unitPrice, discount, tax, total: unitPrice * quantity - discount, gift: false, properties: {}, path, ...(warehouse !== undefined && { warehouse }) };
    });
    const sum = (of: (line: Line) => number): number => own.reduce((all, line) => all + of(line), 0);
    const tax = Math.max(0, sum((line) => line.tax) + made.shippingTax + made.roundedTax);
    const total = sum((line) => line.total) + made.shipping + (made.taxation === 'net' ? tax : 0);
    let left = total + made.tip;
    const parts = [...made.cuts.map((percent) => {
      const amount = Math.floor((left * percent) / 100);
      left -= amount;
      return amount;
    }), left];
    return {
      ...anOrder(),
      lines: own,
      shipping: { amount: made.shipping, tax: made.shippingTax, discount: made.shippingDiscount, method: 'standard' },
      discounts: [{ code: 'ALL', amount: made.otherDiscount }, { code: 'ONE', amount: 7, lineId: 'line-0' }],
      payments: parts.map((amount, index) => ({ instrumentId: `pi-${index}`, method: index === 0 ? 'CREDIT_CARD' : 'GIFT_CERTIFICATE', amount })),
      totals: { lines: sum((line) => line.total), discount: sum((line) => line.discount) + made.shippingDiscount, shipping: made.shipping, tax, total },
      taxation: made.taxation,
    };
  },
);

/** How each line goes, in words. */
const waysIn = ({ lines: all }: Pick<Order, 'lines'>): string[] => all.map(({ path, warehouse = OWN }) => `${path} ${warehouse}`);
const isSplit = (order: Order): boolean => new Set(waysIn(order)).size > 1;

const sumOf = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

test('shares add up to the cent, none is negative, a larger weight never gets less, and the same is always the same', () => {
  assert(
    property(integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), array(amounts, { minLength: 1, maxLength: 9 }), (amount, weights) => {
      const shares = shareOut(amount, weights);
      expect(shares.reduce((all, share) => all + BigInt(share), 0n)).toBe(BigInt(amount));
      for (const share of shares) expect(share).toBeGreaterThanOrEqual(0);
      const heaviestLast = shares.map((share, index) => ({ share, weight: weights[index] ?? 0 })).toSorted((a, b) => a.weight - b.weight || a.share - b.share).map(({ share }) => share);
      expect(heaviestLast).toEqual(heaviestLast.toSorted((a, b) => a - b));
      expect(shareOut(amount, weights)).toEqual(shares);
      expect(shareOut(-amount, weights)).toEqual(shares.map((share) => 0 - share));
    }),
  );
  expect(shareOut(100, [1, 1, 1])).toEqual([34, 33, 33]);
  expect(shareOut(100, [0, 2, 1])).toEqual([0, 67, 33]);
  expect(shareOut(5, [0, 0])).toEqual([3, 2]);
});

test('the parts of any order add up to it in every amount, and each adds up by itself', () => {
  assert(
    property(orders.filter(isSplit), (order) => {
      const parts = splitOrder(order);
      expect(parts.length).toBeGreaterThan(1);
      expect(parts.map(({ part }) => part)).toEqual(parts.map((_, index) => index + 1));
      expect(parts.flatMap((part) => part.lines).toSorted((a, b) => a.position - b.position)).toEqual(order.lines);
      // A way is one part, and a part one way.
      for (const part of parts) expect(new Set(waysIn(part))).toEqual(new Set([`${part.path} ${part.warehouse}`]));
      expect(new Set(parts.flatMap(waysIn)).size).toBe(parts.length);
      expect(parts.map(({ path }) => linePaths.indexOf(path))).toEqual(parts.map(({ path }) => linePaths.indexOf(path)).toSorted((a, b) => a - b));
      for (const name of ['lines', 'discount', 'shipping', 'tax', 'total'] as const) expect({ name, sum: sumOf(parts.map(({ totals }) => totals[name])) }).toEqual({ name, sum: order.totals[name] });
      for (const name of ['amount', 'tax', 'discount'] as const) expect({ name, sum: sumOf(parts.map(({ shipping }) => shipping[name])) }).toEqual({ name, sum: order.shipping[name] });
      for (const { instrumentId, amount } of order.payments)
        expect({ instrumentId, sum: sumOf(parts.flatMap(({ payments }) => payments.filter((each) => each.instrumentId === instrumentId).map((each) => each.amount))) }).toEqual({ instrumentId, sum: amount });
      for (const { code, amount } of order.discounts)
        expect({ code, sum: sumOf(parts.flatMap(({ discounts }) => discounts.filter((each) => each.code === code).map((each) => each.amount))) }).toEqual({ code, sum: amount });
      for (const part of parts) {
        assertAddsUp({ ...order, ...part });
        for (const share of [...Object.values(part.totals), part.shipping.amount, part.shipping.tax, part.shipping.discount, ...part.payments.map(({ amount }) => amount)]) expect(share).toBeGreaterThanOrEqual(0);
      }
      expect(splitOrder(order)).toEqual(parts);
    }),
    { numRuns: 500 },
  );
});

test('what is to be captured of the parts, less what gift certificates have paid of each, is what is to be captured of the whole', () => {
  assert(
    property(orders.filter(isSplit), (order) => {
      const parts = splitOrder(order);
      const paidJust = sumOf(order.payments.map(({ amount }) => amount)) === order.totals.total;
      // Where more was paid than it costs, a cent of that may go with each part.
      expect(Math.abs(sumOf(parts.map(dueOf)) - dueOf(order))).toBeLessThanOrEqual(paidJust ? 0 : parts.length);
    }),
    { numRuns: 2000 },
  );
});

test('an order that goes one way is no split', () => {
  assert(property(orders.filter((order) => !isSplit(order)), (order) => expect(splitOrder(order)).toEqual([])));
});

test('an order that goes two keeps its lines whole and shares the rest by what they cost', () => {
  const order = anOrder();
  const [first, second] = order.lines;
  if (!first || !second) throw new Error('the order has two lines');
  const parts = splitOrder({ ...order, lines: [{ ...first, path: 'vendor' }, { ...second, path: 'printable' }] });
  expect(parts.map(({ part, path, totals, payments }) => ({ part, path, totals, paid: payments.map(({ amount }) => amount) }))).toEqual([
    { part: 1, path: 'printable', totals: { lines: 500, discount: 0, shipping: 104, tax: 40, total: 644 }, paid: [644] },
    { part: 2, path: 'vendor', totals: { lines: 1900, discount: 100, shipping: 396, tax: 190, total: 2486 }, paid: [2486] },
  ]);
  expect(parts.map(({ discounts }) => discounts)).toEqual([[], order.discounts]);
});

test('lines of one kind from two warehouses are two parts, the one of the first line first; a line that names the order’s own is with those that name none', () => {
  const order = anOrder();
  const [line] = order.lines;
  if (!line) throw new Error('the order has lines');
  const from = (lineId: string, path: Line['path'], warehouse?: string): Line => ({ ...line, lineId, path, ...(warehouse !== undefined && { warehouse }) });
  const parts = splitOrder({ ...order, lines: [from('a', 'vendor', 'eu-west'), from('b', 'finished', 'eu-west'), from('c', 'finished'), from('d', 'finished', OWN), from('e', 'finished', 'eu-west')] });
  expect(parts.map(({ part, path, warehouse, lines: own }) => [part, path, warehouse, own.map(({ lineId }) => lineId).join()])).toEqual([
    [1, 'finished', 'eu-west', 'b,e'],
    [2, 'finished', OWN, 'c,d'],
    [3, 'vendor', 'eu-west', 'a'],
  ]);
});
