import { randomBytes } from 'node:crypto';

/** A message of a queue. */
export interface QueuedMessage {
  /** Sequence number: the order of arrival, unique in the queue. */
  seq: number;
  messageId: string;
  /** Milliseconds since 1970. */
  enqueuedAt: number;
  /** How often it was delivered in vain. */
  deliveries: number;
  /** The AMQP message as it was sent, encoded. */
  encoded: Buffer;
  deferred: boolean;
  /** The session that it belongs to. */
  session?: string;
  /** Nobody gets it before; milliseconds since 1970. */
  notBefore?: number;
  /** Why it lies in the dead-letter queue. */
  deadLetter?: DeadLetter;
  /** The faults have had their chance on it. */
  struck?: boolean;
}

export interface DeadLetter {
  reason?: string;
  description?: string;
}

/** A message that someone has locked. */
export interface Lock {
  message: QueuedMessage;
  /** The delivery tag, which is the lock token too. */
  tag: Buffer;
  /** Milliseconds since 1970. */
  until: number;
  timer: NodeJS.Timeout;
}

/** A session that one receiver has for itself. */
export interface Session {
  readonly id: string;
  /** Milliseconds since 1970. */
  until: number;
}

/** What ends or parks a message. */
export type FinalDecision = { how: 'complete' } | { how: 'defer' } | { how: 'dead-letter'; deadLetter: DeadLetter };

/** What a receiver decides about a message. */
export type Decision = FinalDecision | { how: 'abandon' };

interface Settings {
  lockMs: number;
  /** Vain deliveries after which a message goes to the dead-letter queue. */
  maxDeliveries: number;
  /** Makes a final decision durable. */
  onFinal: (message: QueuedMessage, decision: FinalDecision) => void;
}

/** Messages under peek-lock: each is waiting, locked by one receiver, or deferred. */
export class MessageQueue {
  /** Told when there may be something to deliver. */
  onAvailable: () => void = () => {};
  readonly lockMs: number;
  readonly #settings: Settings;
  #waiting: QueuedMessage[] = [];
  readonly #locks = new Map<string, Lock>();
  readonly #deferred = new Map<number, QueuedMessage>();
  readonly #scheduled = new Map<QueuedMessage, NodeJS.Timeout>();
  readonly #sessions = new Map<string, Session & { timer: NodeJS.Timeout; onLost: () => void }>();

  constructor(settings: Settings) {
    this.lockMs = settings.lockMs;
    this.#settings = settings;
  }

  /** Puts a message where its sequence number belongs. */
  put(message: QueuedMessage): void {
    if (message.deferred) {
      this.#deferred.set(message.seq, message);
      return;
    }
    const wait = (message.notBefore ?? 0) - Date.now();
    if (wait > 0) {
      const due = (): void => {
        this.#scheduled.delete(message);
        this.put(message);
      };
      this.#scheduled.set(message, setTimeout(due, wait).unref());
      return;
    }
    const last = this.#waiting.at(-1);
    if (!last || last.seq < message.seq) this.#waiting.push(message);
    else this.#waiting.splice(this.#waiting.findIndex(({ seq }) => seq > message.seq), 0, message);
    this.onAvailable();
  }

