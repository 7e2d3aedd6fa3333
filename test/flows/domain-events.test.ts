import { ServiceBusClient } from '@azure/service-bus';
import Long from 'long';
import path from 'node:path';
import { Contracts } from '../../nodes/edge/contracts';
import { impatient, recover } from '../faults/rig/person';
import { startSystem, type System, waitFor } from '../support/system';

/** What the topic hears of orders, through the deployed flows: everything, at least once, under one id, in order. */

let system: System;

beforeAll(async () => {
  system = await startSystem();
}, 120_000);
afterAll(() => system?.stop(), 60_000);
afterEach(() => system?.clearFaults());

interface Told {
  number: number;
  at: string;
  id: string;
  type: string;
  order: string;
}

/** Everything that the topic has taken, oldest first. */
const toldBy = async (at: System): Promise<Told[]> => (await at.control<{ events: Told[] }>('GET', 'events?limit=1000000')).events;

/** The ids of what has happened to these orders, by the audits. */
async function happened(at: System, names: readonly string[]): Promise<string[]> {
  const audits = await at.sql<{ name: string; version: number; from_status: string; to_status: string }>(
    'SELECT o.name, a.version, a.from_status, a.to_status FROM order_audits a JOIN orders o ON o.id = a.order_id WHERE o.name IN (?) ORDER BY a.version',
    [names],
  );
  return audits.flatMap(({ name, version, from_status: from, to_status: to }) => [
    `${name}:${version}:${from === '' ? 'OrderCreated' : 'StatusChanged'}`,
    ...(to === 'SHIPPED' ? [`${name}:${version}:Shipped`] : []),
    ...(to === 'FULFILLED' ? [`${name}:${version}:PaymentCaptured`] : []),
    ...(to === 'CS_CANCELLED' ? [`${name}:${version}:Cancelled`] : []),
  ]);
}

/** Waits until nothing waits to be told. @returns what the topic has heard of these orders */
async function hear(at: System, names: readonly string[], timeoutMs = 60_000): Promise<Told[]> {
  const waiting = (): Promise<number> => at.count('SELECT COUNT(*) FROM outbox WHERE published_at IS NULL');
  await waitFor(async () => (await waiting()) === 0, { what: 'an empty outbox', timeoutMs, seen: async () => ({ waiting: await waiting(), log: at.warnings() }) });
  return (await toldBy(at)).filter(({ order }) => names.includes(order));
}

/** Ids without their repetitions, as they came first. */
const firsts = (told: readonly Told[]): string[] => [...new Set(told.map(({ id }) => id))];

/** Orders of which a later version was heard before an earlier one, by what each id was first. */
function overtaken(told: readonly Told[]): string[] {
  const last = new Map<string, number>();
  return firsts(told).filter((id) => {
    const [, name = '', version] = /^(.+):(\d+):\w+$/.exec(id) ?? [];
    const before = last.get(name) ?? 0;
    last.set(name, Number(version));
    return Number(version) < before;
  });
}

const metric = async (name: string): Promise<number> => Number(new RegExp(`^${name} (\\S+)`, 'm').exec((await system.api('/metrics', { as: null })).text)?.[1]);

test('everything that happens is told once, in its order, soon after its commit', async () => {
  const names = await system.place(20);
  await system.reach(names, 'FULFILLED');
  const told = await hear(system, names);
  expect(told.map(({ id }) => id).toSorted()).toEqual((await happened(system, names)).toSorted());
  expect(overtaken(told)).toEqual([]);
  const commits = await system.sql<{ id: string; at: Date }>("SELECT CONCAT(o.name, ':', e.version, ':', e.type) AS id, e.at FROM outbox e JOIN orders o ON o.id = e.order_id WHERE o.name IN (?)", [names]);
  const committed = new Map(commits.map(({ id, at }) => [id, at.getTime()]));
  const lags = told.map(({ id, at }) => Date.parse(at) - (committed.get(id) ?? 0)).toSorted((a, b) => a - b);
  expect(lags[Math.floor(lags.length / 2)]).toBeLessThan(2000);
}, 120_000);

