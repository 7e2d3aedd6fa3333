import { Chance } from '../random';
import { type Basket, type BasketLine, fillBasket } from './basket';
import type { OcapiOptionItem, OcapiOrder, OcapiPaymentInstrument, OcapiPriceAdjustment, OcapiProductItem, OcapiShipment, OcapiShippingItem } from './ocapi';
import { inventPerson, type Person } from './people';
import type { PricedPosition } from './pricing';
import { type Site, toAmount } from './sites';

/** What identifies an order to be made; the same recipe always makes the same order. */
export interface Recipe {
  orderNo: string;
  site: Site;
  seed: string;
  /** ISO time. */
  createdAt: string;
  leastLines?: number;
}

type Amount = (minor: number) => number;

/** Makes an order as a customer would have placed it, in the shape of the OCAPI `order`. */
export function makeOrder({ orderNo, site, seed, createdAt, leastLines = 1 }: Recipe): OcapiOrder {
  const chance = new Chance(`${seed}/${site.id}`);
  const person = inventPerson(chance, site);
  const basket = fillBasket(chance, site, person.taxRate, leastLines);
  const amount: Amount = (minor) => toAmount(minor, site.exponent);
  const adjustment = adjustmentMaker(chance, amount, createdAt);
  const ids = { item: () => chance.hex(26) };
  const coupon = basket.orderDiscount > 0 && chance.happens(0.5) ? `SAVE-${chance.digits(4)}` : undefined;

  return {
    order_no: orderNo,
    order_token: chance.hex(43),
    site_id: site.id,
    created_by: 'Customer',
    creation_date: createdAt,
    last_modified: createdAt,
    channel_type: 'storefront',
    currency: site.currency,
    taxation: site.taxation,
    status: 'new',
    export_status: chance.happens(0.8) ? 'ready' : 'not_exported',
    confirmation_status: 'confirmed',
    shipping_status: 'not_shipped',
    payment_status: 'not_paid',
    customer_name: person.address.full_name,
    customer_info: {
      customer_id: person.customerId,
      ...(chance.happens(0.7) && { customer_no: chance.digits(8) }),
      customer_name: person.address.full_name,
      email: person.email,
    },
    billing_address: { ...person.address, id: chance.hex(26) },
    ...totalsOf(basket, amount),
    order_total: amount(basket.totals.total),
    ...(basket.orderDiscount > 0 && {
      order_price_adjustments: [adjustment('order-promotion', 'Discount on the order', basket.orderDiscount, coupon)],
    }),
    ...(coupon !== undefined && { coupon_items: [{ coupon_item_id: chance.hex(26), code: coupon, status_code: 'applied', valid: true }] }),
    product_items: basket.lines.map((line) => productItem(line, basket, amount, ids.item, adjustment)),
    shipping_items: [shippingItem(basket, amount, ids.item, adjustment)],
    shipments: [shipment(basket, person, amount, chance)],
    payment_instruments: [paymentInstrument(chance, person, amount(basket.totals.total))],
    c_orderSource: chance.oneOf(['web', 'app', 'kiosk']),
    c_isGiftOrder: basket.lines.some((line) => line.giftMessage !== undefined),
    c_localeId: { US: 'en_US', EU: 'fr_FR', JP: 'ja_JP' }[site.region],
  };
}

type MakeAdjustment = (promotion: string, text: string, discount: number, coupon?: string) => OcapiPriceAdjustment;

function adjustmentMaker(chance: Chance, amount: Amount, createdAt: string): MakeAdjustment {
  return (promotion, text, discount, coupon) => ({
    price_adjustment_id: chance.hex(26),
    promotion_id: promotion,
    item_text: text,
    price: -amount(discount),
    custom: false,
    manual: false,
    ...(coupon !== undefined && { coupon_code: coupon }),
    creation_date: createdAt,
    last_modified: createdAt,
    applied_discount: { type: 'amount', amount: amount(discount) },
  });
}

function pricesOf(priced: PricedPosition, basket: Basket, amount: Amount) {
  return {
    base_price: amount(priced.base),
    price: amount(priced.price),
    price_after_item_discount: amount(priced.afterItemDiscount),
    tax: amount(priced.taxBefore),
    adjusted_tax: amount(priced.tax),
    tax_basis: amount(priced.afterOrderDiscount),
    tax_rate: basket.taxation.rate / 10_000,
    tax_class_id: 'standard',
  };
}

