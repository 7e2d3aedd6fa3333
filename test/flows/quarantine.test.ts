import { startSystem, type System, waitFor } from '../support/system';

/** Orders of a storefront that must not be passed on as objects: none is lost, none does harm, and their page goes on. */

let system: System;
let good: string[];
let hostile: string[];

beforeAll(async () => {
  system = await startSystem({
    // Before the server looks for the first time, so that they come in the same page.
    before: async (made) => {
      good = await made.place(3, { site: 'POPS-US', seed: 'quarantine' });
      hostile = await made.place(4, { template: 'hostile', site: 'POPS-US', seed: 'quarantine' });
      good.push(...(await made.place(2, { site: 'POPS-US', seed: 'quarantine too' })));
    },
  });
}, 120_000);
afterAll(() => system?.stop(), 60_000);

test('they stand in GENERALIZE_ERROR with pointer and reason, kept as they came; the others of the page are fulfilled', async () => {
  await system.reach(hostile, 'GENERALIZE_ERROR');
  await system.reach(good, 'FULFILLED');
  const reasons = await Promise.all(hostile.map(async (name) => (await system.order(name)).timeline[0]?.text.replace('GENERALIZE_ERROR – ', '').split(';', 1)[0]));
  expect(new Set(reasons)).toEqual(
    new Set(['/c_hostile/__proto__: is a forbidden key', '/c_hostile/a/0/constructor: is a forbidden key', '/c_hostile/prototype: is a forbidden key', `/c_hostile${'/0'.repeat(31)}: is nested deeper than 32 levels`]),
  );
  const mixed = await system.count("SELECT COUNT(*) FROM job_runs WHERE result REGEXP '[1-9][0-9]* created.* [1-9][0-9]* errors'");
  expect(mixed).toBeGreaterThan(0);
  const kept = await system.sql<{ raw: string }>('SELECT raw FROM platform_orders p JOIN orders o ON o.platform_id = p.platform_id WHERE o.name IN (?)', [hostile]);
  expect(kept.filter(({ raw }) => /__proto__|"constructor"|"prototype"|\[{40}/.test(raw))).toHaveLength(4);
}, 90_000);

test('the storefront is told that they were taken, and a put-back refuses in words', async () => {
  for (const name of hostile) {
    await waitFor(async () => (await system.storefront(name)).exported, { what: `${name} to be marked` });
    const refused = await system.api(`/api/oms/orders/${name}/put-back`, { body: { reason: 'try again' } });
    expect(refused).toMatchObject({ status: 409, body: { order_id: name, status: 'GENERALIZE_ERROR', result: 'refused', reason: expect.stringMatching(/still cannot be generalised: \/c_hostile\S+: is .{10,}/) as string } });
    expect((await system.standing(name))?.version).toBe(1);
  }
}, 60_000);

test('they are settled elsewhere like any other order in error', async () => {
  const [name = ''] = hostile;
  expect(await system.api(`/api/oms/orders/${name}/processed-externally`, { body: { reason: 'typed in by hand' } })).toMatchObject({ status: 200 });
  expect(await system.effects({ name })).toEqual([]);
}, 60_000);
