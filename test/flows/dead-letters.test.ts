import { ServiceBusClient } from '@azure/service-bus';
import { type Answer, startSystem, type System, waitFor } from '../support/system';
import { anEvent, type Event, post } from './partners';

/** What operators do with messages that nobody could take: look, rehearse, replay, discard. */

let system: System;
/** Orders that wait for Cirro's answer. */
let names: string[];
/** One that has hardly begun. */
let early: string;
/** What each dead letter says, by its message id. */
const events: Record<string, Event | string> = {};

/** Puts messages into the dead-letter queue before anybody can take them. */
async function bury(letters: Readonly<Record<string, Event | string>>): Promise<void> {
  const client = new ServiceBusClient(system.busConnection);
  const sender = client.createSender('fulfillment-events');
  const receiver = client.createReceiver('fulfillment-events', 'oms');
  for (const [messageId, body] of Object.entries(letters)) {
    await sender.sendMessages({ messageId, body: typeof body === 'string' ? Buffer.from(body) : body });
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 5000 });
    if (message) await receiver.deadLetterMessage(message, { deadLetterReason: `buried as ${messageId}`, deadLetterErrorDescription: '' });
  }
  await client.close();
}

beforeAll(async () => {
  system = await startSystem({
    before: async (made) => {
      system = made;
      // Acceptances are told by hand here.
      await made.fault({ system: 'camel', operation: 'accept', fault: 'latency', ms: 600_000 });
      names = await made.place(7, { site: 'POPS-US' });
      [early = ''] = await made.place(1, { site: 'POPS-JP' });
      await made.sql("INSERT INTO pauses (kind, name, reason, actor) VALUES ('store', 'https://jp.shop.sandbox', 'a test', 'test')");
      const [accepted = '', held = '', taken = '', discarded = '', twice = '', closed = ''] = names;
      Object.assign(events, {
        accepted: anEvent(accepted, 'accepted'),
        exploded: { ...anEvent(accepted, 'exploded'), id: 'exploded' },
        nobody: anEvent('US-NOBODY', 'accepted'),
        'old-sequence': anEvent(held, 'accepted', { sequence: 7 }),
        taken: anEvent(taken, 'accepted'),
        rubbish: '{"id": "acce',
        discarded: anEvent(discarded, 'rejected', { data: { reason: 'a test of theirs' } }),
        twice: anEvent(twice, 'accepted'),
        early: anEvent(early, 'accepted'),
        late: anEvent(closed, 'accepted'),
      });
      await bury(events);
    },
  });
  await system.reach(names, 'WAITING_FULFILLMENT_CONFIRMATION');
  await system.reach(early, 'READY_FOR_PROCESSING');
}, 120_000);
afterAll(() => system?.stop(), 60_000);

interface Letter {
  sequence: number;
  message_id: string;
  reason: string;
  enqueued: string;
  deliveries: number;
  order_id?: string;
  type?: string;
  body: unknown;
}
const list = async (query = ''): Promise<{ dead_letters: Letter[]; next: number | null }> => (await system.api(`/api/oms/dead-letters${query}`)).body as never;
const ids = async (): Promise<string[]> => (await list()).dead_letters.map(({ message_id: id }) => id);
const numberOf = async (id: string): Promise<number> => (await list()).dead_letters.find(({ message_id: each }) => each === id)?.sequence ?? 0;
const act = (sequence: number | string, what: string, reason = 'a test'): Promise<Answer> => system.api(`/api/oms/dead-letters/${sequence}/${what}`, { body: { reason } });
const rehearse = async (id: string): Promise<Answer> => act(await numberOf(id), 'replay?dry_run=true');
const eventsOf = async (name: string): Promise<string[]> => (await system.order(name)).timeline.filter(({ kind }) => kind === 'event').map(({ actor, text }) => `${actor} ${text}`);

