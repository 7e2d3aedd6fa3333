import { type Pool, select } from '../../../nodes/store/pool';
import { createPool } from '../../../nodes/store/pool';
import type { RaceName, Racer, Run } from './racer';

/** The same races without the guard: looked at with a plain SELECT, then acted upon. As the administrator, whom nothing refuses. */

let admin: Pool | undefined;
const unguarded = (): Pool => (admin ??= createPool(process.env['RACE_ADMIN_URL'] ?? '', 8));

const move = (from: string, to: string): Run => async (_racer, order) => {
  const [row] = await select<{ status: string }>(unguarded(), 'SELECT status FROM order_status WHERE order_id = ?', [order]);
  if (row?.status !== from) return false;
  await unguarded().query('UPDATE order_status SET status = ?, version = version + 1 WHERE order_id = ?', [to, order]);
  return true;
};

const beginJob: Run = async ({ side }, job) => {
  const running = await select(unguarded(), 'SELECT id FROM job_runs WHERE job_id = ?', [job]);
  if (running.length > 0) return false;
  // Each takes its own clock for the slot.
  await unguarded().query('INSERT INTO job_runs (job_id, slot, process_id) VALUES (?, NOW() + INTERVAL ? SECOND, 0)', [job, side === 'a' ? 0 : 86_400]);
  return true;
};

const decide: Run = async ({ side }, hold) => {
  const open = await select(unguarded(), 'SELECT id FROM holds WHERE id = ? AND resolved_at IS NULL', [hold]);
  if (open.length === 0) return false;
  await unguarded().query('UPDATE holds SET resolved_at = NOW(6), decision = ? WHERE id = ?', [side === 'a' ? 'done' : 'void', hold]);
  return true;
};

const RUNS: Readonly<Record<Exclude<RaceName, 'claim–claim'>, Record<'a' | 'b', Run>>> = {
  'cancel–ship': { a: move('CIRRO_READY_FOR_FULFILLMENT', 'CS_CANCELLED'), b: move('CIRRO_READY_FOR_FULFILLMENT', 'SHIPPED') },
  'cancel–effect': { a: move('CIRRO_READY_FOR_FULFILLMENT', 'CS_CANCELLED'), b: move('CIRRO_READY_FOR_FULFILLMENT', 'WAITING_FULFILLMENT_CONFIRMATION') },
  'release–release': { a: move('PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV'), b: move('PENDING_NAV_RELEASE', 'RELEASED_FROM_NAV') },
  'ship–ship': { a: move('EXPORTED_TO_TPL', 'SHIPPED'), b: move('EXPORTED_TO_TPL', 'SHIPPED') },
  'capture–cancel': { a: move('EXPORTED_TO_NAV', 'CS_CANCELLED'), b: move('EXPORTED_TO_NAV', 'FULFILLED') },
  'job–job': { a: beginJob, b: beginJob },
  'hold–hold': { a: decide, b: decide },
};

async function claims(racer: Racer): Promise<{ order: number }[]> {
  const claimed: { order: number }[] = [];
  for (;;) {
    const due = await select<{ order: number }>(unguarded(), "SELECT order_id AS `order` FROM order_status WHERE status = 'READY_TO_CREATE_IN_NAV' AND due_at IS NOT NULL ORDER BY due_at LIMIT 20");
    if (due.length === 0) return claimed;
    await unguarded().query('UPDATE order_status SET due_at = NULL, claimed_by = ? WHERE order_id IN (?)', [racer.engine.processes.id, due.map(({ order }) => order)]);
    claimed.push(...due);
  }
}

export const NAIVE = { runs: RUNS, claims };
