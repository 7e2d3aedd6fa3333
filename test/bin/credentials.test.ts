import { closeSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { counts, openLog, provideCredentials, sandboxVariables } from './scripts';
import { temporaryDirectory } from './temporary';

describe('credentials', () => {
  test('are made on the first start, for the owner’s eyes alone, and stay', () => {
    const file = path.join(temporaryDirectory(), 'credentials.json');
    const first = provideCredentials(file, {});
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const tokens = { mulesoft: 'MULESOFT', serviceBus: 'SERVICE_BUS', printStation: 'PRINT_STATION', reader: 'READER', operator: 'OPERATOR' };
    const given = Object.fromEntries(Object.entries(tokens).map(([caller, name]) => [caller, first.variables[`OMS_TOKEN_${name}`]]));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ admin: first.admin, tokens: given });
    expect(new Set(Object.values(first.variables)).size).toBe(7);

    expect(provideCredentials(file, {})).toEqual(first);
  });

  test('of the environment go before, and are not written down', () => {
    const file = path.join(temporaryDirectory(), 'credentials.json');
    const given = provideCredentials(file, { OMS_ADMIN_PASSWORD: 'given-password', OMS_TOKEN_READER: 'given-token' });
    expect(given).toMatchObject({ admin: { user: 'admin', password: 'given-password' }, variables: { OMS_TOKEN_READER: 'given-token' } });
    expect(readFileSync(file, 'utf8')).not.toMatch(/given/);
  });

  test('that cannot be read are not replaced in silence', () => {
    const file = path.join(temporaryDirectory(), 'credentials.json');
    writeFileSync(file, '{"admin":');
    expect(() => provideCredentials(file, {})).toThrow(/cannot be read/);
  });
});

describe('variables of the sandbox', () => {
  const ports = { port: 18_880, amqpPort: 20_001 };

  test('stand in for every partner', () => {
    expect(sandboxVariables(ports, {})).toMatchObject({
      SFCC_URL: 'http://127.0.0.1:18880/sfcc',
      NAV_URL_JAPAN: 'http://127.0.0.1:18880/nav/japan/WS/JAPAN/Codeunit/OmsIntegration',
      CAMEL_URL: 'http://127.0.0.1:18880/camel',
    });
    expect(sandboxVariables(ports, {})['SERVICE_BUS_CONNECTION_STRING']).toContain('sb://127.0.0.1:20001;');
  });

  test('leave a real partner alone as a whole: no invented order reaches one of its other endpoints', () => {
    const mixed = sandboxVariables(ports, { NAV_URL_US: 'https://nav.example.com' });
    expect(Object.keys(mixed).filter((name) => name.startsWith('NAV_'))).toEqual([]);
    expect(mixed['SFCC_URL']).toBeDefined();
  });
});

test('a log that has become large is put aside, one that has not is continued', () => {
  const file = path.join(temporaryDirectory(), 'oms.log');
  writeFileSync(file, '12345');
  closeSync(openLog(file, 5));
  expect(readFileSync(file, 'utf8')).toBe('12345');
  closeSync(openLog(file, 4));
  expect(readFileSync(file, 'utf8')).toBe('');
  expect(readFileSync(`${file}.old`, 'utf8')).toBe('12345');
});

function result(name: string, status: string): object {
  return { numPassedTests: 3, numFailedTests: 1, numRuntimeErrorTestSuites: 1, testResults: [{ name, assertionResults: [{ status }] }] };
}

describe('counts of a test run', () => {
  const contract = path.resolve('test/contract/nav.test.ts');

  test('a file that does not run is a failure', () => {
    expect(counts(result(contract, 'passed'), true)).toEqual({ passed: 3, failed: 2 });
  });

  test('a skipped contract test is one, where the contracts are', () => {
    expect(counts(result(contract, 'pending'), true).failed).toBe(3);
    expect(counts(result(contract, 'pending'), false).failed).toBe(2);
    expect(counts(result(path.resolve('test/orders/money.test.ts'), 'pending'), true).failed).toBe(2);
  });
});
