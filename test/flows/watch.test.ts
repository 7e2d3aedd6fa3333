import { startSystem, type System, waitFor } from '../support/system';

/** What a person with the editor open sees in the debug panel. */
interface DebugMessage {
  name?: string;
  msg: string;
}

let system: System;
let names: string[];
const seen: DebugMessage[] = [];
let leave: (() => void) | undefined;

beforeAll(async () => {
  system = await startSystem({ before: (made) => made.sql("INSERT INTO recurring_jobs (class, cron) VALUES ('oms.watch', '* * * * * *')") });
  leave = await system.listen('debug', (_topic, message) => seen.push(message as DebugMessage));
  names = await system.place(12, { seed: 'watch' });
  await system.place(1, { template: 'bad', seed: 'watch' });
  await system.reach(names, 'FULFILLED', 60_000);
}, 120_000);
afterAll(async () => {
  leave?.();
  await system?.stop();
}, 60_000);

test('the watch shows counts and ages of every status, late orders and open holds, each under its name', async () => {
  const latest = (): string | undefined => seen.findLast((each) => each.name === 'Orders per status')?.msg;
  const full = await waitFor(() => /"FULFILLED":\s*"12 · oldest \d+ s"/.test(latest() ?? '') && latest(), { what: 'all twelve in the counts', timeoutMs: 20_000, seen: latest });
  const counts = JSON.parse(full) as Record<string, string>;
  expect(counts['GENERALIZE_ERROR']).toMatch(/^1 · oldest \d+ s$/);
  await waitFor(() => ['Late orders', 'Open holds'].every((name) => seen.some((each) => each.name === name)), { what: 'late orders and holds', timeoutMs: 20_000 });
  expect(seen.findLast((each) => each.name === 'Open holds')?.msg).toBe('none');
}, 50_000);

test('a late order and an open hold appear with what to do', async () => {
  const [name = ''] = names;
  await system.sql("UPDATE order_status s JOIN orders o ON o.id = s.order_id SET s.entered_at = s.entered_at - INTERVAL 30 DAY WHERE s.status = 'GENERALIZE_ERROR'");
  await system.sql("INSERT INTO holds (order_id, kind, reason, actor) SELECT id, 'test', 'somebody should look', 'test' FROM orders WHERE name = ?", [name]);
  const late = await waitFor(() => seen.findLast((each) => each.name === 'Late orders' && /GENERALIZE_ERROR for \d+ s: Read the pointer/.test(each.msg)), { what: 'the late order', timeoutMs: 20_000 });
  expect(late.msg).not.toContain('FULFILLED');
  await waitFor(() => seen.some((each) => each.name === 'Open holds' && each.msg.includes(`${name} · test: somebody should look`)), { what: 'the hold', timeoutMs: 20_000 });
}, 50_000);

test('each stage reports number, status and milliseconds of each order, and nothing else of it', () => {
  const stages = ['New orders', 'Marked', 'Reviewed', 'Created in NAV', 'Released', 'Routed', 'Requested', 'Shipped', 'NAV notified', 'Fulfilled'];
  for (const stage of stages) {
    const reports = seen.filter((each) => each.name === stage).map((each) => JSON.parse(each.msg) as Record<string, unknown>);
    expect({ stage, some: reports.length > 0 }).toEqual({ stage, some: true });
    for (const report of reports) expect({ stage, keys: Object.keys(report).filter((key) => !['order', 'status', 'ms', 'reason'].includes(key)) }).toEqual({ stage, keys: [] });
  }
});

test('neither the debug panel nor the log holds a customer’s name, e-mail, street or phone', async () => {
  const everything = [...seen.map((each) => each.msg), ...system.logs()].join('\n');
  for (const name of names) {
    const order = (await system.order(name)) as unknown as { customer: { email: string; name: string }; shipping_address: { address1: string; phone?: string } };
    const personal = [order.customer.email, order.customer.name, order.shipping_address.address1, order.shipping_address.phone ?? order.customer.email];
    expect(personal.filter((each) => everything.includes(each))).toEqual([]);
  }
});

test('the log is one JSON line an event, with order, flow and node', () => {
  const lines = system.logs().map((line) => JSON.parse(line) as Record<string, unknown>);
  const moved = lines.filter((line) => line['code'] === 'order.moved' && line['order'] === names[0]);
  expect(moved.length).toBeGreaterThan(4);
  for (const line of moved) expect(line).toMatchObject({ flow: expect.any(String), node: expect.any(String), status: expect.any(String), ms: expect.any(Number) });
});
