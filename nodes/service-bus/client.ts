/** The SDK's client, and what its errors say. */
import { RetryMode, ServiceBusClient } from '@azure/service-bus';
import { InvalidInput } from '../runtime/errors';

/** @throws InvalidInput `service-bus.connection-string` */
export function connect({ connectionString, timeoutMs = 10_000 }: { readonly connectionString: string; readonly timeoutMs?: number }): ServiceBusClient {
  try {
    return new ServiceBusClient(connectionString, {
      // It tries to connect for ever all the same; a settlement is not to hold up the next ones with tries of its own.
      retryOptions: { mode: RetryMode.Exponential, maxRetries: 0, retryDelayInMs: 250, maxRetryDelayInMs: 10_000, timeoutInMs: timeoutMs },
    });
  } catch (cause) {
    throw new InvalidInput('The connection string of the Service Bus cannot be read', {
      code: 'service-bus.connection-string',
      next: 'Correct SERVICE_BUS_CONNECTION_STRING.',
      cause,
    });
  }
}

/** Whether an error of the SDK has this code. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
