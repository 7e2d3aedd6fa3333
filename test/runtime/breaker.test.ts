import { Breaker, LONGEST_MS } from '../../nodes/runtime/breaker';
import { OutcomeUnknown, Rejected, Retryable } from '../../nodes/runtime/errors';

/** What decides a breaker's times; the tests move it. */
let now = Date.parse('2026-11-21T18:00:00Z');
beforeEach(() => {
  jest.spyOn(Date, 'now').mockImplementation(() => now);
});
afterEach(() => {
  jest.restoreAllMocks();
});

const unreachable = () => Promise.reject(new Retryable('nobody answers', { code: 'shop.unreachable', cause: { code: 'ECONNREFUSED' } }));
const failed = () => Promise.reject(new Retryable('it could not read that', { code: 'shop.failed' }));
const lost = () => Promise.reject(new OutcomeUnknown('its answer was lost', { code: 'shop.no-answer' }));
const refused = () => Promise.reject(new Rejected('no such article', { code: 'shop.refused' }));
const fine = () => Promise.resolve('fine');
const trips = (error: Error): boolean => !(error instanceof Rejected);
const failureOf = async (call: Promise<unknown>): Promise<Retryable> => call.then(
  (value) => { throw new Error(`${String(value)} is no failure`); },
  (error: unknown) => error as Retryable,
);

const shop = { name: 'The shop', code: 'shop.breaker-open', trips, unreached: ({ code }: { code: string }) => code === 'shop.unreachable' };
interface More {
  failures?: number;
  halfOpenAfterMs?: number;
  probe?: () => Promise<unknown>;
}
const aBreaker = (more: More = {}) => new Breaker({ ...shop, failures: 2, halfOpenAfterMs: 2000, ...more });
const opened = async (more: More = {}): Promise<Breaker> => {
  const breaker = aBreaker(more);
  for (let failure = 0; failure < (more.failures ?? 2); failure++) await failureOf(breaker.run(unreachable));
  return breaker;
};

test('what has provably not reached the partner is no failure of who wanted it, also before it opens; any other is', async () => {
  const breaker = aBreaker();
  const failure = await failureOf(breaker.run(unreachable));
  expect(failure).toMatchObject({ constructor: Retryable, code: 'shop.unreachable', message: 'nobody answers', partnerDown: 'The shop', cause: { code: 'ECONNREFUSED' } });
  expect(failure.retryAfterMs).toBeGreaterThanOrEqual(1000);
  expect(() => breaker.requireClosed()).not.toThrow();
  expect(await failureOf(breaker.run(failed))).toMatchObject({ code: 'shop.failed', partnerDown: undefined });
  expect(breaker.state).toBe('open');
});

test('whatever else it answers says that it is there: the failures before are forgotten', async () => {
  const breaker = aBreaker();
  for (let round = 0; round < 3; round++) {
    await failureOf(breaker.run(failed));
    expect(await failureOf(breaker.run(refused))).toMatchObject({ constructor: Rejected });
  }
  expect(breaker.state).toBe('closed');
  await failureOf(breaker.run(failed));
  await failureOf(breaker.run(failed));
  expect(breaker.state).toBe('open');
  now += 2000;
  await failureOf(breaker.run(refused));
  await failureOf(breaker.run(failed));
  expect(breaker.state).toBe('closed');
});

describe('with something harmless that shows whether it is there again', () => {
  test('nothing that may act is sent before that; it failing is no failure of who wanted something', async () => {
    const sent: string[] = [];
    let isThere = false;
    const breaker = await opened({
      probe: () => {
        sent.push('probe');
        return isThere ? Promise.resolve() : lost();
      },
    });
    const act = (): Promise<string> => Promise.resolve(String(sent.push('act')));
    now += 2000;
    expect(await failureOf(breaker.run(act))).toMatchObject({ constructor: Retryable, partnerDown: 'The shop' });
    expect(breaker.state).toBe('open');
    isThere = true;
    now += 4000;
    await breaker.run(act);
    await breaker.run(act);
    expect(sent).toEqual(['probe', 'probe', 'act', 'act']);
  });

  test('it being refused says that the partner is there; what fails after that counts', async () => {
    const breaker = await opened({ probe: refused });
    now += 2000;
    expect(await failureOf(breaker.run(failed))).toMatchObject({ code: 'shop.failed', partnerDown: undefined });
    expect(breaker.state).toBe('closed');
  });
});

test('it opens before an order that is alone has used up the attempts of a stage', async () => {
  const breaker = new Breaker(shop);
  for (let attempt = 1; attempt < 8; attempt++) await failureOf(breaker.run(unreachable));
  expect(breaker.state).toBe('open');
});

