/** PrintStation and BatchStation, which listen to one topic of the Service Bus (this project's assumption: docs/contracts). */
import type { Call } from '../effects/effect';
import { Breaker, type BreakerSettings } from '../runtime/breaker';
import { OutcomeUnknown, Retryable } from '../runtime/errors';
import { createSender } from '../service-bus/sender';

/** A message for the print floor. */
export interface FloorMessage {
  /** The topic drops a message whose id it knows. */
  readonly id: string;
  readonly type: string;
  readonly order_id: string;
}

export interface PrintFloor {
  /**
   * Publishes a message.
   * @throws OutcomeUnknown `print-station.not-answered` where the bus may have taken it · Retryable, InvalidInput as the sender,
   *   Retryable `print-station.breaker-open` while the bus is known to be down
   */
  publish(message: FloorMessage, call: Call): Promise<void>;
  /** @throws Retryable `print-station.breaker-open` while the bus is known to be down, and is left alone */
  requireUp(): void;
  close(): Promise<void>;
}

/** Failures by which the bus counts as down: it was not there, went away, or was too slow to begin. */
const TRIPPING: ReadonlySet<string> = new Set(['service-bus.not-sent', 'print-station.not-answered', 'print-station.too-late']);

export interface PrintFloorOptions {
  connectionString: string;
  topic: string;
  timeoutMs?: number;
  /** When the bus counts as down, and how long it is left alone then. */
  breaker?: BreakerSettings;
}

/** Connects at the first message. @throws InvalidInput `service-bus.connection-string` */
export function createPrintFloor({ breaker: settings, ...to }: PrintFloorOptions): PrintFloor {
  const sender = createSender({ ...to, variable: 'SERVICE_BUS_PRINT_TOPIC' });
  const breaker = new Breaker({ name: 'the Service Bus of the print floor', code: 'print-station.breaker-open', trips: ({ code }) => TRIPPING.has(code), unreached: (error) => error instanceof Retryable, ...settings });

  async function publish(message: FloorMessage, { startBy, leave }: Call): Promise<void> {
    let left = false;
    const begin = (): void => {
      if (Date.now() > startBy) throw new Retryable('the link to the Service Bus took too long to open', { code: 'print-station.too-late' });
      left = true;
      leave();
    };
    try {
      await sender.send([{ id: message.id, subject: message.type, properties: { order_id: message.order_id }, body: message }], begin);
    } catch (error) {
      if (left && error instanceof Retryable && error.code === 'service-bus.not-sent')
        throw new OutcomeUnknown(`nobody knows whether the Service Bus has taken it: ${error.message}`, { code: 'print-station.not-answered', cause: error });
      throw error;
    }
  }

  return {
    publish: (message, call) => breaker.run(() => publish(message, call)),
    requireUp: () => breaker.requireClosed(),
    close: () => sender.close(),
  };
}
