import { Calls, type DeclaredCall } from '../effects/calls';
import { Ledger } from '../effects/ledger';
import { requireOrder } from '../orders/message';
import type { Order } from '../orders/order';
import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig, type OmsNode } from '../runtime/node';
import { Database } from '../store/database';
import { requireWork, type StageMessage } from '../work/message';
import type { Work } from '../work/source';
import { captureShipped, overCaptured, refuseUncaptured } from './captures';
import type { SfccClient } from './client';
import { cancelOrder, captureParcel, fulfilAndCapture } from './effects';
import { toCapture } from './mapping';
import { mark, markExported } from './mark-exported';

interface SfccOrderConfig extends NodeConfig {
  connection: string;
  action: 'fulfil' | 'capture' | 'cancel' | 'mark-exported';
}

type Action = (parts: { sfcc: SfccClient; ledger: Ledger; node: OmsNode }, message: StageMessage<Order>, work: Work) => Promise<unknown>;

const ACTIONS: Readonly<Record<SfccOrderConfig['action'], Action>> = {
  async fulfil({ sfcc, ledger, node }, message, work) {
    const order = requireOrder(message);
    refuseUncaptured(order);
    work.writes = overCaptured(order, node.actor);
    const performed = await ledger.perform(fulfilAndCapture, sfcc, order, work);
    const paid = toCapture(order);
    work.captured = { reference: performed.reference, ...(paid && { paid }) };
    return performed;
  },
  capture: ({ sfcc, ledger, node }, message, work) => captureShipped({ pool: node.services.get(Database).pool, ledger, sfcc }, requireOrder(message), work, node.actor),
  async cancel({ sfcc, ledger }, message, work) {
    const performed = await ledger.perform(cancelOrder, sfcc, requireOrder(message), work);
    work.voided = true;
    return performed;
  },
  'mark-exported': ({ sfcc, ledger, node }, message, work) => markExported({ pool: node.services.get(Database).pool, ledger, sfcc }, message.order, work),
};

const CALLS: Readonly<Record<SfccOrderConfig['action'], DeclaredCall>> = { fulfil: fulfilAndCapture, capture: captureParcel, cancel: cancelOrder, 'mark-exported': mark };

/** What the storefront can be told. */
export const SFCC_ACTIONS: readonly string[] = Object.keys(ACTIONS);

export default defineNode<SfccOrderConfig, StageMessage<Order>>('oms-sfcc-order', (node, config) => {
  const sfcc = node.use<SfccClient>(config.connection);
  const act = ACTIONS[config.action];
  if (!act) throw new InvalidInput('no action is chosen', { code: 'sfcc.no-action' });
  const ledger = node.services.get(Ledger);
  const forget = node.services.get(Calls).add(node.id, () => [CALLS[config.action]]);
  return {
    close: forget,
    async input(message, send) {
      const work = requireWork(message);
      message.payload = (await act({ sfcc, ledger, node }, message, work)) ?? {};
      send(message);
    },
  };
});
