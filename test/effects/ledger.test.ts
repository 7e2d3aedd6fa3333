import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Call, effect, type Effect, type Inquiry } from '../../nodes/effects/effect';
import { OutcomeUnknown, Rejected, Retryable } from '../../nodes/runtime/errors';
import { describe as describeFailure } from '../../nodes/runtime/failure';
import { select } from '../../nodes/store/pool';
import { Departures } from '../../nodes/work/departures';
import type { Work } from '../../nodes/work/source';
import { createEngine, type Engine } from '../support/engine';
import { count, createWorld, makeOrders, statusOf, type World } from '../support/orders';

let world: World;
let engine: Engine;

beforeAll(async () => {
  world = await createWorld();
  engine = await createEngine(world);
});
afterAll(async () => {
  await engine.processes.stop();
  await world.close();
});

type Subject = { id: number; revision: number };
/** A remote that acts when it is called, and then answers as it is told. */
interface Remote {
  acted: number;
  answer: () => { reference?: string };
  look: () => Inquiry;
}

const remote = (answer: Remote['answer'] = () => ({ reference: 'R1' }), look: Remote['look'] = () => ({ found: false, what: 'nothing there' })): Remote => ({ acted: 0, answer, look });

const call = (policy: 'key' | 'inquire' | 'human'): Effect<Remote, Subject, { amount: string }> =>
  effect({
    kind: 'test.call',
    key: (subject: Subject) => `test.call:${policy}:${subject.id}`,
    policy,
    request: () => ({ amount: '25.00' }),
    async send(to: Remote, _request, _subject, { leave }) {
      leave();
      to.acted++;
      return to.answer();
    },
    inquire: async (to: Remote) => to.look(),
  });

const throwing = (error: Error) => () => {
  throw error;
};
const noAnswer = throwing(new OutcomeUnknown('the connection was cut', { code: 'test.no-answer' }));

async function claimed(): Promise<{ subject: Subject; work: Work }> {
  await world.admin.query('UPDATE order_status SET due_at = NULL');
  const [id = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV'], true);
  return { subject: { id, revision: 1 }, work: await engine.claim('READY_TO_CREATE_IN_NAV') };
}

/** Ends the claim as oms-fail would, and claims again. */
async function again(work: Work, error: unknown): Promise<Work> {
  await engine.ends.fail(work, describeFailure(error), 'test');
  await world.pool.query('UPDATE order_status SET due_at = NOW(6) WHERE order_id = ? AND holds = 0', [work.order]);
  return engine.claim('READY_TO_CREATE_IN_NAV');
}

const row = async (subject: Subject) => {
  const [found] = await select<{ state: string; attempt: number; reference: string | null; inquiries: number }>(world.pool, 'SELECT state, attempt, reference, inquiries FROM effects WHERE order_id = ?', [subject.id]);
  return found;
};
const caught = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, (error: unknown) => error);

test('the row is committed as sent before the first byte, and done with the transition', async () => {
  const { subject, work } = await claimed();
  const to = remote();
  let atTheCall: unknown;
  const watched = { ...call('inquire'), send: async (target: Remote, _request: unknown, _subject: unknown, { leave }: Call) => { atTheCall = (await row(subject))?.state; leave(); target.acted++; return { reference: 'SO1' }; } };
  await engine.ledger.perform(watched, to, subject, work);
  expect(atTheCall).toBe('sent');
  expect(await row(subject)).toMatchObject({ state: 'sent' });
  await engine.ends.move(work, 'PENDING_NAV_RELEASE', 'test', 'created');
  expect(await row(subject)).toMatchObject({ state: 'done', reference: 'SO1', attempt: 1 });
  expect(await count(world, "SELECT COUNT(*) FROM effect_attempts a JOIN effects e ON e.id = a.effect_id WHERE e.order_id = ? AND a.outcome = 'done'", [subject.id])).toBe(1);
});

test('done is done: a second stage run gets the reference and calls nobody', async () => {
  const { subject, work } = await claimed();
  const to = remote();
  await engine.ledger.perform(call('inquire'), to, subject, work);
  await engine.ends.wait(work, 0, 'something else');
  const second = await engine.claim('READY_TO_CREATE_IN_NAV');
  expect(await engine.ledger.perform(call('inquire'), to, subject, second)).toEqual({ reference: 'R1' });
  expect(to.acted).toBe(1);
  engine.active.end(second);
});

