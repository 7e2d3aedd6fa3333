import type { WhyAnswer } from '../../nodes/orders/why';
import type { Status } from '../../nodes/lifecycle/lifecycle';
import { startSystem, type System, waitFor } from '../support/system';
import { anEvent, post } from './partners';
import { holdOf, pausedIn } from './standing-orders';

/** Every cause for which an order can stand still is planted, and found named in plain words, with who owes the next step and what may be done. */

let system: System;

beforeAll(async () => {
  system = await startSystem({
    env: { OMS_INQUIRY_SECONDS: '30' },
    flows: (node) => node.type === 'oms-work' && Object.assign(node, { firstSeconds: 30, maxSeconds: 60 }),
  });
}, 120_000);
afterAll(() => system?.stop(), 60_000);
afterEach(() => system.clearFaults());

type Why = Omit<WhyAnswer, 'next_attempt' | 'since'> & { next_attempt: string | null; since: string };

async function why(name: string, of: System = system): Promise<Why> {
  const answer = await of.api(`/api/oms/orders/${name}/why`, { as: 'reader' });
  expect(answer.status).toBe(200);
  return answer.body as Why;
}
const one = async (): Promise<string> => (await system.place(1))[0] ?? '';
const guard = ({ next }: Why, name: string) => next.guards.find((each) => each.guard === name);
const action = ({ actions }: Why, name: string) => actions.find((each) => each.action === name);
/** What keeps it and what is open about its line; what is done beside it goes on meanwhile. */
const kinds = ({ causes }: Why): string[] => causes.flatMap(({ kind }) => (kind === 'task' ? [] : [kind]));
const besides = ({ causes }: Why): string[] => causes.flatMap(({ kind, text }) => (kind === 'task' ? [text] : []));
/** Waits until the first cause is of this kind. */
const because = (name: string, kind: string): Promise<Why> =>
  waitFor(async () => {
    const answer = await why(name);
    return answer.causes[0]?.kind === kind && answer;
  }, { what: `${kind} as the cause of ${name}`, seen: () => why(name) });
const change = (name: string, set: string, values: unknown[] = []): Promise<unknown> =>
  system.sql(`UPDATE order_status s JOIN orders o ON o.id = s.order_id SET ${set} WHERE o.name = ?`, [...values, name]);
/** Moves an order by hand, through the guard. */
async function move(name: string, to: Status): Promise<void> {
  const [at] = await system.sql<{ id: number; version: number; status: string }>('SELECT s.order_id AS id, s.version, s.status FROM order_status s JOIN orders o ON o.id = s.order_id WHERE o.name = ?', [name]);
  await system.sql("INSERT INTO order_audits (order_id, version, from_status, to_status, actor, reason) VALUES (?, ?, ?, ?, 'test', 'moved by a test')", [at?.id, (at?.version ?? 0) + 1, at?.status, to]);
}

test('an order that is over', async () => {
  const name = await one();
  await system.reach(name, 'FULFILLED');
  const answer = await why(name);
  expect(answer).toMatchObject({ order_id: name, status: 'FULFILLED', kind: 'final', owes: 'nobody', late: false, next: { to: [] }, next_attempt: null });
  expect(answer.because).toMatch(/^It is over: FULFILLED/);
  expect(answer.actions.filter(({ allowed }) => allowed).map((each) => each.action)).toEqual(['replay']);
  expect(action(answer, 'cancel')?.text).toContain('refund');
  expect((await system.api('/api/oms/orders/US-NOBODY/why', { as: 'reader' })).status).toBe(404);
}, 60_000);

