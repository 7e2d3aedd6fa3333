/** What a failed SOAP call to NAV means: a definite no, provably nothing, or doubt. */
import { isKnownError, type KnownError, OutcomeUnknown, Rejected, Retryable } from '../runtime/errors';

/** System errors after which no connection existed. */
const neverConnected: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Statuses by which a server says that it did not look at the request. */
const notLookedAt: ReadonlyMap<unknown, readonly [kind: string, says: string, next?: string]> = new Map([
  [401, ['unauthorized', 'does not accept the user or its password (HTTP 401)', 'Correct NAV_DOMAIN, NAV_USERNAME and NAV_PASSWORD, or those of the endpoint.']],
  [403, ['forbidden', 'does not allow the call (HTTP 403)']],
  [408, ['timed-out', 'gave up waiting for the call (HTTP 408)']],
  [429, ['throttled', 'asks to slow down (HTTP 429)']],
] as const);

/**
 * @param error what node-soap or axios threw
 * @param mayHaveActed whether the call creates something
 */
export function interpretFailure(error: unknown, mayHaveActed: boolean): KnownError {
  const fault = faultOf(error);
  if (fault !== undefined) {
    return new Rejected(`NAV refuses: ${fault.text}`, { code: `nav.${fault.type}`, next: 'Correct the order or NAV, then put it back.' });
  }
  const status = statusOf(error);
  const refused = notLookedAt.get(status);
  if (refused !== undefined) {
    const [kind, says, next] = refused;
    return new Retryable(`NAV ${says}`, { code: `nav.${kind}`, ...(next !== undefined && { next }) });
  }
  const reason = error instanceof Error ? error.message : 'unreadable answer';
  if (neverConnected.has(at(error, 'code'))) {
    return new Retryable(`NAV cannot be reached: ${reason}`, { code: 'nav.unreachable', cause: error });
  }
  const code = status === undefined ? 'nav.no-answer' : 'nav.unreadable';
  const message = status === undefined ? `NAV gave no answer: ${reason}` : `NAV gave an answer that cannot be read (HTTP ${status})`;
  if (!mayHaveActed) return new Retryable(message, { code, cause: error });
  return new OutcomeUnknown(message, { code, cause: error, next: 'Look the document up in NAV before creating it again.' });
}

/** Whether what node-soap or axios threw (never an error of ours) says that NAV itself is down: no answer, or a 5xx that is no fault. */
export function saysDown(error: unknown): boolean {
  if (isKnownError(error) || faultOf(error) !== undefined) return false;
  const status = statusOf(error);
  return status === undefined || status >= 500;
}

/**
 * The Soap:Fault in an error of node-soap. It must have been parsed from an envelope: node-soap also throws a made-up Fault when the
 * answer is no XML at all.
 */
function faultOf(error: unknown): { readonly type: string; readonly text: string } | undefined {
  const fault = at(error, 'root', 'Envelope', 'Body', 'Fault');
  const code = textOf(at(fault, 'faultcode'));
  if (code === undefined) return undefined;
  // a:Microsoft.Dynamics.Nav.Types.Exceptions.NavNCLDialogException
  return { type: code.split(/[.:]/).at(-1) ?? code, text: textOf(at(fault, 'faultstring')) ?? code };
}

function statusOf(error: unknown): number | undefined {
  const status = at(error, 'response', 'status');
  return typeof status === 'number' ? status : undefined;
}

/** Text of an element, which node-soap gives as `{attributes, $value}` when it has attributes. */
function textOf(element: unknown): string | undefined {
  const value = at(element, '$value') ?? element;
  return typeof value === 'string' ? value : undefined;
}

/** The value along a path of own or inherited properties; undefined where the path ends early. */
function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, name) => (typeof found === 'object' && found !== null && name in found ? Reflect.get(found, name) : undefined),
    value,
  );
}
