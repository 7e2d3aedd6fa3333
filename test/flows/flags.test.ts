import { FLAG_DEFAULTS } from '../../nodes/flags/flags';
import type { FlagView } from '../../nodes/flags/desk';
import { createPool } from '../../nodes/store/pool';
import { startSystem, type System } from '../support/system';

/** Feature flags over HTTP: what they are, who changed them, and what a change does to orders. */

let system: System;

beforeAll(async () => {
  system = await startSystem({ flows: (node) => node.type === 'oms-work' && Object.assign(node, { firstSeconds: 0.1, maxSeconds: 0.5 }) });
}, 120_000);
afterAll(() => system?.stop(), 60_000);
afterEach(() => system.clearFaults());

const US = 'https://us.shop.sandbox';
const put = (name: string, body: object) => system.api(`/api/oms/flags/${name}`, { method: 'PUT', body });
const reset = (name: string, query = '') => system.api(`/api/oms/flags/${name}${query}`, { method: 'DELETE' });
const list = async (): Promise<FlagView[]> => ((await system.api('/api/oms/flags')).body as { flags: FlagView[] }).flags;
const shown = async (name: string) => (await list()).find((flag) => flag.name === name);

test('every flag is there with what it is, does, and is by default', async () => {
  const flags = await list();
  expect(Object.fromEntries(flags.map((flag) => [flag.name, flag.default]))).toEqual(FLAG_DEFAULTS);
  for (const flag of flags) expect(flag).toMatchObject({ kind: expect.stringMatching(/^(gate|fork|setting)$/), does: expect.stringMatching(/^[A-Z].+\.$/), enabled: flag.default, stores: [], changes: [] });
});

test('a change is kept with who, why and what was before; a store goes its own way; back to the default', async () => {
  expect(await put('use_prod_arena', { enabled: true, reason: 'go-live' })).toMatchObject({ status: 200, body: { name: 'use_prod_arena', default: false, enabled: true } });
  expect(await put('use_prod_arena', { enabled: false, store: US, reason: 'not here yet' })).toMatchObject({ status: 200, body: { enabled: true, stores: [{ store: US, enabled: false }] } });
  expect(await put('use_prod_arena', { enabled: true, store: US, reason: 'here, too' })).toMatchObject({ status: 200 });
  expect(await reset('use_prod_arena', `?store=${encodeURIComponent(US)}&reason=tidy`)).toMatchObject({ status: 200, body: { enabled: true, stores: [] } });
  expect(await reset('use_prod_arena')).toMatchObject({ status: 200, body: { enabled: false } });
  const changes = (await shown('use_prod_arena'))?.changes.map(({ at, ...change }) => ({ ...change, at: Number.isNaN(Date.parse(String(at))) }));
  const of = (store: string, from: boolean | null, to: boolean | null, reason: string) => ({ store, from, to, actor: expect.stringMatching(/^operator:./), reason, at: false });
  expect(changes).toEqual([of('', true, null, 'back to the default'), of(US, true, null, 'tidy'), of(US, false, true, 'here, too'), of(US, null, false, 'not here yet'), of('', null, true, 'go-live')]);
});

test('what changes nothing is no change', async () => {
  await put('sfcc_scapi_orders', { enabled: true, reason: 'first' });
  await put('sfcc_scapi_orders', { enabled: true, reason: 'second' });
  expect((await shown('sfcc_scapi_orders'))?.changes).toMatchObject([{ reason: 'first' }]);
  await reset('sfcc_scapi_orders');
  await reset('sfcc_scapi_orders');
  expect((await shown('sfcc_scapi_orders'))?.changes).toHaveLength(2);
});