test('the list names them all, oldest first, with their reason, order and type; in pages', async () => {
  const { dead_letters: letters, next } = await list();
  expect(letters.map(({ message_id: id }) => id)).toEqual(Object.keys(events));
  expect(next).toBeNull();
  const accepted = events['accepted'] as Event;
  expect(letters[0]).toEqual({ sequence: expect.any(Number) as number, message_id: 'accepted', reason: 'buried as accepted', enqueued: expect.stringMatching(/^\d{4}-.*Z$/) as string, deliveries: 0, order_id: accepted.order_id, type: 'accepted', body: accepted });
  expect(letters.find(({ message_id: id }) => id === 'rubbish')?.body).toBe('{"id": "acce');
  const first = await list('?limit=4');
  const second = await list(`?limit=4&after=${first.next}`);
  expect([...first.dead_letters, ...second.dead_letters]).toEqual(letters.slice(0, 8));
  for (const query of ['?limit=0', '?limit=101', '?limit=x', '?after=x', '?limit=1&limit=2']) expect((await system.api(`/api/oms/dead-letters${query}`)).status).toBe(400);
});

test('a rehearsal says what a replay would do to each, and does nothing', async () => {
  await post(system, events['taken'] as Event);
  const before = { versions: await system.standings(names), inbox: await system.count('SELECT COUNT(*) FROM inbox'), events: await system.count('SELECT COUNT(*) FROM order_events'), letters: await list() };
  const said: Record<string, unknown> = {};
  for (const id of Object.keys(events)) {
    const { status, body } = await rehearse(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ message_id: id, dry_run: true });
    said[id] = { completes: body.completes, facts: body.facts.map(({ outcome, from, to, pointer }: Record<string, string>) => [outcome, from, to, pointer].filter((each) => each !== undefined).join(' ')) };
  }
  const goes = (fact: string) => ({ completes: true, facts: [fact] });
  const stays = (fact: string) => ({ completes: false, facts: [fact] });
  const WAITING = 'WAITING_FULFILLMENT_CONFIRMATION';
  expect(said).toEqual({
    accepted: goes(`would-apply ${WAITING} EXPORTED_TO_TPL`),
    exploded: stays('violates-contract /type'),
    nobody: stays('unknown-order'),
    'old-sequence': goes(`would-hold ${WAITING} ${WAITING}`),
    taken: goes('already EXPORTED_TO_TPL EXPORTED_TO_TPL'),
    rubbish: stays('violates-contract '),
    discarded: goes(`would-apply ${WAITING} CIRRO_READY_FOR_FULFILLMENT`),
    twice: goes(`would-apply ${WAITING} EXPORTED_TO_TPL`),
    early: goes('would-keep READY_FOR_PROCESSING READY_FOR_PROCESSING'),
    late: goes(`would-apply ${WAITING} EXPORTED_TO_TPL`),
  });
  expect({ versions: await system.standings(names), inbox: await system.count('SELECT COUNT(*) FROM inbox'), events: await system.count('SELECT COUNT(*) FROM order_events'), letters: await list() }).toEqual({
    ...before, versions: before.versions.map((standing) => ({ ...standing, secondsThere: expect.any(Number) as number })),
  });
}, 60_000);

test('a replay does what was said, completes the message, and stands in the timeline with who and why', async () => {
  const [name = ''] = names;
  const sequence = await numberOf('accepted');
  const { status, body } = await act(sequence, 'replay', 'the flow is mended');
  expect({ status, body }).toMatchObject({ status: 200, body: { sequence, message_id: 'accepted', dry_run: false, completes: true, facts: [{ order_id: name, outcome: 'applied', from: 'WAITING_FULFILLMENT_CONFIRMATION', to: 'EXPORTED_TO_TPL' }] } });
  expect(await system.standing(name)).toMatchObject({ status: 'EXPORTED_TO_TPL' });
  expect(await eventsOf(name)).toContain('operator:Test Person dead-letter.replayed – accepted (accepted): the flow is mended');
  expect(await ids()).not.toContain('accepted');
  expect((await act(sequence, 'replay')).status).toBe(404);
});

test('one that comes early is kept, one that cannot be opens its hold, one that was taken changes nothing', async () => {
  for (const [id, outcome] of [['early', 'kept'], ['old-sequence', 'kept'], ['taken', 'already']] as const)
    expect({ id, ...(await act(await numberOf(id), 'replay')).body }).toMatchObject({ id, completes: true, facts: [{ outcome }] });
  expect((await system.holds(names[1])).map(({ kind }) => kind)).toEqual(['fact.exception']);
  expect(await system.count("SELECT COUNT(*) FROM inbox WHERE state = 'kept'")).toBe(1);
  expect(await system.count('SELECT COUNT(*) FROM inbox WHERE event_id = ?', [(events['taken'] as Event).id])).toBe(1);
});

