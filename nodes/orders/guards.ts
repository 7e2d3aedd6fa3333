import type { DeclaredCall } from '../effects/calls';
import { IN_DOUBT } from '../lifecycle/cancel';
import { lifecycle } from '../lifecycle/lifecycle';
import { pauseOf } from '../lifecycle/stages';
import { isKnownError } from '../runtime/errors';
import type { Route } from '../work/routes';
import type { Standing } from './standing';

/** One condition of the next step, with what it found. */
export interface Guard {
  guard: string;
  /** What must be. */
  needs: string;
  /** What is. */
  value: string;
  ok: boolean;
}

interface Looked {
  standing: Standing;
  route: Route | undefined;
  /** The remote calls of the stage. */
  calls: readonly DeclaredCall[];
  /** The order as a stage is given it; undefined where it was never generalised. */
  order: { id: number; revision: number } | undefined;
}

/**
 * What must be true before a stage takes the order and moves it on, in the order in which it is looked at. Each asks the function that
 * the claim, the transition or the call itself asks.
 */
export function guardsOf({ standing, route, calls, order }: Looked): Guard[] {
  const { status, storeUrl, pauses, holds, claim, dueAt, isDue, workers } = standing;
  const pause = pauseOf(pauses, status, storeUrl);
  return [
    guard('stage', 'a stage of the deployed flows', route ? `“${route.name}” on ${route.tab}` : 'none', route !== undefined),
    guard('workers', 'a process that works and is alive', `${workers} alive`, workers > 0),
    guard('holds', 'no open hold', holds.filter(({ task }) => task === null).map(({ id, kind }) => `${id}: ${kind}`).join(', ') || 'none', standing.holdCount === 0),
    guard('pauses', 'no open pause of the stage, its partner or the store', pause ? `${pause.kind} ${pause.name}` : 'none', pause === undefined),
    guard('claim', 'not taken by a process', claim ? `process ${claim.process} since ${claim.since.toISOString()}` : 'free', claim === null),
    guard('due', 'due', dueAt ? dueAt.toISOString() : 'not set', isDue || claim !== null),
    ...calls.flatMap((call) => guardsOfCall(call, standing, order)),
    ...(route?.leads ?? []).map((to) => guard('edge', `a legal step to ${to}`, `${status} → ${to}`, lifecycle.allows(status, to))),
  ];
}

function guardsOfCall(call: DeclaredCall, { effects }: Standing, order: Looked['order']): Guard[] {
  const wrong = order === undefined ? 'the order was never generalised' : notBuildable(call, order);
  const buildable = guard('request', `a request for ${call.kind} that can be built`, wrong ?? 'it can', wrong === undefined);
  const effect = order && wrong === undefined ? effects.find(({ key }) => key === call.key(order)) : undefined;
  const state = effect?.state ?? 'not begun';
  return [buildable, guard('effect', `${call.kind} in no doubt and not refused`, state, !IN_DOUBT.has(state) && state !== 'rejected' && state !== 'not_done')];
}

/** What keeps a request from being built, as the stage would find it. */
function notBuildable(call: DeclaredCall, order: { id: number; revision: number }): string | undefined {
  try {
    call.request(order);
    return undefined;
  } catch (error) {
    if (isKnownError(error)) return error.message;
    throw error;
  }
}

const guard = (name: string, needs: string, value: string, ok: boolean): Guard => ({ guard: name, needs, value, ok });
