import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import { type Caller, Callers } from './callers';
import { type HttpMessage, respond } from './caller';
import { CallerTokens } from './caller-tokens';
import { IdempotencyKeys } from './idempotency';

interface AuthConfig extends NodeConfig {
  /** Callers that the endpoint is for, separated by commas. */
  callers: string;
}

export default defineNode<AuthConfig, HttpMessage>('oms-auth', (node, config) => {
  const callers = node.services.get(Callers);
  const tokens = node.services.get(CallerTokens);
  const keys = node.services.get(IdempotencyKeys);
  const allowed = config.callers.split(',').map((caller) => caller.trim()).filter(Boolean) as Caller[];
  return {
    async input(message, send) {
      const headers = message.req?.headers;
      if (!headers) throw new InvalidInput('this is no HTTP request', { code: 'auth.no-request', next: 'Wire this node behind an http in node.' });
      const caller = await tokens.orAsReadAnew(() => callers.authenticate(headers, allowed));
      message.caller = caller;
      message.actor = caller === 'operator' ? `operator:${personOf(headers, message.req?.method)}` : `partner:${caller}`;
      const key = headers['idempotency-key'];
      if (typeof key === 'string' && message.req?.method === 'POST') {
        const call = { caller, key };
        const stored = await keys.begin(call, message.req.method, message.req.originalUrl ?? '', message.req.rawBody ?? Buffer.alloc(0));
        if (stored) return respond(message, stored.status, stored.body, stored.status < 400 ? undefined : 'application/problem+json');
        message.keyed = call;
      }
      send(message);
    },
  };
});

/** An operator's token is shared by people: who acts must be named. Reading needs no name. */
function personOf(headers: Record<string, string | string[] | undefined>, method: string | undefined): string {
  const actor = headers['x-actor'];
  if (typeof actor === 'string' && /^[\w .@+-]{1,80}$/.test(actor)) return actor;
  if (method === 'GET' && actor === undefined) return 'unnamed';
  throw new InvalidInput('X-Actor must name who acts: letters, digits, space and .@+-', { code: 'auth.no-actor' });
}
