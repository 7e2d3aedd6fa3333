import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { DESCRIPTIONS, PATH_PARAMETERS } from '../../nodes/api/descriptions';
import { endpointsOf, nameOfEndpoint } from '../../nodes/api/endpoints';
import { openApi } from '../../nodes/api/openapi';
import { readContracts } from '../../nodes/api/page';
import { SCHEMAS } from '../../nodes/api/schemas';
import { readFlows } from '../../nodes/flows/storage';
import type { FlowNode } from '../../nodes/flows/node';
import { ROOT } from '../support/root';

/** The document of the HTTP endpoints: made from the flows, complete, sound, and every example fits its schema. */

const flows = readFlows(path.join(ROOT, 'flows'));
const contracts = readContracts(path.join(ROOT, 'docs/contracts'));
const endpoints = endpointsOf(flows);
const document = openApi(flows, contracts) as { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, object> } };

interface Content {
  schema: { $ref: string };
  examples?: Record<string, { value: unknown }>;
}
interface Operation {
  summary: string;
  security: Record<string, unknown>[];
  parameters: { name?: string; description?: string; in?: string; $ref?: string }[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, { content?: Record<string, Content> }>;
}
const operations = Object.entries(document.paths).flatMap(([url, methods]) => Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${url}`, operation })));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'oms-openapi-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the validator says of a document. */
function validate(subject: object): { valid: boolean; errors?: unknown } {
  const file = path.join(folder, 'openapi.json');
  writeFileSync(file, JSON.stringify(subject));
  try {
    return JSON.parse(execFileSync(process.execPath, [path.join(ROOT, 'node_modules/@seriousme/openapi-schema-validator/bin/validate-api-cli.js'), file], { encoding: 'utf8' })) as { valid: boolean };
  } catch (error) {
    return JSON.parse((error as { stdout: string }).stdout) as { valid: boolean };
  }
}

test('it is sound OpenAPI 3.1; spoiled twins are not', () => {
  expect(validate(document)).toEqual({ valid: true });
  expect(validate({ ...document, info: {} })).toMatchObject({ valid: false });
  expect(validate({ ...document, paths: { '/x': { get: { parameters: [{ in: 'nowhere', name: 'x' }] } } } })).toMatchObject({ valid: false });
});

test('every endpoint of the flows is described, and every description has its endpoint', () => {
  expect(endpoints.map(nameOfEndpoint).toSorted()).toEqual(Object.keys(DESCRIPTIONS).toSorted());
  expect(operations).toHaveLength(endpoints.length);
});

test.each(endpoints.map((endpoint) => [nameOfEndpoint(endpoint), endpoint] as const))('%s: its parameters say what they are, and its token is named', (name, { url, callers }) => {
  const described = DESCRIPTIONS[name];
  for (const [, parameter = ''] of url.matchAll(/:(\w+)/g)) expect(described?.path?.[parameter] ?? PATH_PARAMETERS[parameter]).toMatch(/\w/);
  for (const parameter of Object.keys(described?.path ?? {})) expect(url).toContain(`:${parameter}`);
  expect(callers.length).toBeGreaterThan(0);
});

test('the callers, bodies and headers are those of the flows', () => {
  const of = (name: string): Operation | undefined => operations.find((each) => each.name === name)?.operation;
  expect(of('GET /api/oms/orders/{id}')?.security).toEqual([{ reader: [] }, { operator: [] }]);
  expect(of('POST /api/service_bus/events')?.security).toEqual([{ 'service-bus': [] }, { 'print-station': [] }, { 'print-station-bearer': [] }]);
  expect(of('PATCH /api/v3/osor_order/status/{order_id}')?.requestBody?.content['application/json']?.schema).toEqual({ $ref: '#/components/schemas/nav-release-status' });
  expect(of('POST /api/oms/pauses')?.parameters.map(({ $ref }) => $ref)).toContain('#/components/parameters/Actor');
  expect(of('GET /api/oms/orders')?.parameters.map(({ name }) => name)).toEqual(expect.arrayContaining(['status', 'q', 'after', 'limit']));
});

test('an endpoint that is added to the flows stands in it at once', () => {
  const added: FlowNode[] = [
    { id: 'ask', type: 'http in', z: 'api', name: 'Ask something', method: 'get', url: '/api/ask/:what', x: 1, y: 1, wires: [['ask-auth']] },
    { id: 'ask-auth', type: 'oms-auth', z: 'api', callers: 'reader', x: 1, y: 1, wires: [] },
  ];
  const more = openApi([...flows, ...added], contracts);
  expect(more['paths']).toMatchObject({ '/api/ask/{what}': { get: { summary: 'Ask something', security: [{ reader: [] }, { operator: [] }] } } });
  expect(validate(more)).toEqual({ valid: true });
  expect(openApi([...flows, ...added.map((node) => ({ ...node, d: true }))], contracts)['paths']).not.toHaveProperty('/api/ask/{what}');
});

describe('examples', () => {
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true, strictTypes: false, strictRequired: false });
  addFormats(ajv);
  ajv.addVocabulary(['components', 'schemas', 'securitySchemes', 'parameters', 'responses']);
  ajv.addSchema({ $id: 'https://oms/', components: document.components });
  const complaint = (reference: string, value: unknown): unknown => {
    const fits = ajv.getSchema(`https://oms/${reference}`);
    if (!fits) throw new Error(`${reference} is not there`);
    return fits(value) ? undefined : fits.errors;
  };

  test('every body and answer has examples, and each fits its schema', () => {
    for (const { name, operation } of operations)
      for (const content of [operation.requestBody, ...Object.values(operation.responses)].flatMap((each) => Object.values(each?.content ?? {}))) {
        const examples = Object.values(content.examples ?? {});
        expect([name, content.schema.$ref, examples.length > 0]).toEqual([name, content.schema.$ref, true]);
        for (const { value } of examples) expect([name, complaint(content.schema.$ref, value)]).toEqual([name, undefined]);
      }
  });

  test('every schema is used, or part of one that is', () => {
    const used = JSON.stringify(document);
    expect(Object.keys(SCHEMAS).filter((name) => !used.includes(`"#/components/schemas/${name}"`))).toEqual([]);
  });

  test('an example without its first property, or of another type, does not fit', () => {
    for (const [name, { examples = [], required = [] }] of Object.entries(SCHEMAS) as [string, { examples?: Record<string, unknown>[]; required?: string[] }][])
      for (const example of examples) {
        const [first = ''] = required;
        expect(complaint(`#/components/schemas/${name}`, Object.fromEntries(Object.entries(example).filter(([key]) => key !== first)))).toBeDefined();
        expect(complaint(`#/components/schemas/${name}`, { ...example, [first]: { not: ['this'] } })).toBeDefined();
      }
  });
});
