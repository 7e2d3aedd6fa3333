import { lifecycle } from '../lifecycle/lifecycle';
import { type Pool, select } from '../store/pool';
import { escapeHtml } from './html';

/** The page at `/` until the operations app is there: how many orders stand in each status, what is held, and where to go. */
export async function startPage(pool: Pool, sandbox: boolean): Promise<string> {
  const counts = await select<{ status: string; orders: number; oldest: Date }>(pool, 'SELECT status, COUNT(*) AS orders, MIN(entered_at) AS oldest FROM order_status GROUP BY status');
  const [held] = await select<{ holds: number }>(pool, 'SELECT COUNT(*) AS holds FROM holds WHERE resolved_at IS NULL');
  const flows = await flowsLine(pool);
  const inOrder = counts.toSorted((a, b) => lifecycle.names.indexOf(a.status as never) - lifecycle.names.indexOf(b.status as never));
  const total = counts.reduce((sum, row) => sum + row.orders, 0);
  const rows = inOrder.map(({ status, orders, oldest }) => {
    const declared = lifecycle.has(status) ? lifecycle.statuses[status] : undefined;
    return `<tr class="${declared?.workingWhen ? 'final' : (declared?.kind ?? '')}"><td>${escapeHtml(status)}</td><td>${escapeHtml(declared?.phase ?? '')}</td><td>${escapeHtml(declared?.workingWhen ? 'end of the line' : (declared?.kind ?? ''))}</td><td class="number">${orders}</td><td class="number">${age(oldest)}</td></tr>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="5"><title>OMS</title><link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; --line: #8884; --soft: #888; --accent: #b5452c; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; } header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: baseline; margin-bottom: 1.5rem; }
nav { display: flex; gap: 1rem; } a { color: var(--accent); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--soft); font-size: .85rem; } .number { text-align: right; font-variant-numeric: tabular-nums; }
tr.error td:first-child { color: var(--accent); font-weight: 600; } tr.final { color: var(--soft); } .note { color: var(--soft); } .held { color: var(--accent); font-weight: 600; }
</style></head><body>
<header><h1>OMS</h1><span>${total} orders · <span class="${held?.holds ? 'held' : ''}">${held?.holds ?? 0} open holds</span></span>
<nav><a href="/editor/">Flows</a> <a href="/api/docs">API</a> <a href="/healthz">Health</a> <a href="/metrics">Metrics</a></nav></header>
${sandbox ? '<p class="note">The partners are the sandbox’s: nothing here reaches a real storefront, ERP or warehouse.</p>' : ''}
<table><thead><tr><th>Status</th><th>Phase</th><th>Kind</th><th class="number">Orders</th><th class="number">Longest</th></tr></thead>
<tbody>${rows.join('\n') || '<tr><td colspan="5" class="note">No orders yet.</td></tr>'}</tbody></table>
<p class="note">${flows}</p>
</body></html>`;
}

/** Which flows are the current ones, and whether every process runs them. */
async function flowsLine(pool: Pool): Promise<string> {
  const [current] = await select<{ revision: string; at: Date }>(pool, 'SELECT revision, created_at AS at FROM flow_revisions ORDER BY id DESC LIMIT 1');
  const processes = await select<{ revision: string | null; running: number }>(pool, 'SELECT flow_revision AS revision, COUNT(*) AS running FROM processes WHERE ended_at IS NULL GROUP BY flow_revision');
  const count = (rows: readonly { running: number }[]): string => rows.reduce((sum, row) => sum + row.running, 0).toString();
  if (!current) return `Flows as each process found them in its files · processes: ${count(processes)}`;
  const others = processes.filter(({ revision }) => revision !== current.revision).map((row) => `${row.running} of them with ${row.revision === null ? 'none yet' : short(row.revision)}`);
  return `Flows <code>${short(current.revision)}</code>, ${age(current.at)} old · processes: ${count(processes)}${others.length > 0 ? `, <span class="held">${others.join(', ')}</span>` : ''}`;
}

const short = (revision: string): string => revision.slice(0, 12);

function age(since: Date): string {
  const seconds = Math.max(0, Math.round((Date.now() - since.getTime()) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
