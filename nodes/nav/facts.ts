import type { Reading } from '../edge/readers';
import type { FactContext, FactDecision, FactRules, UsualFact } from '../lifecycle/facts';
import type { Status } from '../lifecycle/lifecycle';
import { isAfter, isBefore } from '../lifecycle/line';
import { BEGUN } from '../lifecycle/requests';

/** Camel's report that NAV has released an order, or could not (docs/contracts/nav-release-status.schema.json). */
export interface ReleaseReport {
  status: 'RELEASED_FROM_NAV' | 'FAILED_TO_RELEASE_FROM_NAV';
  event_id: string;
  nav_order_no?: string;
  reason?: string;
}

/** Whether NAV was asked to create the order, by us or before it was imported: only then can a release be about it. */
const creationBegun = ({ effects, navOrderNo }: FactContext): boolean => navOrderNo !== null || effects.some((effect) => effect.kind === 'nav.create' && BEGUN.has(effect.state));

const RELEASABLE = new Set<Status>(['READY_TO_CREATE_IN_NAV', 'PENDING_NAV_RELEASE', 'FAILED_TO_RELEASE_FROM_NAV']);

export const navFacts: FactRules = {
  RELEASED_FROM_NAV(body: ReleaseReport, context): FactDecision {
    const { status } = context;
    if (RELEASABLE.has(status) && creationBegun(context))
      return {
        is: 'applied',
        to: 'RELEASED_FROM_NAV',
        reason: body.nav_order_no ? `released as ${body.nav_order_no}` : 'released',
        settles: ['nav.create'],
        ...(body.nav_order_no !== undefined && { order: { nav_order_no: body.nav_order_no } }),
      };
    if (status === 'RELEASED_FROM_NAV' || isAfter(status, 'nav')) return { is: 'already' };
    if (RELEASABLE.has(status) || status === 'FAILED_TO_CREATE_IN_NAV' || isBefore(status, 'nav')) return { is: 'early' };
    return { is: 'impossible', reason: `an order in ${status} is not released any more` };
  },

  FAILED_TO_RELEASE_FROM_NAV(body: ReleaseReport, context): FactDecision {
    const { status } = context;
    if (status === 'PENDING_NAV_RELEASE') return { is: 'applied', to: 'FAILED_TO_RELEASE_FROM_NAV', reason: body.reason ?? 'NAV did not release it', settles: ['nav.create'] };
    if (status === 'FAILED_TO_RELEASE_FROM_NAV') return { is: 'already' };
    if (status === 'READY_TO_CREATE_IN_NAV' || status === 'FAILED_TO_CREATE_IN_NAV' || isBefore(status, 'nav')) return { is: 'early' };
    return { is: 'impossible', reason: `an order in ${status} has been released already or is gone` };
  },
};

/** What NAV's releases usually look like. */
export const navUsual: readonly UsualFact[] = [
  { type: 'RELEASED_FROM_NAV', from: () => 'NAV', body: (): ReleaseReport => ({ status: 'RELEASED_FROM_NAV', event_id: '' }) },
  { type: 'FAILED_TO_RELEASE_FROM_NAV', from: () => 'NAV', body: (): ReleaseReport => ({ status: 'FAILED_TO_RELEASE_FROM_NAV', event_id: '' }) },
];

/** The one fact of a release report; the order is named in the path. */
export const navReadings: Readonly<Record<string, Reading>> = {
  'nav-release-status': {
    answers: 'one',
    read: (body: ReleaseReport, { order_id = '' }) => [{ source: 'nav', eventId: body.event_id, type: body.status, orderName: order_id, body }],
  },
};
