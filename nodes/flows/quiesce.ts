import type { Gate } from '../edge/gate';
import type { JobRuns } from '../jobs/runs';
import type { Outbox } from '../outbox/outbox';
import type { Log } from '../runtime/log';
import type { Receivers } from '../service-bus/receivers';
import type { ActiveWork } from '../work/active';
import type { DeployMethod, DeployOptions, Deploys, RunningFlows } from './deploys';
import { overtaken } from './revisions';

/** What we use of Node-RED's runtime to hold deploys. */
export type FlowsApi = Record<DeployMethod, (options: DeployOptions) => Promise<unknown>> & { getFlows(options: object): Promise<RunningFlows> };

const METHODS: readonly DeployMethod[] = ['setFlows', 'addFlow', 'updateFlow', 'deleteFlow'];
/** How long running work may take before a deploy goes on without it; it is then released and fenced. */
const WORK_LIMIT_MS = 5000;
/** `flows:started` is not emitted when node types are missing. */
const RESUME_LIMIT_MS = 5000;

interface Parts {
  gate: Gate;
  active: ActiveWork;
  receivers: Receivers;
  runs: JobRuns;
  outbox: Outbox;
  log: Log;
}

/**
 * Makes every kind of deploy quiet before the runtime stops anything: from the moment a flow stops, every message in it vanishes, so
 * nothing may be under way then. New callers wait at the door, claims and Service Bus pause, what runs is finished.
 */
export class Quiesce {
  readonly #parts: Parts;
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #quiet = false;
  #resumed = Promise.withResolvers<void>();
  #takeNewer: () => Promise<boolean> = async () => false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Wraps the runtime's own functions. After `RED.init`, before the server listens. What is not admitted stops nothing.
   * @param isBehind whether another process has deployed other flows
   */
  wrap(flows: FlowsApi, deploys: Deploys, isBehind: () => Promise<boolean>): void {
    const setFlows = flows.setFlows.bind(flows);
    this.#takeNewer = async () => {
      if (!(await isBehind())) return false;
      await this.#deploy(() => setFlows({ deploymentType: 'reload' }), 'catchUp');
      return true;
    };
    for (const method of METHODS) {
      const original = flows[method].bind(flows);
      flows[method] = (options) =>
        this.#next(async () => {
          if (await this.#takeNewer()) throw overtaken();
          await deploys.admit(method, options);
          return this.#deploy(() => original(options), method);
        });
    }
    flows.getFlows = () => deploys.forEditor();
  }

  /** Loads the flows that another process has deployed, if there are any, as quietly as a deploy. */
  catchUp(): Promise<boolean> {
    return this.#next(() => this.#takeNewer());
  }

  /** The runtime answers before the flows run: the next deploy waits for that, or their start would open the doors in its middle. */
  #next<T>(work: () => Promise<T>): Promise<T> {
    const deploy = this.#turn.then(work);
    const running = (): Promise<void> => this.#resumed.promise;
    this.#turn = deploy.then(running, running);
    return deploy;
  }

  async #deploy(original: () => Promise<unknown>, method: string): Promise<unknown> {
    const begun = performance.now();
    await this.quiet();
    const quietMs = Math.round(performance.now() - begun);
    try {
      const result = await original();
      await this.#parts.runs.loseRunning();
      this.#timer = setTimeout(() => this.resume(), RESUME_LIMIT_MS);
      this.#parts.log.info({ code: 'flows.deployed', method, quietMs, ms: Math.round(performance.now() - begun) }, 'flows were deployed');
      return result;
    } catch (error) {
      this.resume();
      throw error;
    }
  }

  /** Stops taking in anything and waits for what runs, each for at most five seconds. */
  async quiet(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#quiet) this.#resumed = Promise.withResolvers();
    this.#quiet = true;
    const { gate, active, receivers, runs, outbox } = this.#parts;
    active.paused = true;
    await Promise.all([gate.hold(WORK_LIMIT_MS), receivers.pause(), active.idle(WORK_LIMIT_MS), runs.idle(WORK_LIMIT_MS), outbox.idle(WORK_LIMIT_MS)]);
  }

  /** Everything goes on: the flows run again, or the deploy was refused. */
  resume(): void {
    if (!this.#quiet) return;
    this.#quiet = false;
    this.#resumed.resolve();
    clearTimeout(this.#timer);
    const { gate, active, receivers, log } = this.#parts;
    active.paused = false;
    gate.release();
    receivers.resume().catch((error: Error) => log.warn({ code: 'service-bus.resume', reason: error.message }, 'a receiver did not resume'));
  }
}
