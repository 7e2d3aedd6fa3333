import { lifecycle, type Status } from '../lifecycle/lifecycle';
import { type Route, StageRoutes } from '../work/routes';
import { Configuration } from './check/configuration';
import { keyOf, nextPlaces, type Place } from './check/paths';
import { reached } from './check/reached';
import { type Stage, stagesOf } from './check/walk';
import type { RunningFlows } from './deploys';
import { type FlowNode, nameOf } from './node';

/** The stages of the flows that run in this process, read once for each revision. */
export class DeployedRoutes extends StageRoutes {
  readonly #running: () => Promise<RunningFlows>;
  #revision: string | undefined;
  #routes = new Map<string, Route>();

  constructor(running: () => Promise<RunningFlows>) {
    super();
    this.#running = running;
  }

  async of(stage: string): Promise<Route | undefined> {
    const { flows, rev } = await this.#running();
    if (rev !== this.#revision) {
      this.#routes = routesOf(new Configuration(flows));
      this.#revision = rev;
    }
    return this.#routes.get(stage);
  }
}

function routesOf(flows: Configuration): Map<string, Route> {
  const jobs = jobsOf(flows);
  return new Map(stagesOf(flows).map((stage) => [sourceOf(stage.work), routeOf(flows, stage, jobs)]));
}

const sourceOf = (work: FlowNode): string => String((work['source'] === 'task' ? work['task'] : work['from']) ?? '');

function routeOf(flows: Configuration, { work, ends, passed }: Stage, jobs: Map<string, string[]>): Route {
  const leads = [...ends].flatMap((end) => (end.type === 'oms-transition' && lifecycle.has(String(end['to'])) ? [end['to'] as Status] : []));
  const tab = flows.node(work.z);
  return {
    node: work.id,
    name: nameOf(work),
    tab: tab ? nameOf(tab) : '',
    attempts: Number(work['attempts']) || 1,
    failure: lifecycle.has(String(work['failure'])) ? (work['failure'] as Status) : undefined,
    leads: [...new Set(leads)],
    nodes: passed.map(({ id }) => id),
    flags: passed.filter(({ type }) => type === 'oms-flag').map((flag) => ({ name: String(flag['flag']), mode: String(flag['mode']) })),
    jobs: work['scheduled'] === true ? (jobs.get(sourceOf(work)) ?? []) : [],
  };
}

/** The classes of jobs that make the orders of a status due. */
function jobsOf(flows: Configuration): Map<string, string[]> {
  const classes = new Map<string, string[]>();
  for (const schedules of flows.running('oms-schedules'))
    for (const { node } of reached<Place>([{ node: schedules, within: [] }], (place) => nextPlaces(flows, place).flat(), keyOf))
      if (node.type === 'oms-due') classes.set(String(node['from']), [...(classes.get(String(node['from'])) ?? []), String(schedules['jobClass'])]);
  return classes;
}
