/** Whether an effect of this kind asks a 3PL to fulfil an order: `<partner>.request`, its key ending in `:<export sequence>`. */
export const isFulfillmentRequest = (kind: string): boolean => kind.endsWith('.request');

/**
 * Whether an effect of this kind asks whoever has an order to stop it: `<partner>.cancel`, its key ending in the number of the question. What
 * tells the storefront and NAV of a cancel ends so, too, but is about orders that are cancelled already.
 */
export const isQuestion = (kind: string): boolean => kind.endsWith('.cancel');

const partnerOf = (kind: string): string => kind.slice(0, kind.lastIndexOf('.'));

/** The questions whether a 3PL can stop an order: they go to a partner that was asked to fulfil it. */
export function providerQuestions<Effect extends { readonly kind: string }>(effects: readonly Effect[]): Effect[] {
  const providers = new Set(effects.flatMap(({ kind }) => (isFulfillmentRequest(kind) ? [partnerOf(kind)] : [])));
  return effects.filter(({ kind }) => isQuestion(kind) && providers.has(partnerOf(kind)));
}
