import { lifecycle, type Status } from '../lifecycle/lifecycle';
import { DATED } from '../lifecycle/put-back';
import { type OpenPause, pauseOf, worksSql } from '../lifecycle/stages';
import { execute, type Pool, select } from '../store/pool';

/** An order's timeline says `late` once for each time it stands too long in a status. */
const KIND = 'late';
/** Nobody is late whose date is still to come. */
const BEFORE_ITS_DATE = ' AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = order_status.order_id AND o.resume_at > NOW(6))';
/** Of one status in one run; the next run goes on. */
const LIMIT = 1000;

/** Statuses in which something of ours, or of a partner's, is to happen by itself: who is late there tells nobody otherwise. */
export const LATE_STATUSES: readonly Status[] = lifecycle.names.filter((name) => ['working', 'waiting'].includes(lifecycle.statuses[name].kind) && lifecycle.statuses[name].stuckAfter !== undefined);

/** Those that a stage of ours works on. */
export const WORKING_STATUSES: readonly Status[] = LATE_STATUSES.filter((name) => lifecycle.statuses[name].kind === 'working');

/**
 * Notes in the timeline of each order that stands in its status for longer than the lifecycle expects, that it is late, with the runbook: once for each stay.
 * Held and paused ones are known to people already. @returns how many were noted
 */
export async function tellLate(pool: Pool, statuses: readonly Status[], actor: string): Promise<number> {
  const pauses = await select<OpenPause>(pool, 'SELECT kind, name FROM pauses WHERE released_at IS NULL');
  const stores = pauses.filter(({ kind }) => kind === 'store').map(({ name }) => name);
  let told = 0;
  for (const status of statuses) {
    const { stuckAfter, runbook = '' } = lifecycle.statuses[status];
    if (stuckAfter === undefined || pauseOf(pauses, status, '')) continue;
    told += await execute(
      pool,
      `INSERT INTO order_events (order_id, kind, actor, text)
       SELECT order_id, '${KIND}', ?, LEFT(CONCAT(?, DATE_FORMAT(entered_at, '%Y-%m-%d %H:%i'), ?), 500)
         FROM order_status
         WHERE status = ? AND entered_at < NOW(6) - INTERVAL ? SECOND AND holds = 0 AND ${worksSql(status)}${DATED.has(status) ? BEFORE_ITS_DATE : ''}
           AND store_id NOT IN (SELECT id FROM stores WHERE url IN (?))
           AND NOT EXISTS (SELECT 1 FROM order_events e WHERE e.order_id = order_status.order_id AND e.kind = '${KIND}' AND e.at >= order_status.entered_at)
         ORDER BY entered_at LIMIT ${LIMIT}`,
      [actor, `in ${status} since `, `, expected no longer than ${inWords(stuckAfter)}. ${runbook}`, status, stuckAfter, [...stores, '']],
    );
  }
  return told;
}

const UNITS = [['d', 86_400], ['h', 3600], ['min', 60], ['s', 1]] as const;

/** @param seconds as the lifecycle has them: whole units */
function inWords(seconds: number): string {
  const [unit, size] = UNITS.find(([, each]) => seconds % each === 0) ?? ['s', 1];
  return `${seconds / size} ${unit}`;
}
