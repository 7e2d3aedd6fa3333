import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Answer, startSystem, type System, waitFor } from '../support/system';
import { changed } from './a-flow';
import type { FlowNode } from '../../nodes/flows/node';

/** Several whole servers on one database: what is deployed at one runs at all of them. */

let editor: System;
let worker: System;

beforeAll(async () => {
  // The one with the editor takes no work: whatever happens to orders, the worker's flows do.
  editor = await startSystem({ env: { OMS_ROLE: 'edge' } });
  worker = await startSystem({ beside: editor, env: { OMS_ROLE: 'worker', OMS_EDITOR: 'off' } });
}, 120_000);
afterAll(async () => {
  await worker?.stop();
  await editor?.stop();
}, 60_000);

interface Flows {
  flows: FlowNode[];
  rev: string;
}
const V2 = { 'node-red-api-version': 'v2' };
const load = async (at: System): Promise<Flows> => (await at.admin('/flows', { headers: V2 })).body as Flows;
const deploy = (at: System, flows: Flows | { flows: FlowNode[] }): Promise<Answer> => at.admin('/flows', { method: 'POST', body: flows, headers: V2 });
/** Which revisions the living processes say that they run. */
const running = async (): Promise<string[]> => (await editor.sql<{ revision: string }>('SELECT flow_revision AS revision FROM processes WHERE ended_at IS NULL ORDER BY id')).map(({ revision }) => revision);
const everywhere = (revision: string, processes = 2): Promise<true> =>
  waitFor(async () => JSON.stringify(await running()) === JSON.stringify(Array.from({ length: processes }, () => revision)) && (true as const), { what: `${processes} processes with ${revision}`, timeoutMs: 10_000, seen: running });
const withReason = ({ flows }: Flows, reason: string): FlowNode[] => changed(flows, { 'review-accept': { reason } });
const reviewed = async (name: string): Promise<string | undefined> => (await editor.order(name)).timeline.find(({ text }) => text.startsWith('READY_FOR_PROCESSING → '))?.text;
const text = (at: System): string => readFileSync(path.join(at.flowsDir, 'review.json'), 'utf8');

test('both run the same from the start, and say so', async () => {
  const { rev } = await load(editor);
  await everywhere(rev);
  expect(await running()).toEqual([rev, rev]);
});

test('what is deployed at one runs at the other within seconds, and orders go on with it', async () => {
  const loaded = await load(editor);
  const before = text(worker);
  const [early = ''] = await editor.place(1);
  await editor.reach(early, 'FULFILLED');
  const begun = Date.now();
  const answer = await deploy(editor, { flows: withReason(loaded, 'seen by the new flows'), rev: loaded.rev });
  const { rev } = answer.body as Flows;
  expect(answer.status).toBe(200);
  await everywhere(rev);
  expect(Date.now() - begun).toBeLessThan(5000);
  const [late = ''] = await editor.place(1);
  await editor.reach(late, 'FULFILLED');
  expect(await reviewed(early)).toContain('nothing to review');
  expect(await reviewed(late)).toContain('seen by the new flows');
  // The worker's own files are not its flows.
  expect(text(worker)).toBe(before);
  expect(text(editor)).toContain('seen by the new flows');
}, 60_000);

test('orders that are under way while the other follows are neither lost nor done twice', async () => {
  const names = await editor.place(30);
  for (const round of [1, 2, 3]) {
    const loaded = await load(editor);
    const { rev } = (await deploy(editor, { flows: withReason(loaded, `round ${round}`), rev: loaded.rev })).body as Flows;
    await everywhere(rev);
  }
  await editor.reach(names, 'FULFILLED', 60_000);
  for (const operation of ['document:1', 'fulfillment-request', 'fulfill']) {
    const effects = (await editor.effects({ operation })).filter(({ ref }) => names.some((name) => name.endsWith(ref)));
    expect({ operation, effects: effects.length }).toEqual({ operation, effects: 30 });
  }
}, 90_000);

