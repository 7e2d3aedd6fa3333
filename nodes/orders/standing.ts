import { type AskedOf, CANCEL_STOPPED, type CancelledPart, type PartQuestion } from '../lifecycle/cancel';
import type { FactContext } from '../lifecycle/facts';
import type { Status } from '../lifecycle/lifecycle';
import type { OpenPause } from '../lifecycle/stages';
import type { Pool } from '../store/pool';

/** Where an order stands, and everything open about it, read at one moment of the database's clock. */
export interface Standing {
  now: Date;
  id: number;
  name: string;
  status: Status;
  version: number;
  platform: string;
  storeUrl: string;
  enteredAt: Date;
  /** Before which nothing begins; null where it has no date. */
  resumeAt: Date | null;
  dueAt: Date | null;
  isDue: boolean;
  claim: { process: number; since: Date; beats: boolean } | null;
  attempts: number;
  holdCount: number;
  reason: string | null;
  revision: number;
  exportSequence: number;
  navOrderNo: string | null;
  provider: string;
  /** The split order that it is a part of. */
  parent: string | null;
  /** Its parts, where it was split. */
  children: (CancelledPart & { id: number; part: number })[];
  path: string | null;
  batchReference: string | null;
  batchSequence: number;
  /** Of its last audit: what it left, and why. */
  last: { from: string; actor: string; reason: string };
  lines: FactContext['lines'];
  effects: StandingEffect[];
  holds: { id: number; kind: string; reason: string; opened: Date; effect: number | null; task: number | null }[];
  pauses: (OpenPause & { id: number; reason: string; actor: string; until: Date | null; opened: Date })[];
  tasks: StandingTask[];
  kept: { type: string; source: string; received: Date }[];
  wishes: { actor: string; reason: string; asked: Date; ask: string | null; askedOf: AskedOf | null }[];
  /** What is asked about the parts of a split order, this one's or of the one that it belongs to, because somebody wants to cancel it. */
  questions: (PartQuestion & { name: string; provider: string; exportSequence: number; effects: StandingEffect[] })[];
  /** What its parcels have captured one by one, with what its end has taken of the rest; absent where the whole is captured at its end. */
  captures?: StandingCaptures;
  /** Processes that claim work and are alive. */
  workers: number;
}

/** Amounts in minor units. */
export interface StandingCaptures {
  amount: number;
  total: number;
  currency: string;
  /** Parcels that are captured, and all that have been reported for it. */
  captured: number;
  parcels: number;
}

export interface StandingEffect {
  id: number;
  kind: string;
  key: string;
  state: string;
  attempt: number;
  inquiries: number;
  reference: string | null;
  reason: string | null;
  begun: Date;
  sentAt: Date | null;
}

/** Work beside the order's own line that is not done, or has failed. */
export interface StandingTask {
  id: number;
  kind: string;
  subject: string;
  begun: Date;
  dueAt: Date | null;
  isDue: boolean;
  claimed: boolean;
  attempts: number;
  holds: number;
  failed: boolean;
  reason: string | null;
}

/** What calls look at where an order was never generalised, and cannot be loaded. */
export const unloaded = ({ id, parent }: Standing): { id: number; revision: number; part: number } => ({ id, revision: 0, part: parent === null ? 0 : 1 });

const ALIVE = 'ended_at IS NULL AND beat_at > NOW(6) - INTERVAL 5 SECOND';

