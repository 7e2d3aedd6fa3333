import { Environment } from '../../nodes/runtime/environment';
import { serviceBusSettings } from '../../nodes/service-bus/connection';

/** Where the Service Bus is: a connection string, or its parts. */

const settings = (variables: Record<string, string>) => serviceBusSettings(new Environment(variables));
const PARTS = { SERVICE_BUS_HOST: 'oms.servicebus.windows.net', SERVICE_BUS_KEY_NAME: 'oms', SERVICE_BUS_KEY: 'a+key/=' };

test('a connection string is taken as it is', () => {
  expect(settings({ SERVICE_BUS_CONNECTION_STRING: 'Endpoint=sb://x' }).connectionString).toBe('Endpoint=sb://x');
});

test('its parts make one, and win over it', () => {
  const made = 'Endpoint=sb://oms.servicebus.windows.net;SharedAccessKeyName=oms;SharedAccessKey=a+key/=';
  expect(settings(PARTS).connectionString).toBe(made);
  expect(settings({ ...PARTS, SERVICE_BUS_CONNECTION_STRING: 'Endpoint=sb://x' }).connectionString).toBe(made);
});

test.each(['SERVICE_BUS_KEY_NAME', 'SERVICE_BUS_KEY'])('without %s it is told what is missing', (missing) => {
  expect(() => settings({ ...PARTS, [missing]: '' })).toThrow(missing);
});

test('without anything, too', () => {
  expect(() => settings({})).toThrow('SERVICE_BUS_CONNECTION_STRING');
});
