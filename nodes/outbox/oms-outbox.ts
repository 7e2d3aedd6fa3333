import { Transitions } from '../lifecycle/transitions';
import { defineNode, type NodeConfig } from '../runtime/node';
import { ActiveWork } from '../work/active';
import { Role } from '../work/role';
import { toMessage } from './event';
import { Outbox } from './outbox';
import { Relay } from './relay';

interface OutboxConfig extends NodeConfig {
  /** Events in a batch at most. */
  batch: number | string;
}

const BADGE_MS = 2000;

export default defineNode<OutboxConfig>('oms-outbox', (node, config) => {
  const { services } = node;
  if (!services.get(Role).works) return {};
  const outbox = services.get(Outbox);
  const relay = new Relay({
    outbox,
    transitions: services.get(Transitions),
    active: services.get(ActiveWork),
    size: Math.min(1000, Math.max(1, Number(config.batch) || 200)),
    emit: (batch, events) => node.send({ outbox: batch, payload: events.map(toMessage) }),
    onError: (error) => node.log.warn({ node: node.id, flow: node.flow, code: 'outbox.claim', reason: (error as Error).message }, 'events could not be taken or given back and are tried again'),
  });
  const show = async (): Promise<void> => {
    const { events, seconds } = await outbox.waiting();
    const { failures, retrySeconds } = relay.trouble;
    const waiting = events === 0 ? 'nothing waits' : `${events} waiting · oldest ${Math.round(seconds)} s`;
    if (failures > 0) node.badge({ fill: 'red', text: `${waiting} · again in ${retrySeconds} s` });
    else node.badge({ fill: events === 0 ? 'grey' : 'green', text: waiting });
  };
  const look = (): void => void show().catch((error: Error) => node.badge({ fill: 'red', text: error.message }));
  const badge = setInterval(look, BADGE_MS);
  look();
  return {
    async close() {
      clearInterval(badge);
      await relay.close();
    },
  };
});