test('provably nothing reached the remote: back to intent, and the next attempt sends', async () => {
  const { subject, work } = await claimed();
  const error = await caught(engine.ledger.perform(call('human'), remote(throwing(new Retryable('refused', { code: 'test.unreachable' }))), subject, work));
  expect(error).toBeInstanceOf(Retryable);
  expect(await row(subject)).toMatchObject({ state: 'intent', attempt: 1 });
  const to = remote();
  await engine.ledger.perform(call('human'), to, subject, await again(work, error));
  expect(to.acted).toBe(1);
  expect(await row(subject)).toMatchObject({ state: 'sent', attempt: 2 });
});

test.each([
  ['inquire', 'test.call.in-doubt'],
  ['human', 'test.call.in-doubt'],
  // It would be sent again.
  ['key', 'test.breaker-open'],
] as const)('a remote that is known to be down (%s): nothing is begun and no attempt is written; what stands in the ledger is answered as ever, and doubt stays doubt', async (policy, inDoubt) => {
  const away = new Retryable('the shop is down since yesterday', { code: 'test.breaker-open', partnerDown: 'the shop', retryAfterMs: 1 });
  const down = { ...call(policy), requireUp: throwing(away) };
  const { subject, work } = await claimed();
  const to = remote();
  // Never begun, and after an attempt that provably did nothing.
  expect(await caught(engine.ledger.perform(down, to, subject, work))).toBe(away);
  expect(await row(subject)).toBeUndefined();
  let next = await again(work, away);
  expect(next.attempt).toBe(1);
  next = await again(next, await caught(engine.ledger.perform(call(policy), remote(throwing(new Retryable('refused', { code: 'test.unreachable' }))), subject, next)));
  expect(next.attempt).toBe(2);
  const error = await caught(engine.ledger.perform(down, to, subject, next));
  expect(error).toBe(away);
  expect(await row(subject)).toMatchObject({ state: 'intent', attempt: 1 });
  expect(await count(world, 'SELECT COUNT(*) FROM effect_attempts a JOIN effects e ON e.id = a.effect_id WHERE e.order_id = ?', [subject.id])).toBe(1);
  // In doubt.
  next = await again(next, error);
  await caught(engine.ledger.perform(call(policy), remote(noAnswer), subject, next));
  expect(await caught(engine.ledger.perform(down, to, subject, next))).toMatchObject({ code: inDoubt });
  expect(await row(subject)).toMatchObject({ state: 'unknown', attempt: 2 });
  // Done.
  await world.pool.query("UPDATE effects SET state = 'done', reference = 'R7' WHERE order_id = ?", [subject.id]);
  expect(await engine.ledger.perform(down, to, subject, next)).toEqual({ reference: 'R7' });
  expect(to.acted).toBe(0);
  engine.active.end(next);
});

test('rejected stays rejected until a put-back frees it', async () => {
  const { subject, work } = await claimed();
  const error = await caught(engine.ledger.perform(call('inquire'), remote(throwing(new Rejected('no such item', { code: 'test.refused' }))), subject, work));
  expect(error).toBeInstanceOf(Rejected);
  expect(await row(subject)).toMatchObject({ state: 'rejected' });
  const to = remote();
  const second = await again({ ...work }, new Retryable('pretend', { code: 'x' }));
  expect(await caught(engine.ledger.perform(call('inquire'), to, subject, second))).toBeInstanceOf(Rejected);
  expect(to.acted).toBe(0);
  await engine.ends.fail({ ...second, failure: 'FAILED_TO_CREATE_IN_NAV' }, describeFailure(error), 'test');
  await engine.transitions.transition({ order: subject.id, to: 'READY_TO_CREATE_IN_NAV', actor: 'operator:test', renewEffects: true });
  await engine.ledger.perform(call('inquire'), to, subject, await engine.claim('READY_TO_CREATE_IN_NAV'));
  expect(to.acted).toBe(1);
});

test('an unforeseen error counts as unknown, never as failed', async () => {
  const { subject, work } = await claimed();
  expect(await caught(engine.ledger.perform(call('human'), remote(throwing(new TypeError('x is undefined'))), subject, work))).toBeInstanceOf(OutcomeUnknown);
  expect(await row(subject)).toMatchObject({ state: 'unknown' });
  engine.active.end(work);
});

