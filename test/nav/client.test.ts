import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { InvalidInput, OutcomeUnknown, Rejected, Retryable } from '../../nodes/runtime/errors';
import { createNavClient, type NavClient, type NavClientOptions } from '../../nodes/nav/client';
import { DocType } from '../../nodes/nav/mapping';
import { waitFor } from '../support/system';
import { closedPort, failureOf } from '../runtime/a-server';
import { type Behaviour, type FakeNav, fault, result, type Seen, startNav } from './a-nav';

let nav: FakeNav | undefined;
let client: NavClient | undefined;

afterEach(async () => {
  client?.close();
  await nav?.close();
  nav = undefined;
  client = undefined;
});

const account = { domain: 'PSCORP', username: 'oms', password: 'secret' };

async function serve(behaviour?: Behaviour, options: Partial<NavClientOptions> = {}) {
  const started = await startNav(behaviour);
  const created = createNavClient({
    endpoints: { us: { url: started.url, ...account } },
    timeoutMs: 2000,
    lanes: 1,
    ...options,
  });
  nav = started;
  client = created;
  return { nav: started, client: created };
}

const order = '<SalesOrder ExternalDocumentNo="US-1"/>';
const importOne = (nav_: NavClient, xml = order) => nav_.importDocument('us', DocType.SalesOrder, xml);
const imports = (seen: readonly Seen[]) => seen.filter(({ method }) => method === 'ImportDocument');
const isImport = ({ method, step }: Seen) => method === 'ImportDocument' && step === 'authenticated';

describe('a connection', () => {
  test('is authenticated by a lookup first, then carries the import, and is kept', async () => {
    const { nav: server, client: calls } = await serve();
    await expect(importOne(calls)).resolves.toBe('SO000123');
    await expect(importOne(calls)).resolves.toBe('SO000123');
    expect(server.seen.map(({ connection, step, method }) => [connection, step, method])).toEqual([
      [1, 'anonymous', 'FindDocuments'],
      [1, 'negotiate', 'FindDocuments'],
      [1, 'authenticate', 'FindDocuments'],
      [1, 'authenticated', 'ImportDocument'],
      [1, 'authenticated', 'ImportDocument'],
    ]);
  });

  test('that NAV has closed is authenticated anew before the next import', async () => {
    const { nav: server, client: calls } = await serve();
    await importOne(calls);
    await server.closeConnections();
    await new Promise(setImmediate);
    await importOne(calls);
    expect(imports(server.seen).map(({ connection, step }) => [connection, step])).toEqual([
      [1, 'authenticated'],
      [2, 'authenticated'],
    ]);
  });

  test('carries one call at a time; many calls share the lanes', async () => {
    let running = 0;
    let most = 0;
    const { nav: server, client: calls } = await serve(
      (seen, response) => {
        if (!isImport(seen)) return undefined;
        most = Math.max(most, (running += 1));
        setImmediate(() => {
          running -= 1;
          response.end(result('ImportDocument', 'SO1'));
        });
        return 'handled';
      },
      { lanes: 3 },
    );
    await Promise.all(Array.from({ length: 60 }, (_, index) => importOne(calls, `<SalesOrder ExternalDocumentNo="US-${index}"/>`)));
    expect(new Set(imports(server.carriedOut()).map(({ body }) => body)).size).toBe(60);
    expect(imports(server.seen)).toHaveLength(60);
    expect(new Set(server.seen.map(({ connection }) => connection))).toEqual(new Set([1, 2, 3]));
    expect(most).toBeLessThanOrEqual(3);
  });

  test('is not waited for by more than the queue holds', async () => {
    const { nav: server, client: calls } = await serve(undefined, { queue: 1 });
    const [first, second, third] = [importOne(calls), importOne(calls), failureOf(importOne(calls))];
    expect(await third).toMatchObject({ constructor: Retryable, code: 'nav.busy' });
    await Promise.all([first, second]);
    expect(imports(server.seen)).toHaveLength(2);
  });
});

test('text of any kind arrives in NAV as it was', async () => {
  const { nav: server, client: calls } = await serve();
  await importOne(calls, '<SalesOrder Name="&lt;Ünï &amp; 🎈&#10;\'"/>');
  expect(imports(server.seen)[0]?.body).toContain('&lt;SalesOrder Name=&quot;&amp;lt;Ünï &amp;amp; 🎈&amp;#10;&apos;&quot;/&gt;');
});

