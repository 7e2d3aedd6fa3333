import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { escapeHtml } from './html';

interface Contract {
  title?: string;
  description?: string;
  examples?: unknown[];
}

/** The endpoints in one table: method, path, who may call, contract of the body, what it does. */
const ENDPOINTS: readonly (readonly [method: string, path: string, callers: string, contract: string, what: string])[] = [
  ['PATCH', '/api/v3/osor_order/status/:order_id', 'mulesoft', 'nav-release-status', 'NAV has released an order, or could not'],
  ['POST', '/api/v3/osor_order/fulfill_orders', 'mulesoft', 'fulfill-orders', 'parcels that left the warehouse'],
  ['POST', '/api/service_bus/events', 'service-bus, print-station', 'fulfillment-event', 'a fulfilment event, as on the Service Bus topic'],
  ['GET', '/api/oms/orders?status=&q=&after=&limit=', 'reader, operator', '', 'a page of orders'],
  ['GET', '/api/oms/orders/:id', 'reader, operator', '', 'an order with its whole timeline'],
  ['GET', '/api/oms/orders/:id/why', 'reader, operator', '', 'why it stands where it stands, who owes the next step, what may be done'],
  ['POST', '/api/oms/orders/:id/put-back', 'operator', 'operator-reason', 'puts an order in error back to where it failed from'],
  ['POST', '/api/oms/orders/:id/processed-externally', 'operator', 'operator-reason', 'somebody has settled it by hand'],
  ['POST', '/api/oms/orders/:id/cancel', 'operator', 'operator-reason', 'cancels the whole order until the warehouse has it'],
  ['POST', '/api/oms/orders/:id/replay?dry_run=', 'operator', 'operator-reason', 'sends again what is safe; `dry_run=true` shows what that is'],
  ['GET', '/api/oms/holds', 'operator', '', 'open holds'],
  ['POST', '/api/oms/holds/:id/decision', 'operator', 'hold-decision', 'decides a hold'],
  ['GET', '/api/oms/dead-letters?after=&limit=', 'operator', '', 'messages of the Service Bus that could not be taken, with the reason'],
  ['POST', '/api/oms/dead-letters/:sequence/replay?dry_run=', 'operator', 'operator-reason', 'applies one of them again; with dry_run=true only says what that would do'],
  ['POST', '/api/oms/dead-letters/:sequence/discard', 'operator', 'operator-reason', 'takes one of them out'],
  ['GET', '/api/oms/pauses', 'operator', '', 'open pauses'],
  ['POST', '/api/oms/pauses', 'operator', 'pause', 'pauses a stage, partner or store'],
  ['DELETE', '/api/oms/pauses/:id', 'operator', '', 'ends a pause'],
];

/** The page at `/api/docs`, made from the contracts themselves. */
export function apiPage(folder: string): string {
  const contracts = readdirSync(folder)
    .filter((file) => file.endsWith('.schema.json'))
    .map((file) => [file.replace('.schema.json', ''), JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Contract] as const);
  const rows = ENDPOINTS.map(
    ([method, route, callers, contract, what]) =>
      `<tr><td>${method}</td><td><code>${escapeHtml(route)}</code></td><td>${callers}</td><td>${contract ? `<a href="#${contract}">${contract}</a>` : ''}</td><td>${escapeHtml(what)}</td></tr>`,
  );
  const sections = contracts.map(
    ([name, { title, description, examples, ...schema }]) => `<section id="${name}"><h2>${escapeHtml(title ?? name)}</h2><p>${escapeHtml(description ?? '')}</p>
${(examples ?? []).map((example) => `<pre>${escapeHtml(JSON.stringify(example, null, 2))}</pre>`).join('')}
<details><summary>Schema</summary><pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre></details></section>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>OMS API</title><link rel="icon" href="data:,"><style>
:root { color-scheme: light dark; --line: #8884; } body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
pre { overflow: auto; padding: .75rem; border: 1px solid var(--line); border-radius: 4px; font-size: 13px; } code { font-size: 13px; }
</style></head><body><h1>API</h1>
<p>Callers send <code>X-User-Token</code>; operators also <code>X-Actor</code> with their name. Errors are <code>application/problem+json</code> with a JSON pointer and a correlation id.</p>
<table><thead><tr><th>Method</th><th>Path</th><th>Callers</th><th>Body</th><th></th></tr></thead><tbody>${rows.join('\n')}</tbody></table>
${sections.join('\n')}</body></html>`;
}
