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

/** The 3PL's name as a person writes it. */
export const providerInWords = (provider: string): string => provider.charAt(0).toUpperCase() + provider.slice(1);

/** States of a call that has reached its partner, or may have. */
export const BEGUN: ReadonlySet<string> = new Set(['sent', 'unknown', 'parked', 'done']);

/** Cirro is reached through Camel; any other 3PL is its own partner. */
const BEHIND: Readonly<Record<string, string>> = { camel: 'cirro' };

/** The 3PL, as `warehouses.provider` names it, whose request is of this kind. */
export const providerOf = (kind: string): string => BEHIND[partnerOf(kind)] ?? partnerOf(kind);

/**
 * The 3PL that an order is with: the one that was asked for its current sequence, or may have been, however its warehouse was handed
 * over since; else the one of its warehouse, which is asked next.
 * @param provider the one of its warehouse
 */
export function fulfillerOf({ effects, exportSequence, provider }: { effects: readonly { readonly kind: string; readonly key: string; readonly state: string }[]; exportSequence: number; provider: string }): string {
  const asked = effects.find(({ kind, key, state }) => isFulfillmentRequest(kind) && BEGUN.has(state) && key.endsWith(`:${exportSequence}`));
  return asked ? providerOf(asked.kind) : provider;
}

/** Kinds of effects that ask the print floor for a batch; their keys end with the number of the request. */
export const PRINT_REQUESTS: readonly string[] = ['print-station.create', 'batch-station.create'];

/** Who of the print floor was asked last: both listen to one topic, and take the same question whether an order can be stopped. */
export function printerOf(effects: readonly { readonly id: number; readonly kind: string }[]): 'PrintStation' | 'BatchStation' {
  const requests = effects.filter(({ kind }) => PRINT_REQUESTS.includes(kind)).toSorted((a, b) => a.id - b.id);
  return requests.at(-1)?.kind === 'batch-station.create' ? 'BatchStation' : 'PrintStation';
}
