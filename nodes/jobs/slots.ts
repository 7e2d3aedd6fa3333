import { CronosExpression } from 'cronosjs';
import { InvalidInput } from '../runtime/errors';

const SECOND = 1000;
const WINDOWS = [10 * SECOND, 600 * SECOND, 86_400 * SECOND, 31 * 86_400 * SECOND, 366 * 86_400 * SECOND];

/**
 * The scheduled time that a tick at `now` stands for: the latest one that is not later than it.
 * @param cron five fields, or six with seconds first, or seven with the year last; UTC
 * @param now by the database's clock: the timer that ticked decides nothing
 * @throws InvalidInput `job.bad-cron`
 */
export function slotAt(cron: string, now: Date): Date | undefined {
  const expression = parse(cron);
  for (const window of WINDOWS) {
    let slot = expression.nextDate(new Date(now.getTime() - window));
    if (!slot || slot > now) continue;
    for (let next = expression.nextDate(slot); next && next <= now; next = expression.nextDate(next)) slot = next;
    return slot;
  }
  return undefined;
}

/** How far back `all` catches up, and with how many slots at most: a job that was away for a week does not run ten thousand times. */
const CATCH_UP_MS = 86_400 * SECOND;
const CATCH_UP_SLOTS = 100;

/** What becomes of the slots that nobody could run: one run stands for all of them, none does, or each gets its own (the last hundred of a day). */
export const CATCH_UPS = ['last', 'none', 'all'] as const;
export type CatchUp = (typeof CATCH_UPS)[number];

/**
 * The slot that is to be run at `now`; the same one again while nobody has run it.
 * @param since the last slot that has a run, or when the job was made: nothing before it was missed
 * @throws InvalidInput `job.bad-cron`
 */
export function dueSlot({ cron, catchUp }: { cron: string; catchUp: CatchUp }, now: Date, since: Date): Date | undefined {
  if (catchUp !== 'all') return slotAt(cron, now);
  const expression = parse(cron);
  const missed: Date[] = [];
  const from = new Date(Math.max(since.getTime(), now.getTime() - CATCH_UP_MS));
  for (let slot = expression.nextDate(from); slot && slot <= now; slot = expression.nextDate(slot)) {
    missed.push(slot);
    if (missed.length > CATCH_UP_SLOTS) missed.shift();
  }
  return missed[0] ?? slotAt(cron, now);
}

/** The next scheduled time after `now`. @throws InvalidInput `job.bad-cron` */
export const nextSlot = (cron: string, now: Date): Date | undefined => parse(cron).nextDate(now) ?? undefined;

function parse(cron: string): CronosExpression {
  try {
    return CronosExpression.parse(cron, { timezone: 'UTC' });
  } catch (error) {
    throw new InvalidInput(`"${cron}" is no cron expression: ${(error as Error).message}`, { code: 'job.bad-cron', next: 'Correct recurring_jobs.cron.' });
  }
}
