import { type JobMessage, requireJob } from '../jobs/message';
import { Transitions } from '../lifecycle/transitions';
import { defineNode, type NodeConfig } from '../runtime/node';
import { ActiveWork } from '../work/active';
import { Role } from '../work/role';
import { BatchingPlaces, frees } from './places';

/** Places that become free together are given away together. */
const GATHER_MS = 100;

export default defineNode<NodeConfig, JobMessage>('oms-batching-resume', (node) => {
  const places = node.services.get(BatchingPlaces);
  const { events } = node.services.get(Transitions);
  const active = node.services.get(ActiveWork);
  let soon: NodeJS.Timeout | undefined;
  // The schedule is the net under this: a place may become free in another process.
  const onMoved = (from: string, to: string): void => {
    if (soon !== undefined || active.paused || !frees(from, to)) return;
    soon = setTimeout(() => {
      soon = undefined;
      places.resume(node.actor, node.id).catch((error: unknown) => node.error(error));
    }, GATHER_MS);
  };
  if (node.services.get(Role).works) events.on('moved', onMoved);
  return {
    async input(message, send) {
      requireJob(message);
      message.payload = { orders: await places.resume(node.actor, node.id) };
      send(message);
    },
    close() {
      clearTimeout(soon);
      events.off('moved', onMoved);
    },
  };
});
