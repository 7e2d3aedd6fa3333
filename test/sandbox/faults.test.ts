import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { sasKey } from '../../sandbox/service-bus/sas';
import { aSandbox, type TestSandbox } from './a-sandbox';
import { anOms, isEvent, isRelease, isShipment, shipped, type TestOms } from './an-oms';
import { askForToken, nameOf, type NavClient, navClient, requestFulfillment, salesOrder, type SfccCall, sfccCalls, type ShownOrder, wholeFulfillment } from './partners';

let oms: TestOms;
let sandbox: TestSandbox;

beforeEach(async () => {
  oms = await anOms();
  sandbox = await aSandbox({ omsUrl: oms.url, lockMs: 300 });
});
afterEach(async () => {
  await sandbox.close();
  await oms.close();
});

/** What a caller sees of an answer: its status, or that there was none. */
async function seen(call: Promise<Response>): Promise<{ status: number | 'cut'; text: string; headers?: Headers }> {
  try {
    const response = await call;
    return { status: response.status, text: await response.text(), headers: response.headers };
  } catch {
    return { status: 'cut', text: '' };
  }
}

describe('storefront', () => {
  let sfcc: SfccCall;
  let order: ShownOrder;
  beforeEach(async () => {
    sfcc = await sfccCalls(sandbox.url);
    const [ref = ''] = await sandbox.orders(1, { site: 'POPS-US' });
    order = (await (await sfcc('GET', `/s/POPS-US/dw/shop/v20_4/orders/${ref}`)).json()) as ShownOrder;
  });
  const fulfill = () => seen(sfcc('POST', `/s/POPS-US/oms/v1/orders/${order.order_no}/fulfillments`, wholeFulfillment(order)));
  const acted = async (): Promise<number> => (await sandbox.effects({ operation: 'fulfill', ref: order.order_no })).length;

  test.each<[string, { status: number | 'cut'; text?: unknown; retryAfter?: string }, number]>([
    ['error', { status: 500, text: 'The sandbox was told to fail.' }, 0],
    ['throttle', { status: 429, retryAfter: '1' }, 0],
    ['reject', { status: 422, text: expect.stringContaining('SandboxRefusedException') }, 0],
    ['drop-before', { status: 'cut' }, 0],
    ['drop-after', { status: 'cut' }, 1],
    ['malformed', { status: 200, text: expect.stringContaining('<html>') }, 1],
  ])('%s: answer %o, acted %i times; afterwards all is well', async (fault, wanted, times) => {
    await sandbox.fault({ system: 'sfcc', operation: 'fulfill', fault, count: 1 });
    const { status, text, headers } = await fulfill();
    expect({ status, text, retryAfter: headers?.get('retry-after') }).toMatchObject(wanted);
    expect(await acted()).toBe(times);
    expect((await fulfill()).status).toBe(200);
    expect(await acted()).toBe(times + 1);
  });

  test('latency delays and then acts, even when the caller has gone', async () => {
    await sandbox.fault({ system: 'sfcc', operation: 'fulfill', fault: 'latency', ms: 150, count: 2 });
    const begin = performance.now();
    expect((await fulfill()).status).toBe(200);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(145);
    const hungUp = new AbortController();
    const gone = fetch(`${sandbox.url}/sfcc/s/POPS-US/oms/v1/orders/${order.order_no}/fulfillments`, { method: 'POST', signal: hungUp.signal, body: '{}' });
    hungUp.abort();
    await expect(gone).rejects.toThrow('aborted');
  });

  test('an unnarrowed fault hits every request, reads and tokens included; a narrowed one no other', async () => {
    await sandbox.fault({ system: 'sfcc', operation: 'cancel', fault: 'error' });
    expect((await fulfill()).status).toBe(200);
    await sandbox.fault({ system: 'sfcc', fault: 'error' });
    expect((await seen(sfcc('GET', `/s/POPS-US/dw/shop/v20_4/orders/${order.order_no}`))).status).toBe(500);
    expect((await seen(askForToken(sandbox.url))).status).toBe(500);
    expect((await seen(requestFulfillment(sandbox.url, 'US1'))).status).toBe(202);
    await sandbox.control('DELETE', 'faults');
    expect((await fulfill()).status).toBe(200);
  });

  test('rubbish is in turn a page and half an answer', async () => {
    await sandbox.fault({ system: 'sfcc', operation: 'get', fault: 'malformed' });
    const get = () => seen(sfcc('GET', `/s/POPS-US/dw/shop/v20_4/orders/${order.order_no}`));
    const [page, half] = [await get(), await get()];
    expect(page.text).toContain('<html>');
    expect(half.text.startsWith(`{"order_no":"${order.order_no}"`)).toBe(true);
    expect(() => JSON.parse(half.text) as unknown).toThrow(SyntaxError);
  });

  test('a search shows an order twice, or the page turned around', async () => {
    const refs = async (): Promise<string[]> => {
      const response = await sfcc('POST', '/s/POPS-US/dw/shop/v20_4/order_search', { query: { match_all_query: {} }, sorts: [{ field: 'order_no', sort_order: 'asc' }], count: 3 });
      return ((await response.json()) as { hits: { data: ShownOrder }[] }).hits.map(({ data }) => data.order_no);
    };
    const usual = await refs();
    await sandbox.fault({ system: 'sfcc', operation: 'search', fault: 'duplicate', count: 1 });
    expect(await refs()).toEqual([usual[0], ...usual]);
    await sandbox.fault({ system: 'sfcc', operation: 'search', fault: 'reorder', count: 1 });
    expect(await refs()).toEqual(usual.toReversed());
    expect(await refs()).toEqual(usual);
  });

  test('a rate hits about that share', async () => {
    await sandbox.fault({ system: 'sfcc', operation: 'get', fault: 'error', rate: 0.3 });
    const answers = [];
    for (let index = 0; index < 200; index += 1) answers.push((await seen(sfcc('GET', `/s/POPS-US/dw/shop/v20_4/orders/${order.order_no}`))).status);
    const hit = answers.filter((status) => status === 500).length;
    expect(hit).toBeGreaterThan(20);
    expect(hit).toBeLessThan(110);
  });
});

