import { BEARER, type Caller, CALLERS } from '../edge/callers';
import type { FlowNode } from '../flows/node';
import { type Description, DESCRIPTIONS, PATH_PARAMETERS, TAGS } from './descriptions';
import { type Endpoint, endpointsOf, nameOfEndpoint } from './endpoints';
import { type Schema, SCHEMAS } from './schemas';

/** A contract of docs/contracts, as its file has it. */
export type ContractFile = Schema & { title?: string; description?: string; examples?: readonly unknown[] };

const CALLED: Readonly<Record<Caller, string>> = {
  mulesoft: 'Camel (MuleSoft): releases of NAV, shipments.',
  'service-bus': 'The relay of Service Bus events.',
  'print-station': 'PrintStation; may also send `Authorization: Bearer`.',
  reader: 'Reads orders.',
  operator: 'Reads and repairs; names the person in `X-Actor`.',
};

const INTRODUCTION = `Made from the flows that run in this process.

- Every caller has a token of its own and sends it as \`X-User-Token\`.
- Errors are \`application/problem+json\` (RFC 9457) with a code as \`title\`, a JSON pointer where there is one, and a correlation id that stands in the log, too.
- After 429, 5xx or no answer, send the same again, with the same id: what was taken once is not taken twice. A POST may carry an \`Idempotency-Key\`; the stored answer then comes back.
- Money is a decimal text in the order’s currency; times are UTC.`;

/** The OpenAPI 3.1 document of these flows. An endpoint that nobody has described stands in it with the name of its node. @param contracts by name */
export function openApi(nodes: readonly FlowNode[], contracts: Readonly<Record<string, ContractFile>>): Record<string, unknown> {
  const endpoints = endpointsOf(nodes);
  const used = new Set(endpoints.flatMap(({ contract }) => contract ?? []));
  const paths: Record<string, Record<string, unknown>> = {};
  for (const endpoint of endpoints) (paths[pathOf(endpoint.url)] ??= {})[endpoint.method.toLowerCase()] = operation(endpoint, contracts);
  const described = endpoints.map((endpoint) => tagOf(endpoint));
  return {
    openapi: '3.1.0',
    info: { title: 'Order management', version: '3', description: INTRODUCTION, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    tags: [...Object.entries(TAGS).map(([name, description]) => ({ name, description })).filter(({ name }) => described.includes(name)), ...[...new Set(described)].filter((tag) => !(tag in TAGS)).map((name) => ({ name }))],
    paths,
    components: {
      securitySchemes: Object.fromEntries(CALLERS.flatMap((caller) => [
        [caller, { type: 'apiKey', in: 'header', name: 'X-User-Token', description: CALLED[caller] }],
        ...(BEARER.includes(caller) ? [[`${caller}-bearer`, { type: 'http', scheme: 'bearer', description: CALLED[caller] }]] : []),
      ])),
      parameters: PARAMETERS,
      responses: { Problem: { description: 'Refused, or to be sent again: `title` says why', content: { 'application/problem+json': media('Problem', SCHEMAS['Problem']) } } },
      schemas: {
        ...Object.fromEntries(Object.entries(SCHEMAS).map(([name, schema]) => [name, withoutExamples(schema)])),
        ...Object.fromEntries([...used].toSorted().map((name) => [name, withoutExamples(contracts[name] ?? {})])),
      },
    },
  };
}

const PARAMETERS = {
  Correlation: { name: 'X-Correlation-Id', in: 'header', description: 'found again in the answer and in the log', schema: { type: 'string', pattern: String.raw`^[\w.-]{8,64}$` } },
  Actor: { name: 'X-Actor', in: 'header', required: true, description: 'who acts, as the audit will name them', schema: { type: 'string', pattern: '^[\\w .@+-]{1,80}$' } },
  Idempotency: { name: 'Idempotency-Key', in: 'header', description: 'the same key and body: the stored answer; the same key and another body: 422', schema: { type: 'string', minLength: 1, maxLength: 128 } },
};

const pathOf = (url: string): string => url.replaceAll(/:(\w+)/g, '{$1}');
const namesIn = (url: string): string[] => [...url.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
const descriptionOf = (endpoint: Endpoint): Description | undefined => DESCRIPTIONS[nameOfEndpoint(endpoint)];
const tagOf = (endpoint: Endpoint): string => descriptionOf(endpoint)?.tag ?? (endpoint.tab || 'Flows');

function operation(endpoint: Endpoint, contracts: Readonly<Record<string, ContractFile>>): Record<string, unknown> {
  const { method, url, name, callers, contract } = endpoint;
  const described = descriptionOf(endpoint);
  return {
    operationId: `${method.toLowerCase()}${pathOf(url).replaceAll(/[^a-zA-Z0-9]+(.)?/g, (_, letter: string | undefined) => (letter ?? '').toUpperCase())}`,
    tags: [tagOf(endpoint)],
    summary: described?.summary ?? name,
    ...(described?.description && { description: described.description }),
    security: callers.flatMap((caller) => [{ [caller]: [] }, ...(BEARER.includes(caller) ? [{ [`${caller}-bearer`]: [] }] : []), ...(caller === 'reader' && !callers.includes('operator') ? [{ operator: [] }] : [])]),
    parameters: [
      ...namesIn(url).map((each) => ({ name: each, in: 'path', required: true, description: described?.path?.[each] ?? PATH_PARAMETERS[each] ?? each, schema: { type: 'string' } })),
      ...(described?.query ?? []).map((each) => ({ ...each, in: 'query' })),
      ...[...(method !== 'GET' && callers.includes('operator') ? ['Actor'] : []), ...(method === 'POST' ? ['Idempotency'] : []), 'Correlation'].map((each) => ({ $ref: `#/components/parameters/${each}` })),
    ],
    ...(contract !== undefined && { requestBody: { required: true, description: contracts[contract]?.title ?? contract, content: { 'application/json': media(contract, contracts[contract]) } } }),
    responses: {
      ...Object.fromEntries(Object.entries(described?.answers ?? { 200: undefined }).map(([status, answer]) => [
        status,
        answer ? { description: answer[1], content: { 'application/json': media(answer[0], SCHEMAS[answer[0]]) } } : { description: 'answered by the flow' },
      ])),
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

/** The schema by reference, with its examples beside it. */
function media(name: string, schema: ContractFile | undefined): Record<string, unknown> {
  const examples = schema?.examples ?? [];
  return {
    schema: { $ref: `#/components/schemas/${name}` },
    ...(examples.length > 0 && { examples: Object.fromEntries(examples.map((value, index) => [`example-${index + 1}`, { value }])) }),
  };
}

function withoutExamples({ examples: _examples, $schema: _schema, ...schema }: ContractFile): Schema {
  return schema;
}
