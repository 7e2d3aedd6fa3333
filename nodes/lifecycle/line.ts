import { lifecycle, type Status } from './lifecycle';

/** The phases of an order's way to the customer, in order. */
const LINE = ['intake', 'amazon', 'review', 'split', 'nav', 'batching', 'cirro', 'shipping'] as const;
export type LinePhase = (typeof LINE)[number];

/** How far along its way an order in this status is; undefined once it has left it (cancelled, refunded, voided). */
export function phaseIndex(status: Status): number | undefined {
  const index = LINE.indexOf(lifecycle.statuses[status].phase as LinePhase);
  return index < 0 ? undefined : index;
}

export function isBefore(status: Status, phase: LinePhase): boolean {
  const index = phaseIndex(status);
  return index !== undefined && index < LINE.indexOf(phase);
}

export function isAfter(status: Status, phase: LinePhase): boolean {
  const index = phaseIndex(status);
  return index !== undefined && index > LINE.indexOf(phase);
}
