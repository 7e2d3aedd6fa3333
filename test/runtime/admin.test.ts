import { type AdminRoute, defineEditorPlugin } from '../../nodes/runtime/admin';
import { InvalidInput, Rejected, Retryable } from '../../nodes/runtime/errors';
import { createLog } from '../../nodes/runtime/log';
import { type AdminRequest, type AdminResponse, Logger, type Red } from '../../nodes/runtime/node';
import { Services } from '../../nodes/runtime/services';

type Handler = (request: AdminRequest, response: AdminResponse, next: () => void) => void;

/** A Node-RED that keeps what is mounted; the permission of a route is checked by whoever it says. */
function aRed(allowed: readonly string[], httpAdminRoot: string | false = '/editor') {
  const mounted = new Map<string, Handler[]>();
  const mount = (method: string) => (path: string, ...handlers: Handler[]): void => void mounted.set(`${method} ${path}`, handlers);
  const services = new Services();
  services.provide(Logger, new Logger(createLog('silent')));
  const red = {
    settings: { services, httpAdminRoot },
    plugins: { registerPlugin: () => undefined },
    httpAdmin: { get: mount('get'), post: mount('post'), delete: mount('delete') },
    auth: { needsPermission: (permission: string): Handler => (_request, response, next) => (allowed.includes(permission) ? next() : response.status(401).json(undefined)) },
  } as unknown as Red;
  const call = (route: string, request: Partial<AdminRequest> = {}): Promise<{ status: number; body: unknown }> =>
    new Promise((resolve) => {
      let status = 200;
      const response: AdminResponse = { status: (code) => ((status = code), response), json: (body) => resolve({ status, body }) };
      const [guard, handler] = mounted.get(route) ?? [];
      guard?.({ params: {}, query: {}, ...request }, response, () => handler?.({ params: {}, query: {}, ...request }, response, () => undefined));
    });
  return { red, mounted, call };
}

const answering = (answer: AdminRoute['answer']): AdminRoute[] => [{ method: 'get', path: '/oms/thing', permission: 'flows.read', answer }];

test.each([
  [Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), 503, { code: 'database.away', message: 'the database cannot be reached' }],
  [new Retryable('busy', { code: 'thing.busy', next: 'Wait.' }), 503, { code: 'thing.busy', message: 'busy', next: 'Wait.' }],
  [new InvalidInput('no such thing', { code: 'thing.unknown' }), 400, { code: 'thing.unknown', message: 'no such thing' }],
  [new Rejected('closed', { code: 'thing.closed' }), 409, { code: 'thing.closed', message: 'closed' }],
  [new TypeError('near SELECT secret'), 500, { code: 'internal', message: 'something went wrong here; it has been logged' }],
])('%s is answered in words', async (error, status, body) => {
  const { red, call } = aRed(['flows.read']);
  const refuse = async (): Promise<never> => {
    throw error;
  };
  defineEditorPlugin('thing', () => answering(refuse))(red);
  expect(await call('get /oms/thing')).toEqual({ status, body });
});

test('a route is open to those who may; it is told who asks', async () => {
  const plugin = defineEditorPlugin('thing', () => [...answering((_request, user) => ({ user })), { method: 'post', path: '/oms/thing', permission: 'flows.write', answer: () => ({}) }]);
  const { red, call } = aRed(['flows.read']);
  plugin(red);
  expect(await call('get /oms/thing', { user: { username: 'jane' } })).toEqual({ status: 200, body: { user: 'jane' } });
  expect((await call('post /oms/thing')).status).toBe(401);
});

test('nothing is mounted where the editor is off', () => {
  const { red, mounted } = aRed(['flows.read'], false);
  defineEditorPlugin('thing', () => answering(() => ({})))(red);
  expect(mounted.size).toBe(0);
});
