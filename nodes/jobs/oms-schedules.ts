import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import { Role } from '../work/role';
import { JobRuns } from './runs';

interface SchedulesConfig extends NodeConfig {
  /** The class of recurring jobs whose rows this node watches. */
  jobClass: string;
}

const READ_MS = 5000;
/** A tick may get lost in a deploy. Where no run comes of it – the tab Watch claims no slots – it is not repeated more often. */
const AGAIN_MS = 60_000;

export default defineNode<SchedulesConfig>('oms-schedules', (node, config) => {
  if (!config.jobClass) throw new InvalidInput('no class of jobs is chosen', { code: 'schedules.no-class' });
  if (!node.services.get(Role).works) return {};
  const runs = node.services.get(JobRuns);
  /** What was triggered last, by the job's id. */
  const triggered = new Map<number, { what: string; at: number }>();
  const nameOf = ({ id, storeUrl }: { id: number; storeUrl: string }): string => `${config.jobClass} ${storeUrl || id}`;
  /** What cron-plus has been told, by the job's id. */
  const told = new Map<number, string>();

  const read = async (): Promise<void> => {
    const jobs = (await runs.jobs(config.jobClass)).filter((job) => job.enabled);
    const before = new Set(told.keys());
    for (const { id, cron, storeUrl } of jobs) {
      if (told.get(id) === cron) continue;
      told.set(id, cron);
      node.send({ payload: { command: 'add', name: nameOf({ id, storeUrl }), topic: String(id), expression: cron, expressionType: 'cron', payload: '', payloadType: 'default' } });
    }
    for (const id of told.keys()) {
      if (jobs.some((job) => job.id === id)) continue;
      told.delete(id);
      const gone = (await runs.jobs(config.jobClass)).find((job) => job.id === id);
      node.send({ payload: { command: 'remove', name: nameOf({ id, storeUrl: gone?.storeUrl ?? '' }) } });
    }
    // What was asked for, missed while nobody ran, or lost has no tick of its own. What cron-plus has just been told it may not know yet.
    for (const { id, what } of await runs.overdue(config.jobClass)) {
      const job = jobs.find((each) => each.id === id);
      const last = triggered.get(id);
      if (!job || !before.has(id) || (last?.what === what && performance.now() - last.at < AGAIN_MS)) continue;
      triggered.set(id, { what, at: performance.now() });
      node.send({ payload: { command: 'trigger', name: nameOf(job) } });
    }
    node.badge({ fill: jobs.length > 0 ? 'green' : 'grey', text: `${jobs.length} scheduled` });
  };
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const turn = async (): Promise<void> => {
    await read().catch((error: Error) => node.badge({ fill: 'red', text: error.message }));
    if (!stopped) timer = setTimeout(() => void turn(), READ_MS);
  };
  // The wires are there only after every node of the flow has been made.
  setImmediate(() => void turn());
  return {
    close() {
      stopped = true;
      clearTimeout(timer);
    },
  };
});