test.each<[string, () => ReturnType<typeof put>, number, string]>([
  ['an unknown flag', () => put('no_such_flag', { enabled: true, reason: 'a try' }), 404, 'flag.unknown'],
  ['an unknown flag that is to be reset', () => reset('no_such_flag'), 404, 'flag.unknown'],
  ['a property of every object', () => put('constructor', { enabled: true, reason: 'a try' }), 404, 'flag.unknown'],
  ['an unknown store', () => put('use_prod_arena', { enabled: true, store: 'https://nowhere.test', reason: 'a try' }), 400, 'store.unknown'],
  ['no reason', () => put('use_prod_arena', { enabled: true }), 400, 'contract.violated'],
  ['neither on nor off', () => put('use_prod_arena', { enabled: 'yes', reason: 'a try' }), 400, 'contract.violated'],
])('%s is refused, and nothing changes', async (_, ask, status, title) => {
  const before = await list();
  expect(await ask()).toMatchObject({ status, body: { title, status } });
  expect(await list()).toEqual(before);
});

test('a change by hand is in the history under the account that made it', async () => {
  const app = createPool(system.database.appUrl, 1);
  try {
    await app.query("INSERT INTO feature_flags (name, store_url, enabled) VALUES ('use_prod_arena', '', 1)");
    await app.query("UPDATE feature_flags SET enabled = 0 WHERE name = 'use_prod_arena'");
    await app.query("UPDATE feature_flags SET store_url = ? WHERE name = 'use_prod_arena'", [US]);
    await app.query("DELETE FROM feature_flags WHERE name = 'use_prod_arena'");
    await expect(app.query('DELETE FROM feature_flag_changes')).rejects.toThrow(/denied/);
    await expect(app.query("UPDATE feature_flag_changes SET actor = 'nobody'")).rejects.toThrow(/denied/);
    await expect(app.query("INSERT INTO feature_flag_changes (name, store_url, actor, reason, account) VALUES ('x', '', 'x', 'x', 'x')")).rejects.toThrow(/denied/);
  } finally {
    await app.end();
  }
  const account = `account:${decodeURIComponent(new URL(system.database.appUrl).username)}`;
  const by = (store: string, from: boolean | null, to: boolean | null) => ({ store, from, to, actor: account, reason: 'by hand', at: expect.anything() });
  expect((await shown('use_prod_arena'))?.changes.slice(0, 5)).toEqual([by(US, false, null), by(US, null, false), by('', false, null), by('', true, false), by('', null, true)]);
});

test('turning the master switch on makes the orders that wait for it due at once, without its schedule', async () => {
  await system.sql("UPDATE recurring_jobs SET enabled = 0 WHERE class = 'cirro.master-switch'");
  expect(await put('cirro_fulfillment_request', { enabled: false, reason: 'Cirro is being migrated' })).toMatchObject({ status: 200 });
  const names = await system.place(3, { site: 'POPS-US' });
  await system.reach(names, 'CIRRO_WAITING_FOR_FULFILLMENT');
  expect(await put('cirro_fulfillment_request', { enabled: true, reason: 'it is back' })).toMatchObject({ status: 200 });
  await system.reach(names, 'FULFILLED');
}, 90_000);

test('a put-back decides the forks again', async () => {
  const decided = async (name: string): Promise<Record<string, boolean>> => {
    const [row] = await system.sql<{ decisions: string | null }>('SELECT decisions FROM orders WHERE name = ?', [name]);
    return JSON.parse(row?.decisions ?? '{}') as Record<string, boolean>;
  };
  await system.fault({ system: 'camel', operation: 'fulfillment-request', fault: 'reject' });
  const [name = ''] = await system.place(1, { site: 'POPS-US' });
  await system.reach(name, 'FAILED_TO_EXPORT_TO_TPL');
  expect(await decided(name)).toMatchObject({ cirro_fulfillment_sequence: true });
  await put('cirro_fulfillment_sequence', { enabled: false, reason: 'requests without a sequence' });
  expect(await decided(name)).toMatchObject({ cirro_fulfillment_sequence: true });
  await system.clearFaults();
  expect(await system.api(`/api/oms/orders/${name}/put-back`, { body: { reason: 'the sequence was the trouble' } })).toMatchObject({ status: 200 });
  await system.reach(name, 'FULFILLED');
  expect(await decided(name)).toMatchObject({ cirro_fulfillment_sequence: false });
}, 90_000);
