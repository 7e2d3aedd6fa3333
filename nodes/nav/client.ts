/** NAV's codeunit `OmsIntegration` over SOAP 1.1 and NTLMv2, one path for each company (endpoint). */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { type Client, createClientAsync, NTLMSecurity } from 'soap';
import { InvalidInput, isKnownError, OutcomeUnknown, Rejected, Retryable } from '../runtime/errors';
import { Breaker, type BreakerSettings } from '../runtime/breaker';
import type { EndpointState } from '../runtime/endpoints';
import { interpretFailure, saysDown } from './failures';
import { Lane, Lanes } from './lanes';
import { DocType, type NavDocument, parseDocuments } from './mapping';

/** A company of NAV, and as whom it is called. */
export interface NavEndpoint {
  /** Of the codeunit, e.g. `https://nav/…/WS/US/Codeunit/OmsIntegration`. */
  readonly url: string;
  readonly domain: string;
  readonly username: string;
  readonly password: string;
  /** PEM of the only authorities to trust. */
  readonly ca?: string;
}

export interface NavClientOptions {
  readonly endpoints: Readonly<Record<string, NavEndpoint>>;
  /** Of one SOAP call with its handshake. */
  readonly timeoutMs?: number;
  /** Sockets to each endpoint. */
  readonly lanes?: number;
  /** Calls to one endpoint that may wait for a socket. */
  readonly queue?: number;
  /** When an endpoint counts as down, and how long it is left alone then. */
  readonly breaker?: BreakerSettings;
}

export interface NavCall {
  /** `Date.now()` after which the call may not start any more; Retryable `nav.too-late`. */
  readonly startBy?: number;
  /** Called right before the first byte of what may act. */
  readonly leave?: () => void;
  readonly correlationId?: string;
}

/**
 * Nothing here sends a call twice on its own. All methods throw InvalidInput `nav.unknown-endpoint`, Rejected `nav.<ExceptionType>` for
 * a Soap:Fault with its text, and Retryable `nav.unreachable`, `.unauthorized`, `.busy`, `.breaker-open`, `.too-late`, `.handshake`.
 * Endpoints share nothing: each has its account, its sockets with their queue, and its breaker.
 */
