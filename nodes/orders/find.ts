import { FOLLOWING } from '../lifecycle/children';
import { lifecycle, type Status } from '../lifecycle/lifecycle';
import { InvalidInput } from '../runtime/errors';
import { cursorOf, pageLimit, readCursor } from '../store/cursor';
import { type Pool, select } from '../store/pool';
import { formatAmount } from './money';

export interface OrderSummary {
  id: number;
  name: string;
  platform_id: string;
  store: string;
  status: string;
  entered_at: Date;
  due_at: Date | null;
  holds: number;
  currency: string | null;
  total: string | null;
  reason: string | null;
  /** Name of the split order that it is a part of. */
  parent: string | null;
  /** How many parts it was split into. */
  parts: number;
}

export interface OrderQuery {
  status?: string | undefined;
  /** A prefix of the name, of the platform's number or of the customer's e-mail. */
  q?: string | undefined;
  /** Where the page before ended. */
  after?: string | undefined;
  limit?: number | undefined;
}

/**
 * A page of orders, the newest first; a page inside one status goes by the time of entering it, the longest waiting first.
 * Each page is one range of an index however far back it lies.
 * @throws InvalidInput for an unknown status or a cursor that is none of ours
 */
export async function listOrders(pool: Pool, query: OrderQuery): Promise<{ orders: OrderSummary[]; next: string | null }> {
  const limit = pageLimit(query.limit);
  if (query.status !== undefined && !lifecycle.has(query.status)) throw new InvalidInput(`${query.status} is not a status`, { code: 'query.unknown-status', pointer: '/status' });
  const cursor = query.after === undefined ? undefined : readCursor(query.after);
  const values: unknown[] = [];
  const where: string[] = [];
  if (query.q) {
    const prefix = `${query.q.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    // Three index ranges: an OR over three columns would read the table.
    where.push('o.id IN (SELECT id FROM (SELECT id FROM orders WHERE name LIKE ? UNION SELECT id FROM orders WHERE platform_id LIKE ? UNION SELECT id FROM orders WHERE customer_email LIKE ?) found)');
    values.push(prefix, prefix, prefix);
  }
  if (query.status !== undefined) {
    where.push('s.status = ?');
    values.push(query.status);
    if (cursor) {
      where.push('(s.entered_at, s.order_id) > (?, ?)');
      values.push(cursor.at, cursor.id);
      where.push('s.entered_at >= ?');
      values.push(cursor.at);
    }
  } else if (cursor) {
    where.push('o.id < ?');
    values.push(cursor.id);
  }
  const order = query.status === undefined ? 'o.id DESC' : 's.entered_at, s.order_id';
  const rows = await select<Omit<OrderSummary, 'total'> & { total: number | null; at: string }>(
    pool,
    `SELECT o.id, o.name, o.platform_id, st.url AS store, s.status, s.entered_at, s.due_at, s.holds, o.currency, o.total, s.reason, parent.name AS parent, s.children AS parts,
            DATE_FORMAT(s.entered_at, '%Y-%m-%d %H:%i:%s.%f') AS at
       FROM orders o JOIN order_status s ON s.order_id = o.id JOIN stores st ON st.id = o.store_id LEFT JOIN orders parent ON parent.id = o.parent_order_id
       ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY ${order} LIMIT ?`,
    [...values, limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    orders: page.map(({ at: _at, total, ...row }) => ({ ...row, total: decimal(total, row.currency) })),
    next: rows.length > limit && last ? cursorOf(last.at, last.id) : null,
  };
}

/** Money as the endpoints show it. */
export const decimal = (amount: number | null, currency: string | null): string | null => (amount === null || currency === null ? null : formatAmount(amount, currency));

/** Who acts next. A status that works for some orders and ends others has ended this one when nothing of it is due, claimed or held. */
function waitsFor(
  { kind, workingWhen, owner, runbook }: (typeof lifecycle.statuses)[keyof typeof lifecycle.statuses],
  order: Record<string, unknown>,
): { kind: string; owner: string; runbook: string | null } {
  const ended = kind === 'final' || (workingWhen !== undefined && order['due_at'] === null && order['claimed_at'] === null && order['open_holds'] === 0);
  return ended ? { kind: 'final', owner: '-', runbook: null } : { kind, owner, runbook: runbook ?? null };
}

interface Step {
  at: Date;
  kind: 'transition' | 'event' | 'effect' | 'fact' | 'hold';
  actor: string;
  /** The node of the flows that did it. */
  node: string | null;
  text: string;
}

/** Everything about an order, by its id or name; its timeline is what happened, oldest first. @returns undefined for an unknown one */
export async function getOrder(pool: Pool, idOrName: string): Promise<Record<string, unknown> | undefined> {
  const [order] = await select<Record<string, unknown> & { id: number; currency: string | null; total: number | null; content: string | null; status: string }>(
    pool,
    `SELECT o.id, o.name, s.status, s.version, o.platform_id, st.url AS store, st.platform, o.part, parent.name AS parent, o.currency, o.total, o.revision, o.export_sequence, o.nav_order_no,
            o.batch_reference, o.placed_at, o.created_at, w.\`key\` AS warehouse, s.entered_at, s.due_at, s.claimed_at, s.attempts, s.holds AS open_holds, s.reason, o.content
       FROM orders o JOIN order_status s ON s.order_id = o.id JOIN stores st ON st.id = o.store_id JOIN warehouses w ON w.id = o.warehouse_id LEFT JOIN orders parent ON parent.id = o.parent_order_id
       WHERE ${/^\d{1,15}$/.test(idOrName) ? 'o.id = ? OR o.name = ?' : 'o.name = ? OR o.name = ?'} LIMIT 1`,
    [idOrName, idOrName],
  );
  if (!order) return undefined;
  const { id, content, total, currency, ...columns } = order;
  const [results] = await pool.query(
    `SELECT l.line_id, l.position, l.sku, l.name, l.quantity, l.quantity_cancelled, l.quantity_shipped, l.quantity_refunded, l.unit_price, l.discount, l.tax, l.total, l.gift, l.gift_message, l.path, w.\`key\` AS warehouse, l.properties
       FROM line_items l LEFT JOIN warehouses w ON w.id = l.warehouse_id WHERE l.order_id = ? ORDER BY l.position;
     SELECT instrument_id, method, card_type, masked_number, currency, amount, state, reference, settled_at FROM payments WHERE order_id = ? ORDER BY id;
     SELECT shipment_id, carrier, tracking, shipped_at, state FROM fulfillments WHERE order_id = ? ORDER BY created_at;
     SELECT shipment_id, line_id, quantity FROM fulfillment_items WHERE order_id = ?;
     SELECT id, kind, \`key\`, state, attempt, inquiries, amount, currency, reference, reason, sent_at, settled_at FROM effects WHERE order_id = ? ORDER BY id;
     SELECT h.id, h.kind, h.reason, h.opened_at AS opened, h.resolved_at AS resolved, h.resolved_by, h.decision, h.decision_reason, h.actor, h.node, e.kind AS effect_kind, e.\`key\` AS effect_key
       FROM holds h LEFT JOIN effects e ON e.id = h.effect_id WHERE h.order_id = ? ORDER BY h.id;
     SELECT version, from_status, to_status, actor, node, reason, at FROM order_audits WHERE order_id = ? ORDER BY version;
     SELECT kind, actor, text, at FROM order_events WHERE order_id = ? ORDER BY id;
     SELECT e.kind, a.attempt, a.sent_at, a.ended_at, a.outcome, a.detail, a.node FROM effect_attempts a JOIN effects e ON e.id = a.effect_id WHERE e.order_id = ? ORDER BY a.sent_at;
     SELECT source, type, event_id, state, reason, status, received_at, applied_at, node FROM inbox WHERE order_id = ? ORDER BY id;
     SELECT kind, subject, due_at, attempts, done_at, result, reason FROM tasks WHERE order_id = ? ORDER BY id;
     SELECT state, to_status, reason, actor, decision_reason, ask, asked_of, asked_at, created_at, decided_at FROM cancellations WHERE order_id = ? ORDER BY id;
     SELECT o.name, s.status FROM order_status s JOIN orders o ON o.id = s.order_id WHERE s.parent_order_id = ? ORDER BY o.part`,
    Array.from({ length: 13 }, () => id),
  );
  const [lines, payments, fulfillments, items, effects, holds, audits, events, attempts, facts, tasks, cancellations, children = []] = results as unknown as Record<string, unknown>[][];
  const { customer, shippingAddress, billingAddress, shipping, discounts, totals, taxation, properties } = JSON.parse(content ?? '{}') as Record<string, unknown>;
  const money = (row: Record<string, unknown>, ...names: string[]): Record<string, unknown> => ({
    ...row,
    ...Object.fromEntries(names.map((name) => [name, decimal(row[name] as number | null, (row['currency'] as string | null | undefined) ?? currency)])),
  });
  const status = lifecycle.has(order.status) ? lifecycle.statuses[order.status] : undefined;
  return {
    id,
    ...columns,
    currency,
    total: decimal(total, currency),
    children,
    waits_for: status && (children.length > 0 && FOLLOWING.has(order.status as Status) ? { kind: 'waiting', owner: 'its parts', runbook: lifecycle.statuses.SPLIT.runbook ?? null } : waitsFor(status, order)),
    customer: customer ?? null,
    shipping_address: shippingAddress ?? null,
    billing_address: billingAddress ?? null,
    amounts: totals === undefined ? null : money(totals as Record<string, unknown>, 'lines', 'discount', 'shipping', 'tax', 'total'),
    shipping: shipping === undefined ? null : money(shipping as Record<string, unknown>, 'amount', 'tax', 'discount'),
    taxation: taxation ?? null,
    discounts: ((discounts ?? []) as Record<string, unknown>[]).map((discount) => money(discount, 'amount')),
    properties: properties ?? {},
    lines: (lines ?? []).map((line) => ({ ...money({ ...line, warehouse: line['warehouse'] ?? order['warehouse'] }, 'unit_price', 'discount', 'tax', 'total'), gift: Boolean(line['gift']), properties: JSON.parse(String(line['properties'])) as unknown })),
    payments: (payments ?? []).map((payment) => money(payment, 'amount')),
    fulfillments: (fulfillments ?? []).map((parcel) => ({
      ...parcel,
      lines: (items ?? []).filter((item) => item['shipment_id'] === parcel['shipment_id']).map(({ line_id, quantity }) => ({ line_id, quantity })),
    })),
    effects: (effects ?? []).map((effect) => money(effect, 'amount')),
    holds: (holds ?? []).map(({ effect_kind, effect_key, ...hold }) => ({ ...hold, effect: effect_kind === null ? null : { kind: effect_kind, key: effect_key } })),
    tasks: tasks ?? [],
    cancellations: cancellations ?? [],
    timeline: timelineOf({ audits, events, attempts, facts, holds }),
  };
}

