import { JobRuns, type Run } from '../../nodes/jobs/runs';
import { createEngine, type Engine } from '../support/engine';
import { count, createWorld, makeOrders, statusOf, type World } from '../support/orders';

let world: World;
let engine: Engine;
let runs: JobRuns;
let job: number;

beforeAll(async () => {
  world = await createWorld();
  engine = await createEngine(world);
  runs = new JobRuns(world.pool, engine.processes);
});
beforeEach(async () => {
  const [result] = await world.admin.query("INSERT INTO recurring_jobs (class, store_url, cron) VALUES ('test.job', UUID(), '0 0 1 1 *')");
  job = (result as unknown as { insertId: number }).insertId;
});
const overdue = async (): Promise<number[]> => (await runs.overdue('test.job')).map(({ id }) => id);
afterAll(async () => {
  await engine.processes.stop();
  await world.close();
});

test('of all ticks of a slot, whoever ticks, one starts a run', async () => {
  const rival = await createEngine(world);
  const rivals = new JobRuns(world.pool, rival.processes);
  const begun = await Promise.all([runs, rivals, runs, rivals].map((each) => each.begin(job)));
  expect(begun.filter((run) => typeof run === 'object')).toHaveLength(1);
  await rival.processes.stop();
});

test('while a run has not ended none begins; afterwards the slot is still taken', async () => {
  const run = (await runs.begin(job)) as Run;
  expect(await runs.begin(job)).toBe('the run before it has not ended');
  await runs.end(run, 'done', '3 orders');
  await runs.end(run, 'failed', 'a second end changes nothing');
  expect(await count(world, "SELECT COUNT(*) FROM job_runs WHERE id = ? AND state = 'done' AND result = '3 orders'", [run.run])).toBe(1);
  expect(await runs.begin(job)).toBe('another process has this slot');
});

/** A run that began in a process which then ended. */
async function loseOne(): Promise<Run> {
  const dying = await createEngine(world);
  const run = await new JobRuns(world.pool, dying.processes).begin(job);
  await dying.processes.stop();
  expect(await count(world, "SELECT COUNT(*) FROM job_runs WHERE job_id = ? AND state = 'lost'", [job])).toBe(1);
  return run as Run;
}

test('the run of a process that ended is lost, holds nobody up and is begun again; who was given up ends nothing', async () => {
  const lost = await loseOne();
  expect(await overdue()).toContain(job);
  const run = (await runs.begin(job)) as Run;
  expect(run).toMatchObject({ run: lost.run, slot: lost.slot, attempt: 2 });
  await runs.end(lost, 'done', 'from beyond');
  expect(await count(world, "SELECT COUNT(*) FROM job_runs WHERE id = ? AND state = 'running'", [run.run])).toBe(1);
  expect(await runs.begin(job)).toBe('the run before it has not ended');
  await runs.end(run, 'done', '');
  expect(await count(world, "SELECT COUNT(*) FROM job_runs WHERE job_id = ? AND state = 'done' AND attempts = 2 AND result = ''", [job])).toBe(1);
});

test('what gets lost again and again is given up after the third time', async () => {
  for (const attempt of [1, 2, 3]) expect(await loseOne()).toMatchObject({ attempt });
  expect(await overdue()).not.toContain(job);
  expect(await runs.begin(job)).toBe('another process has this slot');
});

test('a job that catches up nothing does not begin a lost run again', async () => {
  await world.admin.query("UPDATE recurring_jobs SET catch_up = 'none' WHERE id = ?", [job]);
  await loseOne();
  expect(await overdue()).not.toContain(job);
  expect(await runs.begin(job)).toBe('another process has this slot');
});

