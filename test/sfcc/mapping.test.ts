import * as fc from 'fast-check';
import { fulfillmentRequestId, generalise, navCustomerNo, toFulfillmentRequest } from '../../nodes/sfcc/mapping';
import { pathOf } from '../../nodes/orders/order';
import { InvalidInput } from '../../nodes/runtime/errors';
import { makeOrder } from '../../sandbox/sfcc/order-document';
import { sites } from '../../sandbox/sfcc/sites';
import { anOrder } from '../orders/an-order';
import { aDocument, anAddress, anItem, aShipment, type Document } from './a-document';

function refusalOf(raw: unknown): InvalidInput {
  try {
    generalise(raw);
  } catch (error) {
    if (error instanceof InvalidInput) return error;
    throw error;
  }
  throw new Error('It was not refused');
}

/** The value at an RFC 6901 pointer; throws when its parent is not there. */
function resolve(document: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((value, part) => {
      if (typeof value !== 'object' || value === null) throw new Error(`${pointer} does not resolve`);
      return Reflect.get(value, part.replaceAll('~1', '/').replaceAll('~0', '~'));
    }, document);
}

describe('an order of the storefront', () => {
  test('becomes the canonical order, in minor units and UTC', () => {
    expect(generalise(aDocument())).toEqual({
      platformId: 'US00100001',
      placedAt: '2026-01-31T12:00:00.000Z',
      modifiedAt: '2026-01-31T12:05:00.000Z',
      currency: 'USD',
      customer: { id: 'abCustomerIdOfMoreThanTwenty', email: 'kim@example.test', name: 'Kim Test' },
      shippingAddress: expect.objectContaining({ name: 'Kim Test', address1: '1 Main St', country: 'US', state: 'CO', postalCode: '80301' }),
      billingAddress: expect.objectContaining({ country: 'US' }),
      lines: [
        {
          lineId: 'item-1',
          position: 1,
          sku: 'POP-1',
          name: 'PopGrip',
          quantity: 2,
          unitPrice: 1000,
          discount: 0,
          tax: 170,
          total: 2000,
          gift: false,
          path: 'finished',
          properties: { shipmentId: 'me' },
        },
      ],
      shipping: { amount: 500, tax: 42, discount: 0, method: 'standard' },
      discounts: [],
      payments: [{ instrumentId: 'pi-1', method: 'CREDIT_CARD', amount: 2712, cardType: 'Visa', maskedNumber: '************1111' }],
      totals: { lines: 2000, discount: 0, shipping: 500, tax: 212, total: 2712 },
      taxation: 'net',
      properties: { c_orderSource: 'web' },
    });
  });

  const artwork = { kind: 'artwork', url: 'https://artwork.example.test/1.png' };
  test.each([
    ['as a list', [artwork, { ...artwork, kind: 'proof', position: 7 }]],
    ['as JSON text', JSON.stringify([artwork, { ...artwork, kind: 'proof', position: 7 }])],
  ])('the files of a line come %s; their position is stated, or the place in the list', (_how, c_assets) => {
    expect(generalise(aDocument({ product_items: [anItem({ c_assets })] })).lines[0]?.assets).toEqual([{ ...artwork, position: 1 }, { ...artwork, kind: 'proof', position: 7 }]);
  });

  test('a line keeps the warehouse that it names, among those that are known; one without a word names none', () => {
    const known = new Set(['eu-west']);
    expect(generalise(aDocument({ product_items: [anItem({ c_warehouse: 'eu-west' })] }), known).lines[0]?.warehouse).toBe('eu-west');
    for (const item of [{}, { c_warehouse: null }, { c_warehouse: ' ' }]) expect(generalise(aDocument({ product_items: [anItem(item)] }), known).lines[0]).not.toHaveProperty('warehouse');
    for (const c_warehouse of ['EU-WEST', 'eu-west ', 'nowhere'])
      expect(() => generalise(aDocument({ product_items: [anItem({ c_warehouse })] }), known)).toThrow(expect.objectContaining({ code: 'sfcc.warehouse', pointer: '/product_items/0/c_warehouse', message: expect.stringContaining('is the key of no warehouse') as string }));
  });

  test.each([['no attribute', {}], ['null', { c_assets: null }], ['a blank text', { c_assets: ' ' }], ['an empty list', { c_assets: '[]' }]])('a line with %s has no files', (_what, item) => {
    expect(generalise(aDocument({ product_items: [anItem(item)] })).lines[0]).not.toHaveProperty('assets');
  });

  test('who fulfils a line, and the kind of business, are the merchant’s attributes', () => {
    const order = generalise(aDocument({ product_items: [anItem({ c_fulfillmentPath: 'printable' })], c_orderBusinessType: 1 }));
    expect(order.lines[0]?.path).toBe('printable');
    expect(order.businessType).toBe(1);
    expect(pathOf(order)).toBe('printable');
    const [line] = order.lines;
    expect(pathOf({ lines: line ? [line, { ...line, path: 'vendor' }] : [] })).toBeUndefined();
  });

  test('from when on a pre-order may be worked on is the merchant’s attribute, too', () => {
    expect(generalise(aDocument({ c_releaseDate: '2026-12-01T09:00:00+01:00' })).releaseAt).toBe('2026-12-01T08:00:00.000Z');
    expect(generalise(aDocument())).not.toHaveProperty('releaseAt');
  });

  test('every order of the sandbox adds up: net and gross, with and without decimals, with options and discounts', () => {
    const seen = new Set<string>();
    for (const site of sites) {
      for (let seed = 0; seed < 150; seed += 1) {
        const raw = makeOrder({ orderNo: `${site.prefix}${seed}`, site, seed: String(seed), createdAt: '2026-01-31T12:00:00.000Z' });
        const order = generalise(raw);
        if (order.discounts.length > 0) seen.add('discounts');
        if (order.lines.some((line) => line.properties['options'] !== undefined)) seen.add('options');
        if (order.lines.some((line) => line.giftMessage !== undefined)) seen.add('gifts');
        seen.add(`${order.currency} ${order.taxation}`);
      }
    }
    expect([...seen].toSorted()).toEqual(['EUR gross', 'JPY gross', 'USD net', 'discounts', 'gifts', 'options']);
  });

  test('options, discounts and the share of the order discount are part of the line', () => {
    const raw = aDocument({
      product_items: [
        anItem({
          option_items: [
            { option_id: 'engraving', option_value_id: 'yes', quantity: 2, price: 4, price_after_order_discount: 4, adjusted_tax: 0.3 },
          ],
          price_adjustments: [{ price: -1.5, coupon_code: 'TEN', item_text: 'Ten off' }],
          price_after_item_discount: 18.5,
          price_after_order_discount: 17.5,
        }),
      ],
      order_price_adjustments: [{ price: -1, promotion_id: 'order-promotion' }],
      product_total: 21.5,
      order_total: 28.62,
      payment_instruments: [{ payment_instrument_id: 'pi', payment_method_id: 'PayPal', amount: 28.62 }],
    });
    const { lines, discounts, totals } = generalise(raw);
    expect(lines).toMatchObject([
      { unitPrice: 1200, quantity: 2, discount: 250, total: 2150, tax: 200, properties: { options: [{ id: 'engraving', value: 'yes' }] } },
    ]);
    expect(discounts).toEqual([
      { code: 'TEN', description: 'Ten off', amount: 150, lineId: 'item-1' },
      { description: 'order-promotion', amount: 100 },
    ]);
    expect(totals.discount).toBe(250);
  });

  test('free shipping shows what it would have cost', () => {
    const { shipping } = generalise(
      aDocument({
        shipping_items: [{ price: 5, price_adjustments: [{ price: -5 }], adjusted_tax: 0 }],
        shipping_total: 0,
        tax_total: 1.7,
        order_total: 21.7,
        payment_instruments: [{ payment_instrument_id: 'pi', payment_method_id: 'PayPal', amount: 21.7 }],
      }),
    );
    expect(shipping).toEqual({ amount: 0, tax: 0, discount: 500, method: 'standard' });
  });

  test('a bonus item needs no price, and says that it is one', () => {
    const bonus = anItem({ item_id: 'item-2', quantity: 1, bonus_product_line_item: true });
    for (const name of ['base_price', 'price', 'price_after_item_discount', 'price_after_order_discount', 'tax', 'adjusted_tax']) delete bonus[name];
    expect(generalise(aDocument({ product_items: [anItem(), bonus] })).lines[1]).toMatchObject({ unitPrice: 0, total: 0, tax: 0, properties: { bonus: true } });
  });

  test('a gift message stands on the line, be it given for the line or for its shipment', () => {
    const own = anItem({ gift: true, gift_message: 'For you' });
    expect(generalise(aDocument({ product_items: [own] })).lines).toMatchObject([{ gift: true, giftMessage: 'For you' }]);
    const wrapped = aDocument({ shipments: [{ ...aShipment(), gift: true, gift_message: 'For all' }] });
    expect(generalise(wrapped).lines).toMatchObject([{ gift: true, giftMessage: 'For all' }]);
  });

  test('a gift certificate is a payment like another, and a full card number is never kept', () => {
    const { payments } = generalise(
      aDocument({
        payment_instruments: [
          { payment_instrument_id: 'pi-1', payment_method_id: 'GIFT_CERTIFICATE', amount: 7.12, masked_gift_certificate_code: '****ABCD' },
          { payment_instrument_id: 'pi-2', payment_method_id: 'CREDIT_CARD', amount: 20, payment_card: { masked_number: '4111111111111111' } },
        ],
      }),
    );
    expect(payments).toEqual([
      { instrumentId: 'pi-1', method: 'GIFT_CERTIFICATE', amount: 712, maskedNumber: '****ABCD' },
      { instrumentId: 'pi-2', method: 'CREDIT_CARD', amount: 2000, maskedNumber: '************1111' },
    ]);
  });

  test('several shipments to one address are one order; to different addresses they are refused', () => {
    const first = aShipment();
    const second = { ...first, shipment_id: 'second' };
    const items = [anItem({ quantity: 1, price: 10, price_after_item_discount: 10, price_after_order_discount: 10 })];
    const product_items = [...items, { ...items[0], item_id: 'item-2', shipment_id: 'second' }];
    expect(generalise(aDocument({ product_items, shipments: [first, second] })).lines.map((line) => line.properties['shipmentId'])).toEqual(['me', 'second']);

    const elsewhere = { ...second, shipping_address: { ...anAddress, address1: '2 Side St' } };
    expect(refusalOf(aDocument({ product_items, shipments: [first, elsewhere] }))).toMatchObject({ code: 'sfcc.several-addresses', pointer: '/shipments' });
    expect(generalise(aDocument({ shipments: [first, elsewhere] })).shippingAddress.address1).toBe('1 Main St');
  });

  test.each<[string, Document, string, string]>([
    ['no currency', { currency: undefined }, '/currency', 'sfcc.missing'],
    ['a currency that is none', { currency: 'ZZZ' }, '/currency', 'money.unknown-currency'],
    ['no items', { product_items: [] }, '/product_items', 'sfcc.no-items'],
    ['items that are no list', { product_items: {} }, '/product_items', 'sfcc.not-a-list'],
    ['an item that is nothing', { product_items: [null] }, '/product_items/0', 'sfcc.not-an-object'],
    ['a broken quantity', { product_items: [anItem({ quantity: 1.5 })] }, '/product_items/0/quantity', 'sfcc.quantity'],
    ['a price of half a cent', { product_items: [anItem({ price: 20.005 })] }, '/product_items/0/price', 'money.too-precise'],
    ['two items of one id', { product_items: [anItem(), anItem()] }, '/product_items/1/item_id', 'sfcc.repeated-id'],
    ['two payments of one id', { payment_instruments: [1, 2].map(() => ({ payment_instrument_id: 'pi', payment_method_id: 'PayPal', amount: 20 })) }, '/payment_instruments/1/payment_instrument_id', 'sfcc.repeated-id'],
    ['an id with a blank behind it', { product_items: [anItem({ item_id: 'item-1 ' })] }, '/product_items/0/item_id', 'sfcc.blank-in-id'],
    ['a longer id than can be stored', { product_items: [anItem({ item_id: 'x'.repeat(65) })] }, '/product_items/0/item_id', 'sfcc.too-long'],
    ['more custom attributes than can be stored', { product_items: [anItem({ c_note: 'x'.repeat(20_000) })] }, '/product_items/0', 'sfcc.custom-attributes'],
    ['attributes nested without end', { c_deep: JSON.parse('['.repeat(500) + ']'.repeat(500)) }, '/c_deep', 'sfcc.custom-attribute'],
    ['more items than a parcel can name', { product_items: Array.from({ length: 501 }, (_, index) => anItem({ item_id: String(index) })) }, '/product_items', 'sfcc.too-many-items'],
    ['a negative price', { product_items: [anItem({ price: -20 })] }, '/product_items/0/price', 'sfcc.negative-price'],
    ['no tax', { product_items: [anItem({ tax: undefined, adjusted_tax: null })] }, '/product_items/0/adjusted_tax', 'sfcc.missing'],
    ['files that are not JSON', { product_items: [anItem({ c_assets: '[{' })] }, '/product_items/0/c_assets', 'sfcc.assets'],
    ['files that are no list', { product_items: [anItem({ c_assets: '{}' })] }, '/product_items/0/c_assets', 'sfcc.not-a-list'],
    ['more files than a line is printed from', { product_items: [anItem({ c_assets: Array.from({ length: 21 }, () => ({ kind: 'artwork', url: 'https://a.test/1' })) })] }, '/product_items/0/c_assets', 'sfcc.too-many-assets'],
    ['a file without https', { product_items: [anItem({ c_assets: [{ kind: 'artwork', url: 'http://a.test/1' }] })] }, '/product_items/0/c_assets/0/url', 'sfcc.asset-url'],
    ['a file at no host', { product_items: [anItem({ c_assets: '[{"kind":"artwork","url":"https://"}]' })] }, '/product_items/0/c_assets/0/url', 'sfcc.asset-url'],
    ['a file behind a password', { product_items: [anItem({ c_assets: [{ kind: 'artwork', url: 'https://me:secret@a.test/1' }] })] }, '/product_items/0/c_assets/0/url', 'sfcc.asset-url'],
    ['a file of a strange kind', { product_items: [anItem({ c_assets: [{ kind: 'é', url: 'https://a.test/1' }] })] }, '/product_items/0/c_assets/0/kind', 'sfcc.asset-kind'],
    ['a file at no position', { product_items: [anItem({ c_assets: [{ kind: 'artwork', url: 'https://a.test/1', position: 0 }] })] }, '/product_items/0/c_assets/0/position', 'sfcc.asset-position'],
    ['a warehouse that is not known', { product_items: [anItem({ c_warehouse: 'mars' })] }, '/product_items/0/c_warehouse', 'sfcc.warehouse'],
    ['a warehouse that is no text', { product_items: [anItem({ c_warehouse: 7 })] }, '/product_items/0/c_warehouse', 'sfcc.not-text'],
    ['nobody known to fulfil a line', { product_items: [anItem({ c_fulfillmentPath: 'someone' })] }, '/product_items/0/c_fulfillmentPath', 'sfcc.path'],
    ['a kind of business that is no number', { c_orderBusinessType: 'own' }, '/c_orderBusinessType', 'sfcc.business-type'],
    ['a release that is no time', { c_releaseDate: 'soon' }, '/c_releaseDate', 'sfcc.not-a-time'],
    ['no e-mail', { customer_info: {} }, '/customer_info/email', 'sfcc.missing'],
    ['no address', { shipments: [{ shipment_id: 'me' }] }, '/shipments/0/shipping_address', 'sfcc.not-an-object'],
    ['no billing address', { billing_address: null }, '/billing_address', 'sfcc.not-an-object'],
    ['a total that is not the sum', { order_total: 28.12 }, '/order_total', 'order.totals-do-not-add-up'],
    ['lines that are not their total', { product_total: 19 }, '/product_total', 'order.totals-do-not-add-up'],
    ['too small a payment', { payment_instruments: [] }, '/payment_instruments', 'order.totals-do-not-add-up'],
    ['no time zone', { creation_date: '2026-01-31T12:00:00' }, '/creation_date', 'sfcc.not-a-time'],
    ['a month of 31 days too many', { creation_date: '2026-13-31T12:00:00Z' }, '/creation_date', 'sfcc.not-a-time'],
    ['an unknown taxation', { taxation: 'both' }, '/taxation', 'sfcc.taxation'],
    ['a sold gift certificate', { gift_certificate_items: [{ amount: 10 }] }, '/gift_certificate_items', 'sfcc.gift-certificate-sold'],
  ])('with %s is refused with its place', (_, changes, pointer, code) => {
    expect(refusalOf(aDocument(changes))).toMatchObject({ pointer, code });
  });

  test('a refusal shows nothing of the customer', () => {
    const secret = 'Very Private Person';
    for (const changes of [
      { customer_info: { email: secret.repeat(50) } },
      { billing_address: { ...anAddress, country_code: secret } },
      { order_no: secret.repeat(5) },
      { creation_date: secret },
      { currency: 'VPP' },
    ]) {
      expect(refusalOf(aDocument(changes)).message).not.toMatch(/Private|VPP/);
    }
  });

  test('any JSON becomes an order or is refused with a place that exists in it', () => {
    fc.assert(fc.property(fc.jsonValue(), (raw) => expect(outcomeOf(raw)).toMatch(/order|refused/)), { numRuns: 300 });
    // The same with something foreign at one place of a good order, at any depth.
    const paths = placesOf(aDocument());
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.oneof(fc.jsonValue(), fc.constantFrom(undefined, '__proto__', -1, 1e300, '', '\u0000', '\ud800')), (path, value) => {
        expect(outcomeOf(replaceAt(aDocument(), path, value))).toMatch(/order|refused/);
      }),
      { numRuns: 3000 },
    );
  });
});

