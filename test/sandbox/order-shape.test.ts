import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { OcapiOrder } from '../../sandbox/sfcc/ocapi';
import { makeOrder } from '../../sandbox/sfcc/order-document';
import { sites } from '../../sandbox/sfcc/sites';

/** Generated orders against the definition `order` of SFCC's Shop API 20.4. */

const contracts = process.env.OMS_CONTRACTS_DIR ?? path.join(__dirname, '../../../shared/contracts');
const swagger = path.join(contracts, 'sfcc/shop-api-swagger.json');
const present = existsSync(swagger);

if (!present && process.env.CI !== 'true') process.stdout.write(`Skipped: ${swagger} is not there, so that orders cannot be held against SFCC's definition.\n`);

type Schema = Record<string, unknown>;

/** The definition requires nothing; what an order that was really placed always has. */
const required: Record<string, string[]> = {
  order: [
    'order_no', 'site_id', 'creation_date', 'last_modified', 'currency', 'taxation', 'status', 'export_status', 'confirmation_status', 'shipping_status',
    'payment_status', 'customer_info', 'customer_name', 'billing_address', 'order_total', 'product_total', 'product_sub_total', 'shipping_total',
    'tax_total', 'product_items', 'shipping_items', 'shipments', 'payment_instruments', 'channel_type',
  ],
  product_item: ['item_id', 'product_id', 'product_name', 'quantity', 'base_price', 'price', 'price_after_item_discount', 'price_after_order_discount', 'adjusted_tax', 'tax', 'tax_rate', 'shipment_id'],
  option_item: ['item_id', 'quantity', 'price', 'price_after_item_discount', 'price_after_order_discount', 'adjusted_tax'],
  shipping_item: ['item_id', 'price', 'price_after_item_discount', 'adjusted_tax', 'shipment_id'],
  shipment: ['shipment_id', 'shipping_address', 'shipping_method', 'shipping_status', 'shipment_total'],
  order_address: ['full_name', 'last_name', 'address1', 'city', 'postal_code', 'country_code', 'phone'],
  customer_info: ['customer_id', 'email'],
  order_payment_instrument: ['payment_instrument_id', 'payment_method_id', 'amount'],
  price_adjustment: ['price', 'promotion_id', 'item_text', 'applied_discount'],
};

/** Swagger 2.0 into JSON Schema: no key but those defined and the merchant's own `c_…`. */
function translate(name: string, definition: Schema): Schema {
  const properties = definition.properties as Record<string, Schema> | undefined;
  if (!properties) return definition;
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(properties).map(([key, property]) => [key, cleaned(property)])),
    patternProperties: { '^c_[A-Za-z0-9_]+$': {} },
    additionalProperties: false,
    required: [...new Set([...((definition.required as string[] | undefined) ?? []), ...(required[name] ?? [])])],
  };
}

function cleaned(property: Schema): Schema {
  return Object.fromEntries(Object.entries(property).filter(([key]) => ['type', 'format', 'enum', 'items', '$ref', 'minimum', 'maximum', 'minLength', 'maxLength'].includes(key)));
}

function compileOrder(): ValidateFunction {
  const { definitions } = JSON.parse(readFileSync(swagger, 'utf8')) as { definitions: Record<string, Schema> };
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addFormat('double', { type: 'number', validate: () => true });
  const translated = Object.fromEntries(Object.entries(definitions).map(([name, definition]) => [name, translate(name, definition)]));
  return ajv.compile({ definitions: translated, $ref: '#/definitions/order' });
}

function orders(count: number): OcapiOrder[] {
  return Array.from({ length: count }, (_, index) => {
    const site = sites[index % sites.length];
    if (!site) throw new Error('there is a site');
    return makeOrder({ orderNo: `${site.prefix}${100_000 + index}`, site, seed: `shape/${index}`, createdAt: '2026-01-02T03:04:05.678Z' });
  });
}

test('where the definitions must be there (CI) they are', () => {
  expect(present || process.env.CI !== 'true').toBe(true);
});

(present ? describe : describe.skip)('against the definition of SFCC', () => {
  let validate: ValidateFunction;
  beforeAll(() => {
    validate = compileOrder();
  });

  test('500 orders of all storefronts fit', () => {
    for (const order of orders(500)) {
      validate(order);
      expect({ order: order.order_no, errors: validate.errors }).toEqual({ order: order.order_no, errors: null });
    }
  });

  test.each<[string, (order: OcapiOrder) => object, string]>([
    ['an unknown key', (order) => ({ ...order, shippingPhone: '1' }), 'must NOT have additional properties'],
    ['an unknown key inside a line', (order) => ({ ...order, product_items: [{ ...order.product_items[0], sku: '1' }] }), 'must NOT have additional properties'],
    ['a missing currency', ({ currency: _currency, ...order }) => order, "must have required property 'currency'"],
    ['a total that is a text', (order) => ({ ...order, order_total: '12.34' }), 'must be number'],
    ['an address of a country the storefronts do not know', (order) => ({ ...order, billing_address: { ...order.billing_address, country_code: 'XX' } }), 'must be equal to one of the allowed values'],
  ])('%s is noticed', (_name, spoil, message) => {
    const [order] = orders(1);
    expect(order && validate(spoil(order))).toBe(false);
    expect(validate.errors?.map((error) => error.message)).toContain(message);
  });
});