type Rows = Record<string, unknown>[] | undefined;

function timelineOf({ audits, events, attempts, facts, holds }: { audits: Rows; events: Rows; attempts: Rows; facts: Rows; holds: Rows }): Step[] {
  const step = (at: unknown, kind: Step['kind'], actor: unknown, text: string, node: unknown = null): Step => ({ at: at as Date, kind, actor: String(actor), node: node as string | null, text });
  const because = (reason: unknown): string => (reason ? ` – ${String(reason)}` : '');
  return [
    ...(audits ?? []).map((row) => step(row['at'], 'transition', row['actor'], `${row['from_status'] ? `${String(row['from_status'])} → ` : ''}${String(row['to_status'])}${because(row['reason'])}`, row['node'])),
    ...(events ?? []).map((row) => step(row['at'], 'event', row['actor'], `${String(row['kind'])}${because(row['text'])}`)),
    ...(attempts ?? []).map((row) => step(row['sent_at'], 'effect', 'oms', `${String(row['kind'])}, attempt ${String(row['attempt'])}: ${String(row['outcome'] ?? 'under way')}${because(row['detail'])}`, row['node'])),
    ...(facts ?? []).map((row) => step(row['received_at'], 'fact', `partner:${String(row['source'])}`, `${String(row['type'])} (${String(row['event_id'])}): ${String(row['state'])}${because(row['reason'])}`, row['node'])),
    ...(holds ?? []).flatMap((row) => [
      step(row['opened'], 'hold', row['actor'], `held: ${String(row['kind'])}${because(row['reason'])}`, row['node']),
      ...(row['resolved'] ? [step(row['resolved'], 'hold', row['resolved_by'], `hold decided: ${String(row['decision'])}${because(row['decision_reason'])}`)] : []),
    ]),
  ].toSorted((a, b) => a.at.getTime() - b.at.getTime());
}
