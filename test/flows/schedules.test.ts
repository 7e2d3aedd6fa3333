import { refOf, startSystem, type System, waitFor } from '../support/system';

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
  expect((await system.api(`/api/oms/orders/${name}/why`)).body).toMatchObject({
    status: 'PRE_ORDER', owes: 'OMS', next: { to: ['READY_FOR_PROCESSING'] },
    because: expect.stringMatching(/^It is a pre-order: nothing begins before 20\S+Z\. Then it goes on by itself; a put-back begins it now\.$/) as string,
    actions: expect.arrayContaining([expect.objectContaining({ action: 'put-back', allowed: true, text: 'it begins now, before its date' })]) as unknown,
  });
  expect(await run('oms.resume-orders')).toBe('0 orders');
  await system.pool.query('UPDATE orders SET resume_at = NOW(6) WHERE name = ?', [name]);
  await system.reach([name], 'FULFILLED', 60_000);
  const { timeline } = (await system.api(`/api/oms/orders/${name}`)).body as { timeline: { text: string }[] };
  expect(timeline.map(({ text }) => text)).toContain('PRE_ORDER → READY_FOR_PROCESSING – its date has come');
}, 120_000);

describe('a store that lets its customers change or cancel an order for a while', () => {
  beforeAll(() => system.pool.query("UPDATE stores SET delay_minutes = 60 WHERE prefix = 'US-'"));
  afterAll(() => system.pool.query("UPDATE stores SET delay_minutes = 0 WHERE prefix = 'US-'"));

  test('its orders wait in DELAYED: one is cancelled and no partner but the storefront has heard of it, one goes on when its time is over, one when a person says so', async () => {
    const [cancelled = '', later = '', now = ''] = await system.place(3, { seed: 'delayed', site: 'POPS-US' });
    await system.reach([cancelled, later, now], 'DELAYED', 60_000);
    expect(await run('oms.resume-orders')).toBe('0 orders');
    expect((await system.api(`/api/oms/orders/${later}/why`)).body).toMatchObject({
      status: 'DELAYED', owes: 'OMS', next: { to: ['READY_FOR_PROCESSING'] },
      because: expect.stringMatching(/^Its store lets the customer change or cancel it until 20\S+Z; nothing has begun\. Then it goes on by itself; a put-back begins it now\.$/) as string,
    });
    // However long it has stood there: it is not late before its time.
    await system.pool.query('UPDATE order_status SET entered_at = NOW(6) - INTERVAL 5 DAY WHERE order_id = (SELECT id FROM orders WHERE name = ?)', [later]);
    expect((await system.api(`/api/oms/orders/${later}/why`)).body).toMatchObject({ late: false });
    expect(await system.api(`/api/oms/orders/${cancelled}/cancel`, { body: { reason: 'the customer changed his mind' } })).toMatchObject({ status: 200, body: { status: 'CS_CANCELLED', result: 'cancelled' } });
    expect(await system.api(`/api/oms/orders/${now}/put-back`, { body: { reason: 'the customer is in a hurry' } })).toMatchObject({ status: 200, body: { status: 'READY_FOR_PROCESSING' } });
    await system.reach(now, 'FULFILLED', 60_000);
    expect((await system.standing(later))?.status).toBe('DELAYED');
    await system.pool.query('UPDATE orders SET resume_at = NOW(6) WHERE name = ?', [later]);
    await system.reach(later, 'FULFILLED', 60_000);
    await waitFor(async () => (await system.storefront(cancelled)).cancelled, { what: 'the storefront to know of the cancel' });
    expect((await system.effects({ name: cancelled })).map(({ system: partner, operation }) => `${partner} ${operation}`).filter((what) => !/export/.test(what))).toEqual(['sfcc cancel']);
    const { timeline } = (await system.api(`/api/oms/orders/${later}`)).body as { timeline: { text: string }[] };
    expect(timeline.map(({ text }) => text)).toContain('DELAYED → READY_FOR_PROCESSING – its date has come');
  }, 180_000);

  test('one that could not be read at first waits for its time when it is done again', async () => {
    const [good = ''] = await system.place(1, { seed: 'good', site: 'POPS-US' });
    const [bad = ''] = await system.place(1, { template: 'bad', seed: 'bad', site: 'POPS-US' });
    await system.reach(good, 'DELAYED', 60_000);
    await system.reach(bad, 'GENERALIZE_ERROR', 60_000);
    // As if the storefront had given it once more, corrected.
    await system.pool.query('UPDATE platform_orders b JOIN platform_orders g ON g.platform_id = ? SET b.raw = REPLACE(g.raw, g.platform_id, b.platform_id) WHERE b.platform_id = ?', [refOf(good), refOf(bad)]);
    const again = (query = '') => system.api(`/api/oms/orders/${bad}/replay${query}`, { body: { reason: 'corrected at the storefront' } });
    expect((await again('?dry_run=true')).body).toMatchObject({ steps: ['put back from GENERALIZE_ERROR to READY_FOR_PROCESSING, or where it waits for its date'] });
    expect(await again()).toMatchObject({ status: 200, body: { status: 'DELAYED', result: 'replayed' } });
    expect(await system.standing(bad)).toMatchObject({ status: 'DELAYED', due: false, holds: 0 });
    await system.pool.query('UPDATE orders SET resume_at = NOW(6) WHERE name = ?', [bad]);
    // How it ends is for the storefront to say, whose own order is still the bad one.
    const resumed = "SELECT COUNT(*) FROM order_audits a JOIN orders o ON o.id = a.order_id WHERE o.name = ? AND a.from_status = 'DELAYED' AND a.to_status = 'READY_FOR_PROCESSING' AND a.reason = 'its date has come'";
    await waitFor(async () => (await system.count(resumed, [bad])) === 1, { what: 'the order to go on', seen: () => system.standing(bad) });
  }, 180_000);
});