test('each message keeps its contract, and carries id, session and subject', async () => {
  const contracts = new Contracts(path.join(__dirname, '../../docs/contracts'));
  const client = new ServiceBusClient(system.busConnection);
  try {
    const messages = await client.createReceiver('order-events', 'consumers').peekMessages(250, { fromSequenceNumber: Long.ONE });
    expect(messages.length).toBeGreaterThan(200);
    for (const { messageId, sessionId, subject, contentType, body } of messages) {
      expect(() => contracts.validate('order-event', body)).not.toThrow();
      expect(body).toMatchObject({ id: messageId, order_id: sessionId, type: subject });
      expect(contentType).toBe('application/json');
    }
    const paid = messages.find(({ subject }) => subject === 'PaymentCaptured');
    const shop = await system.storefront(paid?.sessionId ?? '');
    expect(paid?.body).toMatchObject({ data: { amount: shop.captures[0]?.amount, currency: shop.captures[0]?.currency, reference: shop.captures[0]?.transaction_id } });
  } finally {
    await client.close();
  }
}, 30_000);

test('a cancel is told with its kind, and nobody’s name', async () => {
  const pause = await system.pause('stage', 'READY_FOR_PROCESSING');
  const [name = ''] = await system.place(1);
  await waitFor(async () => (await system.standing(name))?.status === 'READY_FOR_PROCESSING', { what: 'the order' });
  await system.api(`/api/oms/orders/${name}/cancel`, { body: { reason: 'Jane called' } });
  await system.resume(pause);
  const told = await hear(system, [name]);
  expect(told.map(({ type }) => type)).toEqual(['OrderCreated', 'StatusChanged', 'Cancelled']);
}, 60_000);

test('answers of the bus that are lost: everything is told, the doubles under the same ids', async () => {
  await system.fault({ system: 'service-bus', operation: 'publish', fault: 'drop-after', count: 3 });
  const names = await system.place(10);
  await system.reach(names, 'FULFILLED');
  const told = await hear(system, names);
  expect(firsts(told).toSorted()).toEqual((await happened(system, names)).toSorted());
  expect(told.length).toBeGreaterThan(firsts(told).length);
  expect(overtaken(told)).toEqual([]);
}, 120_000);

test('while the bus is away the orders go on and their events wait, with their number and age; when it comes they are told in order', async () => {
  await system.fault({ system: 'service-bus', operation: 'publish', fault: 'error' });
  const names = await system.place(10);
  await system.reach(names, 'FULFILLED');
  await waitFor(async () => (await metric('oms_outbox_unpublished')) > 50, { what: 'events that wait' });
  expect(await metric('oms_outbox_oldest_seconds')).toBeGreaterThan(0);
  expect((await toldBy(system)).filter(({ order }) => names.includes(order))).toEqual([]);
  await system.clearFaults();
  const told = await hear(system, names);
  expect(told.map(({ id }) => id).toSorted()).toEqual((await happened(system, names)).toSorted());
  expect(overtaken(told)).toEqual([]);
  expect(await metric('oms_outbox_unpublished')).toBe(0);
}, 120_000);

test('deploys in the middle: nothing is lost and nothing told twice', async () => {
  const names = await system.place(20);
  const V2 = { 'node-red-api-version': 'v2' };
  for (let deploy = 0; deploy < 3; deploy++) {
    const { flows, rev } = (await system.admin('/flows', { headers: V2 })).body as { flows: object[]; rev: string };
    expect((await system.admin('/flows', { body: { flows, rev }, headers: { ...V2, 'node-red-deployment-type': 'full' } })).status).toBe(200);
  }
  await system.reach(names, 'FULFILLED');
  const told = await hear(system, names);
  expect(told.map(({ id }) => id).toSorted()).toEqual((await happened(system, names)).toSorted());
}, 120_000);

test('two processes: every event once', async () => {
  const second = await startSystem({ beside: system, env: { OMS_ROLE: 'worker', OMS_EDITOR: 'off' } });
  try {
    const names = await system.place(20);
    await system.reach(names, 'FULFILLED');
    const told = await hear(system, names);
    expect(told.map(({ id }) => id).toSorted()).toEqual((await happened(system, names)).toSorted());
    expect(overtaken(told)).toEqual([]);
  } finally {
    await second.stop();
  }
}, 120_000);

