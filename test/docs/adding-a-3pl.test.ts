import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { splitFlows } from '../../nodes/flows/files';
import { lintFolder } from '../../nodes/flows/lint';
import { readFlows } from '../../nodes/flows/storage';
import { build, chooseNode, run } from '../bin/scripts';
import { anEvent, everything, post, ship as shipByCirro } from '../flows/partners';
import { holdOf } from '../flows/standing-orders';
import { startSystem, type System, waitFor } from '../support/system';
import { A3pl } from './a-3pl';
import { blocksOf, copyOfProject } from './a-copy';

/** docs/adding-a-3pl.md is followed to the letter, in a copy of the project: a second 3PL is a new folder and its connection, and no tab changes. */

const ROOT = path.join(__dirname, '../..');
const document = readFileSync(path.join(ROOT, 'docs/adding-a-3pl.md'), 'utf8');
const blocks = blocksOf(document);

let copy: string;
let system: System;
const parcelo = new A3pl();

beforeAll(async () => {
  copy = copyOfProject(blocks, ['docs/contracts']);
  const flows = path.join(copy, 'flows');
  const connection = { id: 'parcelo-connection', type: 'oms-parcelo-connection', name: 'Parcelo', timeoutSeconds: 5 };
  for (const [file, text] of splitFlows([...readFlows(flows), connection]).files) writeFileSync(path.join(flows, file), text);
  if (!(await build({ projectRoot: copy }))) throw new Error('it does not compile');
  system = await startSystem({
    root: copy,
    env: { PARCELO_URL: await parcelo.start(), PARCELO_TOKEN: parcelo.token, OMS_INQUIRY_SECONDS: '0.5,1' },
  });
  await system.sql(/```sql\n([\s\S]*?);\n```/.exec(document)?.[1] ?? '');
}, 180_000);
afterAll(async () => {
  await system?.stop();
  await parcelo.stop();
}, 60_000);

const one = async (site = 'POPS-EU'): Promise<string> => (await system.place(1, { site }))[0] ?? '';
const tell = (what: 'accepted' | 'rejected', name: string, more: object = {}) =>
  system.api('/api/service_bus/events', { as: 'service-bus', body: { id: `evt-${what}-${name}`, provider: 'parcelo', type: what, order_id: name, sequence: 1, at: new Date().toISOString(), ...more } });
const ship = async (name: string, more: object = {}) => {
  const { items } = parcelo.orders.get(`${name}/1`) ?? { items: [] };
  return system.api('/api/v3/osor_order/fulfill_orders', {
    as: 'mulesoft',
    body: { orders: [{ order_id: name, provider: 'parcelo', shipment_id: `PCL-${name}`, carrier: 'Parcelo', tracking: 'P1', shipped_at: new Date().toISOString(), lines: items.map(({ line, pieces }) => ({ line_id: line, quantity: pieces })), ...more }] },
  });
};

test('what it brings is a folder and a line of package.json; nothing of a flow', async () => {
  expect(lintFolder(path.join(copy, 'flows'))).toEqual([]);
  expect(new Set(blocks.map(({ file }) => path.dirname(file)))).toEqual(new Set(['nodes/parcelo', '.']));
  const lint = await run(chooseNode(), [path.join(ROOT, 'node_modules/oxlint/bin/oxlint'), '--type-aware', 'nodes/parcelo'], { cwd: copy });
  expect({ status: lint.status, said: lint.status === 0 ? '' : lint.stdout }).toEqual({ status: 0, said: '' });
}, 60_000);

test('an order of its warehouse goes to it, once, and by its reports to the end; the others go to Cirro as before', async () => {
  const [theirs, others] = [await one(), await one('POPS-US')];
  await system.reach(theirs, 'WAITING_FULFILLMENT_CONFIRMATION');
  expect(parcelo.orders.get(`${theirs}/1`)).toMatchObject({ warehouse: 'eu-west', ticket: 'PCL1' });
  expect((await tell('accepted', theirs)).status).toBe(200);
  expect((await ship(theirs)).body).toMatchObject({ orders: [{ result: 'applied' }] });
  await system.reach(theirs, 'FULFILLED');
  await system.reach(others, 'FULFILLED');
  expect(await system.effects({ name: theirs, operation: 'fulfillment-request' })).toEqual([]);
  expect(await system.effects({ name: others, operation: 'fulfillment-request' })).toHaveLength(1);
  expect((await system.order(theirs)).effects.find(({ kind }) => kind === 'parcelo.request')).toMatchObject({ state: 'done', reference: 'PCL1' });
}, 90_000);

