import type { Delivery, Sender } from 'rhea';
import type { FaultTable } from '../faults/fault-table';
import type { Broker } from './broker';
import type { MessageQueue, QueuedMessage } from './queue';
import { creditOf, cut, isTransferred } from './rhea-parts';
import { onWire, type Refusal, refusals } from './wire';

/** A receiver's link to a queue. */
interface Outlet {
  link: Sender;
  /** Receive-and-delete instead of peek-lock. */
  deletes: boolean;
  /** The session whose messages alone it gets. */
  session?: string;
  /** Deliveries that have not gone out yet: rhea counts their credit only then. */
  onTheirWay: Delivery[];
}

const lateMs = 1000;
const afterRubbishMs = 200;
const flushMs = 20;

/** Hands the messages of one queue out to the links that have asked for some, in turn. */
export class Pump {
  readonly #queue: MessageQueue;
  readonly #broker: Broker | undefined;
  readonly #faults: FaultTable;
  #outlets: Outlet[] = [];
  #scheduled = false;

  /** @param broker of a partner's topic; the faults strike its subscription alone */
  constructor(queue: MessageQueue, broker: Broker | undefined, faults: FaultTable) {
    this.#queue = queue;
    this.#broker = broker;
    this.#faults = faults;
    queue.onAvailable = () => this.wake();
  }

  attach(link: Omit<Outlet, 'onTheirWay'>): void {
    this.#outlets.push({ ...link, onTheirWay: [] });
    this.wake();
  }

  detach(isGone: (link: Sender) => boolean): void {
    this.#outlets = this.#outlets.filter(({ link }) => !isGone(link));
  }

  /** Delivers soon; many calls in one turn are one. */
  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.deliver();
    });
  }

  /** Delivers as long as someone has credit and there are messages. */
  deliver(): void {
    while (this.#deliverOne());
  }

  /** To the first, in turn, that has asked for a message and can get one. */
  #deliverOne(): boolean {
    for (const [index, outlet] of this.#outlets.entries()) {
      const message = hasCredit(outlet) ? this.#queue.take(outlet.session) : undefined;
      if (!message) continue;
      this.#outlets.push(...this.#outlets.splice(index, 1));
      this.#hand(message, outlet);
      return true;
    }
    return false;
  }

  #hand(message: QueuedMessage, outlet: Outlet): void {
    const broker = this.#broker;
    if (message.struck || this.#queue !== broker?.subscription) {
      message.struck = false;
      return this.#send(message, outlet);
    }
    const { delayMs, fault, ms } = this.#faults.strike('service-bus', 'deliver');
    if (delayMs > 0) this.#hold(message, delayMs);
    else if (fault === 'reorder') this.#hold(message, ms ?? lateMs);
    else if (fault === 'malformed') {
      broker.publish(broker.publishing({ messageId: `${message.messageId}-malformed`, body: '{"id": "acce', struck: true }));
      this.#hold(message, afterRubbishMs);
    } else if (fault === 'drop-before') {
      this.#putBack(message);
      cut(outlet.link.connection);
    } else if (fault === 'error') this.#close(outlet, message, refusals.failure);
    else if (fault === 'throttle') this.#close(outlet, message, refusals.busy);
    else if (fault === 'reject') this.#close(outlet, message, refusals.unauthorized);
    else {
      this.#send(message, outlet);
      if (fault === 'duplicate') broker.publishAgain(message);
      if (fault === 'drop-after') setTimeout(() => cut(outlet.link.connection), flushMs).unref();
    }
  }

  #send(message: QueuedMessage, { link, deletes, onTheirWay }: Outlet): void {
    const lock = this.#queue.lock(message);
    onTheirWay.push(link.send(onWire(message, deletes ? undefined : lock.until), lock.tag));
    if (deletes) this.#queue.settle(lock.tag, { how: 'complete' });
  }

  /** Keeps a message back for a while; afterwards it is delivered without another fault. */
  #hold(message: QueuedMessage, ms: number): void {
    message.struck = true;
    setTimeout(() => this.#putBack(message), ms).unref();
  }

  #putBack(message: QueuedMessage): void {
    if (this.#broker?.has(message)) this.#queue.put(message);
  }

  #close(outlet: Outlet, message: QueuedMessage, refusal: Refusal): void {
    this.detach((link) => link === outlet.link);
    outlet.link.close(refusal);
    this.#putBack(message);
  }
}

/** Whether its receiver has asked for one more than what it is being sent. More would be locked on the way, for nobody. */
function hasCredit({ link, onTheirWay }: Outlet): boolean {
  if (!link.is_open() || !link.sendable()) return false;
  while (onTheirWay[0] && isTransferred(link, onTheirWay[0])) onTheirWay.shift();
  return creditOf(link) > onTheirWay.length;
}
