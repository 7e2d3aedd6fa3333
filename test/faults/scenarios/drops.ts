import type { Fault, System } from '../../support/system';
import { judge } from '../oracle';
import { comeToRest, conclude, loadedFirst, naively, startRig } from '../rig/course';
import { CustomerService } from '../rig/customer-service';
import { Proxy } from '../rig/proxy';
import { atLeast, atMost, type Figure, type Options, type Outcome, type Scenario, told } from '../rig/scenario';

/** Each kind of call, as the sandbox names it. A mark is sent again until it is answered, so only so many of its answers are lost. */
const CALLS: readonly (Pick<Fault, 'system' | 'operation'> & { kind: string; repeats?: true })[] = [
  { kind: 'sfcc.mark-exported', system: 'sfcc', operation: 'mark-exported', repeats: true },
  { kind: 'nav.create', system: 'nav', operation: 'document:1' },
  { kind: 'camel.request', system: 'camel', operation: 'fulfillment-request' },
  { kind: 'nav.notice', system: 'nav', operation: 'document:6' },
  { kind: 'sfcc.fulfil', system: 'sfcc', operation: 'fulfill' },
  { kind: 'sfcc.capture', system: 'sfcc', operation: 'capture' },
  { kind: 'nav.cancel', system: 'nav', operation: 'document:7' },
  { kind: 'sfcc.cancel', system: 'sfcc', operation: 'cancel' },
];

/** What the requests say whose answers are cut in half on the wire. */
const ON_THE_WIRE = ['ImportDocument', 'POST /camel/fulfillment-requests', '/fulfillments HTTP/1.1'];
/** One order in so many meets its faults on the wire, the others at the partner. */
const WIRE_SHARE = 10;

/** Every first answer of every call is lost, after the partner has acted. */
export const drops: Scenario = {
  name: 'drops',
  what: 'every first reply dropped after the peer acted',
  control: 'remote calls without a ledger, sent again when no answer comes',
  long: { orders: 1000, strikes: 1000 },
  async run(options) {
    const proxy = await Proxy.listen();
    try {
      const system = await startRig({ execArgv: [...loadedFirst('without-breaker'), ...(naively('ledger', options).execArgv ?? [])], through: { partners: proxy } });
      try {
        return await drop(system, proxy, options);
      } finally {
        await system.stop();
      }
    } finally {
      await proxy.close();
    }
  },
};

async function drop(system: System, proxy: Proxy, { seed, orders, naive, note }: Options): Promise<Outcome> {
  const service = new CustomerService(system);
  // The orders of one store in three capture by the shipment.
  await system.sql("UPDATE stores SET capture_per = 'shipment' WHERE site = 'POPS-EU'");
  const halved = Math.ceil(orders / WIRE_SHARE);
  for (const says of ON_THE_WIRE) proxy.strike('truncate', says, { times: halved });
  const names = await system.place(halved, { seed: `wire ${seed}` });
  await comeToRest(system, names, { calmSeconds: 5 });
  note(`${proxy.struck} answers cut in half on the wire`);
  // Now and then a release fails: that order is cancelled, in NAV and at the storefront.
  await system.fault({ system: 'camel', operation: 'release', fault: 'reject', rate: 0.1 });
  await system.fault(...CALLS.map(({ system: partner, operation = '', repeats }): Fault => ({ system: partner, operation, fault: 'drop-after', ...((naive || repeats) && { count: orders - halved }) })));
  names.push(...(await system.place(orders - halved, { seed: `drops ${seed}` })));
  await comeToRest(system, names, { calmSeconds: naive ? 8 : 20 });
  const lost = await lostAnswers(system);
  await system.clearFaults();
  if (naive) {
    const { duplicates } = await judge(system, names);
    await service.end();
    return { figures: [atLeast('effects that happened twice, naive', duplicates.length, orders >= 300 ? 20 : 1)], violations: duplicates };
  }
  const { alone, after, held } = await conclude(system, names);
  await service.end();
  return {
    figures: [
      told('orders, answers cut in half on the wire', `${names.length}, ${proxy.struck}`),
      ...(await perKind(system, names, lost, halved)),
      await settledByFacts(system, names),
      atMost('effects that happened twice', after.duplicates.length, 0),
      atMost('orders lost', alone.lost.length, 0),
      atMost('orders held at the end', (100 * alone.count.held) / names.length, 10, ' %'),
      told('holds', held),
    ],
    violations: [...alone.violations, ...after.violations],
  };
}

/** How often the sandbox has acted and cut the connection, by its own count. */
async function lostAnswers(system: System): Promise<ReadonlyMap<string, number>> {
  const { faults } = await system.control<{ faults: (Fault & { fired: number })[] }>('GET', 'faults');
  return new Map(faults.filter(({ fault }) => fault === 'drop-after').map((fault) => [`${fault.system} ${fault.operation}`, fault.fired]));
}

/** Of each kind: how many calls there were, that the answer of each was lost, and that none but a mark was sent a second time. */
async function perKind(system: System, names: readonly string[], lost: ReadonlyMap<string, number>, halved: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { kind, system: partner, operation, repeats } of CALLS) {
    const [calls] = await system.sql<{ calls: number; again: string | null; attempted: string | null }>(
      `SELECT COUNT(*) AS calls, SUM((SELECT COUNT(*) FROM effect_attempts a WHERE a.effect_id = e.id AND a.outcome <> 'not sent') > 1) AS again, SUM(e.attempt > 1) AS attempted
         FROM effects e JOIN orders o ON o.id = e.order_id WHERE e.kind = ? AND o.name IN (?)`,
      [kind, names],
    );
    // A fault that is used up is not in the list any more.
    const fired = lost.get(`${partner} ${operation}`) ?? (repeats ? names.length - halved : 0);
    const again = Number((repeats ? calls?.attempted : calls?.again) ?? 0);
    const all = repeats === true || (fired >= (calls?.calls ?? 0) - halved && again === 0);
    figures.push({ what: `${kind}: calls, first answers lost at the partner, sent again`, value: `${calls?.calls}, ${fired}, ${again}`, goal: repeats ? '–' : 'every one, 0', reached: all });
  }
  return figures;
}

/** Camel cannot be asked: an acceptance, a rejection or a shipment settles the doubt, or a person. */
async function settledByFacts(system: System, names: readonly string[]): Promise<Figure> {
  const [row] = await system.sql<{ all: number; byFact: string }>(
    `SELECT COUNT(*) AS \`all\`, SUM(e.state = 'done' AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.effect_id = e.id AND h.decision IN ('done', 'void', 'resend') AND h.resolved_by NOT LIKE 'partner:%')) AS byFact
       FROM effects e JOIN orders o ON o.id = e.order_id WHERE e.kind = 'camel.request' AND o.name IN (?)`,
    [names],
  );
  return atLeast('calls that nobody can look up, settled by a later fact', (100 * Number(row?.byFact)) / Math.max(1, row?.all ?? 0), 90, ' %');
}