function productItem(line: BasketLine, basket: Basket, amount: Amount, newId: () => string, adjustment: MakeAdjustment): OcapiProductItem {
  const { product, priced, giftMessage } = line;
  return {
    item_id: newId(),
    product_id: product.id,
    product_name: product.name,
    item_text: product.name,
    quantity: priced.quantity,
    shipment_id: 'me',
    inventory_id: 'pops-inventory',
    bonus_product_line_item: false,
    gift: giftMessage !== undefined,
    ...(giftMessage !== undefined && { gift_message: giftMessage }),
    ...pricesOf(priced, basket, amount),
    price_after_order_discount: amount(priced.afterOrderDiscount),
    ...(priced.discounts.length > 0 && {
      price_adjustments: priced.discounts.map((discount) => adjustment('product-promotion', 'Discount on the product', discount)),
    }),
    ...(line.options.length > 0 && {
      option_items: line.options.map(({ option, priced: its }): OcapiOptionItem => ({
        item_id: newId(),
        option_id: option.id,
        option_value_id: option.value,
        product_id: option.id,
        product_name: option.name,
        item_text: `${option.name}: ${option.value}`,
        quantity: its.quantity,
        shipment_id: 'me',
        ...pricesOf(its, basket, amount),
        price_after_order_discount: amount(its.afterOrderDiscount),
      })),
    }),
    c_isPrintable: false,
    c_hsCode: '3926.90',
  };
}

function shippingItem(basket: Basket, amount: Amount, newId: () => string, adjustment: MakeAdjustment): OcapiShippingItem {
  const { priced } = basket.shipping;
  return {
    item_id: newId(),
    item_text: 'Shipping',
    shipment_id: 'me',
    ...pricesOf(priced, basket, amount),
    ...(basket.shipping.free && priced.price > 0 && {
      price_adjustments: [{ ...adjustment('free-shipping', 'Free shipping', priced.price), applied_discount: { type: 'free' as const } }],
    }),
  };
}

function totalsOf({ totals }: Basket, amount: Amount) {
  return {
    product_sub_total: amount(totals.productSubTotal),
    product_total: amount(totals.productTotal),
    shipping_total: amount(totals.shippingTotal),
    merchandize_total_tax: amount(totals.merchandizeTax),
    adjusted_merchandize_total_tax: amount(totals.adjustedMerchandizeTax),
    shipping_total_tax: amount(totals.shippingTax),
    adjusted_shipping_total_tax: amount(totals.adjustedShippingTax),
    tax_total: amount(totals.tax),
  };
}

function shipment(basket: Basket, person: Person, amount: Amount, chance: Chance): OcapiShipment {
  const { method, priced } = basket.shipping;
  const giftMessage = basket.lines.find((line) => line.giftMessage !== undefined)?.giftMessage;
  return {
    shipment_id: 'me',
    shipment_no: chance.digits(8),
    ...totalsOf(basket, amount),
    shipment_total: amount(basket.totals.total),
    shipping_status: 'not_shipped',
    gift: giftMessage !== undefined,
    ...(giftMessage !== undefined && { gift_message: giftMessage }),
    shipping_address: person.address,
    shipping_method: { id: method.id, name: method.name, description: method.description, price: amount(priced.price), c_storePickupEnabled: false },
  };
}

function paymentInstrument(chance: Chance, person: Person, orderTotal: number): OcapiPaymentInstrument {
  const common = { payment_instrument_id: chance.hex(26), amount: orderTotal };
  if (chance.happens(0.3)) return { ...common, payment_method_id: 'PayPal' };
  const last = chance.digits(4);
  return {
    ...common,
    payment_method_id: 'CREDIT_CARD',
    payment_card: {
      card_type: chance.oneOf(['Visa', 'Master Card', 'Amex', 'JCB']),
      holder: person.address.full_name,
      masked_number: `************${last}`,
      number_last_digits: last,
      expiration_month: chance.between(1, 12),
      expiration_year: chance.between(2027, 2032),
      credit_card_expired: false,
    },
  };
}