test('a pause of its stage, of its partner, of its store: who paused it, why, until when, and how it ends', async () => {
  const { name, pause } = await pausedIn(system, 'READY_TO_CREATE_IN_NAV');
  const stage = await why(name);
  expect(stage).toMatchObject({ kind: 'working', owes: 'operator:Test Person', next_attempt: null, next: { to: ['PENDING_NAV_RELEASE'], stage: 'nav-create-work' } });
  expect(stage.because).toBe('operator:Test Person has paused the stage READY_TO_CREATE_IN_NAV: a test looks at it');
  expect(guard(stage, 'pauses')).toMatchObject({ ok: false, value: 'stage READY_TO_CREATE_IN_NAV' });
  expect(guard(stage, 'stage')).toMatchObject({ ok: true, value: '“Orders for NAV” on NAV' });
  expect(guard(stage, 'request')).toMatchObject({ ok: true });
  expect(guard(stage, 'effect')).toMatchObject({ ok: true, value: 'not begun' });
  expect(guard(stage, 'edge')).toMatchObject({ ok: true, value: 'READY_TO_CREATE_IN_NAV → PENDING_NAV_RELEASE' });
  expect(action(stage, 'resume')).toMatchObject({ method: 'DELETE', path: `/api/oms/pauses/${pause}`, allowed: true });
  const [store] = await system.sql<{ url: string }>('SELECT s.url FROM stores s JOIN orders o ON o.store_id = s.id WHERE o.name = ?', [name]);
  const until = new Date(Date.now() + 3_600_000).toISOString();
  for (const [kind, what] of [['partner', 'NAV'], ['store', store?.url ?? '']] as const) {
    const next = await system.pause(kind, what, { until });
    await system.sql('UPDATE pauses SET released_at = NOW(6) WHERE released_at IS NULL AND id <> ?', [next]);
    const answer = await why(name);
    expect(answer.because).toContain(`has paused the ${kind} ${what} until ${until.slice(0, 16)}`);
    expect(guard(answer, 'pauses')).toMatchObject({ ok: false, value: `${kind} ${what}` });
  }
  await system.sql('UPDATE pauses SET released_at = NOW(6) WHERE released_at IS NULL');
  const stranded = await why(name);
  expect(stranded.causes[0]).toMatchObject({ kind: 'stranded', who: 'OMS' });
  expect(guard(stranded, 'due')).toMatchObject({ ok: false, value: 'not set' });
  await change(name, 's.due_at = NOW(6)');
  await system.reach(name, 'FULFILLED');
}, 60_000);

test('a process is working on it: which one, where, and the call that is not answered yet', async () => {
  await system.fault({ system: 'nav', operation: 'document:1', fault: 'latency', ms: 3000 });
  const name = await one();
  await waitFor(async () => (await why(name)).because.includes('nav.create was sent'), { what: 'a call under way' });
  const answer = await why(name);
  expect(answer.causes[0]).toMatchObject({ kind: 'running', who: 'OMS' });
  expect(answer.because).toMatch(/^Process \d+ is working on it in “Orders for NAV”; nav\.create was sent at \S+ and is not answered yet\.$/);
  expect(guard(answer, 'effect')).toMatchObject({ ok: false, value: 'sent' });
  expect(action(answer, 'cancel')).toMatchObject({ allowed: true, text: expect.stringContaining('nav.create is sent') as string });
  await system.reach(name, 'FULFILLED');
}, 60_000);

test('a retryable failure: the next attempt, how many were made, and what went wrong', async () => {
  await system.fault({ system: 'nav', operation: 'document:1', fault: 'throttle' });
  const name = await one();
  const answer = await because(name, 'backoff');
  expect(answer.because).toMatch(/^It is tried again at 20\S+Z \(1 of 8 attempts made\)\. .+/);
  expect(new Date(answer.next_attempt ?? 0).getTime()).toBeGreaterThan(Date.now());
  expect(guard(answer, 'due')).toMatchObject({ ok: false, value: answer.next_attempt });
  await system.clearFaults();
  await change(name, 's.due_at = NOW(6)');
  await system.reach(name, 'FULFILLED');
}, 60_000);

test('a request that cannot be built: which, and what is missing', async () => {
  const { name, pause } = await pausedIn(system, 'READY_TO_CREATE_IN_NAV');
  await system.sql('UPDATE orders SET nav_customer_no = NULL WHERE name = ?', [name]);
  await system.sql('UPDATE pauses SET released_at = NOW(6) WHERE id = ?', [pause]);
  const answer = await why(name);
  expect(answer.causes[0]).toMatchObject({ kind: 'not-buildable', who: 'operations' });
  expect(answer.because).toBe('“Orders for NAV” cannot build its request: The order has no NAV customer number');
  expect(guard(answer, 'request')).toMatchObject({ ok: false });
  await change(name, 's.due_at = NOW(6)');
  await system.reach(name, 'FAILED_TO_CREATE_IN_NAV');
}, 60_000);

