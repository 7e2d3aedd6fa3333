import { type Answer, startSystem, type System, waitFor } from '../support/system';

/** Recurring jobs over HTTP, as the deployed flows run them, in two processes on one database. */

let system: System;
let beside: System;
let job: number;

interface Shown {
  id: number;
  slot: string;
  state: string;
  result: string | null;
  attempts: number;
  asked_by: string | null;
}

beforeAll(async () => {
  system = await startSystem();
  beside = await startSystem({ beside: system });
  const { jobs } = (await system.api('/api/oms/jobs')).body as { jobs: { id: number; class: string }[] };
  job = jobs.find((each) => each.class === 'cirro.master-switch')?.id ?? 0;
  // Nothing of its schedule comes in between.
  await schedule('0 0 1 1 *');
}, 120_000);
afterAll(async () => {
  await beside?.stop();
  await system?.stop();
}, 60_000);

/** Changes the schedule, and waits until nothing of the one before can come any more. */
async function schedule(cron: string): Promise<void> {
  await system.pool.query('UPDATE recurring_jobs SET cron = ?, enabled = FALSE, created_at = NOW(6) WHERE id = ?', [cron, job]);
  await waitFor(async () => (await runs()).every(({ state }) => state !== 'running'), { what: 'the end of what runs' });
  await system.pool.query('DELETE FROM job_runs WHERE job_id = ?', [job]);
  await system.pool.query('UPDATE recurring_jobs SET enabled = TRUE WHERE id = ?', [job]);
}
const runs = async (): Promise<Shown[]> => ((await system.api(`/api/oms/jobs/${job}/runs`)).body as { runs: Shown[] }).runs;
const ask = (reason = 'a test'): Promise<Answer> => system.api(`/api/oms/jobs/${job}/run`, { body: { reason } });

test('a run that is asked for runs once, in one of the two processes', async () => {
  await schedule('0 0 1 1 *');
  const asked = await ask();
  expect([asked.status, asked.body]).toEqual([202, { id: expect.any(Number), state: 'asked' }]);
  await waitFor(async () => (await runs())[0]?.state === 'done', { what: 'the run', seen: runs });
  expect(await runs()).toEqual([expect.objectContaining({ id: (asked.body as { id: number }).id, attempts: 1, asked_by: 'operator:Test Person', result: '0 orders' })]);
}, 60_000);

test('a slot that both processes missed is run once', async () => {
  await schedule('0 0 1 1 *');
  await system.pool.query("UPDATE recurring_jobs SET cron = DATE_FORMAT(NOW() - INTERVAL 1 HOUR, '%i %H * * *'), created_at = NOW() - INTERVAL 2 DAY WHERE id = ?", [job]);
  await waitFor(async () => (await runs())[0]?.state === 'done', { what: 'the missed run', seen: runs });
  expect(await runs()).toEqual([expect.objectContaining({ slot: expect.stringMatching(/:00\.000Z$/) as string, attempts: 1, asked_by: null })]);
}, 60_000);

test('a run that its process took along is given again', async () => {
  await schedule('0 0 1 1 *');
  await system.pool.query("INSERT INTO job_runs (job_id, slot, process_id, state) SELECT ?, CONCAT(YEAR(NOW()), '-01-01'), MIN(id), 'lost' FROM processes", [job]);
  await waitFor(async () => (await runs())[0]?.state === 'done', { what: 'the lost run', seen: runs });
  expect(await runs()).toEqual([expect.objectContaining({ attempts: 2, result: '0 orders' })]);
}, 60_000);

test('a downtime: slots are noted as skipped, with the reason; who began and ended it is known; then it runs again', async () => {
  const opened = await system.api(`/api/oms/jobs/${job}/downtimes`, { body: { reason: 'NAV maintenance' } });
  expect(opened.status).toBe(201);
  const { id } = opened.body as { id: number };
  await schedule('* * * * * *');
  const skipped = await waitFor(async () => (await runs()).length >= 3 && runs(), { what: 'skipped slots' });
  expect(new Set(skipped.map(({ state, result }) => `${state} ${result}`))).toEqual(new Set(['skipped skipped: downtime: NAV maintenance']));
  expect(new Set(skipped.map(({ slot }) => slot)).size).toBe(skipped.length);
  const { jobs } = (await system.api('/api/oms/jobs')).body as { jobs: { id: number; downtimes: object[] }[] };
  expect(jobs.find((each) => each.id === job)?.downtimes).toEqual([expect.objectContaining({ id, reason: 'NAV maintenance', actor: 'operator:Test Person', until: null })]);
  const refused = await ask();
  expect([refused.status, refused.body]).toEqual([409, expect.objectContaining({ title: 'job.in-downtime', detail: expect.stringContaining('NAV maintenance') as string })]);

  const ended = await system.api(`/api/oms/jobs/${job}/downtimes/${id}`, { method: 'DELETE' });
  expect([ended.status, ended.body]).toEqual([200, { id, ended: true }]);
  await waitFor(async () => (await runs()).some(({ state }) => state === 'done'), { what: 'a run after the downtime' });
  expect((await system.api(`/api/oms/jobs/${job}/downtimes/${id}`, { method: 'DELETE' })).status).toBe(404);
}, 60_000);

test('what is unknown, wrong or not allowed', async () => {
  const past = { reason: 'too late', until: '2020-01-01T00:00:00Z' };
  const answers = await Promise.all([
    system.api('/api/oms/jobs/987654/runs'),
    system.api('/api/oms/jobs/none/run', { body: { reason: 'x' } }),
    system.api(`/api/oms/jobs/${job}/run`, { body: {} }),
    system.api(`/api/oms/jobs/${job}/downtimes`, { body: past }),
    system.api('/api/oms/pauses', { body: { ...past, kind: 'partner', name: 'NAV' } }),
    system.api(`/api/oms/jobs/${job}/runs?limit=x`),
    system.api('/api/oms/jobs', { as: 'reader' }),
    system.api(`/api/oms/jobs/${job}/run`, { body: { reason: 'x' }, as: 'mulesoft' }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 400, 400, 400, 400, 403, 403]);
  expect(answers[4]?.body).toMatchObject({ title: 'pause.past', pointer: '/until' });
});