describe('slots that went by while nobody ran', () => {
  const hourly = (policy: string): Promise<unknown> =>
    world.admin.query("UPDATE recurring_jobs SET cron = '0 * * * *', catch_up = ?, created_at = NOW() - INTERVAL 10 DAY WHERE id = ?", [policy, job]);
  const ranLast = (hoursAgo: number): Promise<unknown> =>
    world.admin.query("INSERT INTO job_runs (job_id, slot, state) VALUES (?, DATE_FORMAT(NOW(), '%Y-%m-%d %H:00:00') - INTERVAL ? HOUR, 'done')", [job, hoursAgo]);
  /** Runs what is overdue until nothing is. */
  async function catchUp(): Promise<string[]> {
    const slots: string[] = [];
    while ((await overdue()).includes(job)) {
      const run = (await runs.begin(job)) as Run;
      slots.push(run.slot);
      await runs.end(run, 'done', '');
    }
    return slots;
  }

  test.each([
    ['last', 5, 1],
    ['none', 5, 0],
    ['all', 5, 5],
    ['all', 200, 24],
  ])('%s: of %i slots %i are run', async (policy, missed, expected) => {
    await hourly(policy);
    await ranLast(missed);
    const slots = await catchUp();
    // The hour may turn between two statements.
    expect([expected, expected + (policy === 'all' ? 1 : 0)]).toContain(slots.length);
    expect(slots).toEqual([...new Set(slots)].toSorted());
  });

  const daily = (made: string) => world.admin.query(`UPDATE recurring_jobs SET cron = DATE_FORMAT(NOW() - INTERVAL 1 HOUR, '%i %H * * *'), created_at = ${made} WHERE id = ?`, [job]);

  test('a job that was made a moment ago has missed nothing', async () => {
    await daily('NOW(6)');
    expect(await overdue()).not.toContain(job);
    await daily('NOW(6) - INTERVAL 2 DAY');
    expect(await overdue()).toContain(job);
  });

  test('a slot of which no run can be kept any more is not run again', async () => {
    await world.admin.query("UPDATE recurring_jobs SET cron = DATE_FORMAT(NOW() - INTERVAL 8 DAY, '0 0 %d * *'), created_at = '2020-01-01' WHERE id = ?", [job]);
    expect(await overdue()).not.toContain(job);
  });

  test('a bad cron expression hides no other job of its class', async () => {
    await daily('NOW(6) - INTERVAL 2 DAY');
    await world.admin.query("INSERT INTO recurring_jobs (class, store_url, cron, created_at) VALUES ('test.job', UUID(), 'never', '2020-01-01')");
    expect(await overdue()).toContain(job);
  });
});

test('a run that this process knows nothing of – the answer to its beginning or end got lost – holds nobody up', async () => {
  await world.admin.query("INSERT INTO job_runs (job_id, slot, process_id) VALUES (?, '2020-01-01 00:00:00', ?)", [job, engine.processes.id]);
  const run = (await runs.begin(job)) as Run;
  expect(run).toMatchObject({ class: 'test.job' });
  expect(await count(world, "SELECT COUNT(*) FROM job_runs WHERE job_id = ? AND state = 'lost'", [job])).toBe(1);
  // One that it knows goes on.
  expect(await Promise.all([runs.begin(job), runs.begin(job)])).toEqual(['the run before it has not ended', 'the run before it has not ended']);
  await runs.end(run, 'done', '');
});

test('disabled and in a downtime nothing begins, and it says why', async () => {
  await world.admin.query('INSERT INTO job_downtimes (job_id, starts_at, ends_at, reason) VALUES (?, NOW() - INTERVAL 1 HOUR, NOW() + INTERVAL 1 HOUR, ?)', [job, 'NAV maintenance']);
  expect(await runs.begin(job)).toBe('downtime: NAV maintenance');
  await world.admin.query('UPDATE recurring_jobs SET enabled = FALSE WHERE id = ?', [job]);
  expect(await runs.begin(job)).toBe('disabled');
});

test('the watermark moves forward only', async () => {
  await runs.advance(job, new Date('2026-11-21T10:00:00Z'));
  await runs.advance(job, new Date('2026-11-21T09:00:00Z'));
  expect((await runs.jobs('test.job')).find((each) => each.id === job)?.watermark).toEqual(new Date('2026-11-21T10:00:00Z'));
});

test('a slot makes the waiting orders due, but none that is held', async () => {
  const path = ['READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV', 'CIRRO_READY_FOR_FULFILLMENT', 'EXPORTED_TO_TPL', 'SHIPPED'] as const;
  const [waiting = 0, held = 0] = await makeOrders(world, 2, path);
  await world.pool.query('UPDATE order_status SET holds = 1 WHERE order_id = ?', [held]);
  expect(await runs.makeDue('SHIPPED')).toBe(1);
  expect([(await statusOf(world, waiting)).due, (await statusOf(world, held)).due]).toEqual([1, 0]);
});

test.each(['PRE_ORDER', 'DELAYED'] as const)('of the orders in %s, those are due whose date has come', async (status) => {
  const [come = 0, toCome = 0, without = 0] = await makeOrders(world, 3, [status]);
  await world.admin.query('UPDATE orders SET resume_at = NOW(6) WHERE id = ?', [come]);
  await world.admin.query('UPDATE orders SET resume_at = NOW(6) + INTERVAL 1 HOUR WHERE id = ?', [toCome]);
  expect(await runs.makeDue(status)).toBe(1);
  expect([(await statusOf(world, come)).due, (await statusOf(world, toCome)).due, (await statusOf(world, without)).due]).toEqual([1, 0, 0]);
});
