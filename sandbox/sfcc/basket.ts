import type { Chance } from '../random';
import { giftMessages, type Option, options, type Product, products, shippingMethods } from './catalogue';
import { price, type Position, type PricedPosition, type Taxation, type Totals, totals } from './pricing';
import type { Site } from './sites';

export interface BasketOption {
  option: Option;
  priced: PricedPosition;
}

export interface BasketLine {
  product: Product;
  priced: PricedPosition;
  options: BasketOption[];
  giftMessage?: string;
}

/** A filled and priced basket, amounts in minor units. */
export interface Basket {
  lines: BasketLine[];
  shipping: { method: (typeof shippingMethods)[number]; priced: PricedPosition; free: boolean };
  /** Order-level discount, 0 when there is none. */
  orderDiscount: number;
  taxation: Taxation;
  totals: Totals;
}

interface Wish {
  product: Product;
  position: Position;
  options: Option[];
  giftMessage?: string;
}

/** Fills a basket: up to five lines, some with options, own discounts and gift messages; sometimes a discount on the order or free shipping. */
export function fillBasket(chance: Chance, site: Site, taxRate: number, leastLines = 1): Basket {
  const taxation: Taxation = { kind: site.taxation, rate: taxRate };
  const wishes = Array.from({ length: chance.between(leastLines, 5) }, () => wish(chance, site.currency));
  const positions = wishes.flatMap(({ position, options: chosen }) => [
    position,
    ...chosen.map((option) => ({ base: priceOf(option.price, site.currency), quantity: position.quantity, discounts: [] })),
  ]);
  const subTotal = positions.reduce((sum, { base, quantity, discounts }) => sum + base * quantity - (discounts[0] ?? 0), 0);
  const orderDiscount = chance.happens(0.25) ? Math.round((subTotal * chance.oneOf([500, 1000, 1500, 3333])) / 10_000) : 0;
  const priced = price(positions, [orderDiscount], taxation);

  const method = chance.oneOf(shippingMethods);
  const free = chance.happens(0.2);
  const shippingPrice = priceOf(method.price, site.currency);
  const [shipping] = price([{ base: shippingPrice, quantity: 1, discounts: free ? [shippingPrice] : [] }], [], taxation);
  if (!shipping) throw new Error('Shipping has no price');

  const rest = [...priced];
  const lines = wishes.map(({ product, options: chosen, giftMessage }): BasketLine => ({
    product,
    priced: next(rest),
    options: chosen.map((option) => ({ option, priced: next(rest) })),
    ...(giftMessage !== undefined && { giftMessage }),
  }));
  return { lines, shipping: { method, priced: shipping, free }, orderDiscount, taxation, totals: totals(priced, [shipping], site.taxation) };
}

function wish(chance: Chance, currency: string): Wish {
  const product = chance.oneOf(products);
  const base = priceOf(product.price, currency);
  const quantity = chance.oneOf([1, 1, 1, 2, 3, 5, 12]);
  const discount = chance.happens(0.3) ? Math.round((base * quantity * chance.oneOf([10, 15, 33])) / 100) : 0;
  return {
    product,
    position: { base, quantity, discounts: discount > 0 ? [discount] : [] },
    options: chance.happens(0.15) ? [chance.oneOf(options)] : [],
    ...(chance.happens(0.25) && { giftMessage: chance.oneOf(giftMessages) }),
  };
}

function priceOf(prices: Record<string, number>, currency: string): number {
  const amount = prices[currency];
  if (amount === undefined) throw new RangeError(`No price in ${currency}`);
  return amount;
}

function next(list: PricedPosition[]): PricedPosition {
  const first = list.shift();
  if (!first) throw new RangeError('Fewer prices than positions');
  return first;
}
