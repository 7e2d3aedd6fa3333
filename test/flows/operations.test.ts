import { type Answer, startSystem, type System, waitFor } from '../support/system';
import type { Status } from '../../nodes/lifecycle/lifecycle';
import { post, anEvent } from './partners';
import { holdOf as firstHoldOf, pausedIn } from './standing-orders';

/** What operations do: find orders, see what they wait for, put them back, cancel them, decide holds, pause. */

let system: System;

beforeAll(async () => {
  system = await startSystem({
    env: { OMS_INQUIRY_SECONDS: '0.7,0.7' },
    flows: (node) => node.type === 'oms-work' && Object.assign(node, { firstSeconds: 0.1, maxSeconds: 0.5 }),
  });
}, 120_000);
afterAll(() => system?.stop(), 60_000);
afterEach(() => system.clearFaults());

const ask = (name: string, what: 'put-back' | 'processed-externally' | 'cancel', reason = 'a test asks for it'): Promise<Answer> =>
  system.api(`/api/oms/orders/${name}/${what}`, { body: { reason } });

const one = async (more: { site?: string; template?: 'bad' } = {}): Promise<string> => (await system.place(1, more))[0] ?? '';

const heldIn = (status: Status) => pausedIn(system, status);
const holdOf = (name: string) => firstHoldOf(system, name);

