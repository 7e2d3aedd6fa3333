import type { PoolConnection, RowDataPacket } from '../store/pool';
import { select } from '../store/pool';
import type { Image } from './change';
import type { FactContext } from './facts';
import type { Status } from './lifecycle';
import type { OpenPause } from './stages';

/** A fact that came before its time, or the stored answer of one that came before. */
export interface StoredFact {
  id: number;
  order: number;
  source: string;
  eventId: string;
  type: string;
  body: unknown;
  state: 'applied' | 'already' | 'kept' | 'exception';
  status: Status;
  reason: string | null;
  /** The node that took it. */
  node: string | null;
}

export interface WaitingCancellation {
  id: number;
  order: number;
  to: Status;
  actor: string;
  reason: string;
}

/** What stands beside the status rows of a group; read only for orders that have facts, decisions or something pending. */
export interface Beside {
  context: Map<number, Omit<FactContext, 'status'>>;
  inbox: StoredFact[];
  cancellations: WaitingCancellation[];
  holds: { id: number; order: number; effect: number | null; task: number | null }[];
  /** Claims of the tasks that end with a change of the group, locked. */
  tasks: Map<number, string | null>;
}

/**
 * Locks the status rows in key order and reads the open pauses.
 * @param wait whether to wait for rows that somebody else has locked; otherwise they are left out
 */
export async function lockOrders(
  connection: PoolConnection,
  orders: readonly number[],
  wait: boolean,
): Promise<{ images: Map<number, Image>; pauses: OpenPause[] }> {
  const [results] = await connection.query<RowDataPacket[][]>(
    `START TRANSACTION;
     SELECT order_id AS \`order\`, store_id AS storeId, status, version, claim_token AS token, holds, pending, lane
       FROM order_status WHERE order_id IN (?) ORDER BY order_id FOR UPDATE${wait ? '' : ' SKIP LOCKED'};
     SELECT kind, name FROM pauses WHERE released_at IS NULL`,
    [orders],
  );
  const rows = (results[1] ?? []) as Omit<Image, 'changed' | 'before'>[];
  return { images: new Map(rows.map((row) => [row.order, { ...row, changed: false, before: { holds: row.holds, pending: row.pending } }])), pauses: (results[2] ?? []) as OpenPause[] };
}

/** Locks tasks and reads whose claim they are. */
export async function lockTasks(connection: PoolConnection, tasks: readonly number[]): Promise<Beside['tasks']> {
  if (tasks.length === 0) return new Map();
  const rows = await select<{ id: number; token: string | null }>(connection, 'SELECT id, claim_token AS token FROM tasks WHERE id IN (?) ORDER BY id FOR UPDATE', [tasks]);
  return new Map(rows.map(({ id, token }) => [id, token]));
}

export async function readBeside(
  connection: PoolConnection,
  orders: readonly number[],
  events: readonly { source: string; eventId: string }[],
): Promise<Omit<Beside, 'tasks'>> {
  const [results] = await connection.query<RowDataPacket[][]>(
    `SELECT id, export_sequence AS exportSequence FROM orders WHERE id IN (?);
     SELECT order_id AS \`order\`, line_id AS lineId, quantity, quantity_shipped AS shipped, quantity_cancelled AS cancelled FROM line_items WHERE order_id IN (?);
     SELECT id, order_id AS \`order\`, kind, \`key\`, state FROM effects WHERE order_id IN (?);
     SELECT id, order_id AS \`order\`, source, event_id AS eventId, type, body, state, status, reason, node FROM inbox
       WHERE order_id IN (?) AND (state = 'kept'${events.length > 0 ? ' OR event_id IN (?)' : ''}) ORDER BY id;
     SELECT id, order_id AS \`order\`, to_status AS \`to\`, actor, reason FROM cancellations WHERE order_id IN (?) AND state = 'waiting' ORDER BY id;
     SELECT id, order_id AS \`order\`, effect_id AS effect, task_id AS task FROM holds WHERE order_id IN (?) AND resolved_at IS NULL`,
    [orders, orders, orders, orders, ...(events.length > 0 ? [events.map((event) => event.eventId)] : []), orders, orders],
  );
  const [rows = [], lines = [], effects = [], inbox = [], cancellations = [], holds = []] = results;
  const context: Beside['context'] = new Map();
  const linesOf = Map.groupBy(lines as unknown as (FactContext['lines'][number] & { order: number })[], (line) => line.order);
  const effectsOf = Map.groupBy(effects as unknown as (FactContext['effects'][number] & { order: number })[], (effect) => effect.order);
  for (const row of rows as { id: number; exportSequence: number }[])
    context.set(row.id, {
      order: row.id,
      exportSequence: row.exportSequence,
      lines: linesOf.get(row.id) ?? [],
      effects: effectsOf.get(row.id) ?? [],
    });
  return {
    context,
    inbox: (inbox as unknown as (StoredFact & { body: string })[]).map((row) => ({ ...row, body: JSON.parse(row.body) as unknown })),
    cancellations: cancellations as unknown as WaitingCancellation[],
    holds: holds as unknown as Beside['holds'],
  };
}

/** Platforms and URLs of the stores by id; stores are few and never change their platform. */
export async function readStores(connection: PoolConnection): Promise<Map<number, { url: string; platform: string }>> {
  const rows = await select<{ id: number; url: string; platform: string }>(connection, 'SELECT id, url, platform FROM stores');
  return new Map(rows.map((row) => [row.id, row]));
}