test('documents are found, open and posted', async () => {
  const xml =
    '<Documents><Document DocType="1" No="SO1" ExternalDocumentNo="US-1" Posted="false" CustomerNo="C" Amount="12.34" Currency="USD" ShipmentId=""/>' +
    '<Document DocType="1" No="SI1" ExternalDocumentNo="US-1" Posted="true" CustomerNo="C" Amount="12.34" Currency="USD"/></Documents>';
  const { nav: server, client: calls } = await serve((seen, response) => {
    if (!seen.step.startsWith('authenticate')) return undefined;
    response.end(result('FindDocuments', xml));
    return 'handled';
  });
  await expect(calls.findDocuments('us', DocType.SalesOrder, 'US-1')).resolves.toMatchObject([
    { no: 'SO1', posted: false, amount: '12.34' },
    { no: 'SI1', posted: true },
  ]);
  expect(server.carriedOut()).toHaveLength(1);
});

describe('a definite no', () => {
  test('is a Soap:Fault, named by its exception and in its words', async () => {
    const { client: calls } = await serve((seen, response) => {
      if (!isImport(seen)) return undefined;
      response.writeHead(500).end(fault('NavNCLDialogException', 'Customer X does not exist.'));
      return 'handled';
    });
    expect(await failureOf(importOne(calls))).toMatchObject({
      constructor: Rejected,
      code: 'nav.NavNCLDialogException',
      message: 'NAV refuses: Customer X does not exist.',
    });
  });

  test('to the lookup of the handshake proves that the user is known: the import goes on', async () => {
    const { client: calls } = await serve((seen, response) => {
      if (seen.method !== 'FindDocuments' || seen.step !== 'authenticate') return undefined;
      response.writeHead(500).end(fault('NavCSideRecordNotFoundException', 'Nothing here'));
      return 'handled';
    });
    // The fake does not take the connection for authenticated after a reply of ours, so it asks once more; NAV would not.
    await expect(importOne(calls)).resolves.toBe('SO000123');
  });

  test('an endpoint that nobody has set up', async () => {
    const { client: calls } = await serve();
    expect(await failureOf(calls.importDocument('mars', DocType.SalesOrder, order))).toMatchObject({ constructor: InvalidInput, code: 'nav.unknown-endpoint' });
  });
});

describe('provably nothing happened', () => {
  test('connection refused', async () => {
    const { client: calls } = await serve(undefined, { endpoints: { us: { url: `http://127.0.0.1:${await closedPort()}/nav`, ...account } } });
    expect(await failureOf(importOne(calls))).toMatchObject({ constructor: Retryable, code: 'nav.unreachable' });
  });

  test('wrong credentials', async () => {
    const { nav: server, client: calls } = await serve((seen, response) => {
      if (seen.step !== 'authenticate') return undefined;
      response.writeHead(401, { 'www-authenticate': 'NTLM' }).end();
      return 'handled';
    });
    expect(await failureOf(importOne(calls))).toMatchObject({ constructor: Retryable, code: 'nav.unauthorized', next: expect.stringContaining('NAV_PASSWORD') });
    expect(imports(server.seen)).toEqual([]);
  });

  test.each(['anonymous', 'negotiate', 'authenticate'] as const)('a handshake that is cut at the step %s', async (step) => {
    const { nav: server, client: calls } = await serve((seen, _, socket) => {
      if (seen.step !== step) return undefined;
      socket.resetAndDestroy();
      return 'handled';
    });
    expect(await failureOf(importOne(calls))).toMatchObject({ constructor: Retryable, code: 'nav.handshake' });
    expect(imports(server.seen)).toEqual([]);
    expect(server.seen.filter((seen) => seen.step === step)).toHaveLength(1);
  });

  test('a handshake that hangs', async () => {
    const { nav: server, client: calls } = await serve((seen) => (seen.step === 'negotiate' ? 'handled' : undefined), { timeoutMs: 100 });
    expect(await failureOf(importOne(calls))).toMatchObject({ constructor: Retryable, code: 'nav.handshake' });
    expect(imports(server.seen)).toEqual([]);
  });

  test('the caller is told once, right before the document leaves', async () => {
    const { nav: server, client: calls } = await serve();
    const told: number[] = [];
    await calls.importDocument('us', DocType.SalesOrder, order, { leave: () => told.push(imports(server.seen).length) });
    expect(told).toEqual([0]);
  });

  test('the start was too late', async () => {
    const { nav: server, client: calls } = await serve();
    const late = calls.importDocument('us', DocType.SalesOrder, order, { startBy: Date.now() - 1 });
    expect(await failureOf(late)).toMatchObject({ constructor: Retryable, code: 'nav.too-late' });
    expect(imports(server.seen)).toEqual([]);
  });
});

/** Blanks in large pieces, until nobody reads them any more. */
function endless(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/xml' });
  const piece = Buffer.alloc(1 << 20, ' ');
  const more = (): void => {
    if (!response.destroyed) response.write(piece, more);
  };
  more();
}