test('an error: where it failed, why, and where a put-back leads', async () => {
  await system.fault({ system: 'nav', operation: 'document:1', fault: 'reject' });
  const name = await one();
  await system.reach(name, 'FAILED_TO_CREATE_IN_NAV');
  const answer = await why(name);
  expect(answer).toMatchObject({ kind: 'error', owes: 'operations' });
  expect(answer.because).toMatch(/^It failed in READY_TO_CREATE_IN_NAV: .*The sandbox was told to refuse this/);
  expect(action(answer, 'put-back')).toMatchObject({ allowed: true, text: 'back to READY_TO_CREATE_IN_NAV' });
  expect(action(answer, 'processed-externally')).toMatchObject({ allowed: true });
}, 60_000);

test('a partner owes an answer: who, and which facts would move the order', async () => {
  await system.fault({ system: 'camel', operation: 'release', fault: 'latency', ms: 4000 });
  const name = await one();
  await system.reach(name, 'PENDING_NAV_RELEASE');
  // An acceptance that comes before its time is kept, and the answer says so.
  expect((await post(system, anEvent(name, 'accepted'))).status).toBe(202);
  const answer = await why(name);
  expect(answer).toMatchObject({ kind: 'waiting', owes: 'NAV' });
  expect(answer.because).toMatch(/^It waits until NAV tells us: RELEASED_FROM_NAV\. Release the sales order in NAV/);
  expect(answer.next.facts).toEqual([
    { fact: 'RELEASED_FROM_NAV', from: 'NAV', to: 'RELEASED_FROM_NAV', reason: 'released' },
    { fact: 'FAILED_TO_RELEASE_FROM_NAV', from: 'NAV', to: 'FAILED_TO_RELEASE_FROM_NAV', reason: 'NAV did not release it' },
  ]);
  expect(kinds(answer)).toEqual(['waiting', 'kept-fact']);
  expect(answer.causes[1]?.text).toContain('accepted from cirro came early');
  expect(answer.late).toBe(false);
  await change(name, 's.entered_at = NOW(6) - INTERVAL 3 HOUR');
  expect((await why(name)).late).toBe(true);
}, 60_000);

test('a call in doubt that a person must decide, and a cancel that waits for it', async () => {
  await system.fault({ system: 'camel', operation: 'accept', fault: 'latency', ms: 600_000 }, { system: 'camel', operation: 'fulfillment-request', fault: 'drop-before' });
  const name = await one();
  const hold = await holdOf(system, name);
  expect((await system.api(`/api/oms/orders/${name}/cancel`, { body: { reason: 'customer called' } })).status).toBe(202);
  const answer = await why(name);
  expect(kinds(answer)).toEqual(['hold', 'cancel-waiting']);
  expect(answer).toMatchObject({ owes: 'operations', next_attempt: null });
  expect(answer.because).toMatch(/^Held \(camel\.request\.in-doubt\): nobody knows whether camel\.request happened/);
  expect(answer.causes[1]?.text).toContain('operator:Test Person wants to cancel it (customer called)');
  expect(guard(answer, 'holds')).toMatchObject({ ok: false, value: `${hold.id}: camel.request.in-doubt` });
  expect(guard(answer, 'effect')).toMatchObject({ ok: false, value: 'parked' });
  expect(action(answer, 'decide-hold')).toMatchObject({ path: `/api/oms/holds/${hold.id}/decision`, text: expect.stringContaining('done (it happened)') as string });
  await system.decide(hold.id, 'void');
}, 60_000);

test('a call in doubt that is looked up again', async () => {
  await system.fault({ system: 'camel', operation: 'release', fault: 'latency', ms: 600_000 }, { system: 'nav', operation: 'document:1', fault: 'drop-before' });
  const name = await one();
  const answer = await because(name, 'backoff');
  expect(kinds(answer)).toEqual(['backoff', 'in-doubt']);
  expect(answer.causes[1]?.text).toMatch(/^Nobody knows whether nav\.create happened \(looked 0 times\)/);
}, 60_000);