describe('finding orders', () => {
  let names: string[];
  let pause: number;

  beforeAll(async () => {
    pause = await system.pause('partner', 'NAV');
    names = await system.place(23, { seed: 'finding' });
    await system.reach(names, 'READY_TO_CREATE_IN_NAV');
  }, 60_000);
  afterAll(async () => {
    await system.resume(pause);
    await system.reach(names, 'FULFILLED');
  }, 60_000);

  type Found = { name: string; platform_id: string; status: string; store: string; entered_at: string; total: string };
  const list = async (query: string): Promise<{ orders: Found[]; next: string | null }> => {
    const answer = await system.api(`/api/oms/orders?${query}`, { as: 'reader' });
    expect(answer.status).toBe(200);
    return answer.body as { orders: Found[]; next: string | null };
  };
  /** All pages one after the other. */
  async function pages(query: string, limit: number): Promise<Found[]> {
    const found: Found[] = [];
    let after = '';
    for (;;) {
      const { orders, next } = await list(`${query}&limit=${limit}${after && `&after=${encodeURIComponent(after)}`}`);
      expect(orders.length).toBe(next === null ? orders.length : limit);
      found.push(...orders);
      if (next === null) return found;
      after = next;
    }
  }

  test.each([1, 4, 23, 500])('pages of %s hold every order exactly once, the newest first', async (limit) => {
    const found = await pages('', limit);
    expect(found.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
  });

  test.each([1, 5, 22])('pages of %s inside a status hold every order once, the longest waiting first', async (limit) => {
    const found = await pages('status=READY_TO_CREATE_IN_NAV', limit);
    expect(found.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    expect(found.map(({ entered_at: at }) => at)).toEqual(found.map(({ entered_at: at }) => at).toSorted());
    expect((await list('status=FULFILLED')).orders).toEqual([]);
  });

  test('a prefix finds by name, by the storefront’s number and by e-mail, and nothing else', async () => {
    const [name = ''] = names;
    const customer = ((await system.api(`/api/oms/orders/${name}`, { as: 'reader' })).body as { customer: { email: string } }).customer;
    for (const q of [name, name.slice(3), customer.email, customer.email.slice(0, -4).toUpperCase()]) {
      const { orders } = await list(`q=${encodeURIComponent(q)}`);
      expect(orders.map((order) => order.name)).toContain(name);
    }
    const american = await pages('q=US-', 3);
    expect(american.map((order) => order.name).toSorted()).toEqual(names.filter((each) => each.startsWith('US-')).toSorted());
    expect((await list('q=%25')).orders).toEqual([]);
    expect((await list('q=_S-')).orders).toEqual([]);
    expect((await list(`q=${encodeURIComponent("' OR 1=1 -- ")}`)).orders).toEqual([]);
    expect((await list('q=US-&status=FULFILLED')).orders).toEqual([]);
  });

  test.each([
    ['status=NO_SUCH_STATUS', '/status'],
    ['after=nonsense', '/after'],
    [`after=${Buffer.from('["2026-01-01",{}]').toString('base64url')}`, '/after'],
    ['limit=-1', '/limit'],
    ['limit=1000000', '/limit'],
    ['q=a&q=b', '/q'],
  ])('%s is a 400 with the pointer', async (query, pointer) => {
    const answer = await system.api(`/api/oms/orders?${query}`, { as: 'reader' });
    expect(answer).toMatchObject({ status: 400, body: { pointer } });
  });

  test('an order is found by its id and by its name, an unknown one is a 404', async () => {
    const [name = ''] = names;
    const order = await system.order(name);
    expect(await system.order(String(order.id))).toEqual(order);
    expect(order).toMatchObject({ name, status: 'READY_TO_CREATE_IN_NAV', version: 2 });
    for (const unknown of ['US-NOBODY', '99999999', '%27', '0']) expect((await system.api(`/api/oms/orders/${unknown}`, { as: 'reader' })).status).toBe(404);
  });
});

describe('orders in error', () => {
  test('what NAV refuses fails with NAV’s words, and goes on after a put-back', async () => {
    await system.fault({ system: 'nav', operation: 'document:1', fault: 'reject' });
    const name = await one();
    await system.reach(name, 'FAILED_TO_CREATE_IN_NAV');
    const { timeline, effects } = await system.order(name);
    expect(timeline.find(({ text }) => text.startsWith('READY_TO_CREATE_IN_NAV → FAILED'))?.text).toContain('The sandbox was told to refuse this.');
    expect(effects.find(({ kind }) => kind === 'nav.create')).toMatchObject({ state: 'rejected' });
    // Put back while NAV still refuses: it fails again, and says so again.
    expect(await ask(name, 'put-back')).toMatchObject({ status: 200, body: { order_id: name, status: 'READY_TO_CREATE_IN_NAV', result: 'put-back' } });
    await waitFor(async () => (await system.standing(name))?.version === 5, { what: 'a second refusal' });
    expect((await system.standing(name))?.status).toBe('FAILED_TO_CREATE_IN_NAV');
    await system.clearFaults();
    expect((await ask(name, 'put-back', 'item created in NAV')).status).toBe(200);
    await system.reach(name, 'FULFILLED');
    const after = await system.order(name);
    expect(after.timeline.filter(({ actor, text }) => actor === 'operator:Test Person' && text.includes('item created in NAV'))).toHaveLength(1);
    expect(after.effects.find(({ kind }) => kind === 'nav.create')).toMatchObject({ state: 'done', attempt: 3 });
    expect(await system.effects({ name, operation: 'document:1' })).toHaveLength(1);
  }, 60_000);

  test('an order that cannot be read stays where it is, with the reason; a person may settle it elsewhere', async () => {
    const name = await one({ template: 'bad' });
    await system.reach(name, 'GENERALIZE_ERROR');
    const refused = await ask(name, 'put-back');
    expect(refused).toMatchObject({ status: 409, body: { order_id: name, status: 'GENERALIZE_ERROR', result: 'refused' } });
    expect((refused.body as { reason: string }).reason).toMatch(/\/\w+: .{5,}/);
    expect((await system.standing(name))?.version).toBe(1);
    expect(await ask(name, 'processed-externally')).toMatchObject({ status: 200, body: { status: 'PROCESSED_EXTERNALLY' } });
    expect(await ask(name, 'processed-externally')).toMatchObject({ status: 409, body: { status: 'PROCESSED_EXTERNALLY' } });
    expect((await ask(name, 'put-back')).status).toBe(409);
  }, 60_000);

  test('an order that is not in error is neither put back nor processed elsewhere', async () => {
    const { name, pause } = await heldIn('READY_TO_CREATE_IN_NAV');
    for (const what of ['put-back', 'processed-externally'] as const) expect(await ask(name, what)).toMatchObject({ status: 409, body: { status: 'READY_TO_CREATE_IN_NAV', result: 'refused' } });
    expect((await system.standing(name))?.version).toBe(2);
    await system.resume(pause);
    await system.reach(name, 'FULFILLED');
    expect((await ask(name, 'put-back')).status).toBe(409);
  }, 60_000);

  test('an export mark that the storefront refuses is held, and set once somebody has released it', async () => {
    await system.fault({ system: 'sfcc', operation: 'mark-exported', fault: 'reject' });
    const name = await one();
    const hold = await holdOf(name);
    expect(hold.reason).toContain('The sandbox was told to refuse this.');
    // It stands in nobody's way.
    await system.reach(name, 'FULFILLED');
    // Released while the storefront still refuses: asked again, and held again.
    expect((await system.decide(hold.id, 'release')).status).toBe(200);
    const again = await waitFor(async () => (await system.holds(name)).find(({ id }) => id !== hold.id), { what: 'a second hold' });
    await system.clearFaults();
    expect((await system.decide(again.id, 'release')).status).toBe(200);
    await waitFor(async () => (await system.storefront(name)).exported, { what: 'the mark' });
    await waitFor(async () => (await system.order(name)).tasks.every(({ done_at: done }) => done !== null), { what: 'the end of the task' });
    expect(await system.holds(name)).toEqual([]);
  }, 60_000);

  test('two people put back at the same moment: one of them does', async () => {
    await system.fault({ system: 'nav', operation: 'document:1', fault: 'reject' });
    const name = await one();
    await system.reach(name, 'FAILED_TO_CREATE_IN_NAV');
    await system.clearFaults();
    const answers = await Promise.all([1, 2, 3, 4].map(() => ask(name, 'put-back')));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409]);
    await system.reach(name, 'FULFILLED');
    expect(await system.effects({ name, operation: 'document:1' })).toHaveLength(1);
  }, 60_000);
});

