import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Answer, startSystem, type System } from '../support/system';
import { changed } from './a-flow';
import type { FlowNode } from '../../nodes/flows/node';

/** The flow check at the door: what breaks a rule is not deployed, in whatever way it comes, and nothing is stopped for it. */

let system: System;

beforeAll(async () => {
  system = await startSystem({ sandbox: false });
}, 120_000);
afterAll(() => system?.stop(), 60_000);

interface Flows {
  flows: FlowNode[];
  rev: string;
}
const V2 = { 'node-red-api-version': 'v2' };
const load = async (): Promise<Flows> => (await system.admin('/flows', { headers: V2 })).body as Flows;
const deploy = (body: object, headers: Record<string, string> = {}): Promise<Answer> => system.admin('/flows', { method: 'POST', body, headers: { ...V2, 'node-red-deployment-type': 'full', ...headers } });

const texts = (): Record<string, string> => Object.fromEntries(readdirSync(system.flowsDir).filter((file) => file.endsWith('.json')).map((file) => [file, readFileSync(path.join(system.flowsDir, file), 'utf8')]));
const deploys = (): number => system.logs().filter((line) => line.includes('"flows.deployed"')).length;

/** Nothing has changed: files, running flows, and no flow was stopped. */
async function refused(what: () => Promise<Answer>): Promise<Answer> {
  const before = { files: texts(), flows: await load(), deploys: deploys() };
  const answer = await what();
  expect({ files: texts(), flows: await load(), deploys: deploys() }).toEqual(before);
  return answer;
}

test('an illegal step is refused with 422, naming tab, node and reason', async () => {
  const { flows, rev } = await load();
  const answer = await refused(() => deploy({ flows: changed(flows, { 'nav-created': { to: 'SHIPPED' } }), rev }));
  expect(answer).toMatchObject({ status: 422, body: { code: 'illegal_flow', message: expect.stringMatching(/^NAV › Waits for release: leads from READY_TO_CREATE_IN_NAV to SHIPPED, which the lifecycle does not allow; .*PENDING_NAV_RELEASE/) as string } });
});

test('a wire to the wrong node is refused, too', async () => {
  const { flows, rev } = await load();
  const answer = await refused(() => deploy({ flows: changed(flows, { 'nav-route-work': { wires: [['nav-created']] } }), rev }));
  expect((answer.body as { message: string }).message).toContain('NAV › Waits for release: leads from RELEASED_FROM_NAV to PENDING_NAV_RELEASE');
});

test('the editor gets a text that it can show as it is: a line for each finding, nothing in it is markup', async () => {
  const { flows, rev } = await load();
  const spoiled = { flows: changed(flows, { 'nav-created': { name: '<img src=x onerror=alert(1)>', to: 'SHIPPED' }, review: { info: '' } }), rev };
  const answer = await refused(() => deploy(spoiled, { 'x-requested-with': 'XMLHttpRequest' }));
  expect(answer.status).toBe(422);
  expect(answer.headers['content-type']).toMatch(/^text\/plain/);
  expect(answer.text.split('<br>')).toEqual([expect.stringContaining('NAV › &lt;img src=x onerror=alert(1)&gt;: leads from'), expect.stringContaining('Review: the tab has no description')]);
  expect(answer.text.replaceAll('<br>', '')).not.toContain('<');
});

test('many findings are cut after the fifth', async () => {
  const { flows, rev } = await load();
  const answer = await refused(() => deploy({ flows: flows.map((node) => (node.type === 'debug' ? { ...node, name: '' } : node)), rev }));
  const lines = (answer.body as { message: string }).message.split('\n');
  expect(lines).toHaveLength(6);
  expect(lines[5]).toMatch(/^… and \d+ more$/);
});