describe('a process that is killed', () => {
  let mortal: System;
  afterEach(() => mortal?.stop(), 60_000);

  /** Each life tells two batches and ends at the third. @returns what the topic has heard in four lives, and what has happened */
  async function fourLives(site: string): Promise<{ told: Told[]; happened: string[] }> {
    mortal = await startSystem({ lockMs: 2000, flows: impatient(), env: { OMS_FAILPOINTS: `${site}=kill@3`, OMS_INQUIRY_SECONDS: '0.2,0.5' } });
    const names = await mortal.place(10);
    for (let life = 1; life < 4; life++) {
      await waitFor(async () => (await mortal.api('/healthz', { as: null }).catch(() => undefined)) === undefined, { what: `the end of life ${life}`, timeoutMs: 60_000, seen: () => mortal.standings(names) });
      await mortal.restart();
      names.push(...(await mortal.place(2)));
    }
    await waitFor(
      async () => {
        if ((await mortal.api('/healthz', { as: null }).catch(() => undefined)) === undefined) await mortal.restart();
        await recover(mortal);
        const standings = await mortal.standings(names);
        return standings.length === names.length && standings.every(({ status }) => status === 'FULFILLED') && (await mortal.count('SELECT COUNT(*) FROM outbox WHERE published_at IS NULL')) === 0;
      },
      { what: 'fulfilled orders of which everything is told', timeoutMs: 90_000, seen: () => mortal.standings(names) },
    );
    return { told: await hear(mortal, names), happened: await happened(mortal, names) };
  }

  test('between the bus and the mark, again and again: everything is told, the doubles under the same ids', async () => {
    const { told, happened: all } = await fourLives('outbox.publish');
    expect(firsts(told).toSorted()).toEqual(all.toSorted());
    expect(overtaken(told)).toEqual([]);
    expect(told.length).toBeGreaterThan(firsts(told).length);
  }, 240_000);

  test('behind the mark, again and again: everything is told once', async () => {
    const { told, happened: all } = await fourLives('outbox.published');
    expect(told.map(({ id }) => id).toSorted()).toEqual(all.toSorted());
    expect(overtaken(told)).toEqual([]);
  }, 240_000);
});

test('a process that is frozen with a batch in hand: another one tells it, and what the frozen one says afterwards is not written', async () => {
  const edge = await startSystem({ env: { OMS_ROLE: 'edge' } });
  const workers: System[] = [];
  try {
    const frozen = await startSystem({ beside: edge, env: { OMS_ROLE: 'worker', OMS_EDITOR: 'off', OMS_FAILPOINTS: 'outbox.publish=freeze' } });
    workers.push(frozen);
    const names = await edge.place(5);
    await waitFor(() => frozen.logs().some((line) => line.includes('"failpoint"')), { what: 'a worker that has told and not marked', seen: () => edge.standings() });
    workers.push(await startSystem({ beside: edge, env: { OMS_ROLE: 'worker', OMS_EDITOR: 'off' } }));
    const taken = (await toldBy(edge)).length;
    expect(taken).toBeGreaterThan(0);
    expect(await edge.count('SELECT COUNT(*) FROM outbox WHERE published_at IS NOT NULL')).toBe(0);
    await waitFor(
      async () => {
        // A call that the frozen worker had begun is in doubt.
        await recover(edge);
        return (await edge.standings(names)).filter(({ status }) => status === 'FULFILLED').length === names.length;
      },
      { what: 'fulfilled orders', timeoutMs: 90_000, seen: () => edge.standings(names) },
    );
    await hear(edge, names);
    const marks = await edge.sql('SELECT id, published_at FROM outbox ORDER BY id');
    frozen.process?.kill('SIGCONT');
    await waitFor(() => frozen.logs().some((line) => line.includes('"outbox.fenced"')), { what: 'the thawed worker to be told that its batch was given on' });
    expect(await edge.sql('SELECT id, published_at FROM outbox ORDER BY id')).toEqual(marks);
    const told = await hear(edge, names);
    expect(firsts(told).toSorted()).toEqual((await happened(edge, names)).toSorted());
    expect(told).toHaveLength(firsts(told).length + taken);
  } finally {
    for (const worker of workers) await worker.stop();
    await edge.stop();
  }
}, 180_000);
