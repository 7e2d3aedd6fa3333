import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import express from 'express';
import helmet from 'helmet';
import type { RunningFlows } from '../flows/deploys';
import { type ContractFile, openApi } from './openapi';

const OWN = path.join(__dirname, 'page');
/** What of the renderer a browser needs. */
const RENDERER = ['swagger-ui.css', 'swagger-ui-bundle.js'];
const SUFFIX = '.schema.json';

/** The contracts of a folder, by name. */
export function readContracts(folder: string): Record<string, ContractFile> {
  const files = readdirSync(folder).filter((file) => file.endsWith(SUFFIX));
  return Object.fromEntries(files.map((file) => [file.slice(0, -SUFFIX.length), JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as ContractFile]));
}

/**
 * `/api/openapi.json`, made from the flows that run, and `/api/docs`, which shows it. Everything comes from this process: the page works
 * without a network, and its policy lets nothing else in.
 */
export function apiDocs({ contracts, running }: { contracts: string; running: () => Promise<RunningFlows> }): express.Router {
  const files = readContracts(contracts);
  let made: { revision: string; text: string } | undefined;
  const router = express.Router();
  router.get('/api/openapi.json', async (_request, response) => {
    const { flows, rev } = await running();
    if (made?.revision !== rev) made = { revision: rev, text: JSON.stringify(openApi(flows, files)) };
    response.set('cache-control', 'no-cache').type('json').send(made.text);
  });
  const policy = { defaultSrc: ["'none'"], scriptSrc: ["'self'"], styleSrc: ["'self'"], imgSrc: ["'self'", 'data:'], connectSrc: ["'self'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] };
  router.use('/api/docs', helmet({ contentSecurityPolicy: { useDefaults: false, directives: policy }, strictTransportSecurity: false }));
  router.get('/api/docs', (_request, response) => response.sendFile(path.join(OWN, 'index.html')));
  const renderer = path.dirname(require.resolve('swagger-ui-dist/package.json'));
  for (const [folder, names] of [[renderer, RENDERER], [OWN, ['start.js', 'style.css']]] as const)
    for (const name of names) router.get(`/api/docs/${name}`, (_request, response) => response.sendFile(path.join(folder, name), { maxAge: '1h' }));
  return router;
}