describe('a part of the flows is checked as the whole that it would make', () => {
  test('a tab that is changed', async () => {
    const tab = (await system.admin('/flow/nav')).body as { nodes: FlowNode[] };
    const put = (nodes: FlowNode[]): Promise<Answer> => system.admin('/flow/nav', { method: 'PUT', body: { ...tab, nodes } });
    const answer = await refused(() => put(changed(tab.nodes, { 'nav-route-work': { from: 'READY_FOR_PROCESSING' } })));
    expect(answer).toMatchObject({ status: 422, body: { code: 'illegal_flow', message: expect.stringContaining('takes READY_FOR_PROCESSING, which') as string } });
    expect((await put(changed(tab.nodes, { 'nav-created': { name: 'Wait for the release' } }))).status).toBe(200);
  });

  test('a tab that is added', async () => {
    const nodes = [{ id: 'x-in', type: 'http in', name: 'Ask', url: '/api/x', method: 'get', x: 160, y: 120, wires: [[]] }];
    const answer = await refused(() => system.admin('/flow', { method: 'POST', body: { label: 'More', info: 'Asks.', nodes } }));
    expect((answer.body as { message: string }).message).toMatch(/More › Ask: no way from here leads to an end[\s\S]*More: no Catch for all nodes of the tab/);
    expect(answer.status).toBe(422);
  });

  test('a tab that is deleted', async () => {
    const answer = await refused(() => system.admin('/flow/nav', { method: 'DELETE' }));
    expect(answer).toMatchObject({ status: 422, body: { message: expect.stringContaining('Review › To NAV: leads to READY_TO_CREATE_IN_NAV, and no oms-work takes it') as string } });
  });

  test('the configuration nodes', async () => {
    const configs = [{ id: 'db', type: 'MySQLdatabase', name: 'db', host: '${OMS_REPORT_HOST}' }];
    const answer = await refused(() => system.admin('/flow/global', { method: 'PUT', body: { configs } }));
    expect(answer).toMatchObject({ status: 422, body: { message: expect.stringContaining('db: refers to itself') as string } });
  });

  test('files that are to be loaded again', async () => {
    const file = path.join(system.flowsDir, 'nav.json');
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, good.replace('"PENDING_NAV_RELEASE"', '"SHIPPED"'));
    try {
      const answer = await refused(() => deploy({}, { 'node-red-deployment-type': 'reload' }));
      expect(answer).toMatchObject({ status: 422, body: { message: expect.stringContaining('to SHIPPED') as string } });
    } finally {
      writeFileSync(file, good);
    }
  });
});

test('credentials that somebody enters are no secret in a flow: they are kept, encrypted, and not in the files', async () => {
  const { flows, rev } = await load();
  const answer = await deploy({ flows: changed(flows, { 'watch-database': { credentials: { user: 'reader', password: 'hunter22' } } }), rev });
  expect(answer.status).toBe(200);
  expect(JSON.stringify(texts())).not.toContain('hunter22');
  expect((await system.admin('/credentials/MySQLdatabase/watch-database')).body).toEqual({ user: 'reader', has_password: true });
});

test('flows that break a rule never keep the system from starting: each finding is in the log, and the editor mends them', async () => {
  const file = path.join(system.flowsDir, 'nav.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"PENDING_NAV_RELEASE"', '"SHIPPED"'));
  await system.restart('SIGTERM');
  const findings = system.logs().filter((line) => line.includes('"flows.finding"')).map((line) => JSON.parse(line) as Record<string, string>);
  expect(findings).toEqual([expect.objectContaining({ level: 'warn', flow: 'nav', node: 'nav-created', rule: 'legal edges', reason: expect.stringContaining('to SHIPPED') as string })]);
  const { flows, rev } = await load();
  expect((await deploy({ flows, rev })).status).toBe(422);
  expect((await deploy({ flows: changed(flows, { 'nav-created': { to: 'PENDING_NAV_RELEASE' } }), rev })).status).toBe(200);
  expect(readFileSync(file, 'utf8')).toContain('"PENDING_NAV_RELEASE"');
}, 60_000);
