import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { startSystem, type System } from '../support/system';

/** What the running system answers is what its document says. */

let system: System;
let name: string;
let customer: string;
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);

beforeAll(async () => {
  system = await startSystem();
  name = (await system.place(1, { seed: 'documented' }))[0] ?? '';
  await system.reach([name], 'FULFILLED', 60_000);
  customer = ((await system.api(`/api/oms/orders/${name}`)).body as { customer: { id: string } }).customer.id;
  await system.pause('partner', 'NAV');
  const document = (await system.api('/api/openapi.json', { as: null })).body as { components: object };
  ajv.addSchema({ $id: 'https://oms/', components: document.components });
}, 120_000);
afterAll(() => system?.stop(), 60_000);

const misfit = (schema: string, body: unknown): unknown => {
  const fits = ajv.getSchema(`https://oms/#/components/schemas/${schema}`);
  if (!fits) throw new Error(`${schema} is not in the document`);
  return fits(body) ? undefined : fits.errors;
};

test.each([
  ['OrderPage', '/api/oms/orders?limit=5'],
  ['Order', '/api/oms/orders/NAME'],
  ['Why', '/api/oms/orders/NAME/why'],
  ['Customer', '/api/v3/customers/CUSTOMER'],
  ['CustomerOrders', '/api/v3/customers/CUSTOMER/orders'],
  ['Jobs', '/api/oms/jobs'],
  ['JobRuns', '/api/oms/jobs/1/runs?limit=3'],
  ['Holds', '/api/oms/holds'],
  ['Pauses', '/api/oms/pauses'],
  ['Flags', '/api/oms/flags'],
  ['DeadLetters', '/api/oms/dead-letters'],
])('%s: GET %s', async (schema, url) => {
  const answer = await system.api(url.replace('NAME', name).replace('CUSTOMER', customer));
  expect(answer.status).toBe(200);
  expect(misfit(schema, answer.body)).toBeUndefined();
  expect(misfit(schema, {})).toBeDefined();
});

test('refusals are problems', async () => {
  for (const answer of [await system.api('/api/oms/orders/nobody'), await system.api('/api/oms/orders', { as: null }), await system.api('/api/oms/pauses', { body: {} })]) {
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(misfit('Problem', answer.body)).toBeUndefined();
  }
});

test('a report of a partner, and a replay that only looks', async () => {
  const release = await system.api(`/api/v3/osor_order/status/${name}`, { method: 'PATCH', as: 'mulesoft', body: { status: 'RELEASED_FROM_NAV', event_id: 'again' } });
  expect([200, 202, 409]).toContain(release.status);
  expect(misfit('FactAnswer', release.body)).toBeUndefined();
  const replay = await system.api(`/api/oms/orders/${name}/replay?dry_run=true`, { body: { reason: 'a look' } });
  expect(misfit('ReplayAnswer', replay.body)).toBeUndefined();
});
