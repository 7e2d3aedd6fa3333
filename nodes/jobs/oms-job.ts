import { defineNode, type Message, type NodeConfig } from '../runtime/node';
import { ActiveWork } from '../work/active';
import { JobRuns } from './runs';

export default defineNode<NodeConfig, Message & { topic?: unknown }>('oms-job', (node) => {
  const runs = node.services.get(JobRuns);
  const active = node.services.get(ActiveWork);
  return {
    async input(message, send) {
      const id = Number(message.topic);
      if (!Number.isInteger(id) || id <= 0) return; // cron-plus answers its commands on the same wire
      if (active.paused) return;
      const run = await runs.begin(id);
      if (typeof run === 'string') {
        node.badge({ fill: 'grey', text: run });
        return;
      }
      node.badge({ fill: 'green', text: `slot ${run.slot.slice(11, 19)}` });
      send({ job: run, payload: {} });
    },
  };
});
