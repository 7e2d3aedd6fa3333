/** Arithmetic of an order in minor units: discounts, their proration, taxes. Nothing here knows the storefront's JSON. */

/** Something with a price that is discounted and taxed: a product line, an option, the shipping. */
export interface Position {
  /** Price of one. */
  base: number;
  quantity: number;
  /** Discounts of the position itself, as positive amounts. */
  discounts: number[];
}

/** A position with its sums. */
export interface PricedPosition extends Position {
  price: number;
  afterItemDiscount: number;
  afterOrderDiscount: number;
  taxBefore: number;
  tax: number;
}

export interface Taxation {
  kind: 'net' | 'gross';
  /** Hundredths of a percent. */
  rate: number;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** The tax on an amount that excludes it (net) or includes it (gross), rounded to minor units. */
export function taxOn(amount: number, { kind, rate }: Taxation): number {
  return Math.round((amount * rate) / (kind === 'net' ? 10_000 : 10_000 + rate));
}

/** Divides an amount in proportion to the weights, to the last minor unit (largest remainder first). */
export function prorate(amount: number, weights: readonly number[]): number[] {
  const total = sum(weights);
  if (total === 0) return weights.map(() => 0);
  const exact = weights.map((weight) => (amount * weight) / total);
  const shares = exact.map(Math.floor);
  const byRemainder = exact.map((value, index) => ({ index, remainder: value - Math.floor(value) })).toSorted((a, b) => b.remainder - a.remainder);
  for (const { index } of byRemainder.slice(0, amount - sum(shares))) shares[index] = (shares[index] ?? 0) + 1;
  return shares;
}

/** Prices positions: each own discount off, then the order's discounts spread over all, then the tax on what is left. */
export function price(positions: readonly Position[], orderDiscounts: readonly number[], taxation: Taxation): PricedPosition[] {
  const before = positions.map((position) => {
    const full = position.base * position.quantity;
    return { position, full, afterItemDiscount: full - sum(position.discounts) };
  });
  const shares = prorate(sum(orderDiscounts), before.map(({ afterItemDiscount }) => afterItemDiscount));
  return before.map(({ position, full, afterItemDiscount }, index) => {
    const afterOrderDiscount = afterItemDiscount - (shares[index] ?? 0);
    return {
      ...position,
      price: full,
      afterItemDiscount,
      afterOrderDiscount,
      taxBefore: taxOn(full, taxation),
      tax: taxOn(afterOrderDiscount, taxation),
    };
  });
}

/** The sums of an order or shipment. */
export interface Totals {
  productSubTotal: number;
  productTotal: number;
  shippingTotal: number;
  merchandizeTax: number;
  adjustedMerchandizeTax: number;
  shippingTax: number;
  adjustedShippingTax: number;
  tax: number;
  /** What the customer pays: net adds the tax, gross has it inside. */
  total: number;
}

export function totals(products: readonly PricedPosition[], shipping: readonly PricedPosition[], kind: Taxation['kind']): Totals {
  const productTotal = sum(products.map((line) => line.afterOrderDiscount));
  const shippingTotal = sum(shipping.map((line) => line.afterItemDiscount));
  const adjustedMerchandizeTax = sum(products.map((line) => line.tax));
  const adjustedShippingTax = sum(shipping.map((line) => line.tax));
  const tax = adjustedMerchandizeTax + adjustedShippingTax;
  return {
    productSubTotal: sum(products.map((line) => line.afterItemDiscount)),
    productTotal,
    shippingTotal,
    merchandizeTax: sum(products.map((line) => line.taxBefore)),
    adjustedMerchandizeTax,
    shippingTax: sum(shipping.map((line) => line.taxBefore)),
    adjustedShippingTax,
    tax,
    total: productTotal + shippingTotal + (kind === 'net' ? tax : 0),
  };
}
