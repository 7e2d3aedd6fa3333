import { ConnectionTests, type Finding } from '../runtime/connection-test';
import { InvalidInput } from '../runtime/errors';
import type { Services } from '../runtime/services';

const LIMIT_MS = 10_000;

/**
 * Tries a connection with the settings that stand in its dialog.
 * @param settings as the dialog sends them; what is missing counts as not filled in
 * @throws InvalidInput `connection.unknown-type`, and what the connection lacks
 */
export async function tryConnection(type: string, settings: unknown, services: Services, limitMs = LIMIT_MS): Promise<{ ok: boolean; findings: Finding[] }> {
  const test = ConnectionTests.in(services).get(type);
  if (!test) throw new InvalidInput(`${type.slice(0, 60)} is no connection that can be tested`, { code: 'connection.unknown-type' });
  const filledIn = typeof settings === 'object' && settings !== null ? settings : {};
  const findings = await test(filledIn as never, services, limitMs);
  return { ok: findings.every(({ ok }) => ok), findings };
}
