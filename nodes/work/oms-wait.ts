import { defineNode, type NodeConfig } from '../runtime/node';
import { StageEnds } from './ends';
import { reasonOf, report, requireWork, type StageMessage } from './message';

interface WaitConfig extends NodeConfig {
  /** 0: until the stage's job makes it due. */
  seconds: number | string;
  reason: string;
}

export default defineNode<WaitConfig, StageMessage>('oms-wait', (node, config) => {
  const ends = node.services.get(StageEnds);
  const seconds = Number(config.seconds);
  const ms = seconds === 0 ? undefined : Math.max(0.1, seconds || 60) * 1000;
  const time = ms === undefined ? 'for the next slot' : `${ms / 1000} s`;
  return {
    async input(message, send) {
      const work = requireWork(message);
      const reason = reasonOf(message, config.reason || node.name || 'not yet');
      const kept = await ends.wait(work, ms, reason);
      send([{ payload: report(message, kept ? `waits ${time}: ${reason}` : 'the claim was taken away') }]);
    },
  };
});