/** Waits until the partner keeps an answer of this kind to itself, by the latency that it was given. */
const kept = (operation: 'release' | 'accept'): Promise<true> =>
  waitFor(
    async () => {
      const { faults } = await system.control<{ faults: { operation?: string; fired: number }[] }>('GET', 'faults');
      return faults.some((fault) => fault.operation === operation && fault.fired > 0) && (true as const);
    },
    { what: `a ${operation} that is kept back` },
  );

describe('cancelling', () => {
  test('before NAV knows the order: cancelled here and at the storefront, once, and the payments are voided', async () => {
    const { name, pause } = await heldIn('READY_TO_CREATE_IN_NAV');
    const answers = await Promise.all([ask(name, 'cancel', 'customer called'), ask(name, 'cancel', 'customer called')]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 200)?.body).toMatchObject({ order_id: name, status: 'CS_CANCELLED', result: 'cancelled' });
    await waitFor(async () => (await system.order(name)).payments.every(({ state }) => state === 'voided'), { what: 'voided payments' });
    await system.resume(pause);
    expect(await system.storefront(name)).toMatchObject({ cancelled: true, captured: false });
    expect((await system.effects({ name })).map(({ system: partner, operation }) => `${partner} ${operation}`)).toEqual(['sfcc cancel']);
    const order = await system.order(name);
    expect(order.status).toBe('CS_CANCELLED');
    expect(order.tasks.find(({ kind }) => kind === 'sfcc.cancel')?.done_at).toBeTruthy();
    expect(order.timeline.some(({ actor, text }) => actor === 'operator:Test Person' && text.includes('customer called'))).toBe(true);
    expect(await system.standing(name)).toMatchObject({ due: false, holds: 0 });
  }, 60_000);

  const documents = async (name: string, docType: number) => (await system.effects({ name, operation: `document:${docType}` })).length;

  test.each(['nothing', 'drop-after', 'drop-before', 'reject'] as const)('once NAV knows it: NAV is told once, too (%s happens to the call)', async (fault) => {
    const { name, pause } = await heldIn('CIRRO_READY_FOR_FULFILLMENT');
    if (fault !== 'nothing') await system.fault({ system: 'nav', operation: 'document:7', fault, count: 1 });
    expect(await ask(name, 'cancel', 'customer called')).toMatchObject({ status: 200, body: { order_id: name, status: 'CS_CANCELLED', result: 'cancelled' } });
    await system.resume(pause);
    if (fault === 'reject') {
      await system.reach(name, 'FAILED_TO_CANCEL_ON_NAV');
      await ask(name, 'put-back');
    }
    // NAV does not show it, which proves nothing: a person has it sent again.
    if (fault === 'drop-before') await system.decide((await holdOf(name)).id, 'resend');
    await system.reach(name, 'EXPORTED_CANCELLATION_TO_NAV');
    await waitFor(async () => (await system.storefront(name)).cancelled, { what: 'the cancel at the storefront' });
    expect(await documents(name, 7)).toBe(1);
    expect(await documents(name, 1)).toBe(1);
    expect(await system.effects({ name, system: 'camel' })).toEqual([]);
    expect(await system.storefront(name)).toMatchObject({ cancelled: true, captured: false });
  }, 60_000);

  test('over: refused with what is possible instead, and kept with its reason', async () => {
    const name = await one();
    await system.reach(name, 'FULFILLED');
    expect(await ask(name, 'cancel')).toMatchObject({ status: 409, body: { status: 'FULFILLED', result: 'refused', possible: ['refund'] } });
    expect((await system.order(name)).cancellations.map(({ state }) => state)).toEqual(['declined']);
    expect(await system.effects({ name, operation: 'cancel' })).toEqual([]);
  }, 60_000);

  /** An order whose creation in NAV is in doubt, and whose every look at NAV fails. */
  async function inDoubt(fault: 'drop-before' | 'drop-after'): Promise<string> {
    // The release would tell that NAV knows it.
    await system.fault({ system: 'camel', operation: 'release', fault: 'latency', ms: 600_000 }, { system: 'nav', operation: 'document:1', fault });
    const name = await one();
    await waitFor(async () => (await system.count("SELECT COUNT(*) FROM effects e JOIN orders o ON o.id = e.order_id WHERE o.name = ? AND e.state = 'unknown'", [name])) === 1, { what: 'a call in doubt' });
    await system.fault({ system: 'nav', operation: 'find', fault: 'error' });
    if (fault === 'drop-after') await kept('release');
    return name;
  }

  test('while its creation in NAV is in doubt: kept, and granted when NAV turns out to know it, which is told', async () => {
    const name = await inDoubt('drop-after');
    const waiting = await ask(name, 'cancel', 'customer called');
    expect(waiting).toMatchObject({ status: 202, body: { order_id: name, status: 'READY_TO_CREATE_IN_NAV', result: 'waiting' } });
    expect((waiting.body as { reason: string }).reason).toContain('nav.create');
    expect((await ask(name, 'cancel', 'customer called again')).status).toBe(202);
    expect((await system.order(name)).cancellations).toMatchObject([{ state: 'waiting' }]);
    await system.clearFaults();
    await waitFor(async () => (await system.order(name)).cancellations[0]?.state === 'granted', { what: 'a decision about the cancel', seen: () => system.order(name) });
    const order = await system.order(name);
    expect(order.cancellations).toHaveLength(1);
    await system.reach(name, 'EXPORTED_CANCELLATION_TO_NAV');
    await waitFor(async () => (await system.effects({ name, operation: 'cancel' })).length === 1, { what: 'the cancel at the storefront' });
    expect(await system.effects({ name, operation: 'document:1' })).toHaveLength(1);
    expect(await system.effects({ name, operation: 'document:7' })).toHaveLength(1);
  }, 60_000);

  test('while its creation in NAV is in doubt: granted when a person says that it did not happen', async () => {
    const name = await inDoubt('drop-before');
    expect((await ask(name, 'cancel', 'customer called')).status).toBe(202);
    await system.clearFaults();
    // NAV answers again and does not show it; that proves nothing, so a person is asked.
    const hold = await holdOf(name);
    expect(hold).toMatchObject({ kind: 'nav.create.in-doubt', effect: { kind: 'nav.create' } });
    expect((await system.standing(name))?.status).toBe('READY_TO_CREATE_IN_NAV');
    expect(await system.decide(hold.id, 'void')).toMatchObject({ status: 200, body: { order_id: name, decision: 'void' } });
    await system.reach(name, 'CS_CANCELLED');
    await waitFor(async () => (await system.order(name)).payments.every(({ state }) => state === 'voided'), { what: 'voided payments' });
    expect((await system.order(name)).cancellations).toMatchObject([{ state: 'granted' }]);
    expect((await system.effects({ name })).map(({ operation }) => operation)).toEqual(['cancel']);
  }, 60_000);
});