test('the master switch is off', async () => {
  await system.sql("INSERT INTO feature_flags (name, store_url, enabled) VALUES ('cirro_fulfillment_request', '', 0)");
  const name = await one();
  await system.reach(name, 'CIRRO_WAITING_FOR_FULFILLMENT');
  const answer = await why(name);
  expect(answer.causes[0]).toMatchObject({ kind: 'waiting', who: 'OMS' });
  expect(answer.because).toContain('the master switch is off');
  await system.sql("DELETE FROM feature_flags WHERE name = 'cirro_fulfillment_request'");
}, 60_000);

test('a scheduled stage: which job, and its next slot', async () => {
  await system.sql("UPDATE recurring_jobs SET cron = '0 0 3 1 1 *' WHERE class = 'nav.shipment-notice'");
  await waitFor(async () => (await system.count("SELECT COUNT(*) FROM job_runs r JOIN recurring_jobs j ON j.id = r.job_id WHERE j.class = 'nav.shipment-notice' AND r.started_at > NOW(6) - INTERVAL 3 SECOND")) === 0, { what: 'the job to be quiet' });
  const name = await one();
  await system.reach(name, 'SHIPPED');
  const answer = await because(name, 'scheduled');
  expect(answer.because).toMatch(/^It waits for the next slot of nav\.shipment-notice at \d{4}-01-01T03:00:00\.000Z\.$/);
  expect(answer.next_attempt).toMatch(/-01-01T03:00:00\.000Z$/);
  await system.sql("UPDATE recurring_jobs SET cron = '* * * * * *' WHERE class = 'nav.shipment-notice'");
  await system.reach(name, 'FULFILLED');
}, 60_000);

test('no stage in the deployed flows, and a decision that a person owes', async () => {
  const { name, pause } = await pausedIn(system, 'READY_FOR_PROCESSING');
  await move(name, 'PENDING_APPROVALS');
  const owed = await why(name);
  expect(owed).toMatchObject({ kind: 'decision', owes: 'artwork review' });
  expect(kinds(owed)).toEqual(['decision']);
  await move(name, 'ALL_LINE_ITEMS_REJECTED');
  const answer = await why(name);
  expect(answer.causes[0]).toMatchObject({ kind: 'no-stage', who: 'integration engineers' });
  expect(guard(answer, 'stage')).toMatchObject({ ok: false, value: 'none' });
  await system.resume(pause);
}, 60_000);

test('something beside its line is held', async () => {
  await system.fault({ system: 'sfcc', operation: 'mark-exported', fault: 'reject' });
  const name = await one();
  const hold = await holdOf(system, name);
  await system.reach(name, 'FULFILLED');
  const answer = await why(name);
  expect(kinds(answer)).toEqual(['final']);
  expect(besides(answer)).toContainEqual(expect.stringMatching(/^Beside it, sfcc\.mark-exported is held \(/));
  await system.clearFaults();
  await system.decide(hold.id, 'release');
}, 60_000);

test('no process works: due, then nobody', async () => {
  const { name, pause } = await pausedIn(system, 'READY_TO_CREATE_IN_NAV');
  const edge = await startSystem({ beside: system, flowsDir: system.flowsDir, env: { OMS_ROLE: 'edge' } });
  try {
    await system.kill('SIGKILL');
    await system.sql('UPDATE pauses SET released_at = NOW(6) WHERE id = ?', [pause]);
    await change(name, 's.due_at = NOW(6)');
    const due = await why(name, edge);
    expect(due.causes[0]).toMatchObject({ kind: 'due', who: 'OMS' });
    await waitFor(async () => (await why(name, edge)).causes[0]?.kind === 'no-worker', { what: 'nobody who works' });
    expect(await why(name, edge)).toMatchObject({ owes: 'operations', because: 'No process is running that works on orders.' });
    expect(guard(await why(name, edge), 'workers')).toMatchObject({ ok: false, value: '0 alive' });
  } finally {
    await system.startServer();
    await edge.stop();
  }
  await system.reach(name, 'FULFILLED');
}, 120_000);
