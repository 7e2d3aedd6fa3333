/** Whether an effect of this kind asks a 3PL to fulfil an order: `<partner>.request`, its key ending in `:<export sequence>`. */
export const isFulfillmentRequest = (kind: string): boolean => kind.endsWith('.request');

/**
 * Whether an effect of this kind asks whoever has an order to stop it: `<partner>.cancel`, its key ending in the number of the question. What
 * tells the storefront and NAV of a cancel ends so, too, but is about orders that are cancelled already.
 */
export const isQuestion = (kind: string): boolean => kind.endsWith('.cancel');

/** Whether it asks a 3PL. */
export const isProviderQuestion = (kind: string): boolean => isQuestion(kind) && !kind.startsWith('print-station.');
