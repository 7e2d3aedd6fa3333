import { headOf } from '../orders/quarantine';
import { modifiedAt } from './platform';

/** Where a search stands between two pages; plain data, it travels in the message. */
export interface PageCursor {
  /** Inclusive; absent on the very first search of a store. */
  from?: string;
  /** Orders of the time `from` that have been read already. */
  start: number;
  /** Everything up to here has been taken and committed once the next page is asked for. */
  covered?: string;
  done: boolean;
  /** Orders in error have been read again in this run. */
  refreshed?: boolean;
}

/** The first page of a run begins behind the watermark, for orders that the storefront's index showed late. */
export function firstPage(watermark: string | undefined, overlapMs: number): PageCursor {
  return { start: 0, done: false, ...(watermark !== undefined && { from: new Date(Date.parse(watermark) - overlapMs).toISOString() }) };
}

/**
 * The page after this one. It begins at the last time that was seen and not at an offset: orders that are marked as exported
 * meanwhile leave the search or move to its end, and an offset would then jump over others. Only where a whole page shares one
 * time does the offset grow.
 */
export function nextPage(cursor: PageCursor, orders: readonly unknown[], count: number): PageCursor {
  const times = orders.map((order) => modifiedAt(headOf(order))?.toISOString()).filter((time) => time !== undefined);
  const last = times.at(-1) ?? cursor.from;
  const covered = last === undefined ? {} : { covered: last };
  if (orders.length < count || last === undefined) return { ...cursor, ...covered, done: true };
  if (last === cursor.from) return { ...cursor, ...covered, start: cursor.start + orders.length, done: false };
  return { from: last, start: 0, ...covered, done: false };
}
