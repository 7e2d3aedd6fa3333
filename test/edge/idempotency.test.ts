import { IdempotencyKeys } from '../../nodes/edge/idempotency';
import { createWorld, type World } from '../support/orders';

let world: World;
let keys: IdempotencyKeys;
let sequence = 0;
const fresh = () => ({ caller: 'operator', key: `key-${++sequence}` });
const begin = (call: { caller: string; key: string }, body = '{}') => keys.begin(call, 'POST', '/api/oms/pauses', Buffer.from(body));

beforeAll(async () => {
  world = await createWorld();
  keys = new IdempotencyKeys(world.pool);
});
afterAll(() => world.close());

test('the same key and body gets the stored answer', async () => {
  const call = fresh();
  expect(await begin(call)).toBeUndefined();
  await keys.end(call, { status: 201, body: { id: 7 } });
  expect(await begin(call)).toEqual({ status: 201, body: { id: 7 } });
});

test('another body under the same key is refused; another caller’s key is another key', async () => {
  const call = fresh();
  await begin(call);
  await expect(begin(call, '{"other":1}')).rejects.toMatchObject({ code: 'idempotency.other-body' });
  expect(await begin({ ...call, caller: 'mulesoft' })).toBeUndefined();
});

test('while the first call runs the second is told so; of many at once one runs', async () => {
  const call = fresh();
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => begin(call)));
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
  await expect(begin(call)).rejects.toMatchObject({ code: 'idempotency.running' });
});

test('a call whose process died gives its key free when its lease ends', async () => {
  const call = fresh();
  await begin(call);
  await world.admin.query('UPDATE idempotency_keys SET lease_until = NOW(6) - INTERVAL 1 SECOND WHERE `key` = ?', [call.key]);
  const outcomes = await Promise.allSettled([begin(call), begin(call)]);
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
});

test('an answer that says nothing lasting frees the key', async () => {
  const call = fresh();
  await begin(call);
  await keys.end(call, { status: 503, body: undefined });
  expect(await begin(call)).toBeUndefined();
});

test('what is no key is refused', async () => {
  await expect(begin({ caller: 'operator', key: 'with space' })).rejects.toMatchObject({ code: 'idempotency.bad-key' });
});
