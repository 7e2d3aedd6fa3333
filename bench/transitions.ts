import pino from 'pino';
import { effect } from '../nodes/effects/effect';
import { Ledger } from '../nodes/effects/ledger';
import { Stages } from '../nodes/lifecycle/stages';
import { Transitions } from '../nodes/lifecycle/transitions';
import { createLog } from '../nodes/runtime/log';
import { Metrics } from '../nodes/runtime/metrics';
import { Logger } from '../nodes/runtime/node';
import { Services } from '../nodes/runtime/services';
import { createPool, type Pool } from '../nodes/store/pool';
import { ActiveWork } from '../nodes/work/active';
import { Claims } from '../nodes/work/claims';
import { StageEnds } from '../nodes/work/ends';
import { Processes } from '../nodes/work/processes';
import type { Work } from '../nodes/work/source';
import { type Bare, groupedBare, type Move, oneByOne } from './bare';
import { type BenchDatabase, startDatabase } from './rig/database';
import { cpuMeter, inFlight, median, note, report, type Run } from './rig/measure';
import { embed, type Runtime } from './rig/node-red';
import { makeOrders } from './rig/orders';

const ORDERS = 10_000;
const NAIVE_ORDERS = 1500;
const ROUNDS = 3;
const FROM = 'READY_TO_CREATE_IN_NAV';
const TO = 'PENDING_NAV_RELEASE';
const TOKEN = 'bench-claim-token';

const FLOWS = [
  { id: 'bench', type: 'tab', label: 'Bench' },
  { id: 'bench-transition', type: 'oms-transition', z: 'bench', name: 'Move to NAV', to: TO, reason: 'Create sales order in NAV', x: 200, y: 100, wires: [['bench-moved'], ['bench-refused'], []] },
  { id: 'bench-moved', type: 'bench-sink', z: 'bench', x: 400, y: 100, wires: [] },
  { id: 'bench-refused', type: 'bench-sink', z: 'bench', x: 400, y: 160, wires: [] },
];

/** A remote that answers at once, so that the ledger alone is measured. */
const nothing = effect<null, { id: number; revision: number }, { order: number }>({
  kind: 'bench.call',
  key: ({ id }) => `bench.call:${id}`,
  policy: 'human',
  request: ({ id }) => ({ order: id }),
  async send(_remote, _request, _subject, { leave }) {
    leave();
    return { reference: 'B-1' };
  },
});

interface Rig {
  database: BenchDatabase;
  pool: Pool;
  runtime: Runtime;
  ledger: Ledger;
  /** Sends a claimed order through the real oms-transition; resolves when it comes out, moved. */
  move(order: number, effects: Work['effects']): Promise<void>;
  work(order: number, effects: Work['effects']): Work;
}

/** NAV-result transition (audit, status, effect and attempt, outbox) through the real node, against bare mysql2; guard and ledger. */
export async function transitions(): Promise<void> {
  const database = await startDatabase();
  const rig = await build(database);
  const bare = groupedBare(database.urls.app);
  const unguarded = groupedBare((await unguardedCopy(database)).url, false);
  const naive = oneByOne(database.urls.app, 16);
  try {
    await prepare(database, true);
    for (const atOnce of [64, 256]) await compare(rig, { bare, naive, unguarded }, atOnce);
    await ledgerCost(rig, 256);
  } finally {
    for (const each of [bare, unguarded, naive]) await each.stop();
    await rig.runtime.stop();
    await rig.pool.end();
    await database.stop();
  }
}

async function compare(rig: Rig, { bare, naive, unguarded }: Record<'bare' | 'naive' | 'unguarded', Bare>, atOnce: number): Promise<void> {
  const { database } = rig;
  const ids = Array.from({ length: ORDERS }, (_, i) => i + 1);
  const through = (writer: Bare) => (order: number) => writer.move(moveOf(order));
  const forms: Record<string, { items: number[]; work: (order: number) => Promise<void>; runs: Run[]; cpu: string }> = {
    bare: { items: ids, work: through(bare), runs: [], cpu: '' },
    nodes: { items: ids, work: (order) => rig.move(order, [{ id: order, attempt: 1, state: 'done', reference: `SO-${order}` }]), runs: [], cpu: '' },
    unguarded: { items: ids, work: through(unguarded), runs: [], cpu: '' },
    naive: { items: ids.slice(0, NAIVE_ORDERS), work: through(naive), runs: [], cpu: '' },
  };
  for (let round = 0; round < ROUNDS; round++)
    for (const form of Object.values(forms)) {
      await prepare(database, false);
      const meter = cpuMeter({ node: process.pid, database: database.pid });
      form.runs.push(await inFlight(form.items, atOnce, form.work));
      form.cpu = meter(form.items.length);
    }
  const rate = (name: string): number => median(forms[name]?.runs.map((run) => run.rate) ?? []);
  note(`${atOnce} in flight, median of ${ROUNDS} interleaved rounds of ${ORDERS} (${NAIVE_ORDERS} one by one):`);
  for (const [name, form] of Object.entries(forms))
    note(`  ${name.padEnd(10)} ${rate(name).toFixed(0).padStart(7)}/s   p50 ${median(form.runs.map((run) => run.p50)).toFixed(1)} ms, p99 ${median(form.runs.map((run) => run.p99)).toFixed(1)} ms   processor time each: ${form.cpu}`);
  const ratio = rate('nodes') / rate('bare');
  report(`real nodes / bare grouped, ${atOnce} in flight`, ratio.toFixed(2), '≥ 0.70', ratio >= 0.7);
  const times = rate('nodes') / rate('naive');
  report(`real nodes / naive one by one, ${atOnce} in flight`, `${times.toFixed(1)} ×`, '≥ 4 ×', times >= 4);
  report(`guard: bare with / without, ${atOnce} in flight`, (rate('bare') / rate('unguarded')).toFixed(2), '(printed)', undefined);
}