test.each(['exploded', 'nobody', 'rubbish'])('%s is refused with the reason, and stays', async (id) => {
  const sequence = await numberOf(id);
  const { status, headers, body } = await act(sequence, 'replay');
  expect({ status, title: body.title }).toEqual({ status: 409, title: 'dead-letter.not-replayed' });
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(body.detail).toMatch(/it would fail again: (it breaks its contract, \S|there is no order US-NOBODY)/);
  expect(await numberOf(id)).toBe(sequence);
});

test('two replays at once, here and there: applied once, and the message is gone', async () => {
  const name = names[4] ?? '';
  const sequence = await numberOf('twice');
  const answers = await Promise.all(Array.from({ length: 4 }, () => act(sequence, 'replay')));
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404, 404, 404]);
  expect(await system.count("SELECT COUNT(*) FROM order_audits a JOIN orders o ON o.id = a.order_id WHERE o.name = ? AND a.to_status = 'EXPORTED_TO_TPL'", [name])).toBe(1);
  const second = await startSystem({ beside: system, env: { OMS_EDITOR: 'off' } });
  try {
    const late = await numberOf('late');
    const both = await Promise.all([system, second].flatMap((at) => [1, 2].map(() => at.api(`/api/oms/dead-letters/${late}/replay`, { body: { reason: 'a test' } }))));
    expect(both.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(both.filter(({ status }) => ![200, 404, 409].includes(status))).toEqual([]);
    expect(await system.count("SELECT COUNT(*) FROM order_audits a JOIN orders o ON o.id = a.order_id WHERE o.name = ? AND a.to_status = 'EXPORTED_TO_TPL'", [names[5]])).toBe(1);
  } finally {
    await second.stop();
  }
}, 120_000);

test('a discarded message changes nothing; who and why stands in the timeline and in the log', async () => {
  const name = names[3] ?? '';
  const before = await system.standing(name);
  expect((await act(await numberOf('discarded'), 'discard', 'a test of theirs')).body).toMatchObject({ message_id: 'discarded', result: 'discarded' });
  expect(await ids()).not.toContain('discarded');
  expect(await system.standing(name)).toMatchObject({ status: before?.status, version: before?.version });
  expect(await eventsOf(name)).toContain('operator:Test Person dead-letter.discarded – discarded (rejected): a test of theirs');
  await act(await numberOf('nobody'), 'discard', 'nobody knows it');
  await waitFor(() => system.logs().filter((line) => line.includes('"dead-letter.discard"') && line.includes('Test Person')).length === 2, { what: 'both in the log', timeoutMs: 5000 });
});

test.each(['999999', '0', '-1', '1.5', '1e3', 'abc', '..', '%20', '9223372036854775807', '9223372036854775808', '99999999999999999999999', "1'--", '__proto__'])('there is no dead letter %s', async (sequence) => {
  for (const what of ['replay?dry_run=true', 'replay', 'discard']) expect((await act(sequence, what)).status).toBe(404);
});

test('what is asked must be sound: a reason, and a dry run that is true or false', async () => {
  const sequence = await numberOf('exploded');
  for (const what of ['replay', 'discard']) expect((await system.api(`/api/oms/dead-letters/${sequence}/${what}`, { body: {} })).status).toBe(400);
  expect((await act(sequence, 'replay?dry_run=maybe')).status).toBe(400);
  expect((await act(sequence, 'replay?dry_run=true&dry_run=false')).status).toBe(400);
  expect(await numberOf('exploded')).toBe(sequence);
});

test('a bus that is away is a 503 that says when to ask again', async () => {
  const sequence = await numberOf('exploded');
  await system.killSandbox('SIGKILL');
  for (const answer of [await system.api('/api/oms/dead-letters'), await act(sequence, 'replay?dry_run=true'), await act(sequence, 'discard')]) {
    expect({ status: answer.status, title: answer.body.title }).toEqual({ status: 503, title: 'service-bus.unreachable' });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  }
}, 60_000);
