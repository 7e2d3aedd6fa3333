import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv, { type AnySchemaObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { createSfccClient, type SfccClient, toSearchRequest } from '../../nodes/sfcc/client';
import { makeOrder } from '../../sandbox/sfcc/order-document';
import { sites } from '../../sandbox/sfcc/sites';
import { startServer, type TestServer } from '../runtime/a-server';
import { aDocument } from '../sfcc/a-document';

const directory = path.resolve(process.env['OMS_CONTRACTS_DIR'] ?? path.join(__dirname, '../../../shared/contracts'), 'sfcc');
const shopFile = path.join(directory, 'shop-api-swagger.json');
const dataFile = path.join(directory, 'data-api.json');
const isThere = existsSync(shopFile) && existsSync(dataFile);

if (!isThere) process.stdout.write(`skipped: the contracts of SFCC are not in ${directory}; set OMS_CONTRACTS_DIR\n`);

test('the contracts are there wherever it counts', () => {
  expect(isThere || process.env['CI'] !== 'true').toBe(true);
});

function parse(file: string): AnySchemaObject {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * OCAPI's definitions leave much open: values of filters are called objects though they are texts, the members of a query are only
 * named in a note (`x-sub_types`), and hardly anything is required. Here the notes count, unknown members are refused but for `c_*`,
 * and the required fields are ours.
 */
function ocapi(definition: string, required: readonly string[] = []): ValidateFunction {
  const definitions: Record<string, AnySchemaObject> = {};
  for (const [name, schema] of Object.entries<AnySchemaObject>(parse(shopFile)['definitions'])) definitions[name] = tightened(schema);
  for (const name of ['query', 'filter']) {
    const kinds = Object.keys(definitions).filter((kind) => kind.endsWith(`_${name}`));
    definitions[name] = {
      type: 'object',
      minProperties: 1,
      maxProperties: 1,
      additionalProperties: false,
      properties: Object.fromEntries(kinds.map((kind) => [kind, { $ref: `#/definitions/${kind}` }])),
    };
  }
  definitions['match_all_query'] = { type: 'object', additionalProperties: false };
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  return ajv.compile({ definitions, allOf: [{ $ref: `#/definitions/${definition}` }, { required }] });
}

function tightened(schema: AnySchemaObject): AnySchemaObject {
  const properties = Object.fromEntries(
    Object.entries<AnySchemaObject>(schema['properties'] ?? {}).map(([name, property]) => [name, isAnyValue(name, property) ? {} : property]),
  );
  return { ...schema, type: 'object', properties, patternProperties: { '^c_': {} }, additionalProperties: false };
}

/** Places where OCAPI says `object` and means any value, or a list of them. */
function isAnyValue(name: string, property: AnySchemaObject): boolean {
  return ['from', 'to', 'values'].includes(name) || (property['type'] === 'object' && property['properties'] === undefined);
}

(isThere ? describe : describe.skip)('the storefront', () => {
  const search = { site: 'POPS-US', start: 0, count: 200 };

  test.each([
    ['since a time, not exported', toSearchRequest({ ...search, from: new Date() })],
    ['not exported', toSearchRequest(search)],
    ['everything', toSearchRequest({ ...search, unexportedOnly: false })],
  ])('a search keeps order_search_request: %s', (_, request) => {
    const validate = ocapi('order_search_request');
    expect([validate(request), validate.errors]).toEqual([true, null]);
  });

  test.each<[string, object]>([
    ['too large a page', toSearchRequest({ ...search, count: 201 })],
    ['a start before the first', toSearchRequest({ ...search, start: -1 })],
    ['no query', { start: 0, count: 1 }],
    ['a query of no known kind', { ...toSearchRequest(search), query: { wish: {} } }],
    ['an operator of no filter', { ...toSearchRequest(search), query: { filtered_query: { query: { match_all_query: {} }, filter: { bool_filter: { operator: 'xor', filters: [] } } } } }],
    ['a filter without a field', { ...toSearchRequest(search), query: { filtered_query: { query: { match_all_query: {} }, filter: { term_filter: { operator: 'one_of' } } } } }],
    ['a sort that is neither up nor down', { ...toSearchRequest(search), sorts: [{ field: 'last_modified', sort_order: 'up' }] }],
    ['an unknown member', { ...toSearchRequest(search), limit: 200 }],
  ])('a spoiled search does not: %s', (_, request) => {
    expect(ocapi('order_search_request')(request)).toBe(false);
  });

  const required = ['order_no', 'creation_date', 'last_modified', 'currency', 'taxation', 'customer_info', 'product_items', 'shipments', 'payment_instruments', 'order_total'];

  test('the orders that we learn from keep `order`: our own, and those of the sandbox', () => {
    const validate = ocapi('order', required);
    const made = sites.flatMap((site) => Array.from({ length: 20 }, (_, seed) => makeOrder({ orderNo: `X${seed}`, site, seed: String(seed), createdAt: '2026-01-31T12:00:00.000Z' })));
    // OCAPI writes countries in lower or upper case; its enumeration names a few.
    for (const order of [aDocument(), ...made]) {
      expect([validate(withoutCountries(order)), validate.errors]).toEqual([true, null]);
    }
  });

  test.each<[string, Record<string, unknown>]>([
    ['a number as text', { order_total: '27.12' }],
    ['an unknown status', { status: 'lost' }],
    ['an unknown member', { wishes: [] }],
    ['no total', { order_total: undefined }],
    ['a quantity beyond the limit', { product_items: [{ quantity: 1000 }] }],
  ])('a spoiled order does not: %s', (_, changes) => {
    const order: unknown = JSON.parse(JSON.stringify(aDocument(changes)));
    expect(ocapi('order', required)(withoutCountries(order))).toBe(false);
  });
});

(isThere ? describe : describe.skip)('a change of status', () => {
  let server: TestServer;
  let sfcc: SfccClient;

  beforeAll(async () => {
    server = await startServer((request, response) =>
      request.url.includes('oauth2') ? response.end('{"access_token":"t","expires_in":1800}') : response.writeHead(204).end(),
    );
    sfcc = createSfccClient({ url: server.url, clientId: 'id', clientSecret: 'secret' });
    await sfcc.markExported('POPS-US', 'US1');
    await sfcc.cancelOrder('POPS-US', 'US1');
  });

  afterAll(async () => {
    await sfcc.close();
    await server.close();
  });

  /** The operation of the Data API that a request is, and whether its body keeps the schema of that. */
  function keepsDataApi(method: string, url: string, body: unknown): boolean {
    const document = parse(dataFile);
    const template = Object.keys(document['paths']).find((one) => new RegExp(`/v25_6${one.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(url));
    const operation: AnySchemaObject | undefined = document['paths'][template ?? '']?.[method.toLowerCase()];
    if (operation === undefined) return false;
    const ajv = new Ajv({ strict: false });
    addFormats(ajv);
    const { $ref } = operation['requestBody'].content['application/json'].schema;
    const schema: AnySchemaObject = document['components'].schemas[$ref.split('/').at(-1)];
    return ajv.compile({ ...schema, additionalProperties: false, required: ['status'], components: document['components'] })(body) === true;
  }

  test.each(['export_status', 'status'])('%s keeps the Data API, and a spoiled one does not', (name) => {
    const sent = server.received.find(({ url }) => url.endsWith(`/orders/US1/${name}`));
    if (sent === undefined) throw new Error('not sent');
    const body: Record<string, unknown> = JSON.parse(sent.body);
    expect(keepsDataApi(sent.method, sent.url, body)).toBe(true);
    expect(keepsDataApi('POST', sent.url, body)).toBe(false);
    expect(keepsDataApi(sent.method, `${sent.url}es`, body)).toBe(false);
    expect(keepsDataApi(sent.method, sent.url, { status: 'gone' })).toBe(false);
    expect(keepsDataApi(sent.method, sent.url, { state: body['status'] })).toBe(false);
  });
});

function withoutCountries(order: unknown): unknown {
  return JSON.parse(JSON.stringify(order, (key, value: unknown) => (key === 'country_code' ? undefined : value)));
}