/** Fails on any other error than a refusal with a pointer that resolves. */
function outcomeOf(raw: unknown): 'order' | 'refused' {
  try {
    generalise(raw);
    return 'order';
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    resolve(raw, error.pointer ?? '');
    return 'refused';
  }
}

function placesOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  return [[...path], ...Object.entries(value).flatMap(([key, inner]) => placesOf(inner, [...path, key]))];
}

function replaceAt(document: unknown, path: readonly string[], value: unknown): unknown {
  const copy: unknown = structuredClone(document);
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = path.slice(0, -1).reduce<unknown>((inner, key) => Reflect.get(Object(inner), key), copy);
  Reflect.set(Object(parent), last, value);
  return copy;
}

describe("NAV's customer number", () => {
  test('is the first twenty characters of the customer id', () => {
    expect(navCustomerNo(generalise(aDocument()))).toBe('abCustomerIdOfMoreTh');
    expect(navCustomerNo({ customer: { id: 'short', email: '', name: '' } })).toBe('short');
  });

  test('is absent without a customer id', () => {
    expect(navCustomerNo(generalise(aDocument({ customer_info: { email: 'guest@example.test' } })))).toBeUndefined();
  });
});

describe('the request to fulfil and capture', () => {
  test('names its parcels and captures the total', () => {
    expect(toFulfillmentRequest(anOrder())).toEqual({
      request_id: 'US-US00100001:SHIP-1',
      shipments: [
        {
          shipment_id: 'SHIP-1',
          carrier: 'UPS',
          tracking_number: '1Z999',
          shipped_at: '2026-02-01T08:00:00.000Z',
          items: [
            { item_id: 'line-1', quantity: 2 },
            { item_id: 'line-2', quantity: 1 },
          ],
        },
      ],
      payment_instructions: [{ execute: 'Capture', amount: '31.30', currency: 'USD' }],
    });
    expect(toFulfillmentRequest(anOrder()).request_id).toBe(fulfillmentRequestId(anOrder()));
  });

  test('leaves out what gift certificates have paid', () => {
    const card = { instrumentId: 'pi', method: 'CREDIT_CARD', amount: 1130 };
    const certificate = { instrumentId: 'gc', method: 'GIFT_CERTIFICATE', amount: 2000 };
    expect(toFulfillmentRequest(anOrder({ payments: [card, certificate] })).payment_instructions).toMatchObject([{ amount: '11.30' }]);
    expect(toFulfillmentRequest(anOrder({ payments: [{ ...certificate, amount: 3130 }] })).payment_instructions).toEqual([]);
  });

  test('is refused while nothing is shipped', () => {
    expect(() => toFulfillmentRequest(anOrder({ fulfillments: [] }))).toThrow(InvalidInput);
  });
});