describe('NAV', () => {
  let nav: NavClient;
  beforeEach(async () => {
    nav = await navClient(sandbox.url);
  });
  afterEach(() => nav.close());

  test.each<[string, object, number]>([
    ['error', { response: { status: 500 } }, 0],
    ['throttle', { response: { status: 429 } }, 0],
    ['reject', { root: { Envelope: { Body: { Fault: { faultstring: expect.objectContaining({ $value: 'The sandbox was told to refuse this.' }) } } } } }, 0],
    ['drop-before', { code: 'ECONNRESET' }, 0],
    ['drop-after', { code: 'ECONNRESET' }, 1],
  ])('%s of a document on a fresh connection strikes the request that counts, not the handshake', async (fault, error, times) => {
    await sandbox.fault({ system: 'nav', operation: 'document:1', fault, count: 1 });
    await expect(nav.importDocument(1, salesOrder('US70000000'))).rejects.toMatchObject(error);
    expect(await sandbox.effects({ operation: 'document:1' })).toHaveLength(times);
    const found = await nav.findDocuments(1, nameOf('US70000000'));
    expect(found.includes('No="SO')).toBe(times === 1);
  });

  test('an unnarrowed fault strikes the handshake too', async () => {
    await sandbox.fault({ system: 'nav', fault: 'drop-before', count: 1 });
    await expect(nav.findDocuments(1, 'US-US1')).rejects.toMatchObject({ code: 'ECONNRESET' });
    const { faults } = (await (await sandbox.control('GET', 'faults')).json()) as { faults: unknown[] };
    expect(faults).toEqual([]);
    expect(await nav.findDocuments(1, 'US-US1')).toBe('<Documents/>');
  });

  test('rubbish comes after the act', async () => {
    await sandbox.fault({ system: 'nav', operation: 'document:1', fault: 'malformed', count: 1 });
    await expect(nav.importDocument(1, salesOrder('US70000000'))).rejects.toThrow('Cannot parse response');
    expect(await sandbox.effects({ operation: 'document:1' })).toHaveLength(1);
  });
});

