import { lifecycle } from '../../../nodes/lifecycle/lifecycle';
import type { FlowNode, OpenHold, System } from '../../support/system';

/** What a careful person does after a failure: looks at the partner, decides what is in doubt by what is there, puts back what failed. */

/** Which entry of the partners' log each call leaves. */
const DEEDS: Readonly<Record<string, { system: string; operation: string }>> = {
  'nav.create': { system: 'nav', operation: 'document:1' },
  'nav.notice': { system: 'nav', operation: 'document:6' },
  'nav.cancel': { system: 'nav', operation: 'document:7' },
  'camel.request': { system: 'camel', operation: 'fulfillment-request' },
  'sfcc.fulfil': { system: 'sfcc', operation: 'fulfill' },
  'sfcc.capture': { system: 'sfcc', operation: 'capture' },
  'sfcc.cancel': { system: 'sfcc', operation: 'cancel' },
};

/** Whether the partner has done what the hold asks about. */
export async function hasHappened(system: System, hold: OpenHold): Promise<boolean> {
  const deed = DEEDS[hold.effect?.kind ?? ''];
  if (!deed) throw new Error(`the hold names no call that is known: ${JSON.stringify(hold)}`);
  const effects = await system.effects({ ...deed, name: hold.name });
  // A request of another sequence is another call, and so is one about another part of the same order.
  const sequence = hold.effect?.kind === 'camel.request' ? hold.effect.key.split(':').at(-1) : undefined;
  if (hold.effect?.kind === 'sfcc.capture') {
    const [, , part = '0', ...shipment] = hold.effect.key.split(':');
    return effects.some(({ key }) => key === `${hold.name}${part === '0' ? '' : `-${part}`}:${shipment.join(':')}`);
  }
  if (deed.system === 'sfcc') return effects.length > 0;
  return effects.some(({ key }) => (sequence === undefined ? key.split('/')[0] === hold.name : key === `${hold.name}/${sequence}`));
}

export interface Recovery {
  decided: OpenHold[];
  putBack: string[];
}

/**
 * Decides every open hold and puts back every order in error, once.
 * @param mayStillAct whether a partner may still carry out a call that it has not carried out yet: what is not there is then left open
 */
export async function recover(system: System, mayStillAct: (hold: OpenHold) => boolean = () => false): Promise<Recovery> {
  const done: Recovery = { decided: [], putBack: [] };
  for (const hold of await system.holds()) {
    const happened = hold.effect !== null && (await hasHappened(system, hold));
    if (hold.effect !== null && !happened && mayStillAct(hold)) continue;
    const answer = await system.decide(hold.id, hold.effect === null ? 'release' : happened ? 'done' : 'resend');
    // An event of the partner may have settled it meanwhile.
    if (answer.status === 200) done.decided.push(hold);
    else if (answer.status !== 409) throw new Error(`hold ${hold.id}: ${answer.status} ${answer.text}`);
  }
  for (const { name, status, holds } of await system.standings()) {
    if (lifecycle.statuses[status].kind !== 'error' || holds > 0 || status === 'GENERALIZE_ERROR') continue;
    const answer = await system.api(`/api/oms/orders/${name}/put-back`, { body: { reason: 'the partner is well again' } });
    if (answer.status === 200) done.putBack.push(name);
    else if (answer.status !== 409) throw new Error(`put-back ${name}: ${answer.status} ${answer.text}`);
  }
  return done;
}

/** Stages that try again soon, and connections that do not wait long for an answer. */
export const impatient =
  (timeoutSeconds?: number) =>
  (node: FlowNode): void => {
    if (node.type === 'oms-work') Object.assign(node, { firstSeconds: 0.1, maxSeconds: 0.5 });
    if (timeoutSeconds !== undefined && /^oms-(?:sfcc|nav|camel)-connection$/.test(node.type)) Object.assign(node, { timeoutSeconds });
  };