describe('who may act', () => {
  test('an operator names himself; without a sound name nothing happens', async () => {
    const { name, pause } = await heldIn('READY_TO_CREATE_IN_NAV');
    for (const actor of ['', 'x'.repeat(81), '<b>']) {
      const answer = await system.api(`/api/oms/orders/${name}/cancel`, { as: null, headers: { 'x-user-token': system.tokens.operator, ...(actor && { 'x-actor': actor }) }, body: { reason: 'no name' } });
      expect(answer.status).toBe(400);
      expect((answer.body as { detail: string }).detail).toContain('X-Actor');
    }
    expect((await system.api(`/api/oms/orders/${name}/cancel`, { body: {} })).body).toMatchObject({ pointer: '/reason' });
    expect((await system.api(`/api/oms/orders/${name}/cancel`, { as: 'reader', headers: { 'x-actor': 'Reader' }, body: { reason: 'may not' } })).status).toBe(403);
    expect((await system.api(`/api/oms/orders/${name}`, { as: 'reader' })).status).toBe(200);
    expect((await ask('US-NOBODY', 'cancel')).status).toBe(404);
    expect((await system.standing(name))?.version).toBe(2);
    await system.resume(pause);
    await system.reach(name, 'FULFILLED');
  }, 60_000);
});

describe('holds about a call in doubt', () => {
  /** A request to Camel whose answer is lost, and of which Cirro says nothing. */
  async function doubtful(fault: 'drop-before' | 'drop-after'): Promise<{ name: string; hold: number }> {
    await system.fault({ system: 'camel', operation: 'accept', fault: 'latency', ms: 600_000 }, { system: 'camel', operation: 'fulfillment-request', fault });
    const name = await one();
    const hold = await holdOf(name);
    expect(hold).toMatchObject({ kind: 'camel.request.in-doubt', effect: { kind: 'camel.request', key: expect.stringMatching(/^camel\.request:\d+:1$/) as string } });
    expect(hold.reason).toContain('camel.request');
    expect(await system.standing(name)).toMatchObject({ status: 'CIRRO_READY_FOR_FULFILLMENT', due: false, holds: 1 });
    if (fault === 'drop-after') await kept('accept');
    await system.clearFaults();
    return { name, hold: hold.id };
  }
  const requests = (name: string) => system.effects({ name, system: 'camel' });

  test('done: it is not sent again, the order goes on; every other decision is too late', async () => {
    const { name, hold } = await doubtful('drop-after');
    expect((await system.decide(hold, 'release')).status).toBe(409);
    expect(await system.decide(hold, 'done')).toMatchObject({ status: 200, body: { id: hold, order_id: name, decision: 'done' } });
    await system.reach(name, 'WAITING_FULFILLMENT_CONFIRMATION');
    for (const again of ['done', 'void', 'resend', 'release'] as const) expect((await system.decide(hold, again)).status).toBe(409);
    expect(await requests(name)).toHaveLength(1);
    expect((await system.order(name)).holds).toMatchObject([{ id: hold, decision: 'done' }]);
    expect(await system.holds(name)).toEqual([]);
    expect((await post(system, anEvent(name, 'accepted'))).status).toBe(200);
  }, 60_000);

  test('void: it fails, and a put-back sends it', async () => {
    const { name, hold } = await doubtful('drop-before');
    expect((await system.decide(hold, 'void')).status).toBe(200);
    await system.reach(name, 'FAILED_TO_EXPORT_TO_TPL');
    expect(await requests(name)).toEqual([]);
    expect((await ask(name, 'put-back')).status).toBe(200);
    await system.reach(name, 'FULFILLED');
    expect(await requests(name)).toHaveLength(1);
  }, 60_000);

  test('resend: it is sent once more; of two people who decide, one does', async () => {
    const { name, hold } = await doubtful('drop-before');
    const answers = await Promise.all([system.decide(hold, 'resend'), system.decide(hold, 'resend'), system.decide(hold, 'resend')]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409]);
    await system.reach(name, 'FULFILLED');
    expect(await requests(name)).toHaveLength(1);
  }, 60_000);

  test('the control: a system that simply sends again after a lost answer has Cirro ship twice', async () => {
    const { name, hold } = await doubtful('drop-after');
    // Untrue: it did happen. The ledger believes the person, and the rig counts what that does.
    expect((await system.decide(hold, 'resend')).status).toBe(200);
    await waitFor(async () => (await requests(name)).length === 2, { what: 'a second request' });
  }, 60_000);

  test('an unknown hold is a 404, an unknown decision a 400', async () => {
    expect((await system.decide(99_999_999, 'done')).status).toBe(404);
    expect(await system.api('/api/oms/holds/1/decision', { body: { decision: 'maybe', reason: 'x' } })).toMatchObject({ status: 400, body: { pointer: '/decision' } });
    expect(await system.api('/api/oms/holds/1/decision', { body: { decision: 'done' } })).toMatchObject({ status: 400, body: { pointer: '/reason' } });
  });

  test('any other hold is released, and by nothing else', async () => {
    await system.fault({ system: 'camel', operation: 'accept', fault: 'latency', ms: 600_000 });
    const name = await one();
    await system.reach(name, 'WAITING_FULFILLMENT_CONFIRMATION');
    // Kept back by then: cleared earlier, the acceptance of the refused sequence would come after all.
    await kept('accept');
    expect((await post(system, anEvent(name, 'rejected', { data: { reason: 'no stock' } }))).status).toBe(200);
    const hold = await holdOf(name);
    for (const wrong of ['done', 'void', 'resend'] as const) expect((await system.decide(hold.id, wrong)).status).toBe(409);
    await system.clearFaults();
    expect((await system.decide(hold.id, 'release')).status).toBe(200);
    await system.reach(name, 'FULFILLED');
    expect((await requests(name)).map(({ key }) => key)).toEqual([`${name}/1`, `${name}/2`]);
  }, 60_000);
});

