import type { Platform } from '../orders/intake';
import { generalise, navCustomerNo } from './mapping';
import { isObject } from './place';

/** How orders of SFCC are read at intake. */
export const sfcc: Platform = {
  identify(raw) {
    if (!isObject(raw) || typeof raw['order_no'] !== 'string' || !/^[\w.-]{1,64}$/.test(raw['order_no'])) return undefined;
    return { platformId: raw['order_no'], modifiedAt: modifiedAt(raw) };
  },
  generalise,
  navCustomerNo,
  initial: 'READY_FOR_PROCESSING',
  markTask: 'sfcc.mark-exported',
};

/** When the storefront last changed the order, by its own clock. */
export function modifiedAt(raw: unknown): Date | undefined {
  const text = isObject(raw) ? raw['last_modified'] : undefined;
  const date = typeof text === 'string' ? new Date(text) : undefined;
  return date && !Number.isNaN(date.getTime()) ? date : undefined;
}
