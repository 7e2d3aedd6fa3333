import type { Status } from '../../../nodes/lifecycle/lifecycle';
import type { EffectState } from '../../../nodes/effects/begin';
import type { Effect } from '../../../sandbox/journal/effects';
import { refOf, type System } from '../../support/system';

/** What the oracle judges by: the database as its administrator sees it, and the partners' own log. */

export interface OrderFact {
  id: number;
  name: string;
  /** 0, or the number of a part of a split order. */
  part: number;
  /** Minor units; null where it was never generalised. */
  total: number | null;
  /** Its lines, by the storefront's ids. */
  lines: readonly string[];
  platform: string;
  /** Parts that it was split into. */
  children: number;
  status: Status;
  version: number;
  due: boolean;
  /** In or since how many seconds, and why not before, in words. */
  when?: string | null;
  claimed: boolean;
  holds: number;
  navOrderNo: string | null;
  /** Whether its store exports to NAV. */
  exportsToNav: boolean;
  secondsThere: number;
  /** Minor units. */
  authorised: number;
  /** What of it is captured in the end: not what gift certificates have paid. */
  owed: number;
  /** Rejections of Cirro that were applied: each allows one more request, under the next sequence. */
  rejections: number;
  /** Holds that a person has decided. */
  decisions: number;
}

export interface TaskFact {
  order: string;
  kind: string;
  subject: string;
  due: boolean;
  /** In or since how many seconds, and why not before, in words. */
  when?: string | null;
  claimed: boolean;
  holds: number;
  secondsThere: number;
}

export interface Facts {
  orders: readonly OrderFact[];
  audits: readonly { order: number; version: number; from: string; to: string }[];
  /** Open ones. */
  tasks: readonly TaskFact[];
  /** Our own ledger. */
  ledger: readonly { id: number; order: number; kind: string; key: string; state: EffectState }[];
  /** The partners' own log. */
  effects: readonly Effect[];
}

const when = (table: string): string => `CONCAT(TIMESTAMPDIFF(SECOND, NOW(6), ${table}.due_at), ' s from now: ', COALESCE(${table}.reason, 'no reason'))`;

/** A row as the driver gives it: truth is a number, a sum is text. */
type AsRead<Fact> = Omit<Fact, 'due' | 'claimed' | 'authorised' | 'owed' | 'exportsToNav' | 'lines'> & { due: number; claimed: number; authorised: string; owed: string; exportsToNav: number; lines: string | null };

/** These orders and, where they were split, their parts, as a list of ids. */
export const withParts = 'SELECT id FROM orders WHERE name IN (?) UNION ALL SELECT c.id FROM orders c JOIN orders p ON p.id = c.parent_order_id WHERE p.name IN (?)';

/** Reads what the laws need, of these orders and their parts. */
export async function gather(system: System, placed: readonly string[]): Promise<Facts> {
  const names = placed.length > 0 ? placed : [''];
  const ids = (await system.sql<{ id: number }>(withParts, [names, names])).map(({ id }) => id);
  const own = [ids.length > 0 ? ids : [0]];
  const orders = await system.sql<AsRead<OrderFact>>(
    `SELECT o.id, o.name, o.part, o.total, (SELECT GROUP_CONCAT(l.line_id ORDER BY l.line_id) FROM line_items l WHERE l.order_id = o.id) AS \`lines\`, st.platform, s.children, s.status, s.version, s.due_at IS NOT NULL AS due, ${when('s')} AS \`when\`, s.claimed_by IS NOT NULL AS claimed, s.holds, o.nav_order_no AS navOrderNo, st.export_to_nav AS exportsToNav,
            TIMESTAMPDIFF(MICROSECOND, GREATEST(s.entered_at, COALESCE(s.claimed_at, s.entered_at)), NOW(6)) / 1e6 AS secondsThere,
            (SELECT COALESCE(SUM(p.amount), 0) FROM payments p WHERE p.order_id = o.id) AS authorised,
            (SELECT COALESCE(o.total, 0) - COALESCE(SUM(p.amount), 0) FROM payments p WHERE p.order_id = o.id AND p.method = 'GIFT_CERTIFICATE') AS owed,
            (SELECT COUNT(*) FROM inbox i WHERE i.order_id = o.id AND i.type = 'rejected' AND i.state IN ('applied', 'exception')) AS rejections,
            (SELECT COUNT(*) FROM holds h WHERE h.order_id = o.id AND h.decision IS NOT NULL) AS decisions
       FROM orders o JOIN order_status s ON s.order_id = o.id JOIN stores st ON st.id = o.store_id WHERE o.id IN (?) ORDER BY o.id`,
    own,
  );
  const refs = new Set(placed.map(refOf));
  return {
    orders: orders.map((order) => ({ ...order, due: Boolean(order.due), claimed: Boolean(order.claimed), exportsToNav: Boolean(order.exportsToNav), authorised: Number(order.authorised), owed: Number(order.owed), lines: order.lines?.split(',') ?? [] })),
    audits: await system.sql('SELECT a.order_id AS `order`, a.version, a.from_status AS `from`, a.to_status AS `to` FROM order_audits a JOIN orders o ON o.id = a.order_id WHERE o.id IN (?) ORDER BY a.order_id, a.version', own),
    tasks: (
      await system.sql<AsRead<TaskFact>>(
        `SELECT o.name AS \`order\`, t.kind, t.subject, t.due_at IS NOT NULL AS due, ${when('t')} AS \`when\`, t.claimed_by IS NOT NULL AS claimed, t.holds,
                TIMESTAMPDIFF(MICROSECOND, t.updated_at, NOW(6)) / 1e6 AS secondsThere
           FROM tasks t JOIN orders o ON o.id = t.order_id WHERE t.done_at IS NULL AND o.id IN (?)`,
        own,
      )
    ).map((task) => ({ ...task, due: Boolean(task.due), claimed: Boolean(task.claimed) })),
    ledger: await system.sql('SELECT e.id, e.order_id AS `order`, e.kind, e.`key`, e.state FROM effects e JOIN orders o ON o.id = e.order_id WHERE o.id IN (?)', own),
    effects: (await system.effects()).filter(({ ref }) => refs.has(ref)),
  };
}
