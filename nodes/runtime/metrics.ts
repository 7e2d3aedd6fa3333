import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { EndpointState } from './endpoints';

/** What `/metrics` shows. No labels that grow without bound: never an order, a customer or a path. */
export class Metrics {
  readonly registry = new Registry();
  readonly #stages: Histogram<'stage' | 'result'>;
  readonly #requests: Histogram<'method' | 'status'>;
  readonly #facts: Counter<'source' | 'type' | 'result'>;
  readonly #stopped: Counter<'stage' | 'class'>;
  readonly #flows: Gauge<'revision'>;

  readonly #refusals: Counter<'status'>;
  readonly #busSettled: Counter<'subscription' | 'outcome'>;
  readonly #busSent: Counter<'topic' | 'result'>;

  constructor(gauges: { running: () => number; writing: () => number }) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
    this.#stages = new Histogram({ name: 'oms_stage_seconds', help: 'From claim to transition', labelNames: ['stage', 'result'], buckets, registers });
    this.#requests = new Histogram({ name: 'oms_request_seconds', help: 'Answers to HTTP callers', labelNames: ['method', 'status'], buckets, registers });
    this.#facts = new Counter({ name: 'oms_facts_total', help: 'Facts from partners', labelNames: ['source', 'type', 'result'], registers });
    this.#stopped = new Counter({ name: 'oms_stage_failures_total', help: 'Steps that failed, by class of error', labelNames: ['stage', 'class'], registers });
    this.#flows = new Gauge({ name: 'oms_flows_info', help: 'The revision of the flows that run here', labelNames: ['revision'], registers });
    this.#refusals = new Counter({ name: 'oms_refusals_total', help: 'Requests that were turned away before any flow', labelNames: ['status'], registers });
    this.#busSettled = new Counter({ name: 'oms_service_bus_settled_total', help: 'Messages of the Service Bus, by what became of them', labelNames: ['subscription', 'outcome'], registers });
    this.#busSent = new Counter({ name: 'oms_service_bus_sent_total', help: 'Messages sent to the Service Bus', labelNames: ['topic', 'result'], registers });
    this.gauge('oms_work_running', 'Claims in work', gauges.running);
    this.gauge('oms_transitions_writing', 'Changes that wait or are being written', gauges.writing);
  }

  /** A value that is read when somebody looks. */
  gauge(name: string, help: string, value: () => number): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [], collect: () => gauge.set(value()) });
    this.registry.registerMetric(gauge);
  }

  /** How the subscriptions of the Service Bus stand, read when somebody looks. */
  subscriptions(states: () => { source: string; connected: boolean; paused: boolean; inFlight: number }[]): void {
    for (const [name, help, value] of [
      ['oms_service_bus_connected', 'Whether the link of a subscription stands', ({ connected }) => Number(connected)],
      ['oms_service_bus_paused', 'Whether nothing is taken on purpose: a deploy, or the database is away', ({ paused }) => Number(paused)],
      ['oms_service_bus_in_flight', 'Messages that were taken and are not settled yet', ({ inFlight }) => inFlight],
    ] satisfies [string, string, (state: ReturnType<typeof states>[number]) => number][]) {
      const gauge: Gauge = new Gauge({
        name, help, labelNames: ['subscription'], registers: [],
        collect: () => {
          gauge.reset();
          for (const state of states()) gauge.set({ subscription: state.source }, value(state));
        },
      });
      this.registry.registerMetric(gauge);
    }
  }

  /** How the ways to the partners stand, read when somebody looks. The endpoints are those that are configured: a handful. */
  endpoints(states: () => EndpointState[]): void {
    const show = (name: string, help: string, values: (state: EndpointState) => Record<string, number>): void => {
      const gauge: Gauge = new Gauge({
        name, help, labelNames: ['partner', 'endpoint', 'state'], registers: [],
        collect: () => {
          gauge.reset();
          for (const each of states()) for (const [state, value] of Object.entries(values(each))) gauge.set({ partner: each.partner, endpoint: each.endpoint, state }, value);
        },
      });
      this.registry.registerMetric(gauge);
    };
    show('oms_breaker', 'The state of the breaker of each endpoint is 1, the others are 0', ({ breaker }) =>
      Object.fromEntries(['closed', 'half-open', 'open'].map((state) => [state, Number(state === breaker)])),
    );
    show('oms_lanes', 'Calls to each endpoint that are under way, that could be besides, and that wait for their turn', ({ lanes, busy, waiting }) => ({ busy, free: lanes - busy, waiting }));
  }

  busSettled(subscription: string, outcome: string): void {
    this.#busSettled.inc({ subscription, outcome });
  }

  busSent(topic: string, result: 'sent' | 'failed', messages: number): void {
    this.#busSent.inc({ topic, result }, messages);
  }

  refusal(status: number): void {
    this.#refusals.inc({ status: String(status) });
  }

  /** Domain events that wait to be published, looked up whenever somebody asks; not a number while the database is away. */
  outbox(waiting: () => Promise<{ events: number; seconds: number }>): void {
    let asked: Promise<{ events: number; seconds: number } | undefined> | undefined;
    // Both are asked for at once, and answered by one look.
    const look = (): typeof asked => (asked ??= waiting().catch(() => undefined).finally(() => (asked = undefined)));
    for (const [name, help, of] of [
      ['oms_outbox_unpublished', 'Domain events that wait to be published', 'events'],
      ['oms_outbox_oldest_seconds', 'Age of the oldest domain event that waits to be published', 'seconds'],
    ] as const) {
      const gauge: Gauge = new Gauge({ name, help, collect: async () => gauge.set((await look())?.[of] ?? NaN) });
      this.registry.registerMetric(gauge);
    }
  }

  stage(stage: string, result: string, ms: number): void {
    this.#stages.observe({ stage, result }, ms / 1000);
  }

  failure(stage: string, failureClass: string): void {
    this.#stopped.inc({ stage, class: failureClass });
  }

  request(method: string, status: number, ms: number): void {
    this.#requests.observe({ method, status: String(status) }, ms / 1000);
  }

  /** The flows that run now; only their revision is shown, not the earlier ones. */
  flows(revision: string): void {
    this.#flows.reset();
    this.#flows.set({ revision }, 1);
  }

  fact(source: string, type: string, result: string): void {
    this.#facts.inc({ source, type, result });
  }
}
