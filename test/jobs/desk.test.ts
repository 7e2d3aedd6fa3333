import { JobDesk } from '../../nodes/jobs/desk';
import { JobRuns, type Run } from '../../nodes/jobs/runs';
import { createEngine, type Engine } from '../support/engine';
import { count, createWorld, type World } from '../support/orders';

/** What people see of jobs and do to them, on the real database. */

let world: World;
let engine: Engine;
let runs: JobRuns;
let desk: JobDesk;
let job: number;
const asked = { actor: 'operator:jane', reason: 'a test' };

beforeAll(async () => {
  world = await createWorld();
  engine = await createEngine(world);
  runs = new JobRuns(world.pool, engine.processes);
  desk = new JobDesk({ pool: world.pool, reads: world.pool });
});
beforeEach(async () => {
  const [result] = await world.admin.query("INSERT INTO recurring_jobs (class, store_url, cron) VALUES ('test.job', UUID(), '0 0 1 1 *')");
  job = (result as unknown as { insertId: number }).insertId;
});
const overdue = async (): Promise<number[]> => (await runs.overdue('test.job')).map(({ id }) => id);
afterAll(async () => {
  await engine?.processes.stop();
  await world?.close();
});

const mine = async () => (await desk.list()).find(({ id }) => id === job);

test('a job shows its next slot, its last run and its downtime; a bad cron expression hides no other job', async () => {
  const nextYear = new Date(Date.UTC(new Date().getUTCFullYear() + 1, 0, 1));
  expect(await mine()).toMatchObject({ class: 'test.job', cron: '0 0 1 1 *', enabled: true, catch_up: 'last', next_slot: nextYear, last_run: null, downtimes: [] });
  const run = (await runs.begin(job)) as Run;
  await runs.end(run, 'done', '3 orders');
  const { id } = await desk.openDowntime(job, asked);
  await world.admin.query("INSERT INTO recurring_jobs (class, store_url, cron, enabled) VALUES ('test.bad', UUID(), 'never', TRUE)");
  expect(await mine()).toMatchObject({ last_run: { id: run.run, state: 'done', result: '3 orders', attempts: 1, asked_by: null }, downtimes: [{ id, reason: 'a test', actor: 'operator:jane', until: null }] });
  expect((await desk.list()).find((each) => each.class === 'test.bad')?.next_slot).toBeNull();
});

test('a run that somebody asked for and that gets lost is begun again, three times at most', async () => {
  await desk.ask(job, asked);
  for (const attempt of [1, 2, 3]) {
    expect(await overdue()).toContain(job);
    expect(await runs.begin(job)).toMatchObject({ attempt });
    await runs.loseRunning();
  }
  expect(await overdue()).not.toContain(job);
});

test('the runs of a job, page by page, each once, the latest slot first', async () => {
  for (let minute = 0; minute < 9; minute++) await world.admin.query("INSERT INTO job_runs (job_id, slot, state) VALUES (?, '2026-11-21 10:00:00' + INTERVAL ? MINUTE, 'done')", [job, minute]);
  const found: Date[] = [];
  let after: string | undefined;
  do {
    const page = await desk.runs(job, { after, limit: 4 });
    found.push(...page.runs.map(({ slot }) => slot));
    after = page.next ?? undefined;
  } while (after !== undefined);
  expect(found).toEqual(Array.from({ length: 9 }, (_, index) => new Date(Date.UTC(2026, 10, 21, 10, 8 - index))));
  await expect(desk.runs(987_654, {})).rejects.toMatchObject({ code: 'job.unknown' });
});

test('a downtime: the slot in it is noted as skipped, once, with the reason; ended, the next slot runs; nothing is caught up', async () => {
  const { id } = await desk.openDowntime(job, { ...asked, reason: 'NAV maintenance' });
  expect([await runs.begin(job), await runs.begin(job)]).toEqual(['downtime: NAV maintenance', 'another process has this slot']);
  expect((await desk.runs(job, {})).runs).toEqual([expect.objectContaining({ state: 'skipped', result: 'skipped: downtime: NAV maintenance', attempts: 1 })]);
  expect(await desk.endDowntime(job, id, 'operator:joe')).toEqual({ id, ended: true });
  expect(await count(world, "SELECT COUNT(*) FROM job_downtimes WHERE id = ? AND ended_by = 'operator:joe' AND actor = 'operator:jane'", [id])).toBe(1);
  expect(await overdue()).not.toContain(job);
  expect(await runs.begin(job)).toBe('another process has this slot');
  await world.admin.query('DELETE FROM job_runs WHERE job_id = ?', [job]);
  await world.admin.query('DELETE FROM job_downtimes WHERE job_id = ?', [job]);
  expect(await runs.begin(job)).toMatchObject({ class: 'test.job' });
});

