/** The ways in which a partner can misbehave. */
export const faultKinds = [
  'error', 'latency', 'drop-before', 'drop-after', 'duplicate', 'reorder', 'malformed', 'throttle', 'reject',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** The systems, and the operations to which a fault can be narrowed. */
export const operations = {
  sfcc: ['token', 'search', 'get', 'mark-exported', 'fulfill', 'capture', 'captures', 'cancel'],
  nav: ['handshake', 'document:1', 'document:2', 'document:3', 'document:4', 'document:5', 'document:6', 'document:7', 'find'],
  camel: ['fulfillment-request', 'inventory-check', 'cancellation-request', 'release', 'accept', 'ship', 'cancellation'],
  'print-station': ['order.create.request', 'order.update.repush', 'batch.create.request', 'order.cancel.request', 'order-created', 'batch', 'cancellation'],
  'service-bus': ['deliver', 'settle', 'publish'],
} as const satisfies Record<string, readonly string[]>;
/** The endpoints to which a fault can be narrowed, where a system has several. */
export const endpoints: Readonly<Partial<Record<keyof typeof operations, readonly string[]>>> = { nav: ['us', 'emea', 'writeon', 'japan'] };
export type System = keyof typeof operations;

const onRequests: readonly FaultKind[] = ['error', 'latency', 'drop-before', 'drop-after', 'malformed', 'throttle', 'reject'];

/** Which faults mean something at which operation; the others pass by without being used up. */
export function takesEffect(fault: FaultKind, system: System, operation: string, narrowed: boolean): boolean {
  if (system === 'camel' && !['fulfillment-request', 'inventory-check', 'cancellation-request'].includes(operation)) return fault !== 'reject' || narrowed;
  if (system === 'print-station') return operation.includes('.') ? onRequests.includes(fault) && fault !== 'malformed' : fault !== 'reject' || narrowed;
  if (system === 'service-bus') return operation === 'deliver' || !['duplicate', 'reorder', 'malformed'].includes(fault);
  if (system === 'sfcc' && operation === 'search') return true;
  return onRequests.includes(fault);
}
