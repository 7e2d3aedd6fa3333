import { createSender, type Sender } from '../../nodes/service-bus/sender';
import { sasKey } from '../../sandbox/service-bus/sas';
import { aSandbox, type TestSandbox } from '../sandbox/a-sandbox';

/** Sending to a topic: what is said when it fails, and how soon. */

let sandbox: TestSandbox;
let sender: Sender;
const connectionTo = (port: number, key: string = sasKey.value): string => `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=${sasKey.name};SharedAccessKey=${key};UseDevelopmentEmulator=true`;

beforeAll(async () => {
  sandbox = await aSandbox();
});
beforeEach(async () => {
  await sandbox.control('POST', 'reset');
  sender = createSender({ connectionString: connectionTo(sandbox.amqpPort), topic: 'order-events' });
});
afterEach(() => sender.close());
afterAll(() => sandbox.close());

const aMessage = (id: string, more: object = {}) => ({ id, body: { id }, ...more });
const taken = async (): Promise<string[]> => ((await (await sandbox.control('GET', 'events')).json()) as { events: { id: string }[] }).events.map(({ id }) => id);

test('many go in their order, in more than one batch where they are large', async () => {
  const ids = Array.from({ length: 12 }, (_, index) => `m-${index}`);
  await sender.send(ids.map((id) => aMessage(id, { session: 'A', subject: 'Large', properties: { kind: 'test' }, body: 'x'.repeat(50_000) })));
  expect(await taken()).toEqual(ids);
});

test('nothing to send is nothing', async () => {
  await sender.send([]);
  expect(await taken()).toEqual([]);
});

test('a message that no bus takes is refused by its id', async () => {
  await expect(sender.send([aMessage('huge', { body: 'x'.repeat(300_000) })])).rejects.toMatchObject({ code: 'service-bus.too-large', message: expect.stringContaining('huge') as string });
});

test.each(['drop-before', 'drop-after'])('a connection that is cut (%s) is noticed at once, and the next send has a new one', async (fault) => {
  await sender.send([aMessage('first')]);
  await sandbox.fault({ system: 'service-bus', operation: 'publish', fault, count: 1 });
  const begun = performance.now();
  await expect(sender.send([aMessage('second')])).rejects.toMatchObject({ code: 'service-bus.not-sent' });
  // The operation's own time-out is 10 s.
  expect(performance.now() - begun).toBeLessThan(5000);
  await sender.send([aMessage('second')]);
  expect(await taken()).toEqual(fault === 'drop-after' ? ['first', 'second', 'second'] : ['first', 'second']);
});

test.each(['error', 'throttle', 'reject'])('a refusal (%s) is retryable', async (fault) => {
  await sandbox.fault({ system: 'service-bus', operation: 'publish', fault, count: 1 });
  await expect(sender.send([aMessage('first')])).rejects.toMatchObject({ name: 'Retryable', code: fault === 'reject' ? 'service-bus.unauthorized' : 'service-bus.not-sent' });
});

test('no such topic, a wrong key, nobody there: each in words', async () => {
  const tell = async (options: { connectionString: string; topic: string }): Promise<unknown> => {
    const other = createSender({ ...options, timeoutMs: 1500 });
    const said = await other.send([aMessage('first')]).then(() => 'sent', (error: unknown) => error);
    void other.close().catch(() => undefined);
    return said;
  };
  expect(await tell({ connectionString: connectionTo(sandbox.amqpPort), topic: 'elsewhere' })).toMatchObject({ code: 'service-bus.no-entity' });
  expect(await tell({ connectionString: connectionTo(sandbox.amqpPort, 'guessed'), topic: 'order-events' })).toMatchObject({ code: 'service-bus.unauthorized' });
  expect(await tell({ connectionString: connectionTo(9), topic: 'order-events' })).toMatchObject({ name: 'Retryable', code: 'service-bus.not-sent' });
});