describe('pauses', () => {
  test('of a stage: what is in it waits with no due time, and goes on when the last pause ends', async () => {
    const first = await system.pause('stage', 'READY_TO_CREATE_IN_NAV');
    const second = await system.pause('partner', 'NAV');
    const name = await one();
    await system.reach(name, 'READY_TO_CREATE_IN_NAV');
    expect((await system.api('/api/oms/pauses')).body).toMatchObject({ pauses: [{ id: first, kind: 'stage' }, { id: second, kind: 'partner' }] });
    await system.resume(first);
    expect(await system.standing(name)).toMatchObject({ status: 'READY_TO_CREATE_IN_NAV', claimed: false });
    expect(await system.effects({ name })).toEqual([]);
    await system.resume(second);
    await system.reach(name, 'FULFILLED');
    expect((await system.api(`/api/oms/pauses/${first}`, { method: 'DELETE' })).status).toBe(404);
  }, 60_000);

  test('of a partner: other partners’ stages go on', async () => {
    const pause = await system.pause('partner', 'Cirro');
    const name = await one();
    await system.reach(name, 'CIRRO_READY_FOR_FULFILLMENT');
    expect((await system.effects({ name })).map(({ system: partner }) => partner)).toEqual(['nav']);
    await system.resume(pause);
    await system.reach(name, 'FULFILLED');
  }, 60_000);

  test('of a store: its orders wait, those of other stores pass', async () => {
    const pause = await system.pause('store', 'https://us.shop.sandbox');
    const [paused, passing] = [await one({ site: 'POPS-US' }), await one({ site: 'POPS-EU' })];
    await system.reach(passing, 'FULFILLED');
    expect(await system.standing(paused)).toMatchObject({ status: 'READY_FOR_PROCESSING', claimed: false });
    await system.resume(pause);
    await system.reach(paused, 'FULFILLED');
  }, 60_000);

  test('until a time: they end by themselves', async () => {
    await system.pause('stage', 'READY_TO_CREATE_IN_NAV', { until: new Date(Date.now() + 3000).toISOString() });
    const name = await one();
    await system.reach(name, 'READY_TO_CREATE_IN_NAV');
    expect(await system.standing(name)).toMatchObject({ due: false });
    await system.reach(name, 'FULFILLED');
    expect((await system.api('/api/oms/pauses')).body).toEqual({ pauses: [] });
  }, 60_000);

  test('of what does not exist: 400', async () => {
    for (const [kind, name] of [['stage', 'NO_SUCH_STATUS'], ['partner', 'Nobody'], ['store', 'https://nowhere.test']])
      expect(await system.api('/api/oms/pauses', { body: { kind, name, reason: 'a test' } })).toMatchObject({ status: 400, body: { pointer: '/name' } });
  });
});
