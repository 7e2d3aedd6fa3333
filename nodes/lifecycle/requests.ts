/** Whether an effect of this kind asks a 3PL to fulfil an order: `<partner>.request`, its key ending in `:<export sequence>`. */
export const isFulfillmentRequest = (kind: string): boolean => kind.endsWith('.request');