test('it takes an order and its answer is lost: the same request again, one ticket', async () => {
  parcelo.cut = 1;
  const name = await one();
  await system.reach(name, 'WAITING_FULFILLMENT_CONFIRMATION');
  expect(parcelo.asked.get(`${name}/1`)).toBe(2);
  await tell('accepted', name);
  await ship(name);
  await system.reach(name, 'FULFILLED');
}, 60_000);

test('/why names it, and what it rejects is held under its name', async () => {
  const name = await one();
  await system.reach(name, 'WAITING_FULFILLMENT_CONFIRMATION');
  const why = (await system.api(`/api/oms/orders/${name}/why`, { as: 'reader' })).body as { because: string; next: { facts: { fact: string; from: string }[] } };
  expect(why.next.facts.map(({ fact, from }) => [fact, from])).toEqual([['accepted', 'Parcelo'], ['shipped', 'Parcelo'], ['rejected', 'Parcelo']]);
  await tell('rejected', name, { data: { reason: 'no such street' } });
  expect(await holdOf(system, name)).toMatchObject({ kind: 'parcelo.rejected', reason: 'Parcelo rejected sequence 1: no such street' });
}, 60_000);

test('it cannot be asked to stop an order: a cancel is not possible yet, and says why', async () => {
  const name = await one();
  await system.reach(name, 'WAITING_FULFILLMENT_CONFIRMATION');
  expect(await system.api(`/api/oms/orders/${name}/cancel`, { body: { reason: 'customer called' } })).toMatchObject({ status: 409, body: { result: 'not-yet', reason: expect.stringContaining('its 3PL (parcelo) cannot be asked here') } });
  await tell('accepted', name);
  await ship(name);
  await system.reach(name, 'FULFILLED');
}, 60_000);

test('an order that leaves from two warehouses goes to the 3PL of each', async () => {
  const [name = ''] = await system.place(1, { template: 'two-warehouses', site: 'POPS-US' });
  await system.reach(`${name}-2`, 'WAITING_FULFILLMENT_CONFIRMATION');
  expect(parcelo.orders.get(`${name}-2/1`)).toMatchObject({ warehouse: 'eu-west' });
  await tell('accepted', `${name}-2`);
  await ship(`${name}-2`);
  await system.reach(name, 'FULFILLED');
  expect((await system.effects({ name, operation: 'fulfillment-request' })).map(({ detail }) => [detail['part'], detail['warehouse']])).toEqual([[1, 'us-east']]);
  expect(await system.holds(`${name}-1`)).toEqual([]);
}, 60_000);

test('a report about another’s order is kept, changes nothing and asks a person; two 3PLs may use the same event id', async () => {
  const [theirs, others] = [await one(), await one('POPS-US')];
  await system.reach(theirs, 'WAITING_FULFILLMENT_CONFIRMATION');
  await system.reach(others, 'FULFILLED');
  await tell('accepted', others, { id: 'evt-7' });
  expect(await holdOf(system, others)).toMatchObject({ reason: 'Parcelo accepted an order that Cirro fulfils' });
  expect((await system.standing(others))?.status).toBe('FULFILLED');
  const [taken] = await system.sql<{ eventId: string }>("SELECT i.event_id AS eventId FROM inbox i JOIN orders o ON o.id = i.order_id WHERE o.name = ? AND i.source = 'cirro' AND i.type = 'accepted'", [others]);
  expect((await tell('accepted', theirs, { id: taken?.eventId })).body).toMatchObject({ result: 'applied' });
}, 90_000);