test('in doubt and found: done without a second call', async () => {
  const { subject, work } = await claimed();
  const to = remote(noAnswer, () => ({ found: true, reference: 'SO7' }));
  const error = await caught(engine.ledger.perform(call('inquire'), to, subject, work));
  expect((error as OutcomeUnknown).lookAgainMs).toBe(10);
  const second = await again(work, error);
  expect(await engine.ledger.perform(call('inquire'), to, subject, second)).toEqual({ reference: 'SO7' });
  await engine.ends.move(second, 'PENDING_NAV_RELEASE', 'test', '');
  expect(await row(subject)).toMatchObject({ state: 'done', reference: 'SO7', attempt: 1 });
  expect(to.acted).toBe(1);
});

test('in doubt and not found proves nothing: looked at as often as set, then parked in a hold that names the call', async () => {
  const { subject, work } = await claimed();
  const to = remote(noAnswer);
  let current = work;
  let error = await caught(engine.ledger.perform(call('inquire'), to, subject, current));
  for (let look = 1; look <= 2; look++) {
    current = await again(current, error);
    error = await caught(engine.ledger.perform(call('inquire'), to, subject, current));
    expect(await row(subject)).toMatchObject({ inquiries: look });
  }
  expect((error as OutcomeUnknown).lookAgainMs).toBeUndefined();
  await engine.ends.fail(current, describeFailure(error), 'test');
  expect(await row(subject)).toMatchObject({ state: 'parked' });
  expect(await statusOf(world, subject.id)).toMatchObject({ holds: 1, due: 0 });
  const [hold] = await select<{ key: string }>(world.pool, 'SELECT e.`key` FROM holds h JOIN effects e ON e.id = h.effect_id WHERE h.order_id = ?', [subject.id]);
  expect(hold?.key).toBe(`test.call:inquire:${subject.id}`);
  expect(to.acted).toBe(1);
});

test('a look that fails says nothing: it is repeated and not counted', async () => {
  const { subject, work } = await claimed();
  const to = remote(noAnswer, throwing(new Retryable('away', { code: 'test.unreachable' })));
  const error = await caught(engine.ledger.perform(call('inquire'), to, subject, work));
  const second = await again(work, error);
  expect((await caught(engine.ledger.perform(call('inquire'), to, subject, second))) as OutcomeUnknown).toMatchObject({ lookAgainMs: 20 });
  expect(await row(subject)).toMatchObject({ state: 'unknown', inquiries: 0 });
  engine.active.end(second);
});

test('policy key: the same request again, as the remote knows its key', async () => {
  const { subject, work } = await claimed();
  const to = remote(noAnswer);
  const error = await caught(engine.ledger.perform(call('key'), to, subject, work));
  to.answer = () => ({ reference: 'K1' });
  const second = await again(work, error);
  expect(await engine.ledger.perform(call('key'), to, subject, second)).toEqual({ reference: 'K1' });
  expect(to.acted).toBe(2);
  engine.active.end(second);
});

test.each([
  ['done', 'done', 0, { reference: 'BY-HAND' }],
  ['resend', 'sent', 1, { reference: 'R1' }],
  ['void', 'not_done', 0, { code: 'test.call.refused' }],
] as const)('a person decides %s', async (decision, state, calls, outcome) => {
  const { subject, work } = await claimed();
  const error = await caught(engine.ledger.perform(call('human'), remote(noAnswer), subject, work));
  await engine.ends.fail(work, describeFailure(error), 'test');
  const [hold] = await select<{ id: number }>(world.pool, 'SELECT id FROM holds WHERE order_id = ? AND resolved_at IS NULL', [subject.id]);
  const decide = (what: 'done' | 'resend' | 'void' | 'release') =>
    engine.transitions.transition({ order: subject.id, actor: 'operator:test', decision: { hold: hold?.id ?? 0, decision: what, by: 'operator:test', reason: 'looked', ...(what === 'done' && { reference: 'BY-HAND' }) } });
  expect(await decide('release')).toMatchObject({ refused: 'decision-does-not-fit' });
  await decide(decision);
  expect(await decide(decision)).toMatchObject({ refused: 'hold-closed' });
  expect(await statusOf(world, subject.id)).toMatchObject({ holds: 0, due: 1 });
  const to = remote();
  const came = await engine.ledger.perform(call('human'), to, subject, await engine.claim('READY_TO_CREATE_IN_NAV')).catch((reason: unknown) => reason);
  expect(to.acted).toBe(calls);
  expect(await row(subject)).toMatchObject({ state });
  expect(came).toMatchObject(outcome);
});