test('a worker that is killed and started runs the deployed flows again, not its files', async () => {
  const { rev } = await load(editor);
  await worker.kill('SIGKILL');
  expect(text(worker)).toContain('nothing to review');
  await worker.startServer();
  await waitFor(async () => (await running()).at(-1) === rev, { what: 'the worker with the deployed flows', seen: running });
  const [name = ''] = await editor.place(1);
  await editor.reach(name, 'FULFILLED');
  expect(await reviewed(name)).toContain('round 3');
}, 60_000);

test('metrics, log and start page name the revision that runs', async () => {
  const { rev } = await load(editor);
  for (const system of [editor, worker]) {
    const metrics = (await system.api('/metrics', { as: null })).text;
    expect(metrics.match(/^oms_flows_info\{.*$/gm)).toEqual([`oms_flows_info{revision="${rev}"} 1`]);
    expect(system.logs().some((line) => line.includes('"flows.running"') && line.includes(rev))).toBe(true);
  }
  expect(worker.logs().some((line) => line.includes('"flows.loaded"') && line.includes('deployed by'))).toBe(true);
  await waitFor(async () => (await editor.api('/', { as: null })).text.includes('processes: 2</p>'), { what: 'two processes on the start page' });
  const page = (await editor.api('/', { as: null })).text;
  expect(page).toContain(`Flows <code>${rev.slice(0, 12)}</code>`);
  expect(page).not.toContain(worker.flowsDir);
});

describe('a second editor on the same database', () => {
  let other: System;

  beforeAll(async () => {
    // As a checkout of the same commit has it.
    other = await startSystem({ beside: editor, flowsDir: editor.flowsDir, env: { OMS_ROLE: 'edge' } });
  }, 60_000);
  afterAll(() => other?.stop(), 60_000);

  test('its deploy on top of what the first has replaced is refused, and it follows at once', async () => {
    const [mine, theirs] = await Promise.all([load(editor), load(other)]);
    expect(mine.rev).toBe(theirs.rev);
    const first = await deploy(editor, { flows: withReason(mine, 'from the first'), rev: mine.rev });
    const late = await deploy(other, { flows: withReason(theirs, 'from the second'), rev: theirs.rev });
    expect(first.status).toBe(200);
    expect(late).toMatchObject({ status: 409, body: { code: 'version_mismatch' } });
    const { rev } = first.body as Flows;
    // What the editor's dialog now loads to merge.
    const again = await load(other);
    expect(again.rev).toBe(rev);
    await everywhere(rev, 3);
    expect(text(other)).toContain('from the first');
    // On top of that it is taken, and the first follows.
    const merged = await deploy(other, { flows: withReason(again, 'from the second'), rev: again.rev });
    expect(merged.status).toBe(200);
    await everywhere((merged.body as Flows).rev, 3);
    expect(text(editor)).toContain('from the second');
  }, 60_000);

  test('of two deploys at the same moment one is refused', async () => {
    for (let round = 1; round <= 5; round++) {
      const [mine, theirs] = await Promise.all([load(editor), load(other)]);
      const answers = await Promise.all([deploy(editor, { flows: withReason(mine, `first ${round}`), rev: mine.rev }), deploy(other, { flows: withReason(theirs, `second ${round}`), rev: theirs.rev })]);
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
      const taken = answers.find(({ status }) => status === 200);
      await everywhere((taken?.body as Flows | undefined)?.rev ?? '', 3);
      expect(text(editor)).toBe(text(other));
    }
  }, 60_000);

  test('a restart with files that somebody has changed makes them current everywhere', async () => {
    writeFileSync(path.join(other.flowsDir, 'review.json'), text(other).replace(/"reason": "[^"]*"/, '"reason": "from git"'));
    await other.restart('SIGTERM');
    const { rev } = await load(other);
    await everywhere(rev, 3);
    expect(text(editor)).toContain('from git');
  }, 60_000);
});