  /** Takes the next waiting message out, or the next one of a session; the caller must lock it, put it back or drop it. */
  take(session?: string): QueuedMessage | undefined {
    const index = session === undefined ? 0 : this.#waiting.findIndex((message) => message.session === session);
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0];
  }

  /**
   * Gives one receiver a session for itself, until it lets go or does not renew in time: the one it asks for, or the first that has a
   * message and nobody else. @param onLost told when the time is over @returns undefined where there is none
   */
  acceptSession(wanted: string | undefined, onLost: () => void): Session | undefined {
    const id = wanted ?? this.#waiting.find(({ session }) => session !== undefined && !this.#sessions.has(session))?.session;
    if (id === undefined || this.#sessions.has(id)) return undefined;
    this.#sessions.set(id, { id, until: 0, timer: setTimeout(() => {}, 0), onLost });
    return this.renewSession(id);
  }

  /** Renews the lock of a session; undefined when it is lost. */
  renewSession(id: string): Session | undefined {
    const session = this.#sessions.get(id);
    if (!session) return undefined;
    clearTimeout(session.timer);
    session.until = Date.now() + this.lockMs;
    session.timer = setTimeout(() => {
      this.leaveSession(id);
      session.onLost();
    }, this.lockMs).unref();
    return session;
  }

  /** The session is free again; what its receiver has not settled was delivered in vain. */
  leaveSession(id: string): void {
    clearTimeout(this.#sessions.get(id)?.timer);
    if (!this.#sessions.delete(id)) return;
    for (const { tag, message } of [...this.#locks.values()].filter((lock) => lock.message.session === id)) if (this.#release(tag)) this.#inVain(message);
    this.onAvailable();
  }

  /** Takes a deferred message by its number. */
  takeDeferred(seq: number): QueuedMessage | undefined {
    const message = this.#deferred.get(seq);
    this.#deferred.delete(seq);
    return message;
  }

  /** Locks a message that was taken. When nobody settles or renews in time the delivery was in vain. */
  lock(message: QueuedMessage): Lock {
    const tag = randomBytes(16);
    const lock: Lock = { message, tag, until: 0, timer: setTimeout(() => {}, 0) };
    this.#extend(lock);
    this.#locks.set(tag.toString('hex'), lock);
    return lock;
  }

  /** Renews a lock; undefined when it is lost. */
  renew(tag: Buffer): Lock | undefined {
    const lock = this.#locks.get(tag.toString('hex'));
    if (lock) this.#extend(lock);
    return lock;
  }

  /** Carries a decision out; false when the lock is lost. */
  settle(tag: Buffer, decision: Decision): boolean {
    const lock = this.#release(tag);
    if (!lock) return false;
    if (decision.how === 'abandon') this.#inVain(lock.message);
    else this.#settings.onFinal(lock.message, decision);
    return true;
  }

  /** All messages from a sequence number on, in order. */
  peek(from: number, count: number): QueuedMessage[] {
    const locked = [...this.#locks.values()].map(({ message }) => message);
    return [...this.#waiting, ...locked, ...this.#deferred.values(), ...this.#scheduled.keys()]
      .filter(({ seq }) => seq >= from)
      .toSorted((a, b) => a.seq - b.seq)
      .slice(0, count);
  }

  /** How many messages there are, whatever their state. */
  get size(): number {
    return this.#waiting.length + this.#locks.size + this.#deferred.size + this.#scheduled.size;
  }

  /** Drops everything. */
  clear(): void {
    this.#waiting = [];
    for (const { timer } of this.#locks.values()) clearTimeout(timer);
    this.#locks.clear();
    this.#deferred.clear();
    for (const timer of this.#scheduled.values()) clearTimeout(timer);
    this.#scheduled.clear();
  }

  #extend(lock: Lock): void {
    clearTimeout(lock.timer);
    // As long as its session is held the message is.
    if (lock.message.session !== undefined && this.#sessions.has(lock.message.session)) {
      lock.until = this.#sessions.get(lock.message.session)?.until ?? 0;
      return;
    }
    lock.until = Date.now() + this.#settings.lockMs;
    lock.timer = setTimeout(() => {
      if (this.#release(lock.tag)) this.#inVain(lock.message);
    }, this.#settings.lockMs).unref();
  }

  #release(tag: Buffer): Lock | undefined {
    const key = tag.toString('hex');
    const lock = this.#locks.get(key);
    this.#locks.delete(key);
    clearTimeout(lock?.timer);
    return lock;
  }

  #inVain(message: QueuedMessage): void {
    message.deliveries += 1;
    if (message.deliveries < this.#settings.maxDeliveries) {
      this.put(message);
      return;
    }
    const description = `Message could not be consumed after ${message.deliveries} delivery attempts.`;
    this.#settings.onFinal(message, { how: 'dead-letter', deadLetter: { reason: 'MaxDeliveryCountExceeded', description } });
  }
}
