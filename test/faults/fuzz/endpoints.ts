import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readFlows } from '../../../nodes/flows/storage';
import { ROOT } from '../../support/root';
import type { CallerName } from '../../support/system';
import type { Schema } from './from-schema';

export interface Endpoint {
  method: string;
  /** With `:parameters`. */
  url: string;
  callers: CallerName[];
  /** Of its body; absent where it takes none. */
  schema?: Schema;
}

/** What the server answers itself. */
const OWN: readonly Endpoint[] = ['/', '/api/docs', '/api/openapi.json', '/healthz', '/readyz', '/metrics', '/nothing/here', '/editor/', '/editor/flows', '/editor/settings'].map((url) => ({ method: 'GET', url, callers: [] }));
const SIGN_IN: Endpoint = {
  method: 'POST',
  url: '/editor/auth/token',
  callers: [],
  schema: { type: 'object', required: ['client_id', 'grant_type'], properties: { client_id: { const: 'node-red-admin' }, grant_type: { const: 'password' }, scope: { const: '*' }, username: { type: 'string', maxLength: 20 }, password: { type: 'string', maxLength: 20 } } },
};

/** Every endpoint there is, read from the deployed flows: whoever adds one has it tried. */
export function allEndpoints(flowsDir: string): Endpoint[] {
  const nodes = readFlows(flowsDir);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const behind = (id: string, seen = new Set<string>()): string[] => {
    if (seen.has(id)) return [];
    seen.add(id);
    const wires = (byId.get(id)?.['wires'] ?? []) as string[][];
    return [id, ...wires.flat().flatMap((next) => behind(next, seen))];
  };
  const inFlows = nodes
    .filter((node) => node.type === 'http in')
    .map((node): Endpoint => {
      const after = behind(node.id).map((id) => byId.get(id));
      const callers = String(after.find((each) => each?.type === 'oms-auth')?.['callers'] ?? '');
      const contract = after.find((each) => each?.type === 'oms-validate')?.['contract'];
      return {
        method: String(node['method']).toUpperCase(),
        url: String(node['url']),
        callers: callers.split(',').map((caller) => caller.trim()) as CallerName[],
        ...(typeof contract === 'string' && { schema: schemaOf(contract) }),
      };
    });
  return [...inFlows, ...OWN, SIGN_IN];
}

const schemaOf = (contract: string): Schema => JSON.parse(readFileSync(path.join(ROOT, 'docs/contracts', `${contract}.schema.json`), 'utf8')) as Schema;
