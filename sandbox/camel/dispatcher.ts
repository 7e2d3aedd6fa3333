import type { FaultTable } from '../faults/fault-table';
import type { Change, Ledger } from '../journal/ledger';
import type { Log } from '../log';
import type { CallbackKind, CamelState, Owed } from './callbacks';
import type { deliveries, Outcome } from './deliveries';
import { twist } from './misfortunes';
import { concurrency } from './oms-client';
import type { Plans } from './plans';

interface Item {
  owed: Owed;
  attempts: number;
  /** Its first attempt has been given over to the faults. */
  struck: boolean;
  /** Sent in addition, its answer is not read. */
  echo?: 'whole' | 'garbage';
}

/** What is delivered by being published. */
const BY_BUS: ReadonlySet<CallbackKind> = new Set(['announce', 'cancel-announce', 'print-created', 'print-announce', 'print-cancelled']);

const firstBackoffMs = 200;
const longestBackoffMs = 5000;
const limit = 20;

const backoff = (attempts: number): number => Math.min(firstBackoffMs * 2 ** (attempts - 1), longestBackoffMs);

/**
 * Delivers what is owed to the OMS: each callback when it is due, few at a time, again and again until the OMS has it or has said
 * a definite no. While the OMS does not answer at all everything waits, so that a dead OMS is asked by one and not by thousands.
 */
export class Dispatcher {
  readonly #state: CamelState;
  readonly #ledger: Ledger;
  readonly #faults: FaultTable;
  readonly #deliveries: ReturnType<typeof deliveries>;
  readonly #plans: Plans;
  readonly #log: Log;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #firstAttempts = new Map<string, () => void>();
  #ready: Item[] = [];
  #inFlight = 0;
  #silences = 0;
  #resting = false;
  #pumping = false;
  #stopped = false;

  constructor(parts: { state: CamelState; ledger: Ledger; faults: FaultTable; deliveries: ReturnType<typeof deliveries>; plans: Plans; log: Log }) {
    this.#state = parts.state;
    this.#ledger = parts.ledger;
    this.#faults = parts.faults;
    this.#deliveries = parts.deliveries;
    this.#plans = parts.plans;
    this.#log = parts.log;
  }

  /** Takes up what an earlier run still owed, and all that comes. */
  start(): void {
    this.#state.onOwed = (owed) => this.#schedule({ owed, attempts: 0, struck: false }, owed.due - Date.now());
    for (const owed of this.#state.owed()) this.#state.onOwed(owed);
  }

  /** Ends when the callback has been tried once, or after this time. */
  async firstAttempt(id: string, atMostMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#later(atMostMs, resolve);
      this.#firstAttempts.set(id, () => {
        clearTimeout(timer);
        this.#timers.delete(timer);
        resolve();
      });
    });
    this.#firstAttempts.delete(id);
  }

  /** Forgets what waits, and keeps nobody waiting for it; for a reset. */
  forget(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#ready = [];
    this.#resting = false;
    for (const goOn of this.#firstAttempts.values()) goOn();
  }

  stop(): void {
    this.#stopped = true;
    this.forget();
  }

  #later(ms: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, Math.max(0, ms));
    this.#timers.add(timer);
    return timer;
  }

  #schedule(item: Item, ms: number): void {
    if (this.#stopped) return;
    this.#later(ms, () => this.#makeReady(item));
  }

  #makeReady(item: Item): void {
    // Taken back while it waited.
    if (!item.echo && !this.#state.isOwed(item.owed.id)) return;
    if (!item.struck) {
      item.struck = true;
      const twisted = this.#twist(item);
      if (twisted === 'wait') return;
    }
    this.#ready.push(item);
    this.#pumpSoon();
  }

  /** Lets the faults loose on a first attempt; `wait` when it is not to be made now. */
  #twist(item: Item): 'go' | 'wait' {
    const { owed } = item;
    const { system, operation } = this.#deliveries[owed.kind];
    const misfortune = this.#faults.strike(system, operation);
    const { holdMs, echo, overtaken, refusal } = twist(owed, misfortune);
    if (refusal === 'silence') {
      this.#ledger.commit(this.#state.settling(owed.id, 'refused', 'the partner was told to refuse'));
      return 'wait';
    }
    if (refusal) item.owed = { ...owed, body: refusal };
    if (echo) {
      this.#ready.push({ owed, attempts: 0, struck: true, echo });
      this.#pumpSoon();
    }
    if (overtaken && owed.requestId !== undefined && owed.body.type === 'accepted') this.#commit(this.#plans.ship(owed.requestId));
    if (holdMs === 0) return 'go';
    this.#schedule(item, holdMs);
    return 'wait';
  }

  /** Lets what becomes ready at the same moment gather first. */
  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (!this.#stopped && !this.#resting && this.#inFlight < concurrency) {
      const batch = this.#nextBatch();
      if (batch.length === 0) return;
      this.#inFlight += 1;
      void this.#deliver(batch).finally(() => {
        this.#inFlight -= 1;
        this.#pump();
      });
    }
  }

  /** The oldest item that is ready and those that can travel with it; none twice in one request. */
  #nextBatch(): Item[] {
    const first = this.#ready.shift();
    if (!first) return [];
    const { kind } = first.owed;
    const room = first.echo ? 1 : this.#deliveries[kind].batch;
    if (room === 1) return [first];
    const fits = (item: Item): boolean => item.owed.kind === kind && !item.echo;
    const companions = this.#ready.filter(fits).slice(0, room - 1);
    const taken = new Set(companions);
    this.#ready = this.#ready.filter((item) => !taken.has(item));
    return [first, ...companions];
  }

  async #deliver(batch: Item[]): Promise<void> {
    const [first] = batch;
    if (!first) return;
    const kind: CallbackKind = first.owed.kind;
    const outcomes = await this.#deliveries[kind].deliver(batch.map(({ owed }) => owed), first.echo === 'garbage');
    if (this.#stopped) return;
    this.#breathe(outcomes);
    const changes = batch.flatMap((item, index) => this.#settle(item, outcomes[index]));
    this.#commit(changes);
    for (const { owed } of batch) this.#firstAttempts.get(owed.id)?.();
  }

  /** What one outcome changes; a callback that is to be tried again is put back on its timer. */
  #settle(item: Item, outcome: Outcome | undefined): Change[] {
    const { owed, echo } = item;
    if (!outcome) return [];
    if (echo) return BY_BUS.has(owed.kind) && outcome.result === 'delivered' ? outcome.then : [];
    if (!this.#state.isOwed(owed.id)) return [];
    if (outcome.result === 'delivered') return [this.#state.settling(owed.id, 'delivered'), ...outcome.then];
    if (outcome.result === 'again') item.attempts += 1;
    if (outcome.result === 'refused' || (outcome.limited && item.attempts >= limit)) {
      this.#log('callback refused', { callback: owed.id, order: owed.orderId, reason: outcome.reason });
      return [this.#state.settling(owed.id, 'refused', outcome.reason)];
    }
    this.#schedule(item, backoff(item.attempts));
    return [];
  }

  /** After silence everything rests for a while, the longer the longer it lasts. */
  #breathe(outcomes: readonly Outcome[]): void {
    if (!outcomes.some((outcome) => outcome.result === 'again' && outcome.unreachable)) {
      this.#silences = 0;
      return;
    }
    if (this.#resting) return;
    this.#silences += 1;
    this.#resting = true;
    this.#later(backoff(this.#silences), () => {
      this.#resting = false;
      this.#pump();
    });
  }

  #commit(changes: Change[]): void {
    if (changes.length > 0) this.#ledger.commit(...changes);
  }
}
