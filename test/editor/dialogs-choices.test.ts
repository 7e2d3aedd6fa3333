import type { Choices } from '../../nodes/editor/dialogs-choices';
import { FLAG_DEFAULTS } from '../../nodes/flags/flags';
import { readFlows } from '../../nodes/flows/storage';
import { lifecycle } from '../../nodes/lifecycle/lifecycle';
import { type Answer, startSystem, type System } from '../support/system';

/** What the dialogs ask the running server. */

let system: System;
let token: string;

beforeAll(async () => {
  system = await startSystem();
  token = await system.signIn();
}, 90_000);
afterAll(() => system?.stop(), 60_000);

const ask = (where: string, more: { method?: string; body?: unknown } = {}): Promise<Answer> => system.api(`/editor/oms/${where}`, { as: null, headers: { authorization: `Bearer ${token}` }, ...more });
const choices = async (): Promise<Choices> => (await ask('choices')).body as Choices;

test.each([['GET', 'choices'], ['POST', 'connections/oms-nav-connection/test']])('%s %s asks for the sign-in of the editor', async (method, where) => {
  for (const as of [null, 'operator'] as const) expect((await system.api(`/editor/oms/${where}`, { method, as, ...(method === 'POST' && { body: {} }) })).status).toBe(401);
});

test('every status comes with its meaning and exactly the edges that the running system may take', async () => {
  const { statuses } = await choices();
  expect(statuses.map(({ name }) => name)).toEqual(lifecycle.names);
  for (const { name, next, kind, owner, phase } of statuses) {
    expect(next.map(({ to }) => to).toSorted()).toEqual(lifecycle.names.filter((to) => lifecycle.allows(name, to)).toSorted());
    expect({ kind, owner, phase }).toEqual({ kind: lifecycle.statuses[name as never]['kind'], owner: lifecycle.statuses[name as never]['owner'], phase: lifecycle.statuses[name as never]['phase'] });
  }
});

test('task kinds, contracts, facts, flags, callers and actions are those of the code; lanes and jobs those of the site', async () => {
  const { tasks, contracts, facts, flags, callers, actions, lanes, jobs } = await choices();
  expect(tasks).toEqual(['sfcc.mark-exported', 'sfcc.cancel', 'sfcc.fulfil', 'sfcc.capture', 'parent.recompute', 'print-station.cancel', 'fulfillment.cancel']);
  expect(contracts).toContainEqual({ name: 'pause', title: expect.stringMatching(/./) });
  expect(facts.toSorted()).toEqual(['fulfill-orders', 'fulfillment-event', 'nav-release-status', 'print-batches', 'print-station-event']);
  expect(Object.fromEntries(flags.map(({ name, enabled }) => [name, enabled]))).toEqual(FLAG_DEFAULTS);
  expect(callers).toContain('mulesoft');
  expect(Object.keys(actions).toSorted()).toEqual(['oms-dead-letters', 'oms-jobs', 'oms-nav-document', 'oms-operator', 'oms-order', 'oms-sfcc-order']);
  expect(lanes.toSorted()).toEqual(['EMEA', 'JAPAN', 'US']);
  expect(jobs).toEqual(['batching.capacity', 'cirro.inventory-recheck', 'cirro.master-switch', 'nav.overdue-releases', 'nav.shipment-notice', 'oms.late-orders', 'oms.resume-orders', 'oms.watch', 'sfcc.intake']);
});

test('everything that the project’s own flows have chosen is on offer', async () => {
  const { statuses, tasks, contracts, facts, flags, callers, actions, jobs } = await choices();
  const offered: Record<string, readonly string[]> = {
    from: statuses.map(({ name }) => name), to: statuses.map(({ name }) => name), failure: statuses.map(({ name }) => name), task: tasks, flag: flags.map(({ name }) => name), jobClass: jobs,
    contract: contracts.map(({ name }) => name), callers,
  };
  for (const node of readFlows(system.flowsDir).filter(({ type }) => type.startsWith('oms-')))
    for (const [property, value] of Object.entries(node).filter(([, each]) => typeof each === 'string' && each !== '')) {
      const list = property === 'action' || property === 'document' ? actions[node.type] : node.type === 'oms-fact' && property === 'contract' ? facts : offered[property];
      for (const each of list ? String(value).split(/, */) : []) expect({ node: node.id, property, value: each, offered: list?.includes(each) }).toEqual({ node: node.id, property, value: each, offered: true });
    }
});

test('a connection is tried through the running server, deployed or not', async () => {
  const answer = await ask('connections/oms-nav-connection/test', { body: { timeoutSeconds: '5', sockets: '1' } });
  expect(answer.status).toBe(200);
  const accounts = { US: 'PSCORP\\oms', EMEA: 'PSCORP\\oms-emea', WRITEON: 'PSCORP\\oms-writeon', JAPAN: 'PSJAPAN\\oms-japan' };
  expect(answer.body).toEqual({
    ok: true,
    findings: Object.entries(accounts).map(([key, account]) => ({ of: `NAV ${key}`, ok: true, text: expect.stringMatching(new RegExp(String.raw`answered in \d+ ms, signed in as ${account.replaceAll('\\', '\\\\')}$`)) })),
  });
});

test('a type that is no connection is a 400 with a reason', async () => {
  const answer = await ask('connections/oms-work/test', { body: {} });
  expect(answer.status).toBe(400);
  expect(answer.body).toEqual({ code: 'connection.unknown-type', message: 'oms-work is no connection that can be tested' });
});
