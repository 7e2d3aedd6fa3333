import type { Status } from '../../nodes/lifecycle/lifecycle';
import { parseAmount } from '../../nodes/orders/money';
import { refOf, type StorefrontOrder, type System } from '../support/system';

/** How an order stands in the end: by the database as its administrator sees it, by the partners' own log, by the storefront. */
export interface Found {
  name: string;
  status: Status;
  /** What the partners have done for it, as `system operation`. */
  deeds: Readonly<Record<string, number>>;
  parcels: number;
  batches: number;
  /** Kinds of the holds that it stood in; those that are still open have a question mark. */
  holds: readonly string[];
  openTasks: readonly string[];
  /** Of it and of its parts. */
  stays: readonly Stay[];
  /** Minor units. */
  total: number | null;
  captured: number;
  lines: number;
  /** Whether the storefront knows that we took it. */
  exported: boolean;
  /** When it had come to its end, by the database's clock. Milliseconds since 1970. */
  endedAt: number;
}

/** How long an order stood in a status; undefined where it still stands there. */
export interface Stay {
  status: Status;
  ms: number | undefined;
  /** A split order, which only follows its parts. */
  follows: boolean;
}

/** Asked at once at the storefront. */
const AT_ONCE = 32;

/** The rows that belong to an order, with the name of the storefront's order: a part counts for its root. */
const OF_ROOTS = 'JOIN orders o ON o.id = x.order_id LEFT JOIN orders root ON root.id = o.parent_order_id WHERE COALESCE(root.name, o.name) IN (?)';
const ROOT = 'COALESCE(root.name, o.name) AS name';

/** Reads how these orders stand, which are the storefront's. One that is not there is left out. */
export async function findOrders(system: System, names: readonly string[]): Promise<Found[]> {
  const read = <Row>(columns: string, table: string, more = ''): Promise<(Row & { name: string })[]> => system.sql(`SELECT ${ROOT}, ${columns} FROM ${table} x ${OF_ROOTS} ${more}`, [names]);
  const roots = await system.sql<{ name: string; status: Status; total: string | null }>('SELECT o.name, s.status, o.total FROM orders o JOIN order_status s ON s.order_id = o.id WHERE o.name IN (?) ORDER BY o.id', [names]);
  const audits = grouped(await read<{ id: number; to: Status; at: string; parts: number }>(
    "x.order_id AS id, x.to_status AS `to`, UNIX_TIMESTAMP(x.at) * 1000 AS at, EXISTS (SELECT 1 FROM order_audits split WHERE split.order_id = x.order_id AND split.version <= x.version AND split.to_status = 'SPLIT') AS parts",
    'order_audits',
    'ORDER BY x.order_id, x.version',
  ));
  const parcels = grouped(await read('x.shipment_id', 'fulfillments'));
  const holds = grouped(await read<{ kind: string; open: number }>('x.kind, x.resolved_at IS NULL AS open', 'holds', 'ORDER BY x.id'));
  const batches = grouped(await read('o.batch_reference', 'order_status', 'AND o.batch_reference IS NOT NULL'));
  const tasks = grouped(await read<{ kind: string }>('x.kind', 'tasks', 'AND x.done_at IS NULL'));
  const effects = Map.groupBy(await system.effects(), ({ ref }) => ref);
  const beliefs = await askStorefront(system, roots.map(({ name }) => name));
  return roots.map(({ name, status, total }) => {
    const deeds = effects.get(refOf(name)) ?? [];
    const own = audits.get(name) ?? [];
    return {
      name,
      status,
      deeds: Object.fromEntries([...Map.groupBy(deeds, ({ system: partner, operation }) => `${partner} ${operation}`)].map(([deed, all]) => [deed, all.length])),
      parcels: parcels.get(name)?.length ?? 0,
      batches: batches.get(name)?.length ?? 0,
      holds: (holds.get(name) ?? []).map(({ kind, open }) => `${kind}${open ? '?' : ''}`),
      openTasks: (tasks.get(name) ?? []).map(({ kind }) => kind),
      stays: staysOf(own.map((audit) => ({ ...audit, at: Number(audit.at), follows: Boolean(audit.parts) }))),
      total: total === null ? null : Number(total),
      captured: deeds.filter(({ operation }) => operation === 'capture').reduce((sum, { detail }) => sum + parseAmount(detail['amount'], String(detail['currency'])), 0),
      lines: beliefs.get(name)?.lines.length ?? 0,
      exported: beliefs.get(name)?.exported ?? false,
      endedAt: Math.max(...own.map(({ at }) => Number(at))),
    };
  });
}

const grouped = <Row extends { name: string }>(rows: readonly Row[]): Map<string, Row[]> => Map.groupBy(rows, ({ name }) => name);

/** From audits in order, of one order after the other. */
function staysOf(audits: readonly { id: number; to: Status; at: number; follows: boolean }[]): Stay[] {
  return audits.map(({ id, to, at, follows }, index) => {
    const next = audits[index + 1];
    return { status: to, ms: next?.id === id ? next.at - at : undefined, follows };
  });
}

async function askStorefront(system: System, names: readonly string[]): Promise<Map<string, StorefrontOrder>> {
  const beliefs = new Map<string, StorefrontOrder>();
  for (let asked = 0; asked < names.length; asked += AT_ONCE)
    await Promise.all(names.slice(asked, asked + AT_ONCE).map(async (name) => beliefs.set(name, await system.storefront(name))));
  return beliefs;
}