test('a process that dies between the call and its outcome leaves it in doubt, never to be sent again on suspicion', async () => {
  const { subject } = await claimed();
  const dying = await createEngine(world);
  await world.admin.query('UPDATE order_status SET claim_token = NULL, claimed_by = NULL, due_at = NOW(6) WHERE order_id = ?', [subject.id]);
  const work = await dying.claim('READY_TO_CREATE_IN_NAV');
  const to = remote(undefined, () => ({ found: true, reference: 'R1' }));
  await dying.ledger.perform(call('inquire'), to, subject, work);
  await dying.processes.stop(); // kill -9 in effect: nothing of the claim was ended
  expect(await row(subject)).toMatchObject({ state: 'unknown' });
  const heir = await engine.claim('READY_TO_CREATE_IN_NAV');
  expect(await engine.ledger.perform(call('inquire'), to, subject, heir)).toEqual({ reference: 'R1' });
  expect(to.acted).toBe(1);
  engine.active.end(heir);
});

test('a killed process: a call that never left is sent again, one that left is in doubt', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'oms-calls-'));
  const killed = await createEngine(world, 'instance-that-is-killed', new Departures(folder));
  await world.admin.query('UPDATE order_status SET due_at = NULL');
  const [waiting = 0, gone = 0] = await makeOrders(world, 2, ['READY_TO_CREATE_IN_NAV'], true);
  const reached = { waiting: Promise.withResolvers<void>(), gone: Promise.withResolvers<void>() };
  const hanging = {
    ...call('human'),
    send: (_to: unknown, _request: unknown, { id }: Subject, { leave }: Call): Promise<never> => {
      if (id === gone) leave();
      reached[id === gone ? 'gone' : 'waiting'].resolve();
      return new Promise(() => undefined);
    },
  };
  for (let i = 0; i < 2; i++) {
    const work = await killed.claim('READY_TO_CREATE_IN_NAV');
    void killed.ledger.perform(hanging, remote(), { id: work.order, revision: 1 }, work);
  }
  await Promise.all([reached.waiting.promise, reached.gone.promise]);
  const next = await createEngine(world, 'instance-that-is-killed', new Departures(folder));
  expect(await row({ id: waiting, revision: 1 })).toMatchObject({ state: 'intent', attempt: 1 });
  expect(await row({ id: gone, revision: 1 })).toMatchObject({ state: 'unknown', attempt: 1 });
  const to = remote();
  for (let i = 0; i < 2; i++) {
    const heir = await next.claim('READY_TO_CREATE_IN_NAV');
    await caught(next.ledger.perform(call('human'), to, { id: heir.order, revision: 1 }, heir));
  }
  expect(to.acted).toBe(1);
  expect(await row({ id: waiting, revision: 1 })).toMatchObject({ state: 'sent', attempt: 2 });
  await killed.processes.stop();
  await next.processes.stop();
  rmSync(folder, { recursive: true });
});

test('a client that does not say when its calls leave fails at its first one', async () => {
  const { subject, work } = await claimed();
  const silent = { ...call('inquire'), send: async () => ({ reference: 'R1' }) };
  await expect(engine.ledger.perform(silent, remote(), subject, work)).rejects.toThrow('does not say when a call leaves');
  engine.active.end(work);
});

test('an edit between the load and the call stops the call', async () => {
  const { subject, work } = await claimed();
  await world.pool.query('UPDATE orders SET revision = 2 WHERE id = ?', [subject.id]);
  const to = remote();
  expect(await caught(engine.ledger.perform(call('inquire'), to, subject, work))).toMatchObject({ code: 'order.revised' });
  expect([to.acted, await row(subject)]).toEqual([0, undefined]);
  engine.active.end(work);
});

test('a claim that was taken away calls nobody', async () => {
  const { subject, work } = await claimed();
  const to = remote();
  expect(await caught(engine.ledger.perform(call('inquire'), to, subject, { ...work, token: 'old' }))).toMatchObject({ code: 'claim.lost' });
  expect(to.acted).toBe(0);
  engine.active.end(work);
});

