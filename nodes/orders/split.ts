/** How one storefront's order becomes several that are fulfilled apart. Pure. */
import type { ChildOrder, Split } from '../lifecycle/change';
import { contentOf } from './content';
import { sumAmounts } from './money';
import { type CanonicalOrder, type Discount, type Line, type Order, type Payment, type Shipping, type Totals, type Warehouse, type Way, waysOf } from './order';

/** What one part of a split order is made of: its lines, and its share of everything that belongs to no line. */
export interface Part extends Way {
  /** 1 … n, in the order of {@link waysOf}. */
  readonly part: number;
  readonly shipping: Shipping;
  readonly discounts: readonly Discount[];
  readonly totals: Totals;
  /** What of each payment stands for this part. The root alone captures. */
  readonly payments: readonly Payment[];
}

type Splittable = Pick<CanonicalOrder, 'lines' | 'shipping' | 'discounts' | 'totals' | 'payments' | 'taxation'> & { readonly warehouse: Pick<Warehouse, 'key'> };

/**
 * Shares an amount by weights, by the largest remainder: the shares add up to it exactly, and none has the other sign. Among equal
 * remainders the first wins; where nothing weighs anything, all weigh the same.
 * @param weights none of them negative, at least one
 */
export function shareOut(amount: number, weights: readonly number[]): number[] {
  if (amount < 0) return shareOut(-amount, weights).map((share) => 0 - share);
  const sum = weights.reduce((all, weight) => all + BigInt(weight), 0n);
  if (sum === 0n) return shareOut(amount, weights.map(() => 1));
  const exact = weights.map((weight, index) => ({ index, share: (BigInt(amount) * BigInt(weight)) / sum, rest: (BigInt(amount) * BigInt(weight)) % sum }));
  const given = exact.reduce((all, { share }) => all + share, 0n);
  const first = exact.toSorted((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1)).slice(0, Number(BigInt(amount) - given));
  const raised = new Set(first.map(({ index }) => index));
  return exact.map(({ index, share }) => Number(share) + (raised.has(index) ? 1 : 0));
}

/**
 * The parts of an order whose lines are fulfilled in different ways, or from different warehouses; none where all go one way. Lines go whole; shipping is shared by
 * what the lines cost, tax and discount by what is already known of each part, payments by what each part is to be paid.
 */
export function splitOrder(order: Splittable): Part[] {
  const groups = waysOf(order);
  if (groups.length < 2) return [];
  const sums = (of: (line: Line) => number): number[] => groups.map(({ lines }) => sumAmounts(lines.map(of)));
  const lines = sums(({ total }) => total);
  const weights = lines.map(positive);
  const shipping = {
    amount: shareOut(order.shipping.amount, weights),
    tax: shareOut(order.shipping.tax, weights),
    discount: shareOut(order.shipping.discount, weights),
  };
  const tax = shareOut(order.totals.tax, added(sums((line) => line.tax), shipping.tax).map(positive));
  const discount = shareOut(order.totals.discount, added(sums((line) => line.discount), shipping.discount).map(positive));
  const total = added(lines, shipping.amount, order.taxation === 'net' ? tax : []);
  const discounts = order.discounts.map((each) => (each.lineId === undefined ? shareOut(each.amount, weights) : groups.map((group) => (group.lines.some(({ lineId }) => lineId === each.lineId) ? each.amount : 0))));
  const payments = sharePayments(order.payments, total);
  return groups.map(({ path, warehouse, lines: own }, index) => ({
    part: index + 1,
    path,
    warehouse,
    lines: own,
    shipping: { ...order.shipping, amount: at(shipping.amount, index), tax: at(shipping.tax, index), discount: at(shipping.discount, index) },
    discounts: withShares(order.discounts, discounts, index),
    totals: { lines: at(lines, index), discount: at(discount, index), shipping: at(shipping.amount, index), tax: at(tax, index), total: at(total, index) },
    payments: withShares(order.payments, payments, index),
  }));
}

/** The parts of a whole order as they are written, each at the door of NAV or past it; undefined where all lines go one way. */
export function toSplit(order: Order): Split | undefined {
  if (order.part > 0) return undefined;
  const status: ChildOrder['status'] = order.exportToNav ? 'READY_TO_CREATE_IN_NAV' : 'RELEASED_FROM_NAV';
  const parts = splitOrder(order);
  if (parts.length === 0) return undefined;
  const children = parts.map(
    ({ part, path, warehouse, lines, shipping, discounts, totals, payments }): ChildOrder => ({
      part,
      path,
      warehouse,
      status,
      total: totals.total,
      content: JSON.stringify(contentOf({ ...order, shipping, discounts, totals })),
      lines: lines.map(({ lineId }) => lineId),
      payments: payments.map(({ instrumentId, amount }) => ({ instrumentId, amount })),
    }),
  );
  return { revision: order.revision, children };
}

/**
 * What of each payment stands for each part: every payment is used up, and every part gets what it costs and its share of what was paid
 * beyond that. A payment never gives a part more than that part still needs.
 */
function sharePayments(payments: readonly Payment[], totals: readonly number[]): number[][] {
  const paid = sumAmounts(payments.map(({ amount }) => amount));
  const weights = totals.map(positive);
  let open = added(totals, shareOut(paid - sumAmounts(totals), weights));
  return payments.map(({ amount }) => {
    const shares = shareOut(amount, open.map(positive));
    open = added(open, shares.map((share) => -share));
    return shares;
  });
}

/** Those of which the part has a share, with it. */
function withShares<Each extends { readonly amount: number }>(all: readonly Each[], shares: readonly (readonly number[])[], part: number): Each[] {
  return all.map((each, index) => ({ ...each, amount: at(shares[index] ?? [], part) })).filter(({ amount }) => amount !== 0);
}

const positive = (amount: number): number => Math.max(0, amount);

const at = (shares: readonly number[], index: number): number => shares[index] ?? 0;

const added = (first: readonly number[], ...others: readonly (readonly number[])[]): number[] => first.map((amount, index) => sumAmounts([amount, ...others.map((other) => at(other, index))]));