describe('the document may have been created', () => {
  const failures: ReadonlyArray<[string, Behaviour]> = [
    ['a connection cut after NAV has acted', (_, __, socket) => (socket.resetAndDestroy(), 'handled')],
    ['a connection ended without an answer', (_, __, socket) => (socket.end(), 'handled')],
    ['no answer in time', () => 'handled'],
    ['HTTP 500 that is no fault', (_, response) => (response.writeHead(500).end('<html>oops</html>'), 'handled')],
    ['HTTP 500 without a body', (_, response) => (response.writeHead(500).end(), 'handled')],
    ['HTTP 503', (_, response) => (response.writeHead(503).end(), 'handled')],
    ['a redirect', (_, response) => (response.writeHead(307, { location: '/elsewhere' }).end(), 'handled')],
    ['an answer that is no XML', (_, response) => (response.end('nonsense'), 'handled')],
    ['half an envelope', ({ method }, response) => (response.end(result(method, 'SO1').slice(0, 150)), 'handled')],
    ['half a fault', (_, response) => (response.writeHead(500).end(fault('NavNCLDialogException', 'no').slice(0, 250)), 'handled')],
    ['an answer without a number', ({ method }, response) => (response.end(result(method, '')), 'handled')],
    ['an empty answer', (_, response) => (response.end(), 'handled')],
    ['a compressed answer', ({ method }, response) => (response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(result(method, 'SO1'))), 'handled')],
  ];

  test.each(failures)('%s', async (_, behaviour) => {
    const { nav: server, client: calls } = await serve((...request) => (isImport(request[0]) ? behaviour(...request) : undefined), { timeoutMs: 200 });
    expect(await failureOf(importOne(calls))).toMatchObject({ constructor: OutcomeUnknown, code: expect.stringMatching(/^nav\.(no-answer|unreadable)$/) });
    expect(imports(server.seen)).toHaveLength(1);
  });

  test.each(failures)('%s: a lookup is simply tried again later', async (_, behaviour) => {
    const { client: calls } = await serve((...request) => (request[0].step === 'authenticate' ? behaviour(...request) : undefined), { timeoutMs: 200 });
    expect(await failureOf(calls.findDocuments('us', DocType.SalesOrder, 'US-1'))).toMatchObject({ constructor: Retryable });
  });

  test('an answer without an end is given up long before the time is over', async () => {
    const endlessly: Behaviour = (seen, response) => (isImport(seen) ? (endless(response), 'handled') : undefined);
    const { client: calls } = await serve(endlessly, { timeoutMs: 60_000 });
    expect(await failureOf(importOne(calls))).toBeInstanceOf(OutcomeUnknown);
  });

  test('on a kept connection that is cut as the import arrives: it is sent once, and the next call starts anew', async () => {
    const { nav: server, client: calls } = await serve((seen, _, socket) => {
      if (!isImport(seen) || !seen.body.includes('B/')) return undefined;
      socket.resetAndDestroy();
      return 'handled';
    });
    await importOne(calls, '<A/>');
    expect(await failureOf(importOne(calls, '<B/>'))).toBeInstanceOf(OutcomeUnknown);
    await importOne(calls, '<C/>');
    const bodies = imports(server.carriedOut()).map(({ body }) => /&lt;([ABC])\/&gt;/.exec(body)?.[1]);
    expect(bodies).toEqual(['A', 'B', 'C']);
    expect(imports(server.seen)).toHaveLength(3);
  });
});