/** Reads an order by its id or name. @returns undefined for an unknown one */
export async function readStanding(pool: Pool, idOrName: string): Promise<Standing | undefined> {
  const byId = /^\d{1,15}$/.test(idOrName);
  const [results] = await pool.query(
    `SET @order = (SELECT id FROM orders WHERE name = ? ${byId ? 'OR id = ?' : ''} LIMIT 1);
     SET @whole = COALESCE((SELECT parent_order_id FROM order_status WHERE order_id = @order), @order);
     SELECT NOW(6) AS now, o.id, o.name, s.status, s.version, st.platform, st.url AS storeUrl, s.entered_at AS enteredAt, o.resume_at AS resumeAt, s.due_at AS dueAt, COALESCE(s.due_at <= NOW(6), FALSE) AS isDue,
            s.claimed_by AS claimedBy, s.claimed_at AS claimedAt, p.id IS NOT NULL AS beats, s.attempts, s.holds AS holdCount, s.reason, o.revision, o.export_sequence AS exportSequence,
            o.nav_order_no AS navOrderNo, w.provider, o.path, o.batch_reference AS batchReference, o.batch_sequence AS batchSequence, parent.name AS parent, a.from_status AS failedFrom, a.actor, a.reason AS why
       FROM orders o JOIN order_status s ON s.order_id = o.id JOIN stores st ON st.id = o.store_id JOIN warehouses w ON w.id = o.warehouse_id JOIN order_audits a ON a.order_id = o.id AND a.version = s.version LEFT JOIN orders parent ON parent.id = o.parent_order_id
       LEFT JOIN processes p ON p.id = s.claimed_by AND p.${ALIVE.replace(' AND ', ' AND p.')} WHERE o.id = @order;
     SELECT line_id AS lineId, quantity, quantity_shipped AS shipped, quantity_cancelled AS cancelled FROM line_items WHERE order_id = @order ORDER BY position;
     SELECT id, kind, \`key\`, state, attempt, inquiries, reference, reason, created_at AS begun, sent_at AS sentAt FROM effects WHERE order_id = @order ORDER BY id;
     SELECT id, kind, reason, opened_at AS opened, effect_id AS effect, task_id AS task FROM holds WHERE order_id = @order AND resolved_at IS NULL ORDER BY id;
     SELECT id, kind, name, reason, actor, until, opened_at AS opened FROM pauses WHERE released_at IS NULL ORDER BY id;
     SELECT id, kind, subject, created_at AS begun, due_at AS dueAt, COALESCE(due_at <= NOW(6), FALSE) AS isDue, claimed_by IS NOT NULL AS claimed, attempts, holds, done_at IS NOT NULL AS failed, reason
       FROM tasks WHERE order_id = @order AND (done_at IS NULL OR result = 'failed') ORDER BY id;
     SELECT type, source, received_at AS received FROM inbox WHERE order_id = @order AND state = 'kept' ORDER BY id;
     SELECT actor, reason, created_at AS asked, ask, asked_of AS askedOf FROM cancellations WHERE order_id = @order AND state = 'waiting' ORDER BY id;
     SELECT o.id, o.name, o.part, s.status, o.export_sequence AS exportSequence, o.batch_sequence AS batchSequence, o.nav_order_no AS navOrderNo, w.provider, EXISTS (SELECT 1 FROM holds h WHERE h.order_id = o.id AND h.kind = '${CANCEL_STOPPED}' AND h.resolved_at IS NULL) AS isStopped FROM order_status s JOIN orders o ON o.id = s.order_id JOIN warehouses w ON w.id = o.warehouse_id WHERE s.parent_order_id = @order ORDER BY o.part;
     SELECT e.order_id AS \`of\`, e.id, e.kind, e.\`key\`, e.state, e.attempt FROM effects e JOIN order_status s ON s.order_id = e.order_id WHERE s.parent_order_id = @whole ORDER BY e.id;
     SELECT o.id, o.name, c.ask, c.asked_of AS askedOf, c.decision_reason AS said, w.provider, o.export_sequence AS exportSequence FROM order_status s JOIN cancellations c ON c.order_id = s.order_id AND c.state = 'waiting' JOIN orders o ON o.id = s.order_id JOIN warehouses w ON w.id = o.warehouse_id
      WHERE s.parent_order_id = @whole ORDER BY o.part;
     SELECT o.total, o.currency, CAST((SELECT COALESCE(SUM(e.amount), 0) FROM effects e WHERE e.order_id = o.id AND e.kind IN (CONCAT(st.platform, '.capture'), CONCAT(st.platform, '.fulfil')) AND e.state = 'done') AS SIGNED) AS amount, COUNT(t.id) AS parcels,
            (SELECT COUNT(*) FROM effects e WHERE e.order_id = o.id AND e.kind = CONCAT(st.platform, '.capture') AND e.state = 'done') AS captured
       FROM orders o JOIN stores st ON st.id = o.store_id LEFT JOIN tasks t FORCE INDEX (task_order) ON t.order_id = o.id AND t.kind = CONCAT(st.platform, '.capture')
       WHERE o.id = @order AND o.part = 0 AND o.total IS NOT NULL GROUP BY o.id, o.total, o.currency, st.platform, st.capture_per HAVING COUNT(t.id) > 0 OR (st.capture_per = 'shipment' AND EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.state = 'authorized'));
     SELECT COUNT(*) AS workers FROM processes WHERE ${ALIVE} AND role <> 'edge'`,
    byId ? [idOrName, idOrName] : [idOrName],
  );
  const [, , orders = [], lines, effects, holds, pauses, tasks, kept, wishes, children = [], callsOfParts = [], questions = [], captures = [], workers = []] = results as unknown as [unknown, unknown, ...Record<string, unknown>[][]];
  const [order] = orders;
  if (!order) return undefined;
  const { failedFrom, actor, why, claimedBy, claimedAt, beats, isDue, ...columns } = order;
  const truths = <Row extends Record<string, unknown>>(rows: Row[] | undefined): Row[] =>
    (rows ?? []).map(({ isDue: due, claimed, failed, ...row }) => ({ ...row, isDue: Boolean(due), claimed: Boolean(claimed), failed: Boolean(failed) }) as unknown as Row);
  return {
    ...columns,
    isDue: Boolean(isDue),
    claim: claimedBy === null ? null : { process: claimedBy, since: claimedAt, beats: Boolean(beats) },
    last: { from: failedFrom, actor, reason: why },
    lines, effects, holds, pauses, kept, wishes,
    questions: questions.map(({ id, ...question }) => ({ ...question, effects: callsOfParts.filter((call) => call['of'] === id) })),
    children: children.map(({ id, name, part, status, isStopped, ...known }) => ({ id, name, part, status, isStopped: Boolean(isStopped), question: questions.find((question) => question['id'] === id), known: { ...known, effects: callsOfParts.filter((call) => call['of'] === id) } })),
    tasks: truths(tasks),
    ...(captures[0] && { captures: captures[0] }),
    workers: Number(workers[0]?.['workers']),
  } as unknown as Standing;
}