describe('a warehouse is handed over while orders of it are under way', () => {
  const handOver = (provider: string): Promise<unknown> => system.sql("UPDATE warehouses SET provider = ? WHERE `key` = 'us-east'", [provider]);
  const asked = async (name: string): Promise<string[]> => (await system.order(name)).effects.map(({ kind }) => kind).filter((kind) => kind.endsWith('.request'));
  beforeAll(async () => {
    // The test accepts in Cirro's place, so that an order stays with it.
    await system.fault({ system: 'camel', operation: 'accept', fault: 'latency', ms: 600_000 });
  });
  afterEach(() => handOver('cirro'));
  afterAll(() => system.clearFaults());

  test('an order asked of Cirro is accepted, asked to be stopped and shipped by Cirro; the next one goes to the other', async () => {
    const [old, stopped] = [await one('POPS-US'), await one('POPS-US')];
    await system.reach([old, stopped], 'WAITING_FULFILLMENT_CONFIRMATION');
    await handOver('parcelo');
    const next = await one('POPS-US');
    await system.reach(next, 'WAITING_FULFILLMENT_CONFIRMATION');
    expect([await asked(old), await asked(next)]).toEqual([['camel.request'], ['parcelo.request']]);
    expect(await system.api(`/api/oms/orders/${stopped}/cancel`, { body: { reason: 'customer called' } })).toMatchObject({ status: 202, body: { result: 'waiting' } });
    await system.reach(stopped, 'EXPORTED_CANCELLATION_TO_NAV');
    expect((await system.effects({ name: stopped, system: 'camel' })).map(({ operation }) => operation)).toEqual(['fulfillment-request', 'cancellation-request']);
    await post(system, anEvent(old, 'accepted'));
    await system.reach(old, 'EXPORTED_TO_TPL');
    expect(((await system.api(`/api/oms/orders/${old}/why`, { as: 'reader' })).body as { next: { facts: { from: string }[] } }).next.facts.map(({ from }) => from)).toContain('Cirro');
    await shipByCirro(system, await everything(system, old));
    await tell('accepted', next);
    await ship(next);
    await system.reach([old, next], 'FULFILLED');
    expect(await system.effects({ name: next, operation: 'fulfillment-request' })).toEqual([]);
    expect([...parcelo.orders.keys()].filter((reference) => reference.startsWith(old) || reference.startsWith(stopped))).toEqual([]);
  }, 120_000);

  test('whom it was asked of in vain has it still: the same one again, nobody else', async () => {
    await handOver('parcelo');
    parcelo.cut = 2;
    const name = await one('POPS-US');
    await waitFor(async () => (await system.order(name)).effects.find(({ kind }) => kind === 'parcelo.request')?.state === 'unknown', { what: 'the doubt' });
    await handOver('cirro');
    await system.reach(name, 'WAITING_FULFILLMENT_CONFIRMATION');
    expect(await asked(name)).toEqual(['parcelo.request']);
    expect(await system.effects({ name, operation: 'fulfillment-request' })).toEqual([]);
    await tell('accepted', name);
    await ship(name);
    await system.reach(name, 'FULFILLED');
  }, 90_000);

  test('Cirro was perhaps asked: the other one is asked only when a person says that Cirro was not', async () => {
    await system.fault({ system: 'camel', operation: 'fulfillment-request', fault: 'drop-before', count: 1 });
    const name = await one('POPS-US');
    const hold = await holdOf(system, name);
    expect(hold).toMatchObject({ effect: { kind: 'camel.request' } });
    await handOver('parcelo');
    expect(await asked(name)).toEqual(['camel.request']);
    expect((await system.decide(hold.id, 'resend', 'Cirro never got it')).status).toBe(200);
    await system.reach(name, 'WAITING_FULFILLMENT_CONFIRMATION');
    expect((await system.order(name)).effects.filter(({ kind }) => kind.endsWith('.request'))).toMatchObject([{ kind: 'camel.request', state: 'intent' }, { kind: 'parcelo.request', state: 'done' }]);
    expect(await system.effects({ name, operation: 'fulfillment-request' })).toEqual([]);
  }, 90_000);
});

test('what is out of stock there waits, with its words', async () => {
  await system.sql("INSERT INTO feature_flags (name, store_url, enabled) VALUES ('cirro_inventory_check', '', 1)");
  parcelo.pieces = 0;
  const name = await one();
  await system.reach(name, 'CIRRO_WAITING_INVENTORY');
  expect((await system.order(name)).timeline.map(({ text }) => text)).toContainEqual(expect.stringContaining('Parcelo has 0 of'));
  parcelo.pieces = 1000;
  await system.reach(name, 'WAITING_FULFILLMENT_CONFIRMATION');
}, 60_000);

test('without its connection the order is tried again and says why', async () => {
  await system.sql("UPDATE warehouses SET provider = 'nobody' WHERE `key` = 'jp-tokyo'");
  await system.sql("DELETE FROM feature_flags WHERE name = 'cirro_inventory_check'");
  const name = await one('POPS-JP');
  await system.reach(name, 'CIRRO_READY_FOR_FULFILLMENT');
  const reason = await waitFor(async () => (await system.standing(name))?.reason ?? undefined, { what: 'a reason' });
  expect(reason).toContain('no connection of the 3PL nobody, which fulfils it for jp-tokyo, is deployed');
}, 60_000);