describe('Camel', () => {
  test.each<[string, number | 'cut', number]>([['error', 500, 0], ['throttle', 429, 0], ['reject', 422, 0], ['drop-before', 'cut', 0], ['drop-after', 'cut', 1]])(
    'a fulfillment request with %s: answer %s, acted %i times',
    async (fault, status, times) => {
      await sandbox.fault({ system: 'camel', operation: 'fulfillment-request', fault, count: 1 });
      expect((await seen(requestFulfillment(sandbox.url, 'US70000000'))).status).toBe(status);
      expect(await sandbox.effects({ system: 'camel' })).toHaveLength(times);
    },
  );

  const released = async (fault: string, more: object = {}): Promise<void> => {
    await sandbox.fault({ system: 'camel', operation: 'release', fault, count: 1, ...more });
    const nav = await navClient(sandbox.url);
    await nav.importDocument(1, salesOrder('US70000000'));
    nav.close();
  };

  test('duplicate and drop-after tell the release twice, in the same words', async () => {
    await released('duplicate');
    expect(new Set((await oms.received(2, isRelease)).map(({ text }) => text)).size).toBe(1);
    oms.calls.length = 0;
    await released('drop-after');
    expect(new Set((await oms.received(2, isRelease)).map(({ text }) => text)).size).toBe(1);
  });

  test('malformed tells it broken first, then well', async () => {
    await released('malformed');
    expect((await oms.received(2, isRelease)).map(({ body }) => body?.status)).toEqual([undefined, 'RELEASED_FROM_NAV']);
  });

  test.each(['drop-before', 'error', 'latency', 'reorder', 'throttle'])('%s tells it later', async (fault) => {
    const begin = performance.now();
    await released(fault, { ms: 250 });
    await oms.received(1, isRelease);
    expect(performance.now() - begin).toBeGreaterThan(180);
    expect(oms.calls.filter(isRelease)).toHaveLength(1);
  });

  test('reject of a release tells that it failed', async () => {
    await released('reject');
    expect((await oms.received(1, isRelease))[0]?.body).toMatchObject({ status: 'FAILED_TO_RELEASE_FROM_NAV', reason: expect.any(String) });
  });

  test('reject of an acceptance tells that the warehouse refused, and nothing is shipped', async () => {
    await sandbox.fault({ system: 'camel', operation: 'accept', fault: 'reject' });
    for (let index = 0; index < 20; index += 1) await requestFulfillment(sandbox.url, `US${70_000_100 + index}`);
    const refused = (await oms.received(4, isEvent)).map(({ body }) => ({ id: body?.order_id, type: body?.type }));
    expect(new Set(refused.map(({ type }) => type))).toEqual(new Set(['rejected']));
    await sandbox.control('DELETE', 'faults');
    for (let index = 20; index < 40; index += 1) await requestFulfillment(sandbox.url, `US${70_000_100 + index}`);
    const told = await oms.received(1, isShipment);
    expect(told.flatMap(shipped).filter(({ order_id: id }) => refused.some((one) => one.id === id))).toEqual([]);
  });

  test('an unnarrowed reject does not change what Camel tells', async () => {
    await sandbox.fault({ system: 'camel', fault: 'reject' });
    const nav = await navClient(sandbox.url);
    await nav.importDocument(1, salesOrder('US70000009'));
    nav.close();
    expect((await oms.received(1, isRelease))[0]?.body).toMatchObject({ status: 'RELEASED_FROM_NAV' });
    expect((await seen(requestFulfillment(sandbox.url, 'US70000009'))).status).toBe(422);
  });

  test('reorder: the shipment overtakes the acceptance', async () => {
    await sandbox.fault({ system: 'camel', operation: 'accept', fault: 'reorder', ms: 600 });
    for (let index = 0; index < 20; index += 1) await requestFulfillment(sandbox.url, `US7000010${index}`);
    const event = (await oms.received(1, isEvent))[0];
    const before = oms.calls.slice(0, oms.calls.findIndex(isEvent)).filter(isShipment).flatMap(shipped);
    expect(before.map(({ order_id: id }) => id)).toContain(event?.body?.order_id);
  });
});

