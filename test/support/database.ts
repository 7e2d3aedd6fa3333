import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { migrate } from '../../migrate';

/** A migrated database of its own for one test file; each URL names the account it is for. */
export type TestDatabase = {
  name: string;
  /** the administrator of the server, who may do anything */
  adminUrl: string;
  appUrl: string;
  reportUrl: string;
  importUrl: string;
  drop(): Promise<void>;
};

/** Makes an empty database with the project's schema, on the server that the test run has started. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = required('OMS_TEST_DATABASE_URL');
  const name = `oms_test_${randomBytes(6).toString('hex')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  const adminUrl = url.href;
  // The accounts belong to the server: all files of a run share their passwords through one directory.
  const urls = await migrate({ url: adminUrl, dataDir: required('TEST_ACCOUNTS_DIR') });
  return {
    name,
    adminUrl,
    appUrl: urls.app,
    reportUrl: urls.report,
    importUrl: urls.import,
    async drop() {
      const connection = await createConnection(server);
      await connection.query(`DROP DATABASE IF EXISTS \`${name}\``);
      await connection.end();
    },
  };
}

function required(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: run the tests with jest's own configuration (npm test)`);
  return value;
}