test('while it is open nothing is tried; whoever asks hears who is down, since when, and when to come again', async () => {
  const breaker = await opened();
  let tried = 0;
  now += 500;
  for (const failure of [await failureOf(breaker.run(() => Promise.resolve(tried++))), await failureOf((async () => breaker.requireClosed())())]) {
    expect(failure).toMatchObject({ constructor: Retryable, code: 'shop.breaker-open', partnerDown: 'The shop', message: expect.stringMatching(/^The shop is down since 20\S+Z: nobody answers$/) as string, next: 'It is tried again by itself; waiting for it uses up no attempt.' });
    // Not before one may try, and not long after.
    expect(failure.retryAfterMs).toBeGreaterThanOrEqual(1500);
    expect(failure.retryAfterMs).toBeLessThanOrEqual(1500 + 2000 / 4 + 10);
  }
  expect(tried).toBe(0);
});

test('then one tries, alone: while it does the others wait', async () => {
  const breaker = await opened();
  now += 2000;
  const answer = Promise.withResolvers<string>();
  const trial = breaker.run(() => answer.promise);
  expect(breaker.state).toBe('half-open');
  expect(await failureOf(breaker.run(fine))).toMatchObject({ partnerDown: 'The shop' });
  expect(() => breaker.requireClosed()).toThrow(/is down/);
  answer.resolve('there again');
  expect(await trial).toBe('there again');
  expect(breaker.state).toBe('closed');
  expect(await breaker.run(fine)).toBe('fine');
});

test('of many that ask at once when it may be tried, one is let through; where he does not try the next one is', async () => {
  const breaker = await opened();
  now += 2000;
  const asked = (): number => Array.from({ length: 16 }, () => {
    try {
      breaker.requireClosed();
      return 1;
    } catch {
      return 0;
    }
  }).reduce<number>((sum, through) => sum + through, 0);
  expect(asked()).toBe(1);
  expect(breaker.state).toBe('open');
  now += 1000;
  expect(asked()).toBe(1);
  expect(await breaker.run(fine)).toBe('fine');
  expect(asked()).toBe(16);
});

test('the try that finds it still down is no failure of its caller, and says since when it has been down from the beginning', async () => {
  const breaker = await opened();
  const first = (await failureOf(breaker.run(fine))).message;
  now += 2000;
  expect(await failureOf(breaker.run(unreachable))).toMatchObject({ partnerDown: 'The shop', message: first });
});

test('a try whose outcome nobody knows stays in doubt, and one that is refused is refused: the partner is there', async () => {
  const breaker = await opened();
  now += 2000;
  expect(await failureOf(breaker.run(lost))).toMatchObject({ constructor: OutcomeUnknown, code: 'shop.no-answer' });
  expect(breaker.state).toBe('open');
  now += 4000;
  expect(await failureOf(breaker.run(refused))).toMatchObject({ constructor: Rejected });
  expect(breaker.state).toBe('closed');
});

test('it is left alone for longer each time, half a minute at most; when it was there again it begins anew', async () => {
  const breaker = await opened();
  const left: number[] = [];
  for (let round = 0; round < 7; round++) {
    const before = now;
    // The first moment at which it may be tried.
    while (breaker.state === 'open') {
      try {
        breaker.requireClosed();
        break;
      } catch {
        now += 100;
      }
    }
    left.push(now - before);
    await failureOf(breaker.run(unreachable));
  }
  expect(left).toEqual([2000, 4000, 8000, 16_000, LONGEST_MS, LONGEST_MS, LONGEST_MS]);
  now += LONGEST_MS;
  await breaker.run(fine);
  for (let failure = 0; failure < 2; failure++) await failureOf(breaker.run(unreachable));
  now += 2000;
  expect(() => breaker.requireClosed()).not.toThrow();
});

test('the more wait, the wider they are spread: a lone one comes as soon as may be, ten thousand within a minute and not at once', async () => {
  const breaker = await opened();
  const waits: number[] = [];
  for (let order = 0; order < 10_000; order++) waits.push((await failureOf(breaker.run(fine))).retryAfterMs ?? 0);
  expect(Math.max(...waits)).toBeLessThanOrEqual(2000 + LONGEST_MS);
  expect(Math.max(...waits.slice(0, 10))).toBeLessThanOrEqual(2000 + 500 + 100);
  const perSecond = Object.values(Object.groupBy(waits.slice(5000), (ms) => String(Math.floor(ms / 1000)))).map((each) => each?.length ?? 0);
  expect(Math.max(...perSecond)).toBeLessThan(5000 / 10);
  // It comes and goes: they are as many as before. A minute later they are not.
  const refusedAnew = async (later: number): Promise<number[]> => {
    now += later;
    await breaker.run(fine);
    now += later;
    for (let failure = 0; failure < 2; failure++) await failureOf(breaker.run(unreachable));
    return Promise.all(Array.from({ length: 10 }, async () => (await failureOf(breaker.run(fine))).retryAfterMs ?? 0));
  };
  expect(Math.max(...(await refusedAnew(2000)))).toBeGreaterThan(2000 + 500 + 100);
  expect(Math.max(...(await refusedAnew(60_000)))).toBeLessThanOrEqual(2000 + 500 + 100);
});