describe('an answer that comes after its claim was taken away', () => {
  /** A call under way whose claim others take for dead; the next one finds it in doubt and asks a person. */
  async function overtaken() {
    const { subject, work } = await claimed();
    const answered = Promise.withResolvers<{ reference: string }>();
    const sent = Promise.withResolvers<void>();
    let acted = 0;
    const slow: Effect<null, Subject, string> = effect({
      kind: 'test.slow', key: ({ id }: Subject) => `test.slow:${id}`, policy: 'human', request: () => '25.00',
      send: (_remote, _request, _subject, { leave }) => {
        leave();
        acted++;
        sent.resolve();
        return answered.promise;
      },
    });
    const first = engine.ledger.perform(slow, null, subject, work);
    await sent.promise;
    await world.admin.query('UPDATE order_status SET claimed_by = NULL, claim_token = NULL, due_at = NOW(6) WHERE order_id = ?', [subject.id]);
    const next = await engine.claim('READY_TO_CREATE_IN_NAV');
    const doubt = await engine.ledger.perform(slow, null, subject, next).catch((error: unknown) => error);
    await engine.ends.fail(next, describeFailure(doubt), 'test');
    expect(await statusOf(world, subject.id)).toMatchObject({ holds: 1, due: 0 });
    const lateEnd = async () => {
      answered.resolve({ reference: 'LATE' });
      await first;
      return engine.ends.move(work, 'PENDING_NAV_RELEASE', 'zombie', '');
    };
    return { subject, slow, lateEnd, acted: () => acted };
  }
  const effectOf = async (order: number) => (await select<{ state: string; reference: string | null; attempt: number }>(world.admin, 'SELECT state, reference, attempt FROM effects WHERE order_id = ?', [order]))[0];

  test('settles the doubt about its own attempt and the hold, moves nothing, and nothing is sent again', async () => {
    const { subject, slow, lateEnd, acted } = await overtaken();
    expect(await lateEnd()).toMatchObject({ moved: false, refused: 'fenced' });
    expect(await effectOf(subject.id)).toEqual({ state: 'done', reference: 'LATE', attempt: 1 });
    expect(await statusOf(world, subject.id)).toMatchObject({ status: 'READY_TO_CREATE_IN_NAV', holds: 0, due: 1 });
    expect(await count(world, "SELECT COUNT(*) FROM holds WHERE order_id = ? AND decision = 'settled'", [subject.id])).toBe(1);
    expect(await count(world, "SELECT COUNT(*) FROM order_events WHERE order_id = ? AND kind = 'effect.late-answer'", [subject.id])).toBe(1);
    expect(await count(world, "SELECT COUNT(*) FROM order_audits WHERE order_id = ? AND actor = 'zombie'", [subject.id])).toBe(0);
    expect(await engine.ledger.perform(slow, null, subject, await engine.claim('READY_TO_CREATE_IN_NAV'))).toEqual({ reference: 'LATE' });
    expect(acted()).toBe(1);
  });

  test('writes nothing once a person has decided and another attempt has begun', async () => {
    const { subject, slow, lateEnd } = await overtaken();
    const [hold] = await select<{ id: number }>(world.admin, 'SELECT id FROM holds WHERE order_id = ? AND resolved_at IS NULL', [subject.id]);
    await engine.transitions.transition({ order: subject.id, actor: 'operator', decision: { hold: hold?.id ?? 0, decision: 'resend', by: 'operator', reason: 'looked' } });
    const work = await engine.claim('READY_TO_CREATE_IN_NAV');
    const second = engine.ledger.perform({ ...slow, send: () => Promise.reject(new OutcomeUnknown('cut', { code: 'test.no-answer' })) }, null, subject, work);
    await expect(second).rejects.toThrow('nobody knows');
    const rows = () => select(world.admin, 'SELECT s.*, e.state, e.attempt, e.reason AS why, e.updated_at AS touched FROM order_status s JOIN effects e ON e.order_id = s.order_id WHERE s.order_id = ?', [subject.id]);
    const before = await rows();
    expect(await lateEnd()).toMatchObject({ moved: false, refused: 'fenced' });
    expect(await rows()).toEqual(before);
    expect(await effectOf(subject.id)).toMatchObject({ state: 'unknown', attempt: 2 });
    expect(await count(world, 'SELECT COUNT(*) FROM order_events WHERE order_id = ?', [subject.id])).toBe(1); // the decision
  });
});
