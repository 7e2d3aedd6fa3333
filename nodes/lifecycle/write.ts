import { escape, escapeId } from 'mysql2';
import { failpoint } from '../runtime/failpoints';
import { insert } from '../store/rows';
import { commit } from '../store/commit';
import { type PoolConnection, select } from '../store/pool';
import { CANCEL_TASKS } from './cancel';
import type { Image } from './change';
import { captureTasks } from './captures';
import { insertChildren, PARENT_TASK } from './children';
import { insertEvents } from './events';
import type { Plan } from './plan';
import { BEGUN } from './requests';

/** What the group decides for an image's due time: now, never (waiting, held, paused, scheduled, final), or as it is. */
export interface Settled {
  image: Image;
  due: 'now' | 'never' | 'keep';
}

/**
 * Writes a whole plan in one round trip and commits; the statements come in an order that every writer keeps.
 * @param result what the transaction returns; where the answer to its COMMIT is lost the plan is looked for by its unique keys
 */
export async function writePlan(connection: PoolConnection, plan: Plan, settled: readonly Settled[], result: unknown): Promise<void> {
  const statements = [
    ...plan.splits.flatMap(insertChildren),
    ...auditRows(plan),
    ...statusColumns(settled),
    ...outcomes(plan),
    ...orderColumns(plan),
    ...rows(plan),
    ...captureTasks(plan.parcels),
    ...holdRows(plan),
    ...inboxRows(plan),
    ...insertEvents(plan.outbox),
  ];
  const entered = plan.audits.map(({ to }) => to);
  await failpoint('transition.commit', entered);
  await commit(connection, statements, { reread: async (on) => ((await isWritten(on, plan, settled)) ? result : undefined) });
  await failpoint('transition.committed', entered);
}

/**
 * Whether every row of the plan that can be told apart is there: audits by order and version, facts by event, decisions by hold. What
 * has none of them changes nothing when it is written twice, and is simply written again.
 */
async function isWritten(on: PoolConnection, { audits, inbox, resolvedHolds }: Plan, settled: readonly Settled[]): Promise<boolean> {
  const orders = [...settled.map(({ image }) => image.order), ...inbox.map(({ fact }) => fact.order)];
  await on.query(`SELECT order_id FROM order_status WHERE order_id IN (${list(orders)}) ORDER BY order_id FOR UPDATE`);
  const holds = resolvedHolds.flatMap(({ ids, by, decision }) => ids.map((id) => ({ id, by, decision })));
  const asked = [
    ...audits.map(({ order, version, from, to, actor }) => `(SELECT COUNT(*) FROM order_audits WHERE order_id = ${order} AND version = ${version} AND from_status = ${escape(from)} AND to_status = ${escape(to)} AND actor = ${escape(actor)})`),
    ...inbox.map(({ fact }) => `(SELECT COUNT(*) FROM inbox WHERE source = ${escape(fact.source)} AND event_id = ${escape(fact.eventId)} AND order_id = ${fact.order})`),
    ...holds.map(({ id, by, decision }) => `(SELECT COUNT(*) FROM holds WHERE id = ${id} AND resolved_by = ${escape(by)} AND decision = ${escape(decision)})`),
  ];
  if (asked.length === 0) return false;
  const [row] = await select<{ found: number }>(on, `SELECT ${asked.join(' + ')} AS found`);
  return Number(row?.found) === asked.length;
}

const list = (values: readonly (string | number)[]): string => values.map((value) => escape(value)).join(', ');

/** In version order, so that an order which moves twice in a group is moved step by step by the trigger. */
function auditRows({ audits }: Plan): string[] {
  const sorted = audits.toSorted((a, b) => a.order - b.order || a.version - b.version);
  return insert('order_audits', sorted.map(({ order, version, from, to, actor, node, reason }) => ({ order_id: order, version, from_status: from, to_status: to, actor, node, reason })));
}

