import { EventEmitter } from 'node:events';
import { OutcomeUnknown, Retryable } from '../../nodes/runtime/errors';
import { defineConnection, defineNode, Logger, type Message, type NodeBody, type NodeConfig, type Red } from '../../nodes/runtime/node';
import { Services } from '../../nodes/runtime/services';
import { silent } from '../support/engine';

/** As much of Node-RED as the wrapper touches: nodes are event emitters whose listeners get (message, send, done). */
class FakeRed {
  readonly nodes = new Map<string, EventEmitter & { connection?: unknown }>();
  readonly errors: unknown[] = [];
  readonly badges: { text: string }[] = [];
  readonly types = new Map<string, (this: object, config: object) => void>();
  readonly services = new Services();
  readonly red = {
    settings: { services: this.services },
    nodes: {
      createNode: () => undefined,
      getNode: (id: string) => this.nodes.get(id) ?? null,
      registerType: (type: string, make: (this: object, config: object) => void) => this.types.set(type, make),
    },
  } as unknown as Red;

  constructor() {
    this.services.provide(Logger, new Logger(silent));
  }

  make(type: string, config: Partial<NodeConfig> & Record<string, unknown> = {}) {
    const id = config.id ?? type;
    const node = Object.assign(new EventEmitter(), {
      id, type, name: id, send: () => undefined, error: (error: unknown) => this.errors.push(error), status: (badge: { text: string }) => this.badges.push(badge),
    });
    this.nodes.set(id, node);
    this.types.get(type)?.call(node, { id, type, ...config });
    return {
      /** Hands in a message; resolves with what `done` was called with, and how often it was called by then. */
      input: (message: Message) => {
        let calls = 0;
        return new Promise<{ error: unknown; message: Message; calls: () => number }>((resolve) => {
          node.emit('input', message, () => undefined, (error?: unknown) => {
            calls++;
            resolve({ error, message, calls: () => calls });
          });
        });
      },
      close: () => new Promise<void>((resolve) => node.emit('close', false, resolve)),
    };
  }
}

const withBody = (body: NodeBody): { fake: FakeRed; node: ReturnType<FakeRed['make']> } => {
  const fake = new FakeRed();
  defineNode('oms-test', () => body)(fake.red);
  return { fake, node: fake.make('oms-test') };
};

test.each([
  ['a rejection', { input: () => Promise.reject(new Retryable('away', { code: 'x.away', retryAfterMs: 5 })) }, { class: 'retryable', code: 'x.away', retryAfterMs: 5 }],
  ['a synchronous throw', { input: () => { throw new OutcomeUnknown('cut', { code: 'x.cut', effect: 7 }); } }, { class: 'unknown', effect: 7 }],
  ['an unforeseen error', { input: async () => { throw new TypeError('x is undefined'); } }, { class: 'bug', code: 'internal' }],
  // eslint-disable-next-line prefer-promise-reject-errors -- other people's code does it
  ['a rejection without an error', { input: () => Promise.reject('just text') }, { class: 'bug', message: 'just text' }],
  // eslint-disable-next-line prefer-promise-reject-errors
  ['a rejection with nothing', { input: () => Promise.reject() }, { class: 'bug' }],
] as [string, NodeBody, object][])('%s reaches Catch once, described in msg.failure', async (_what, body, failure) => {
  const { node } = withBody(body);
  const { error, message, calls } = await node.input({ payload: 1 });
  expect(error).toBeInstanceOf(Error);
  expect(message.failure).toMatchObject(failure);
  await new Promise((resolve) => setImmediate(resolve));
  expect(calls()).toBe(1);
});

test.each([
  ['synchronously', { input: () => undefined }],
  ['later', { input: () => new Promise<void>((resolve) => setImmediate(resolve)) }],
  ['with nothing to do', {}],
] as [string, NodeBody][])('a handler that ends %s calls done once, without an error', async (_when, body) => {
  const { error, calls } = await withBody(body).node.input({});
  await new Promise((resolve) => setImmediate(resolve));
  expect([error, calls()]).toEqual([undefined, 1]);
});

test('closing waits for the messages in flight', async () => {
  let finish: () => void = () => undefined;
  const { node } = withBody({ input: () => new Promise<void>((resolve) => (finish = resolve)) });
  const handled = node.input({});
  let closed = false;
  const closing = node.close().then(() => (closed = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(closed).toBe(false);
  finish();
  await Promise.all([handled, closing]);
});

test('a close that fails is reported and ends all the same', async () => {
  const { fake, node } = withBody({ close: () => Promise.reject(new Error('no')) });
  await node.close();
  expect(fake.errors).toHaveLength(1);
});

test('a node that is set up wrongly says so on the canvas, and every message is retried later', async () => {
  const fake = new FakeRed();
  defineNode('oms-test', (node) => ({ input: () => void node.use('nothing') }))(fake.red);
  defineNode('oms-wrong', (node) => {
    node.use(undefined);
    return {};
  })(fake.red);
  const { error, message } = await fake.make('oms-wrong').input({});
  expect(String(error)).toContain('set up wrongly');
  expect(message.failure).toMatchObject({ class: 'retryable', code: 'node.set-up-wrongly' });
  expect(fake.badges).toEqual([expect.objectContaining({ text: 'no connection is chosen in this node' })]);
});

test('a connection outlives its users, in whatever order the nodes are closed', async () => {
  const fake = new FakeRed();
  let open = true;
  defineConnection('oms-connection', () => ({ close: () => void (open = false) }))(fake.red);
  defineNode('oms-user', (node) => {
    const client = node.use('oms-connection');
    let finish: () => void = () => undefined;
    return { input: () => new Promise<void>((resolve) => (finish = resolve)), close: async () => { expect(open && client).toBeTruthy(); finish(); } };
  })(fake.red);
  const connection = fake.make('oms-connection');
  const [first, second] = [fake.make('oms-user', { id: 'first' }), fake.make('oms-user', { id: 'second' })];
  const inFlight = second.input({});
  const closing = connection.close();
  await first.close();
  expect(open).toBe(true);
  await Promise.all([second.close(), inFlight, closing]);
  expect(open).toBe(false);
});

test('a badge that changes all the time is shown at most once a second', async () => {
  const fake = new FakeRed();
  defineNode('oms-busy', (node) => ({ input: () => { for (let i = 0; i < 1000; i++) node.badge({ fill: 'green', text: String(i) }); } }))(fake.red);
  await fake.make('oms-busy').input({});
  expect(fake.badges.map((badge) => badge.text)).toEqual(['0']);
});
