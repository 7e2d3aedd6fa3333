import { lifecycle, type Status } from './lifecycle';

/**
 * Where a put-back leads from an error: to where the order failed from, or else along the first declared way.
 * @param failedFrom what its last audit left
 * @returns undefined where it is not in error, or nothing leads back
 */
export function putBackTo(status: Status, failedFrom: string): Status | undefined {
  if (lifecycle.statuses[status].kind !== 'error') return undefined;
  return lifecycle.has(failedFrom) && lifecycle.allows(status, failedFrom) ? failedFrom : lifecycle.statuses[status].next[0];
}
