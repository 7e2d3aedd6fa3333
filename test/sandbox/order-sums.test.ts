import { array, assert, double, nat, property } from 'fast-check';
import type { OcapiOrder } from '../../sandbox/sfcc/ocapi';
import { makeOrder } from '../../sandbox/sfcc/order-document';
import { prorate } from '../../sandbox/sfcc/pricing';
import { sites, toMinor } from '../../sandbox/sfcc/sites';
import { makeFromTemplate } from '../../sandbox/sfcc/templates';

/** The arithmetic of generated orders, to the last minor unit, from the JSON alone. */

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

function reader(order: OcapiOrder): (amount: number) => number {
  const exponent = { USD: 2, EUR: 2, JPY: 0 }[order.currency];
  return (amount) => {
    const minor = exponent === undefined ? undefined : toMinor(Math.abs(amount), exponent);
    if (minor === undefined) throw new Error(`${amount} is no amount of ${order.currency}`);
    return Math.sign(amount) * minor;
  };
}

/** What must hold, as pairs of what adds up and what is stated. */
function invariants(order: OcapiOrder): Record<string, [number, number]> {
  const minor = reader(order);
  const positions = order.product_items.flatMap((item) => [item, ...(item.option_items ?? [])]);
  const shipping = order.shipping_items;
  const all = [...positions, ...shipping];
  const offOrder = sum((order.order_price_adjustments ?? []).map(({ price }) => minor(price)));
  const net = order.taxation === 'net';
  const tax = minor(order.tax_total);
  return {
    ...Object.fromEntries(positions.map((item) => [`price of ${item.item_id}`, [minor(item.base_price) * item.quantity, minor(item.price)]])),
    ...Object.fromEntries(all.map((item) => [
      `discount of ${item.item_id}`,
      [minor(item.price) + sum((item.price_adjustments ?? []).map(({ price }) => minor(price))), minor(item.price_after_item_discount)],
    ])),
    ...Object.fromEntries(positions.map((item) => {
      const basis = minor(item.price_after_order_discount);
      const expected = net ? basis * item.tax_rate : (basis * item.tax_rate) / (1 + item.tax_rate);
      return [`tax of ${item.item_id}`, [Math.round(Math.abs(expected - minor(item.adjusted_tax)) - 0.001), 0]];
    })),
    'product_sub_total': [sum(positions.map((item) => minor(item.price_after_item_discount))), minor(order.product_sub_total)],
    'order discounts are spread over the lines': [minor(order.product_sub_total) + offOrder, sum(positions.map((item) => minor(item.price_after_order_discount)))],
    'product_total': [minor(order.product_sub_total) + offOrder, minor(order.product_total)],
    'shipping_total': [sum(shipping.map((item) => minor(item.price_after_item_discount))), minor(order.shipping_total)],
    'adjusted_merchandize_total_tax': [sum(positions.map((item) => minor(item.adjusted_tax))), minor(order.adjusted_merchandize_total_tax)],
    'adjusted_shipping_total_tax': [sum(shipping.map((item) => minor(item.adjusted_tax))), minor(order.adjusted_shipping_total_tax)],
    'tax_total': [minor(order.adjusted_merchandize_total_tax) + minor(order.adjusted_shipping_total_tax), tax],
    'order_total': [minor(order.product_total) + minor(order.shipping_total) + (net ? tax : 0), minor(order.order_total)],
    'shipment_total': [sum(order.shipments.map((shipment) => minor(shipment.shipment_total))), minor(order.order_total)],
    'payments': [sum(order.payment_instruments.map(({ amount }) => minor(amount))), minor(order.order_total)],
  };
}

const off = (order: OcapiOrder): string[] => Object.entries(invariants(order)).filter(([, [added, stated]]) => added !== stated).map(([name]) => name);

function make(index: number): OcapiOrder {
  const site = sites[index % sites.length];
  if (!site) throw new Error('there is a site');
  return makeOrder({ orderNo: `${site.prefix}${index}`, site, seed: `sums/${index}`, createdAt: '2026-01-02T03:04:05.678Z' });
}

const thousand = Array.from({ length: 1000 }, (_, index) => make(index));

test('a thousand orders add up to the last minor unit', () => {
  for (const order of thousand) expect({ order: order.order_no, off: off(order) }).toEqual({ order: order.order_no, off: [] });
});

test('they are worth adding up: discounts, options, gifts, taxes, both taxations, all three currencies', () => {
  const has = (is: (order: OcapiOrder) => boolean): number => thousand.filter(is).length;
  expect({
    lines: has((order) => order.product_items.length > 1) > 500,
    quantities: has((order) => order.product_items.some(({ quantity }) => quantity > 1)) > 300,
    itemDiscounts: has((order) => order.product_items.some((item) => item.price_adjustments !== undefined)) > 200,
    orderDiscounts: has((order) => order.order_price_adjustments !== undefined) > 100,
    pricedOptions: has((order) => order.product_items.some((item) => (item.option_items ?? []).some(({ price }) => price > 0))) > 50,
    freeShipping: has((order) => order.shipping_total === 0) > 50,
    gifts: has((order) => order.product_items.some((item) => item.gift_message !== undefined)) > 100,
    withTax: has((order) => order.tax_total > 0) > 700,
    withoutTax: has((order) => order.tax_total === 0) > 10,
    net: has((order) => order.taxation === 'net' && order.currency === 'USD') > 300,
    euro: has((order) => order.taxation === 'gross' && order.currency === 'EUR') > 300,
    yen: has((order) => order.taxation === 'gross' && order.currency === 'JPY' && Number.isInteger(order.order_total)) > 300,
    cards: has((order) => order.payment_instruments.some(({ payment_card: card }) => card !== undefined)) > 300,
    beyondAscii: has((order) => /[^\u0020-\u007e]/.test(order.customer_name)) > 300,
  }).toEqual(Object.fromEntries(['lines', 'quantities', 'itemDiscounts', 'orderDiscounts', 'pricedOptions', 'freeShipping', 'gifts', 'withTax', 'withoutTax', 'net', 'euro', 'yen', 'cards', 'beyondAscii'].map((name) => [name, true])));
});

test('the same seed makes the same order, another seed another one', () => {
  expect(make(7)).toEqual(make(7));
  expect(make(7).product_items).not.toEqual(make(10).product_items);
});

test('each kind of bad order is bad in its own way', () => {
  const bad = (variant: number): OcapiOrder => {
    const site = sites[0];
    if (!site) throw new Error('there is a site');
    return makeFromTemplate('bad', { orderNo: 'US1', site, seed: 'bad', createdAt: '2026-01-02T03:04:05.678Z' }, variant) as OcapiOrder;
  };
  expect(off(bad(0))).toEqual(expect.arrayContaining(['order_total']));
  expect(bad(1)).not.toHaveProperty('currency');
  expect(bad(2).currency).toBe('ZZZ');
  expect(bad(3).product_items).toEqual([]);
});

test('a discount that is prorated neither loses nor makes money', () => {
  assert(property(array(nat(1_000_000), { minLength: 1, maxLength: 20 }), double({ min: 0, max: 1, noNaN: true }), (weights, share) => {
    const total = sum(weights);
    const amount = Math.floor(total * share);
    const shares = prorate(amount, weights);
    expect(sum(shares)).toBe(amount);
    expect(shares.every((one, index) => one >= 0 && one <= (weights[index] ?? 0))).toBe(true);
  }));
});
