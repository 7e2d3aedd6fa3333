import http from 'node:http';
import type { Standing, System } from '../support/system';
import { readAnswer, startSystem, waitFor } from '../support/system';
import { anEvent, post } from '../flows/partners';
import { judge } from './oracle';
import { impatient, recover } from './rig/person';

/** Processes that die or stop in the middle of work: nothing is lost, nothing is done twice. */

let system: System;

beforeAll(async () => {
  system = await startSystem({ flows: impatient(), env: { OMS_INQUIRY_SECONDS: '0.2,0.5' } });
}, 120_000);
afterAll(() => system?.stop(), 60_000);
afterEach(() => system.clearFaults());

const claimed = (): Promise<number> => system.count('SELECT (SELECT COUNT(*) FROM order_status WHERE claimed_by IS NOT NULL) + (SELECT COUNT(*) FROM tasks WHERE claimed_by IS NOT NULL)');

/** Waits until calls of this kind are under way: sent, and not answered. */
const underWay = (kind: string, least = 1): Promise<true> =>
  waitFor(async () => (await system.count("SELECT COUNT(*) FROM effects WHERE kind = ? AND state = 'sent'", [kind])) >= least && (true as const), { what: `${least} calls of ${kind} under way` });

/** Waits until all are fulfilled; holds are decided and orders put back as a careful person would. */
async function fulfil(names: readonly string[], timeoutMs = 60_000): Promise<void> {
  let others: Standing[] = [];
  await waitFor(
    async () => {
      others = (await system.standings(names)).filter(({ status }) => status !== 'FULFILLED');
      if (others.length === 0) return (await system.standings(names)).length === names.length;
      await recover(system);
      return false;
    },
    { what: `${names.length} fulfilled orders`, timeoutMs, seen: () => ({ others, log: system.warnings() }) },
  );
}

test('the server is killed three times with calls under way: every order is fulfilled, nothing happens twice', async () => {
  await system.fault(
    { system: 'nav', operation: 'document:1', fault: 'latency', ms: 150 },
    { system: 'camel', operation: 'fulfillment-request', fault: 'latency', ms: 150 },
    { system: 'sfcc', operation: 'fulfill', fault: 'latency', ms: 150 },
  );
  const names = await system.place(40);
  for (const kind of ['nav.create', 'camel.request', 'sfcc.fulfil']) {
    await underWay(kind);
    expect(await system.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await claimed()).toBeGreaterThan(0);
    await system.startServer();
    // What the killed process had begun has come to an end: in doubt where it had left, else as never sent.
    expect(await system.count('SELECT COUNT(*) FROM processes WHERE ended_at IS NULL')).toBe(1);
    expect(await system.count('SELECT COUNT(*) FROM effect_attempts a JOIN processes p ON p.id = a.process_id WHERE a.ended_at IS NULL AND p.ended_at IS NOT NULL')).toBe(0);
  }
  for (const hold of await system.holds()) expect(hold.effect).toMatchObject({ kind: expect.stringMatching(/\w\.\w/) as string });
  await fulfil(names);
  expect((await judge(system, names)).violations).toEqual([]);
  expect(await claimed()).toBe(0);
}, 120_000);

test('the sandbox is killed with calls under way and comes again: nothing is lost, nothing happens twice', async () => {
  await system.fault({ system: 'nav', operation: 'document:1', fault: 'latency', ms: 150 }, { system: 'camel', operation: 'fulfillment-request', fault: 'latency', ms: 150 });
  const names = await system.place(20);
  await underWay('camel.request');
  await system.killSandbox('SIGKILL');
  // Its orders meet a partner that is not there.
  await waitFor(async () => (await system.standings(names)).some(({ reason }) => reason !== null), { what: 'an order that says why it waits' });
  await system.startSandbox();
  await fulfil(names);
  expect((await judge(system, names)).violations).toEqual([]);
}, 120_000);

/** A request whose body is on its way; `end` sends the rest. */
function slowCaller(body: string): { answer: Promise<{ status: number }>; end: () => void } {
  const request = http.request(`${system.url}/api/service_bus/events`, {
    method: 'POST', agent: false,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'x-user-token': system.tokens['service-bus'] },
  });
  const answer = new Promise<{ status: number }>((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (response) => void readAnswer(response).then(resolve, reject));
  });
  request.write(body.slice(0, 5));
  return { answer, end: () => request.end(body.slice(5)) };
}

