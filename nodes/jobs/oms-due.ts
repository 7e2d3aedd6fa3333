import { lifecycle } from '../lifecycle/lifecycle';
import { Transitions } from '../lifecycle/transitions';
import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import { type JobMessage, requireJob } from './message';
import { JobRuns } from './runs';

interface DueConfig extends NodeConfig {
  from: string;
}

export default defineNode<DueConfig, JobMessage>('oms-due', (node, { from: status }) => {
  if (!lifecycle.has(status)) throw new InvalidInput(`${status || 'nothing'} is not a status`, { code: 'due.unknown-status' });
  const runs = node.services.get(JobRuns);
  const transitions = node.services.get(Transitions);
  return {
    async input(message, send) {
      requireJob(message);
      const orders = await runs.makeDue(status);
      if (orders > 0) transitions.events.emit('due', status, '');
      // Several behind one another make up one run.
      const { orders: before } = (message.payload ?? {}) as { orders?: unknown };
      message.payload = { orders: orders + (typeof before === 'number' ? before : 0) };
      send(message);
    },
  };
});
