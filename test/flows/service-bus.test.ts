import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { splitFlows } from '../../nodes/flows/files';
import type { FlowNode } from '../../nodes/flows/node';
import { startSystem, type System, waitFor } from '../support/system';

/** The nodes of the Service Bus in a flow of their own: messages in sessions and at a time, and what `/metrics` says of the links. */

let system: System;
let flowsDir: string;

beforeAll(async () => {
  flowsDir = mkdtempSync(path.join(tmpdir(), 'oms-bus-'));
  for (const [file, text] of splitFlows(busFlows()).files) {
    mkdirSync(path.dirname(path.join(flowsDir, file)), { recursive: true });
    writeFileSync(path.join(flowsDir, file), text);
  }
  system = await startSystem({ flowsDir });
}, 90_000);
afterAll(async () => {
  await system?.stop();
  rmSync(flowsDir, { recursive: true, force: true });
}, 60_000);

function busFlows(): FlowNode[] {
  const node = (id: string, type: string, more: object, wires: string[][] = []): FlowNode => ({ id, type, z: 'bus-tab', x: 100, y: 100, name: id, ...more, wires });
  return [
    { id: 'bus', type: 'oms-service-bus-connection' },
    { id: 'bus-tab', type: 'tab', label: 'Bus' },
    node('in', 'http in', { url: '/bus/send', method: 'post' }, [['send']]),
    node('send', 'oms-service-bus-send', { connection: 'bus', target: 'entity', entity: 'order-events' }, [['sent']]),
    node('sent', 'http response', { statusCode: '202' }),
    node('receive', 'oms-service-bus-receive', { connection: 'bus', source: 'entity', entity: 'order-events/consumers', sessions: true, inFlight: 2, maxDeliveries: 3, renewSeconds: 60 }, [['keep']]),
    node('keep', 'function', { outputs: 1, func: "const got = flow.get('got') ?? []; got.push({ session: msg.session, body: msg.payload, at: Date.now() }); flow.set('got', got); return msg;" }, [['settle']]),
    node('settle', 'oms-reply', {}),
    node('ask', 'http in', { url: '/bus/got', method: 'get' }, [['tell']]),
    node('tell', 'function', { outputs: 1, func: "msg.payload = flow.get('got') ?? []; return msg;" }, [['told']]),
    node('told', 'http response', { statusCode: '200' }),
    node('catch', 'catch', { scope: null, uncaught: false }, [['fail']]),
    node('fail', 'oms-fail', {}),
  ];
}

const got = async (): Promise<{ session: string; body: { n: number }; at: number }[]> => (await system.api('/bus/got', { as: null })).body as never;
const metric = async (line: string): Promise<string | undefined> => (await system.api('/metrics', { as: null })).text.split('\n').find((each) => each.startsWith(line));

test('messages of sessions go out and come back in their order, a scheduled one after its time; each is settled', async () => {
  const at = Date.now() + 1500;
  const messages = [1, 2, 3].flatMap((n) => ['A', 'B'].map((session) => ({ id: `${session}${n}`, session, body: { n } })));
  const answer = await system.api('/bus/send', { as: null, body: [...messages, { id: 'C1', session: 'C', at: new Date(at).toISOString(), body: { n: 9 } }] });
  expect(answer.status).toBe(202);
  const all = await waitFor(async () => {
    const seen = await got();
    return seen.length === 7 && seen;
  }, { what: 'all messages', seen: got });
  for (const session of ['A', 'B']) expect(all.filter((each) => each.session === session).map(({ body }) => body.n)).toEqual([1, 2, 3]);
  expect(all.find(({ session }) => session === 'C')?.at).toBeGreaterThanOrEqual(at);
  await waitFor(async () => (await metric('oms_service_bus_settled_total{subscription="order-events/consumers",outcome="complete"}'))?.endsWith(' 7'), { what: 'all settled' });
  expect(await metric('oms_service_bus_connected{subscription="order-events/consumers"}')).toMatch(/ 1$/);
  expect(await metric('oms_service_bus_sent_total{topic="order-events",result="sent"}')).toMatch(/ 7$/);
}, 60_000);

test('a message with a time that is none is refused before anything is sent', async () => {
  const answer = await system.api('/bus/send', { as: null, body: [{ id: 'X', body: {}, at: 'soon' }] });
  expect(answer).toMatchObject({ status: 400, body: { title: 'service-bus.no-message', pointer: '/0' } });
}, 30_000);
