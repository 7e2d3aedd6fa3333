import { InvalidInput } from '../runtime/errors';

/** What `readCursor` reads: where a page ended. @param at as text, with six digits of the second */
export const cursorOf = (at: string, id: number): string => Buffer.from(JSON.stringify([at, id])).toString('base64url');

/** @throws InvalidInput `query.bad-cursor` */
export function readCursor(after: string): { at: string; id: number } {
  try {
    const [at, id] = JSON.parse(Buffer.from(after, 'base64url').toString()) as [unknown, unknown];
    if (isTime(at) && Number.isSafeInteger(id)) return { at: at as string, id: id as number };
  } catch {
    // falls through: what cannot be read is no cursor
  }
  throw new InvalidInput('after is not the `next` of a page', { code: 'query.bad-cursor', pointer: '/after' });
}

const LIMIT = 50;
const MAX_LIMIT = 500;

/** How many entries a page has, whatever was asked for. */
export const pageLimit = (asked: number | undefined): number => Math.min(MAX_LIMIT, Math.max(1, asked ?? LIMIT));

/** A time as MySQL takes it: nothing that a calendar does not have. */
function isTime(text: unknown): boolean {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/.test(text)) return false;
  const date = new Date(`${text.slice(0, 19).replace(' ', 'T')}Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text.slice(0, 10));
}