test('a downtime ends by itself, begins in no past, and is ended once', async () => {
  await expect(desk.openDowntime(job, { ...asked, until: new Date(Date.now() - 1000) })).rejects.toMatchObject({ code: 'downtime.past', pointer: '/until' });
  await expect(desk.openDowntime(987_654, asked)).rejects.toMatchObject({ code: 'job.unknown' });
  const { id } = await desk.openDowntime(job, { ...asked, until: new Date(Date.now() + 3_600_000) });
  await world.admin.query('UPDATE job_downtimes SET ends_at = NOW(6) WHERE id = ?', [id]);
  expect((await mine())?.downtimes).toEqual([]);
  await expect(desk.endDowntime(job, id, 'operator:jane')).rejects.toMatchObject({ code: 'downtime.unknown' });
  await expect(desk.endDowntime(job, 987_654, 'operator:jane')).rejects.toMatchObject({ code: 'downtime.unknown' });
});

describe('a run that is asked for', () => {
  test('is begun once, whoever asks and whoever ticks, and is no slot of the schedule', async () => {
    const scheduled = (await runs.begin(job)) as Run;
    await runs.end(scheduled, 'done', '');
    const rival = await createEngine(world);
    const rivals = new JobRuns(world.pool, rival.processes);
    const [first, second] = [await desk.ask(job, asked), await desk.ask(job, asked)];
    expect(second).toEqual(first);
    expect(await overdue()).toContain(job);
    const begun = await Promise.all([runs, rivals, runs, rivals].map((each) => each.begin(job)));
    const [run] = begun.filter((each) => typeof each === 'object');
    expect(begun.filter((each) => typeof each === 'object')).toHaveLength(1);
    expect(run).toMatchObject({ run: first.id, attempt: 1, class: 'test.job' });
    for (const each of [runs, rivals]) await each.end(run as Run, 'done', '2 orders');
    expect((await desk.runs(job, {})).runs).toEqual([
      expect.objectContaining({ id: first.id, state: 'done', result: '2 orders', asked_by: 'operator:jane', reason: 'a test' }),
      expect.objectContaining({ id: scheduled.run, asked_by: null }),
    ]);
    expect(await overdue()).not.toContain(job);
    await rival.processes.stop();
  });

  test('waits for the run that goes on', async () => {
    const run = (await runs.begin(job)) as Run;
    await desk.ask(job, asked);
    expect(await runs.begin(job)).toBe('the run before it has not ended');
    await runs.end(run, 'done', '');
    expect(await runs.begin(job)).toMatchObject({ attempt: 1 });
  });

  test('is refused in a downtime, for a disabled job and for none', async () => {
    const { id } = await desk.openDowntime(job, { ...asked, reason: 'NAV maintenance' });
    await expect(desk.ask(job, asked)).rejects.toMatchObject({ code: 'job.in-downtime', message: expect.stringContaining('NAV maintenance') as string });
    await desk.endDowntime(job, id, 'operator:jane');
    await world.admin.query('UPDATE recurring_jobs SET enabled = FALSE WHERE id = ?', [job]);
    await expect(desk.ask(job, asked)).rejects.toMatchObject({ code: 'job.disabled' });
    await expect(desk.ask(987_654, asked)).rejects.toMatchObject({ code: 'job.unknown' });
  });

  test('skipped by a downtime that came before it began', async () => {
    await desk.ask(job, asked);
    await desk.openDowntime(job, asked);
    expect(await runs.begin(job)).toBe('downtime: a test');
    expect((await desk.runs(job, {})).runs[0]).toMatchObject({ state: 'skipped', asked_by: 'operator:jane' });
  });
});
