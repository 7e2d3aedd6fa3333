import { createPrintFloor, type PrintFloor } from '../../nodes/print-station/client';
import { Retryable } from '../../nodes/runtime/errors';
import { sasKey } from '../../sandbox/service-bus/sas';
import { aSandbox, type TestSandbox } from '../sandbox/a-sandbox';
import { waitFor } from '../support/system';

let sandbox: TestSandbox;
let floor: PrintFloor;

beforeAll(async () => {
  sandbox = await aSandbox();
});
afterAll(async () => {
  await floor.close();
  await sandbox.close();
});

test('a bus that is down is left alone, its messages provably stay here; when it is there again they go', async () => {
  const connectionString = `Endpoint=sb://127.0.0.1:${sandbox.amqpPort};SharedAccessKeyName=${sasKey.name};SharedAccessKey=${sasKey.value};UseDevelopmentEmulator=true`;
  floor = createPrintFloor({ connectionString, topic: 'int-prod-order-update-bs', breaker: { failures: 2, halfOpenAfterMs: 1000 } });
  let left = 0;
  const publish = () => floor.publish({ id: 'm-1', type: 'order.create.request', order_id: 'US-1' }, { startBy: Date.now() + 60_000, leave: () => left++ });
  const failure = () => publish().then(() => 'sent', (error: unknown) => error);
  await sandbox.fault({ system: 'print-station', fault: 'drop-before' });
  expect([await failure(), await failure()]).toMatchObject([{ code: 'print-station.not-answered' }, { code: 'print-station.not-answered' }]);
  const before = left;
  expect(await failure()).toMatchObject({ constructor: Retryable, code: 'print-station.breaker-open', partnerDown: 'the Service Bus of the print floor' });
  expect(() => floor.requireUp()).toThrow(/^the Service Bus of the print floor is down since /);
  expect(left).toBe(before);
  await sandbox.control('DELETE', 'faults');
  await waitFor(async () => (await failure()) === 'sent', { what: 'the bus to be tried again' });
  expect(() => floor.requireUp()).not.toThrow();
});
