import type { Order } from '../orders/order';
import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import { requireWork, type StageMessage } from '../work/message';
import { Flags, isFlag } from './flags';

interface FlagConfig extends NodeConfig {
  flag: string;
  mode: 'gate' | 'fork';
}

export default defineNode<FlagConfig, StageMessage<Order>>('oms-flag', (node, { flag, mode }) => {
  if (!isFlag(flag)) throw new InvalidInput(`there is no flag named ${flag || '(none)'}`, { code: 'flag.unknown' });
  const flags = node.services.get(Flags);
  return {
    async input(message, send) {
      const work = requireWork(message);
      const { storeUrl } = message.order;
      const on = mode === 'fork' ? await flags.decide(flag, work, storeUrl) : await flags.isOn(flag, storeUrl);
      send(on ? [message, null] : [null, message]);
    },
  };
});
