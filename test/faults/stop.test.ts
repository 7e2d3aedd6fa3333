import http from 'node:http';
import type { System } from '../support/system';
import { readAnswer, startSystem, waitFor } from '../support/system';
import { anEvent, post } from '../flows/partners';
import { judge } from './oracle';
import { impatient } from './rig/person';

/** A process that is asked to stop, and one that starts: work and callers are waited for, nobody hears anything untrue. */

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
