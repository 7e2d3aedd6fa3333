import { format } from 'mysql2';
import type { PoolConnection, RowDataPacket } from '../store/pool';
import { select } from '../store/pool';
import type { Image } from './change';
import type { AskedOf } from './cancel';
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
  /** What became of asking whoever has the order; NULL where nobody had to be asked yet. */
  ask: 'asked' | 'granted' | 'refused' | null;
  /** Who that is; NULL for a split order, whose parts have questions of their own. */
  askedOf: AskedOf | null;
  /** What the one who was asked has said, in words. */
  said: string | null;
}

/** What stands beside the status rows of a group; read only for orders that have facts, decisions or something pending. */
export interface Beside {
  context: Map<number, Omit<FactContext, 'status' | 'cancelAsked'> & { name: string; revision: number }>;
  inbox: StoredFact[];
  cancellations: WaitingCancellation[];
  holds: { id: number; order: number; kind: string; effect: number | null; task: number | null; taskKind: string | null }[];
  /** Claims of the tasks that end with a change of the group, locked. */
  tasks: Map<number, string | null>;
}

/** What a group is going to look at, as far as its entries tell before anything is locked. */
export interface Wanted {
  orders: readonly number[];
  /** Orders of facts, decisions and wishes. */
  beside: readonly number[];
  /** Events whose stored answers may be there already. */
  events: readonly { source: string; eventId: string }[];
  /** Tasks that end. */
  tasks: readonly number[];
}

export interface Locked {
  images: Map<number, Image>;
  pauses: OpenPause[];
  beside: Beside;
}

/**
 * Locks the status rows in key order, then the tasks, and reads the rest, in one round trip: READ COMMITTED shows what was there when
 * the locks had been taken.
 * @param wait whether to wait for rows that somebody else has locked; otherwise they are left out
 */
export async function lockOrders(connection: PoolConnection, { orders, beside, events, tasks }: Wanted, wait: boolean): Promise<Locked> {
  const reads = beside.length > 0 ? besideQuery(beside, events) : [];
  const ending = tasks.length > 0 ? [format('SELECT id, claim_token AS token FROM tasks WHERE id IN (?) ORDER BY id FOR UPDATE', [[...tasks]])] : [];
  const [results] = await connection.query<RowDataPacket[][]>(
    [
      'START TRANSACTION',
      format(
        `SELECT order_id AS \`order\`, parent_order_id AS parent, children, store_id AS storeId, status, version, claim_token AS token, holds, pending, lane
           FROM order_status WHERE order_id IN (?) ORDER BY order_id FOR UPDATE${wait ? '' : ' SKIP LOCKED'}`,
        [[...orders]],
      ),
      'SELECT kind, name FROM pauses WHERE released_at IS NULL',
      ...ending,
      ...reads,
    ].join(';'),
  );
  const [, rows = [], pauses = [], ...others] = results;
  const claims = ending.length > 0 ? (others.shift() as { id: number; token: string | null }[]) : [];
  return {
    images: new Map((rows as Omit<Image, 'changed' | 'before'>[]).map((row) => [row.order, { ...row, changed: false, before: { holds: row.holds, pending: row.pending, token: row.token } }])),
    pauses: pauses as OpenPause[],
    beside: { ...(reads.length > 0 ? besideOf(others) : NOTHING_BESIDE()), tasks: new Map(claims.map(({ id, token }) => [id, token])) },
  };
}

/** Reads, for orders that the lock has shown to need it, what stands beside them, and adds it. */
export async function readBeside(connection: PoolConnection, orders: readonly number[], into: Beside): Promise<void> {
  const [results] = await connection.query<RowDataPacket[][]>(besideQuery(orders, []).join(';'));
  const more = besideOf(results);
  for (const [order, context] of more.context) into.context.set(order, context);
  into.inbox.push(...more.inbox);
  into.cancellations.push(...more.cancellations);
  into.holds.push(...more.holds);
}

const NOTHING_BESIDE = (): Omit<Beside, 'tasks'> => ({ context: new Map(), inbox: [], cancellations: [], holds: [] });

function besideQuery(orders: readonly number[], events: Wanted['events']): string[] {
  const ids = orders.join(', ');
  const known = events.length > 0 ? format(' OR event_id IN (?)', [events.map((event) => event.eventId)]) : '';
  return [
    `SELECT o.id, o.export_sequence AS exportSequence, o.nav_order_no AS navOrderNo, o.revision, o.name, o.path, o.batch_reference AS batchReference, o.batch_sequence AS batchSequence, w.provider FROM orders o JOIN warehouses w ON w.id = o.warehouse_id WHERE o.id IN (${ids})`,
    `SELECT order_id AS \`order\`, line_id AS lineId, quantity, quantity_shipped AS shipped, quantity_cancelled AS cancelled FROM line_items WHERE order_id IN (${ids})`,
    `SELECT id, order_id AS \`order\`, kind, \`key\`, state, attempt FROM effects WHERE order_id IN (${ids})`,
    `SELECT id, order_id AS \`order\`, source, event_id AS eventId, type, body, state, status, reason, node FROM inbox WHERE order_id IN (${ids}) AND (state = 'kept'${known}) ORDER BY id`,
    `SELECT id, order_id AS \`order\`, to_status AS \`to\`, actor, reason, ask, asked_of AS askedOf, decision_reason AS said FROM cancellations WHERE order_id IN (${ids}) AND state = 'waiting' ORDER BY id`,
    `SELECT h.id, h.order_id AS \`order\`, h.kind, h.effect_id AS effect, h.task_id AS task, t.kind AS taskKind FROM holds h LEFT JOIN tasks t ON t.id = h.task_id WHERE h.order_id IN (${ids}) AND h.resolved_at IS NULL`,
  ];
}

function besideOf([rows = [], lines = [], effects = [], inbox = [], cancellations = [], holds = []]: readonly RowDataPacket[][]): Omit<Beside, 'tasks'> {
  const linesOf = Map.groupBy(lines as unknown as (FactContext['lines'][number] & { order: number })[], (line) => line.order);
  const effectsOf = Map.groupBy(effects as unknown as (FactContext['effects'][number] & { order: number })[], (effect) => effect.order);
  return {
    context: new Map(
      (rows as unknown as (Omit<FactContext, 'order' | 'status' | 'cancelAsked' | 'lines' | 'effects'> & { id: number; revision: number; name: string })[]).map(({ id, ...columns }) => [id, { order: id, ...columns, lines: linesOf.get(id) ?? [], effects: effectsOf.get(id) ?? [] }]),
    ),
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
