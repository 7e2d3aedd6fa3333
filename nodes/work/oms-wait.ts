import { defineNode, type NodeConfig } from '../runtime/node';
import { StageEnds } from './ends';
import { report, requireWork, type StageMessage } from './message';

interface WaitConfig extends NodeConfig {
  seconds: number | string;
  reason: string;
}

export default defineNode<WaitConfig, StageMessage>('oms-wait', (node, config) => {
  const ends = node.services.get(StageEnds);
  const ms = Math.max(0.1, Number(config.seconds) || 60) * 1000;
  return {
    async input(message, send) {
      const work = requireWork(message);
      const reason = config.reason || node.name || 'not yet';
      const kept = await ends.wait(work, ms, reason);
      send([{ payload: report(message, kept ? `waits ${ms / 1000} s: ${reason}` : 'the claim was taken away') }]);
    },
  };
});
