/** PrintStation and BatchStation, which listen to one topic of the Service Bus (this project's assumption: docs/contracts). */
import type { Call } from '../effects/effect';
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
   * @throws OutcomeUnknown `print-station.not-answered` where the bus may have taken it · Retryable, InvalidInput as the sender
   */
  publish(message: FloorMessage, call: Call): Promise<void>;
  close(): Promise<void>;
}

/** Connects at the first message. @throws InvalidInput `service-bus.connection-string` */
export function createPrintFloor({ connectionString, topic }: { connectionString: string; topic: string }): PrintFloor {
  const sender = createSender({ connectionString, topic, variable: 'SERVICE_BUS_PRINT_TOPIC' });
  return {
    async publish(message, { startBy, leave }) {
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
          throw new OutcomeUnknown(`nobody knows whether the Service Bus has taken ${message.id}: ${error.message}`, { code: 'print-station.not-answered', cause: error });
        throw error;
      }
    },
    close: () => sender.close(),
  };
}