export interface NavClient {
  /**
   * Creates a document. Acts again when repeated.
   * @returns NAV's number of it
   * @throws OutcomeUnknown `nav.no-answer`, `nav.unreadable` when it may have been created
   */
  importDocument(endpoint: string, docType: DocType, xml: string, call?: NavCall): Promise<string>;
  /** The documents, open and posted, of this External Document No. @throws Retryable `nav.no-answer`, `nav.unreadable` */
  findDocuments(endpoint: string, docType: DocType, externalDocumentNo: string, call?: NavCall): Promise<NavDocument[]>;
  /** @throws Retryable `nav.breaker-open` while the endpoint is known to be down, and is left alone */
  requireUp(endpoint: string): void;
  states(): EndpointState[];
  close(): void;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Lies beside this file; the live one can only be had with NTLM. */
const wsdl = path.join(__dirname, 'oms-integration.wsdl');

/** No call got as far as NAV. */
const UNREACHED: ReadonlySet<string> = new Set(['nav.unreachable', 'nav.handshake']);

/** An External Document No. that no order has, for the handshake. */
const nobody = 'OMS-HANDSHAKE';

export function createNavClient(options: NavClientOptions): NavClient {
  const { endpoints, timeoutMs = 60_000, lanes = 4, queue = 256, breaker } = options;
  const companies = new Map(
    Object.entries(endpoints).map(([endpoint, { url, domain, username, password, ca }]) => [
      endpoint,
      {
        circuit: new Breaker({ name: `NAV ${endpoint}`, code: 'nav.breaker-open', trips: ({ cause }) => cause !== undefined && saysDown(cause), unreached: ({ code }) => UNREACHED.has(code), ...breaker }),
        lanes: new Lanes(Array.from({ length: lanes }, () => new Lane(url, ca)), queue),
        soap: once(async () => {
          const client = await createClientAsync(wsdl, { endpoint: url });
          client.setSecurity(new NTLMSecurity({ username, password, domain, workstation: '' }));
          return client;
        }),
      },
    ]),
  );

  function companyOf(endpoint: string) {
    const company = companies.get(endpoint);
    if (company === undefined) {
      throw new InvalidInput(`There is no NAV endpoint ${endpoint}`, { code: 'nav.unknown-endpoint', next: 'Set its NAV_URL variable.' });
    }
    return company;
  }

  /**
   * Does the work alone on a lane of the endpoint. The breaker looks when the lane is there, so that calls which waited behind others
   * that failed do not try as well; while it is open the work is not begun.
   */
  async function onLane<T>(endpoint: string, work: (lane: Lane, client: Client) => Promise<T>): Promise<T> {
    const { lanes: pool, circuit, soap } = companyOf(endpoint);
    return await pool.run((lane) => circuit.run(async () => work(lane, await soap())));
  }

  /** One SOAP call on a lane; its return value. Throws what node-soap throws. */
  async function invoke(client: Client, lane: Lane, method: string, args: object, correlationId: string): Promise<unknown> {
    const exchange = {
      httpAgent: lane.agent,
      httpsAgent: lane.agent,
      // A fault comes with HTTP 500. Any other status must be an error to axios, or the NTLM handshake does not start.
      validateStatus: (status: number) => status === 200 || status === 500,
      maxRedirects: 0,
      // Counted while it streams. It was not asked to be compressed (node-soap says so), and is not unpacked: a bomb stays small.
      maxContentLength: MAX_ANSWER_BYTES,
      decompress: false,
      proxy: false,
      signal: AbortSignal.timeout(timeoutMs),
    };
    try {
      const answer: unknown = await client[`${method}Async`](args, exchange, { 'x-correlation-id': correlationId });
      lane.record('answered');
      return Array.isArray(answer) ? answer[0] : undefined;
    } catch (error) {
      // A fault is an answer of NAV itself, which it gives to authenticated callers alone.
      lane.record(interpretFailure(error, true) instanceof Rejected ? 'answered' : 'failed');
      throw error;
    }
  }

  /** Makes sure that the lane's socket is authenticated, so that a handshake that fails has provably done nothing. */
  async function authenticate(client: Client, lane: Lane, correlationId: string): Promise<void> {
    if (lane.isAuthenticated) return;
    try {
      await invoke(client, lane, 'FindDocuments', { docType: DocType.SalesOrder, externalDocumentNo: nobody }, correlationId);
    } catch (error) {
      const failure = interpretFailure(error, false);
      if (failure instanceof Rejected) return;
      // Without a cause NAV has said itself why it does not look at calls.
      throw failure.cause === undefined || failure.code === 'nav.unreachable'
        ? failure
        : new Retryable(`NAV did not complete the handshake: ${failure.message}`, { code: 'nav.handshake', cause: error });
    }
  }

  return {
    async importDocument(endpoint, docType, xml, call = {}) {
      const correlationId = call.correlationId ?? randomUUID();
      return await onLane(endpoint, async (lane, client) => {
        await authenticate(client, lane, correlationId);
        refuseLate(call);
        call.leave?.();
        const result = await invoke(client, lane, 'ImportDocument', { docType, xmlText: xml }, correlationId).catch((error: unknown) => {
          throw interpretFailure(error, true);
        });
        const number = returnValue(result);
        if (number === undefined || number === '') {
          throw new OutcomeUnknown('NAV answered without a document number', { code: 'nav.unreadable', next: 'Look the document up in NAV.' });
        }
        return number;
      });
    },
    async findDocuments(endpoint, docType, externalDocumentNo, call = {}) {
      const correlationId = call.correlationId ?? randomUUID();
      return await onLane(endpoint, async (lane, client) => {
        refuseLate(call);
        try {
          return parseDocuments(returnValue(await invoke(client, lane, 'FindDocuments', { docType, externalDocumentNo }, correlationId)) ?? '');
        } catch (error) {
          if (isKnownError(error)) throw new Retryable(error.message, { code: 'nav.unreadable', cause: error });
          throw interpretFailure(error, false);
        }
      });
    },
    requireUp: (endpoint) => companyOf(endpoint).circuit.requireClosed(),
    states: () => [...companies].map(([endpoint, { circuit, lanes: pool }]) => ({ partner: 'nav', endpoint, breaker: circuit.state, ...pool.load })),
    close() {
      for (const company of companies.values()) company.lanes.close();
    },
  };
}

function refuseLate({ startBy }: NavCall): void {
  if (startBy !== undefined && Date.now() > startBy) {
    throw new Retryable('It was too late to start the call to NAV', { code: 'nav.too-late' });
  }
}

/** `return_value` of a codeunit's result; undefined when the answer has none. */
function returnValue(result: unknown): string | undefined {
  const value = typeof result === 'object' && result !== null && 'return_value' in result ? result.return_value : undefined;
  return typeof value === 'string' ? value : undefined;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
