/** How a split order follows its parts. Pure. */
import { FOLLOWING } from '../lifecycle/children';
import { lifecycle, type Status } from '../lifecycle/lifecycle';

/** A part as its parent looks at it. */
export interface PartStanding {
  name: string;
  status: Status;
}

/** What a parent does after a look at its parts. */
export type ParentStep =
  | { is: 'partially-shipped' | 'shipped' | 'cancelled' | 'ended-apart' }
  /** Everything has left and NAV knows: the storefront is told about the whole. */
  | { is: 'fulfil' }
  | { is: 'stay' };

/** How far a part is on its way. */
type Far = 'open' | 'partly' | 'shipped' | 'told' | 'cancelled' | 'external';

const TOLD: ReadonlySet<Status> = new Set(['EXPORTED_TO_NAV', 'FULFILLED', 'PAYMENT_CAPTURED']);
const SHIPPED: ReadonlySet<Status> = new Set(['SHIPPED', 'FAILED_TO_EXPORT_TO_NAV', 'FAILED_TO_FULFILL', 'FULFILLED_PAYMENT_ERROR', 'FAILED_TO_CAPTURE']);

function farOf(status: Status): Far {
  const { phase } = lifecycle.statuses[status];
  if (status === 'PROCESSED_EXTERNALLY') return 'external';
  if (phase === 'cancel' || phase === 'refund') return 'cancelled';
  if (TOLD.has(status)) return 'told';
  if (SHIPPED.has(status)) return 'shipped';
  return status === 'PARTIALLY_SHIPPED' ? 'partly' : 'open';
}

/** Where a parent in this status goes by what its parts have come to. */
export function parentStep(status: Status, parts: readonly PartStanding[]): ParentStep {
  const far = new Set(parts.map((part) => farOf(part.status)));
  const has = (...wanted: Far[]): boolean => wanted.some((each) => far.has(each));
  if (!FOLLOWING.has(status) || far.size === 0) return { is: 'stay' };
  if (far.size === 1 && has('cancelled') && status !== 'SHIPPED') return { is: 'cancelled' };
  if (has('open', 'partly')) return { is: status === 'SPLIT' && has('partly', 'shipped', 'told') ? 'partially-shipped' : 'stay' };
  if (has('cancelled', 'external')) return { is: 'ended-apart' };
  if (status !== 'SHIPPED') return { is: 'shipped' };
  return { is: has('shipped') ? 'stay' : 'fulfil' };
}

/** The parts that keep a parent from its next step; empty where none does. */
export function awaitedParts(status: Status, parts: readonly PartStanding[]): PartStanding[] {
  const waitsFor: readonly Far[] = status === 'SHIPPED' ? ['shipped'] : ['open', 'partly'];
  return FOLLOWING.has(status) ? parts.filter((part) => waitsFor.includes(farOf(part.status))) : [];
}

/** The parts in words, for the reason of a step. */
export const inWords = (parts: readonly PartStanding[]): string => parts.map(({ name, status }) => `${name} ${status}`).join(', ');
