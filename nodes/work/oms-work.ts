import { lifecycle, type Status } from '../lifecycle/lifecycle';
import { Stages } from '../lifecycle/stages';
import { Transitions } from '../lifecycle/transitions';
import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import { ActiveWork } from './active';
import { Board } from './board';
import { Claims } from './claims';
import { Role } from './role';
import type { Source } from './source';
import { LaneSource, OrderSource, StageWorker } from './stage';

interface WorkConfig extends NodeConfig {
  source: 'status' | 'task';
  /** The status whose orders are claimed. Not `status`: the editor keeps a node's badge there. */
  from: string;
  task: string;
  lanes: string;
  perLane: number | string;
  failure: string;
  attempts: number | string;
  firstSeconds: number | string;
  maxSeconds: number | string;
  scheduled: boolean;
}

const BADGE_MS = 1000;

export default defineNode<WorkConfig>('oms-work', (node, config) => {
  const { services } = node;
  const source = sourceOf(config);
  const stages = services.get(Stages);
  const stage = { node: node.id, scheduled: config.scheduled };
  if (source.kind === 'status') stages.addStatus(source.name, stage);
  else stages.addTask(source.name, stage);
  if (!services.get(Role).works) return { close: () => stages.remove(source.name, node.id) };

  const board = services.get(Board);
  const worker = new StageWorker(
    {
      node: node.id,
      source,
      lanes: config.lanes.split(',').map((lane) => lane.trim()).filter(Boolean),
      perLane: atLeast(1, config.perLane),
      ...(config.failure && { failure: config.failure as Status }),
      retry: { attempts: atLeast(1, config.attempts), firstMs: atLeast(0.05, config.firstSeconds) * 1000, maxMs: atLeast(0.1, config.maxSeconds) * 1000 },
    },
    {
      claims: services.get(Claims),
      active: services.get(ActiveWork),
      transitions: services.get(Transitions),
      orders: services.get(OrderSource),
      lanes: services.get(LaneSource),
      emit: (order, work) => node.send({ order, work, payload: {} }),
      onError: (error) => {
        node.badge({ fill: 'red', text: (error as Error).message });
        node.log.warn({ node: node.id, flow: node.flow, code: 'work.claim', reason: (error as Error).message }, 'a claim failed and is tried again');
      },
    },
  );
  const badge = setInterval(() => {
    const { waiting, late } = board.of(source.name);
    const running = worker.running();
    const text = `${waiting} waiting · ${running} running${late > 0 ? ` · ${late} late` : ''}`;
    node.badge({ fill: late > 0 ? 'red' : running > 0 ? 'green' : waiting > 0 ? 'yellow' : 'grey', text });
  }, BADGE_MS);
  return {
    async close() {
      clearInterval(badge);
      stages.remove(source.name, node.id);
      await worker.close();
    },
  };
});

function sourceOf(config: WorkConfig): Source {
  if (config.source === 'task') {
    if (!config.task) throw new InvalidInput('no kind of task is chosen', { code: 'work.no-source' });
    return { kind: 'task', name: config.task };
  }
  if (!lifecycle.has(config.from)) throw new InvalidInput(`${config.from || 'nothing'} is not a status`, { code: 'work.no-source' });
  if (config.failure && !lifecycle.allows(config.from, config.failure))
    throw new InvalidInput(`${config.from} does not lead to ${config.failure}`, { code: 'work.illegal-failure' });
  return { kind: 'status', name: config.from };
}

const atLeast = (least: number, value: number | string): number => Math.max(least, Number(value) || 0);