/** The trigger cleared claim and due time of what moved; here only what differs from that: due again, or other counters. */
function statusColumns(settled: readonly Settled[]): string[] {
  const groups = new Map<string, number[]>();
  for (const { image, due } of settled) {
    const set = [
      ...(due === 'now' ? ['due_at = NOW(6)'] : []),
      ...(due === 'never' && image.cameFrom === undefined ? ['due_at = NULL'] : []),
      ...(image.token === null && image.before.token !== null && image.cameFrom === undefined ? ['claimed_by = NULL', 'claim_token = NULL', 'claimed_at = NULL'] : []),
      ...(image.holds !== image.before.holds ? [`holds = ${image.holds}`] : []),
      ...(image.pending !== image.before.pending ? [`pending = ${image.pending}`] : []),
    ].join(', ');
    if (set) groups.set(set, [...(groups.get(set) ?? []), image.order]);
  }
  return [...groups].map(([set, orders]) => `UPDATE order_status SET ${set} WHERE order_id IN (${list(orders)})`);
}

function outcomes(plan: Plan): string[] {
  const statements: string[] = [];
  if (plan.effects.length > 0) {
    const ids = list(plan.effects.map((effect) => effect.id));
    const references = plan.effects.map((effect) => `WHEN ${effect.id} THEN ${escape(effect.reference ?? null)}`).join(' ');
    // One pair alone is no range for MariaDB (it reads the whole table): the ids beside it are. An answer is about its own attempt alone.
    const attempts = plan.effects.map((effect) => `(${effect.id}, ${effect.attempt})`).join(', ');
    statements.push(
      `UPDATE effects SET state = 'done', reference = COALESCE(CASE id ${references} END, reference), settled_at = NOW(6) WHERE id IN (${ids}) AND (id, attempt) IN (${attempts}) AND state IN ('sent', 'unknown', 'parked')`,
      `UPDATE effect_attempts SET outcome = 'done', ended_at = NOW(6) WHERE effect_id IN (${ids}) AND (effect_id, attempt) IN (${attempts}) AND (ended_at IS NULL OR outcome = 'unknown')`,
    );
  }
  for (const { ids, reason } of plan.settled)
    statements.push(
      `UPDATE effects SET state = 'done', reason = ${escape(reason)}, settled_at = NOW(6) WHERE id IN (${list(ids)})`,
      `UPDATE effect_attempts SET outcome = 'done', detail = ${escape(reason)}, ended_at = NOW(6) WHERE effect_id IN (${list(ids)}) AND (ended_at IS NULL OR outcome = 'unknown')`,
    );
  for (const { id, state, reason, reference } of plan.decidedEffects)
    statements.push(
      `UPDATE effects SET state = ${escape(state)}, reason = ${escape(reason)}, reference = COALESCE(${escape(reference)}, reference), inquiries = 0, settled_at = NOW(6) WHERE id = ${id}`,
    );
  if (plan.renewed.length > 0)
    // What an open task was refused stays with its hold.
    statements.push(
      `UPDATE effects e SET e.state = 'intent', e.inquiries = 0 WHERE e.order_id IN (${list(plan.renewed)}) AND e.state IN ('rejected', 'not_done')
         AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.order_id = e.order_id AND t.kind = e.kind AND t.done_at IS NULL)`,
      `UPDATE tasks SET done_at = NULL, due_at = NOW(6), attempts = 0 WHERE order_id IN (${list(plan.renewed)}) AND done_at IS NOT NULL AND result = 'failed'`,
    );
  if (plan.unasked.length > 0) statements.push(dropQuestions(plan.unasked));
  for (const { order, reference, isParent } of plan.captured)
    statements.push(
      `UPDATE payments SET state = 'captured', reference = ${escape(reference)}, settled_at = NOW(6) WHERE order_id = ${order} AND state = 'authorized'`,
      `UPDATE fulfillments SET state = 'told' WHERE order_id = ${order}`,
      ...(isParent ? [`UPDATE fulfillments f JOIN orders o ON o.id = f.order_id SET f.state = 'told' WHERE o.parent_order_id = ${order}`] : []),
    );
  if (plan.voided.length > 0) statements.push(`UPDATE payments SET state = 'voided', settled_at = NOW(6) WHERE order_id IN (${list(plan.voided)}) AND state = 'authorized'`);
  for (const [storeId, told] of Map.groupBy(plan.exported, (order) => order.storeId))
    statements.push(`UPDATE platform_orders SET export_status = 'exported' WHERE store_id = ${storeId} AND platform_id IN (${list(told.map(({ platformId }) => platformId))})`);
  for (const [result, tasks] of Map.groupBy(plan.tasks, (task) => task.result))
    statements.push(
      `UPDATE tasks SET done_at = NOW(6), due_at = NULL, claimed_by = NULL, claim_token = NULL, claimed_at = NULL, reason = NULL, result = ${escape(result.slice(0, 500))} WHERE id IN (${list(tasks.map(({ id }) => id))})`,
    );
  return statements;
}

