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

/** The next scheduled time after `now`. @throws InvalidInput `job.bad-cron` */
export const nextSlot = (cron: string, now: Date): Date | undefined => parse(cron).nextDate(now) ?? undefined;

function parse(cron: string): CronosExpression {
  try {
    return CronosExpression.parse(cron, { timezone: 'UTC' });
  } catch (error) {
    throw new InvalidInput(`"${cron}" is no cron expression: ${(error as Error).message}`, { code: 'job.bad-cron', next: 'Correct recurring_jobs.cron.' });
  }
}
