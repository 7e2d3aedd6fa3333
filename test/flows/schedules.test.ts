import { startSystem, type System, waitFor } from '../support/system';

/** What looks after orders by schedule, as the deployed flows do it. */

let system: System;

beforeAll(async () => {
  system = await startSystem();
}, 120_000);
afterAll(() => system?.stop(), 60_000);

/** Asks for a run of this job and waits for its end. @returns its result */
async function run(jobClass: string): Promise<string> {
  const { jobs } = (await system.api('/api/oms/jobs')).body as { jobs: { id: number; class: string }[] };
  const job = jobs.find((each) => each.class === jobClass);
  const { id } = (await system.api(`/api/oms/jobs/${job?.id}/run`, { body: { reason: 'a test' } })).body as { id: number };
  return waitFor(
    async () => {
      const { runs } = (await system.api(`/api/oms/jobs/${job?.id}/runs`)).body as { runs: { id: number; state: string; result: string }[] };
      return runs.find((each) => each.id === id && each.state === 'done')?.result;
    },
    { what: `a run of ${jobClass}` },
  );
}

test('an order that NAV does not release in time: told once, where people look', async () => {
  await system.pool.query("UPDATE recurring_jobs SET cron = '0 0 1 1 *' WHERE class IN ('oms.late-orders', 'nav.overdue-releases')");
  const [name = ''] = await system.place(1, { seed: 'late' });
  await system.reach([name], 'FULFILLED', 60_000);
  // Back to where NAV owes the release, two hours ago: what a test cannot wait for.
  const order = 'SELECT id FROM orders WHERE name = ?';
  await system.pool.query(`UPDATE order_status SET status = 'PENDING_NAV_RELEASE', entered_at = NOW(6) - INTERVAL 3 HOUR WHERE order_id = (${order})`, [name]);
  expect(await run('nav.overdue-releases')).toBe('1 orders');
  expect(await run('nav.overdue-releases')).toBe('0 orders');
  expect(await run('oms.late-orders')).toBe('0 orders');
  const { timeline } = (await system.api(`/api/oms/orders/${name}`)).body as { timeline: { kind: string; actor: string; text: string }[] };
  expect(timeline.filter(({ actor }) => actor.startsWith('job:'))).toEqual([expect.objectContaining({ kind: 'event', actor: 'job:nav.overdue-releases', text: expect.stringMatching(/^late – in PENDING_NAV_RELEASE since/) as string })]);
  expect((await system.api(`/api/oms/orders/${name}/why`)).body).toMatchObject({ late: true });
}, 120_000);

test('a pre-order waits for its date, then goes its way; /why says until when', async () => {
  const [name = ''] = await system.place(1, { template: 'pre-order', seed: 'pre-order' });
  await system.reach([name], 'PRE_ORDER', 60_000);
  // The storefront's date comes in a moment; until this test has looked it is an hour away.
  const { affectedRows } = ((await system.pool.query('UPDATE orders SET resume_at = NOW(6) + INTERVAL 1 HOUR WHERE name = ?', [name])) as unknown as [{ affectedRows: number }])[0];
  expect(affectedRows).toBe(1);
  expect((await system.api(`/api/oms/orders/${name}`)).body).toMatchObject({ status: 'PRE_ORDER', reason: expect.stringMatching(/^a pre-order: waits until 20/) as string });
  expect((await system.api(`/api/oms/orders/${name}/why`)).body).toMatchObject({ status: 'PRE_ORDER', next: { to: ['READY_FOR_PROCESSING'] } });
  expect(await run('oms.resume-orders')).toBe('0 orders');
  await system.pool.query('UPDATE orders SET resume_at = NOW(6) WHERE name = ?', [name]);
  await system.reach([name], 'FULFILLED', 60_000);
  const { timeline } = (await system.api(`/api/oms/orders/${name}`)).body as { timeline: { text: string }[] };
  expect(timeline.map(({ text }) => text)).toContain('PRE_ORDER → READY_FOR_PROCESSING – its date has come');
}, 120_000);