/** How a question ends that was never put: the next wish may put it under the same number. */
const UNASKED = 'nobody asks any more';

/** Whether a call puts the question of a task: its key is its kind, the order and the number, which are the task's subject. */
const PUTS_QUESTION = "e.kind LIKE '%.cancel' AND e.`key` = CONCAT(e.kind, ':', t.subject)";

/** Ends the tasks that would put questions, and takes them from who is about to; a call that has begun is left to its own end. */
const dropQuestions = (orders: readonly number[]): string =>
  `UPDATE tasks t FORCE INDEX (task_order) SET t.done_at = NOW(6), t.due_at = NULL, t.claimed_by = NULL, t.claim_token = NULL, t.claimed_at = NULL, t.reason = NULL, t.result = '${UNASKED}'
     WHERE t.order_id IN (${list(orders)}) AND t.kind IN (${list(CANCEL_TASKS)}) AND t.done_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.order_id = t.order_id AND ${PUTS_QUESTION} AND e.state IN (${list([...BEGUN])}))`;

/** One entry for each order; what came later stands. */
function latest(orders: Plan['orders']): Plan['orders'] {
  const byOrder = new Map<number, Plan['orders'][number]>();
  for (const { order, columns } of orders) byOrder.set(order, { order, columns: { ...byOrder.get(order)?.columns, ...columns } });
  return [...byOrder.values()];
}

function orderColumns({ orders, shipped }: Plan): string[] {
  return [
    ...[...Map.groupBy(latest(orders), ({ columns }) => Object.keys(columns).toSorted().join(' '))].map(([, alike]) => {
      const names = Object.keys(alike[0]?.columns ?? {});
      const set = names.map((name) => `${escapeId(name)} = CASE id ${alike.map(({ order, columns }) => `WHEN ${order} THEN ${escape(columns[name])}`).join(' ')} END`);
      return `UPDATE orders SET ${set.join(', ')} WHERE id IN (${list(alike.map(({ order }) => order))})`;
    }),
    ...shipped.map(({ order, lineId, quantity }) => `UPDATE line_items SET quantity_shipped = quantity_shipped + ${quantity} WHERE order_id = ${order} AND line_id = ${escape(lineId)}`),
  ];
}

/** Rows of one table share a statement; tables keep the order in which the plan first names them. */
function rows({ writes, events }: Plan): string[] {
  const tables = new Map<string, Record<string, unknown>[]>();
  for (const { table, rows: added } of writes) tables.set(table, [...(tables.get(table) ?? []), ...added]);
  const statements = [...tables].flatMap(([table, all]) => (table === 'tasks' ? insertTasks(all) : insert(table, all)));
  return [...statements, ...insert('order_events', events.map(({ order, kind, actor, text }) => ({ order_id: order, kind, actor, text: text.slice(0, 500) })))];
}