describe('Service Bus', () => {
  let client: ServiceBusClient;
  beforeEach(() => {
    client = new ServiceBusClient(`Endpoint=sb://127.0.0.1:${sandbox.amqpPort};SharedAccessKeyName=${sasKey.name};SharedAccessKey=${sasKey.value};UseDevelopmentEmulator=true`, {
      // The client waits this long for the answer to a completion whose connection was cut.
      retryOptions: { maxRetries: 3, retryDelayInMs: 20, timeoutInMs: 1000 },
    });
  });
  afterEach(() => client.close());

  /** Publishes messages, then receives and completes until so many came; errors are noted, as the client goes on by itself. */
  async function received(ids: string[], wanted: number): Promise<{ messages: ServiceBusReceivedMessage[]; errors: string[]; settled: string[] }> {
    const sender = client.createSender('fulfillment-events');
    for (const id of ids) await sender.sendMessages({ messageId: id, contentType: 'application/json', body: { id } });
    await sender.close();
    const messages: ServiceBusReceivedMessage[] = [];
    const errors: string[] = [];
    const settled: string[] = [];
    const receiver = client.createReceiver('fulfillment-events', 'oms', { maxAutoLockRenewalDurationInMs: 0 });
    await new Promise<void>((resolve) => {
      receiver.subscribe({
        processMessage: async (message) => {
          messages.push(message);
          try {
            await receiver.completeMessage(message);
            settled.push(String(message.messageId));
          } catch (error) {
            errors.push(String((error as { code?: string }).code));
          }
          if (messages.length >= wanted) resolve();
        },
        processError: ({ error }) => {
          errors.push((error as { code?: string }).code ?? error.name);
          return Promise.resolve();
        },
      }, { maxConcurrentCalls: 1, autoCompleteMessages: false });
    });
    await receiver.close();
    return { messages, errors, settled };
  }
  const strike = (operation: string, fault: string, more: object = {}): Promise<void> => sandbox.fault({ system: 'service-bus', operation, fault, count: 1, ...more });

  test('duplicate delivers a message twice', async () => {
    await strike('deliver', 'duplicate');
    expect((await received(['a'], 2)).messages.map(({ messageId }) => messageId)).toEqual(['a', 'a']);
  });

  test('reorder lets a later message go first', async () => {
    await strike('deliver', 'reorder', { ms: 200 });
    expect((await received(['a', 'b'], 2)).messages.map(({ messageId }) => messageId)).toEqual(['b', 'a']);
  });

  test('malformed delivers what is no JSON, then the message', async () => {
    await strike('deliver', 'malformed');
    const { messages } = await received(['a'], 2);
    expect(messages.map(({ messageId }) => messageId)).toEqual(['a-malformed', 'a']);
    expect(Buffer.isBuffer(messages[0]?.body) || typeof messages[0]?.body === 'string').toBe(true);
    expect(messages[1]?.body).toEqual({ id: 'a' });
  });

  test('latency delivers later', async () => {
    await strike('deliver', 'latency', { ms: 300 });
    const begin = performance.now();
    await received(['a'], 1);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(295);
  });

  test.each(['drop-before', 'drop-after', 'error', 'throttle'])('%s of a delivery: the message comes all the same', async (fault) => {
    await strike('deliver', fault);
    const { settled } = await received(['a', 'b'], 2);
    expect(new Set(settled)).toEqual(new Set(['a', 'b']));
  });

  test.each(['drop-before', 'error', 'throttle', 'reject'])('%s of a completion: it did not happen, the message comes again', async (fault) => {
    await strike('settle', fault);
    const { messages, settled } = await received(['a'], 2);
    expect(messages.map(({ messageId, deliveryCount }) => ({ messageId, deliveryCount }))).toEqual([{ messageId: 'a', deliveryCount: 0 }, { messageId: 'a', deliveryCount: 1 }]);
    expect(settled).toEqual(['a']);
  });

  test('drop-after of a completion: it did happen, though nobody said so', async () => {
    await strike('settle', 'drop-after');
    const { messages } = await received(['a', 'b'], 2);
    expect(messages.map(({ messageId }) => messageId)).toEqual(['a', 'b']);
  });
});