async function ledgerCost(rig: Rig, atOnce: number): Promise<void> {
  const ids = Array.from({ length: ORDERS }, (_, i) => i + 1);
  const rates = { on: [] as number[], off: [] as number[] };
  let cpu = '';
  for (let round = 0; round < ROUNDS; round++) {
    await prepare(rig.database, false);
    await rig.database.admin.query("DELETE a FROM effect_attempts a JOIN effects e ON e.id = a.effect_id WHERE e.kind = 'bench.call'; DELETE FROM effects WHERE kind = 'bench.call'");
    const meter = cpuMeter({ node: process.pid, database: rig.database.pid });
    const on = await inFlight(ids, atOnce, async (order) => {
      const work = rig.work(order, []);
      await rig.ledger.perform(nothing, null, { id: order, revision: 1 }, work);
      await rig.move(order, work.effects);
    });
    cpu = meter(ids.length);
    await prepare(rig.database, false);
    const off = await inFlight(ids, atOnce, (order) => rig.move(order, []));
    rates.on.push(on.rate);
    rates.off.push(off.rate);
  }
  note(`one step with a remote call that answers at once, ${atOnce} in flight: ${median(rates.on).toFixed(0)}/s with the ledger, ${median(rates.off).toFixed(0)}/s without; processor time each with it: ${cpu}`);
  report(`ledger: with / without, ${atOnce} in flight`, (median(rates.on) / median(rates.off)).toFixed(2), '(printed)', undefined);
}

const moveOf = (order: number): Move => ({ order, from: FROM, to: TO, effect: order, due: false });

async function build(database: BenchDatabase): Promise<Rig> {
  const pool = createPool(database.urls.app, 8);
  const services = new Services();
  const log = createLog('silent');
  const stages = new Stages();
  const active = new ActiveWork();
  const writer = new Transitions(pool, stages, {}, () => true);
  const processes = new Processes(pool, log, { instance: 'bench', role: 'all' });
  await processes.start();
  const claims = new Claims(pool, processes);
  services.provide(Logger, new Logger(pino({ base: null }, pino.destination('/dev/null'))));
  services.provide(Metrics, new Metrics({ running: () => 0, writing: () => 0 }));
  services.provide(StageEnds, new StageEnds({ transitions: writer, claims, active }));
  const waiting = new Map<number, () => void>();
  const runtime = await embed({
    flows: FLOWS,
    services,
    dir: database.dir,
    onSink: (message) => {
      const { work, refused } = message as { work: Work; refused?: unknown };
      if (refused) throw new Error(`order ${work.order} was refused: ${JSON.stringify(refused)}`);
      waiting.get(work.order)?.();
    },
  });
  const work = (order: number, effects: Work['effects']): Work => ({
    source: 'status', name: FROM, id: order, order, token: TOKEN, attempt: 1, lane: 'US', node: 'bench', retry: { attempts: 1, firstMs: 1, maxMs: 1 }, since: performance.now(), effects,
  });
  return {
    database, pool, runtime, work,
    ledger: new Ledger({ pool, processes, transitions: writer, lookAfterMs: [1000] }),
    move: (order, effects) =>
      new Promise((resolve) => {
        waiting.set(order, resolve);
        runtime.receive('bench-transition', { order: { id: order, name: `B-N${order}` }, work: work(order, effects), payload: {} });
      }),
  };
}

/** Every order stands before the move again, claimed, with its call sent. */
async function prepare({ admin }: BenchDatabase, first: boolean): Promise<void> {
  if (first) {
    await makeOrders(admin, ORDERS, FROM);
    await admin.query(`
      INSERT INTO effects (id, kind, \`key\`, order_id, request_hash, state, attempt) SELECT id, 'nav.create', CONCAT('nav.create:', id), id, REPEAT('0', 32), 'sent', 1 FROM orders;
      INSERT INTO effect_attempts (effect_id, attempt) SELECT id, 1 FROM orders`);
  }
  await admin.query(
    `UPDATE order_status SET status = '${FROM}', claim_token = '${TOKEN}', claimed_at = NOW(6), attempts = 1;
     UPDATE effects SET state = 'sent', reference = NULL, settled_at = NULL WHERE kind = 'nav.create';
     UPDATE effect_attempts SET outcome = NULL, ended_at = NULL WHERE effect_id <= ${ORDERS};
     DELETE FROM outbox`,
  );
}

/** An account that may do what the guard forbids, and a table of audits without a trigger. */
async function unguardedCopy({ admin, urls }: BenchDatabase): Promise<{ url: string }> {
  await admin.query("CREATE TABLE bench_audits LIKE order_audits; CREATE USER bench_unguarded IDENTIFIED BY 'bench'; GRANT SELECT, INSERT, UPDATE ON oms.* TO bench_unguarded");
  const url = new URL(urls.app);
  url.username = 'bench_unguarded';
  url.password = 'bench';
  return { url: url.href };
}