describe('endpoints share nothing', () => {
  const statesOf = (calls: NavClient) => Object.fromEntries(calls.states().map(({ endpoint, breaker }) => [endpoint, breaker]));

  test('each is called with its own account', async () => {
    const started = await startNav();
    nav = started;
    client = createNavClient({
      endpoints: { us: { url: started.url, ...account }, japan: { url: started.url, domain: 'PSJAPAN', username: 'oms-japan', password: 'other' } },
    });
    await importOne(client);
    await client.importDocument('japan', DocType.SalesOrder, order);
    expect(started.seen.flatMap((seen) => seen.account ?? [])).toEqual(['PSCORP\\oms', 'PSJAPAN\\oms-japan']);
  });

  test('one that hangs does not hold another, and shows its calls', async () => {
    const started = await startNav((seen) => (seen.body.includes('JP-') ? 'handled' : undefined));
    nav = started;
    const calls = createNavClient({ endpoints: { us: { url: started.url, ...account }, japan: { url: started.url, ...account } }, lanes: 1 });
    client = calls;
    const hanging = ['JP-1', 'JP-2'].map((name) => failureOf(calls.findDocuments('japan', DocType.SalesOrder, name)));
    await expect(importOne(calls)).resolves.toBe('SO000123');
    expect(calls.states()).toEqual([
      { partner: 'nav', endpoint: 'us', breaker: 'closed', lanes: 1, busy: 0, waiting: 0 },
      { partner: 'nav', endpoint: 'japan', breaker: 'closed', lanes: 1, busy: 1, waiting: 1 },
    ]);
    await waitFor(async () => {
      await started.closeConnections();
      return calls.states().every(({ busy }) => busy === 0);
    }, { what: 'the calls that hung to end' });
    for (const failure of await Promise.all(hanging)) expect(failure).toBeInstanceOf(Retryable);
  });

  test('one that is down is left alone: its calls are not sent, those of the others are', async () => {
    const port = await closedPort();
    const started = await startNav();
    nav = started;
    const calls = createNavClient({
      endpoints: { us: { url: started.url, ...account }, japan: { url: `http://127.0.0.1:${port}/nav`, ...account } },
      breaker: { failures: 2, halfOpenAfterMs: 60_000 },
    });
    client = calls;
    const left: string[] = [];
    const japan = () => failureOf(calls.importDocument('japan', DocType.SalesOrder, order, { leave: () => left.push('left') }));
    expect([await japan(), await japan()]).toMatchObject([{ code: 'nav.unreachable' }, { code: 'nav.unreachable' }]);
    expect(await japan()).toMatchObject({ constructor: Retryable, code: 'nav.breaker-open', partnerDown: 'NAV japan', message: expect.stringMatching(/^NAV japan is down since 20\S+Z: NAV cannot be reached: /) as string });
    expect(() => calls.requireUp('japan')).toThrow(/^NAV japan is down/);
    expect(() => calls.requireUp('us')).not.toThrow();
    expect(left).toEqual([]);
    await expect(importOne(calls)).resolves.toBe('SO000123');
    expect(statesOf(calls)).toEqual({ us: 'closed', japan: 'open' });
  });

  test('one that answers again is called again', async () => {
    let down = true;
    const { client: calls } = await serve((seen, response) => (down && isImport(seen) ? (response.writeHead(503).end(), 'handled') : undefined), { breaker: { failures: 2, halfOpenAfterMs: 500 } });
    for (let call = 0; call < 2; call++) expect(await failureOf(importOne(calls))).toBeInstanceOf(OutcomeUnknown);
    down = false;
    await waitFor(() => importOne(calls).then(() => true, () => false), { what: 'NAV to be tried again' });
    expect(statesOf(calls)).toEqual({ us: 'closed' });
  });

  test.each<[string, Behaviour]>([
    ['a fault', (seen, response) => (isImport(seen) ? (response.writeHead(500).end(fault('NavNCLDialogException', 'no')), 'handled') : undefined)],
    ['a wrong password', (seen, response) => (seen.step === 'authenticate' ? (response.writeHead(401, { 'www-authenticate': 'NTLM' }).end(), 'handled') : undefined)],
    ['an answer without a number', (seen, response) => (isImport(seen) ? (response.end(result('ImportDocument', '')), 'handled') : undefined)],
    ['a call to slow down', (seen, response) => (isImport(seen) ? (response.writeHead(429).end(), 'handled') : undefined)],
  ])('%s does not say that NAV is down', async (_, behaviour) => {
    const { client: calls } = await serve(behaviour, { breaker: { failures: 2, halfOpenAfterMs: 60_000 } });
    for (let call = 0; call < 3; call++) expect(await failureOf(importOne(calls))).not.toMatchObject({ code: 'nav.breaker-open' });
    expect(statesOf(calls)).toEqual({ us: 'closed' });
  });
});

describe('the authority is pinned', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'nav-tls-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  test('NAV is called when its certificate is of the given authority, and not otherwise', async () => {
    const [key, cert] = [path.join(directory, 'key.pem'), path.join(directory, 'cert.pem')];
    try {
      const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
      execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
    } catch {
      process.stdout.write('skipped: there is no openssl to make a certificate with\n');
      return;
    }
    const tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    nav = await startNav(undefined, tls);
    const endpoint = { url: nav.url, ...account };
    client = createNavClient({ endpoints: { us: { ...endpoint, ca: tls.cert }, japan: endpoint } });
    await expect(importOne(client)).resolves.toBe('SO000123');
    expect(await failureOf(client.importDocument('japan', DocType.SalesOrder, order))).toMatchObject({ constructor: Retryable });
    expect(imports(nav.seen)).toHaveLength(1);
  });
});