test('a stop lets work and callers finish, turns new ones away, and leaves no claim behind', async () => {
  const givenUp = (): Promise<number> => system.count("SELECT COUNT(*) FROM effect_attempts WHERE outcome = 'unknown'");
  const before = await givenUp();
  await system.fault({ system: 'nav', operation: 'document:1', fault: 'latency', ms: 1500 });
  const names = await system.place(12);
  await underWay('nav.create', 3);
  const caller = slowCaller(JSON.stringify(anEvent('US-NOBODY', 'accepted')));
  expect((await system.api('/readyz', { as: null })).status).toBe(200);
  const ended = system.kill('SIGTERM');
  const ready = await waitFor(async () => {
    const answer = await system.api('/readyz', { as: null });
    return answer.status !== 200 && answer;
  }, { what: 'the server to be no longer ready' });
  expect(ready).toMatchObject({ status: 503, body: { status: 503 } });
  const late = await post(system, anEvent('US-NOBODY', 'accepted'));
  expect(late.status).toBe(503);
  expect(late.headers['retry-after']).toMatch(/^\d+$/);
  expect((await system.api('/healthz', { as: null })).status).toBe(200);
  caller.end();
  expect(await caller.answer).toMatchObject({ status: 404 });
  expect(await ended).toEqual({ code: 0, signal: null });
  expect(await claimed()).toBe(0);
  expect(await system.count("SELECT COUNT(*) FROM effects WHERE state = 'sent'")).toBe(0);
  expect(await system.count('SELECT COUNT(*) FROM processes WHERE ended_at IS NULL')).toBe(0);
  // What was under way has been finished, not given up.
  expect(await givenUp()).toBe(before);
  await system.clearFaults();
  await system.startServer();
  await system.reach(names, 'FULFILLED');
  expect((await judge(system, names)).violations).toEqual([]);
}, 120_000);

test('a partner that calls while the server starts is never told that its order does not exist', async () => {
  const [name = ''] = await system.place(1);
  await system.reach(name, 'FULFILLED');
  const event = anEvent(name, 'accepted');
  await system.kill('SIGKILL');
  const answers: number[] = [];
  const calls = { over: false };
  const calling = (async () => {
    while (!calls.over) {
      const status = await post(system, event).then((answer) => answer.status, () => 0);
      answers.push(status);
      if (status === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  try {
    await system.startServer();
    await waitFor(() => answers.at(-1) === 200, { what: 'an answer', seen: () => answers.slice(-10) });
  } finally {
    calls.over = true;
    await calling;
  }
  // No connection yet, not ready yet, or the true answer.
  expect([...new Set(answers)].filter((status) => ![0, 503, 200].includes(status))).toEqual([]);
  expect(answers).toContain(0);
}, 60_000);

describe('deploys', () => {
  test('full deploys under load: every caller is answered, nothing is lost, nothing happens twice', async () => {
    const token = await system.signIn();
    const editor = { authorization: `Bearer ${token}` };
    await system.fault({ system: 'nav', operation: 'document:1', fault: 'latency', ms: 50 }, { system: 'camel', operation: 'fulfillment-request', fault: 'latency', ms: 50 });
    const [known = ''] = await system.place(1);
    await system.reach(known, 'FULFILLED');
    const names = await system.place(40);
    const statuses = new Map<string, number>();
    const calls = { over: false };
    const callers = Array.from({ length: 6 }, async (_each, index) => {
      while (!calls.over) {
        const call = index % 2 === 0 ? system.api(`/api/oms/orders/${known}`, { as: 'reader' }) : post(system, anEvent(known, 'accepted'));
        const status = await call.then((answer) => String(answer.status), (error: Error) => error.message);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    try {
      for (const atOnce of [1, 3, 1, 3]) {
        // In the middle of calls, as long as there are any.
        await waitFor(
          async () => (await system.count("SELECT COUNT(*) FROM effects WHERE state = 'sent'")) > 0 || (await system.standings(names)).every(({ status }) => status === 'FULFILLED'),
          { what: 'calls under way' },
        );
        const flows = await system.api('/editor/flows', { as: null, headers: editor });
        const deploy = () => system.api('/editor/flows', { method: 'POST', as: null, headers: { ...editor, 'node-red-deployment-type': 'full' }, body: flows.text });
        const deployed = await Promise.all(Array.from({ length: atOnce }, deploy));
        expect(deployed.map(({ status }) => status)).toEqual(deployed.map(() => 204));
      }
      await system.reach(names, 'FULFILLED');
    } finally {
      calls.over = true;
      await Promise.all(callers);
    }
    expect([...statuses.keys()]).toEqual(['200']);
    expect((await judge(system, names)).violations).toEqual([]);
    expect(await system.holds()).toEqual([]);
    expect(await claimed()).toBe(0);
  }, 120_000);
});
