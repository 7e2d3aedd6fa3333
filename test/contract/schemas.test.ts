import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv2020, { type AnySchemaObject } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { toCancellationRequest, toFulfillmentRequest as toCamelRequest } from '../../nodes/camel/mapping';
import { generalise, toCaptureRequest, toFulfillmentRequest as toSfccRequest } from '../../nodes/sfcc/mapping';
import { makeOrder } from '../../sandbox/sfcc/order-document';
import { sites } from '../../sandbox/sfcc/sites';
import { anOrder } from '../orders/an-order';

const directory = path.join(__dirname, '../../docs/contracts');
const names = readdirSync(directory).filter((name) => name.endsWith('.schema.json'));

function read(name: string): AnySchemaObject {
  return JSON.parse(readFileSync(path.join(directory, name), 'utf8'));
}

function compile(name: string) {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  addFormats(ajv);
  return ajv.compile(read(name));
}

/** Ways to spoil an example; each must be refused. */
const spoilers: ReadonlyArray<[string, (example: Record<string, unknown>) => unknown]> = [
  ['an unknown property', (example) => ({ ...example, surprise: 1 })],
  ['its first property missing', (example) => Object.fromEntries(Object.entries(example).slice(1))],
  ['its first property of another type', (example) => ({ ...example, [Object.keys(example)[0] ?? '']: { not: 'this' } })],
  ['its texts without end', (example) => JSON.parse(JSON.stringify(example, (_, value: unknown) => (typeof value === 'string' ? value.repeat(10_000) : value)))],
  ['a list instead', (example) => [example]],
  ['nothing', () => null],
];

test('the contracts are there', () => {
  expect(names).toEqual(
    expect.arrayContaining(
      ['nav-release-status', 'fulfill-orders', 'fulfillment-event', 'camel-fulfillment-request', 'sfcc-fulfillment', 'sfcc-capture'].map((name) => `${name}.schema.json`),
    ),
  );
});

describe.each(names)('%s', (name) => {
  const { title, description, examples } = read(name);

  test('says what it is', () => {
    expect(title).toMatch(/\w/);
    expect(description).toMatch(/\w/);
    expect(readFileSync(path.join(directory, 'README.md'), 'utf8')).toContain(name);
  });

  test('takes its examples', () => {
    const validate = compile(name);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      expect([validate(example), validate.errors]).toEqual([true, null]);
    }
  });

  test.each(spoilers)('refuses an example with %s', (_, spoil) => {
    const validate = compile(name);
    for (const example of examples) expect(validate(spoil(example))).toBe(false);
  });
});

describe('what we send keeps our own contracts', () => {
  const orders = [
    anOrder(),
    ...sites.flatMap((site) =>
      Array.from({ length: 50 }, (_, seed) =>
        anOrder(generalise(makeOrder({ orderNo: `${site.prefix}${seed}`, site, seed: String(seed), createdAt: '2026-01-31T12:00:00.000Z' }))),
      ),
    ),
  ];

  test.each([
    ['camel-fulfillment-request.schema.json', toCamelRequest],
    ['camel-cancellation-request.schema.json', (order: Parameters<typeof toCamelRequest>[0]) => toCancellationRequest({ ...order, question: 1 })],
    ['sfcc-fulfillment.schema.json', toSfccRequest],
    ['sfcc-capture.schema.json', ({ name: of, part, totals, currency }: Parameters<typeof toCamelRequest>[0]) => toCaptureRequest({ of, part, shipmentId: 'S'.repeat(64), amount: totals.total }, currency)],
  ])('%s', (name, toRequest) => {
    const validate = compile(name);
    for (const order of orders) {
      expect([validate(toRequest(order)), validate.errors]).toEqual([true, null]);
    }
  });
});
