import { lifecycle, type Status } from '../lifecycle/lifecycle';
import { InvalidInput } from '../runtime/errors';
import { Metrics } from '../runtime/metrics';
import { defineNode, type NodeConfig } from '../runtime/node';
import { StageEnds } from './ends';
import { reasonOf, report, requireWork, type StageMessage } from './message';

interface TransitionConfig extends NodeConfig {
  /** Empty: the task is completed and the order stays where it is. */
  to: string;
  reason: string;
}

export default defineNode<TransitionConfig, StageMessage>('oms-transition', (node, config) => {
  const { to } = config;
  if (to && !lifecycle.has(to)) throw new InvalidInput(`${to} is not a status`, { code: 'transition.unknown-status' });
  const ends = node.services.get(StageEnds);
  const metrics = node.services.get(Metrics);
  return {
    async input(message, send) {
      const work = requireWork(message);
      const reason = reasonOf(message, config.reason || node.name);
      if (!to) {
        const done = await ends.complete(work, reason);
        send(outputs(message, done, `${work.name} done`));
        return;
      }
      if (to === 'SPLIT' && !work.split) throw new InvalidInput('an order becomes SPLIT together with its parts', { code: 'transition.no-parts', next: 'Lead it through an oms-split node first.' });
      const result = await ends.move(work, to as Status, node.actor, reason);
      metrics.stage(work.name, result.moved ? to : (result.refused ?? 'refused'), performance.now() - work.since);
      node.log.info({ order: message.order.name ?? work.order, flow: node.flow, node: node.id, status: result.moved ? to : result.status, code: result.moved ? 'order.moved' : `order.${result.refused ?? 'refused'}`, ms: Math.round(performance.now() - work.since) }, result.moved ? 'an order moved' : 'a transition was refused');
      if (!result.moved) message['refused'] = result;
      send(outputs(message, result.moved, result.moved ? to : `${result.refused ?? 'refused'}, stands in ${result.status ?? 'nothing'}`));
    },
  };
});

/** Moved, refused, and the small report with a fresh object: a whole order never gets a second wire. */
function outputs(message: StageMessage, moved: boolean, status: string): (StageMessage | { payload: object } | null)[] {
  return [moved ? message : null, moved ? null : message, { payload: report(message, status) }];
}