const LOOKS = `kind = '${PARENT_TASK}'`;
const AGAIN = `${LOOKS} OR (done_at IS NOT NULL AND result IN ('failed', '${UNASKED}'))`;
const FREED = ['claimed_by', 'claimed_at', 'claim_token'].map((column) => `${column} = IF(${LOOKS}, NULL, ${column})`).join(', ');

/**
 * Of two tasks with the same subject there is one: it is done again where it has failed, or was dropped before it asked, and stays as it is where it is open or done. A
 * look at the parts of an order is always asked for anew, and loses its claim where it is under way: it may have looked too early.
 */
function insertTasks(all: readonly Record<string, unknown>[]): string[] {
  // Each assignment sees those before it.
  const again = `due_at = IF(${AGAIN}, IF(holds = 0, NOW(6), NULL), due_at), attempts = IF(${AGAIN}, 0, attempts), done_at = IF(${AGAIN}, NULL, done_at), result = IF(done_at IS NULL, NULL, result)`;
  return insert('tasks', all).map((sql) => `${sql} ON DUPLICATE KEY UPDATE ${again}, ${FREED}`);
}

function holdRows({ holds, resolvedHolds }: Plan): string[] {
  return [
    ...insert('holds', holds.map(({ order, kind, reason, actor }) => ({ order_id: order, kind, reason: reason.slice(0, 500), actor }))),
    ...resolvedHolds.map(
      ({ ids, by, decision, reason }) =>
        `UPDATE holds SET resolved_at = NOW(6), resolved_by = ${escape(by)}, decision = ${escape(decision)}, decision_reason = ${escape(reason)} WHERE id IN (${list(ids)})`,
    ),
    ...resolvedHolds
      .filter(({ tasks }) => tasks.length > 0)
      .map(({ tasks }) => `UPDATE tasks SET holds = holds - 1, due_at = IF(holds = 0 AND done_at IS NULL, NOW(6), NULL) WHERE id IN (${list(tasks)})`),
    // A task has no status to be put back from: a person who releases it has its refused call sent again; what another hold asks about waits for that.
    ...resolvedHolds
      .filter(({ tasks, decision }) => tasks.length > 0 && decision === 'release')
      .map(
        ({ tasks }) =>
          `UPDATE effects e JOIN tasks t ON t.order_id = e.order_id AND (t.kind = e.kind OR (t.kind IN (${list(CANCEL_TASKS)}) AND ${PUTS_QUESTION})) SET e.state = 'intent', e.inquiries = 0 WHERE t.id IN (${list(tasks)}) AND e.state IN ('rejected', 'not_done')
             AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.effect_id = e.id AND h.resolved_at IS NULL)`,
      ),
  ];
}

function inboxRows({ inbox, inboxApplied, wishes, asked, cancellations }: Plan): string[] {
  return [
    ...insert('cancellations', wishes),
    ...insert('inbox', inbox.map(({ fact, state, reason, status }) => ({
      source: fact.source, event_id: fact.eventId, type: fact.type, order_id: fact.order, node: fact.node ?? null, body: JSON.stringify(fact.body), state, reason: reason?.slice(0, 500) ?? null, status,
    }))),
    ...inboxApplied.map(({ id, state, reason, status }) =>
      `UPDATE inbox SET state = ${escape(state)}, reason = ${escape(reason?.slice(0, 500) ?? null)}, status = ${escape(status)}, applied_at = NOW(6) WHERE id = ${id}`),
    ...asked.map(({ id, ask, of, said }) => `UPDATE cancellations SET ask = ${escape(ask)}, asked_of = ${escape(of)}, asked_at = COALESCE(asked_at, NOW(6)), decision_reason = ${escape(said?.slice(0, 500) ?? null)} WHERE id = ${id}`),
    ...cancellations.map(({ id, state, reason }) =>
      `UPDATE cancellations SET state = ${escape(state)}, decision_reason = ${escape(reason.slice(0, 500))}, decided_at = NOW(6) WHERE id = ${id}`),
  ];
}
