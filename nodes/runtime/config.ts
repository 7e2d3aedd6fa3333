/**
 * The environment variables of the system, declared once: docs/configuration.md and the check at the start are made from this table.
 * No imports: the start script reads it before anything else runs.
 */

export type VariableType = 'text' | 'url' | 'port' | 'integer' | 'number' | 'secret' | 'database' | { readonly oneOf: readonly string[] };

export interface Variable {
  readonly name: string;
  readonly type: VariableType;
  /** Shown in the documentation; the value where it is plain text. */
  readonly default: string;
  readonly meaning: string;
  /** Setting it means that a real partner is connected: the sandbox then stays off. */
  readonly realEndpoint?: boolean;
  /** Must be set as soon as any real partner is connected. */
  readonly neededWithRealEndpoint?: boolean;
  readonly group: 'System' | 'Database' | 'Callers' | 'SFCC' | 'NAV' | 'Camel' | 'Service Bus' | 'Set by the start script' | 'Tests';
}

const variable = (group: Variable['group'], name: string, type: VariableType, fallback: string, meaning: string, more: Partial<Variable> = {}): Variable => ({
  name, type, default: fallback, meaning, group, ...more,
});

export const variables: readonly Variable[] = [
  variable('System', 'OMS_PORT', 'port', '1880', 'The one port of the OMS: editor, endpoints, health, metrics.'),
  variable('System', 'OMS_HOST', 'text', '0.0.0.0', 'The address it listens on.'),
  variable('System', 'OMS_DATA_DIR', 'text', '.data', 'Where everything is kept that is not in the database: the private database itself, credentials, logs, pids.'),
  variable('System', 'OMS_FLOWS_DIR', 'text', 'flows', 'The folder of the flow files.'),
  variable('System', 'OMS_ROLE', { oneOf: ['all', 'worker', 'edge'] }, 'all', 'What this process does: claim work and run jobs (worker), answer partners (edge), or both.'),
  variable('System', 'OMS_EDITOR', { oneOf: ['on', 'off'] }, 'on', 'Whether this process serves the editor and its admin API.'),
  variable('System', 'OMS_INSTANCE', 'text', '<host name>:<data directory>', 'The name of this instance; the same over restarts, and no other running process may have it.'),
  variable('System', 'OMS_SANDBOX', { oneOf: ['auto', 'on', 'off', 'mixed'] }, 'auto', 'Stand-ins for the partners: auto = while no real endpoint is set; mixed = beside real ones; off = never.'),
  variable('System', 'OMS_SANDBOX_PORT', 'port', '18880', 'The port of the sandbox, on loopback.'),
  variable('System', 'OMS_SANDBOX_PACE', 'number', '1', 'Multiplies the delays of the sandbox’s partners; 0 = at once.'),
  variable('System', 'OMS_SANDBOX_AMQP_PORT', 'port', 'ephemeral', 'The port of the sandbox’s Service Bus.'),
  variable('System', 'OMS_ADMIN_USER', 'text', 'admin', 'The editor’s user.'),
  variable('System', 'OMS_ADMIN_PASSWORD', 'secret', 'generated on the first start', 'The editor’s password.'),
  variable('System', 'OMS_LOG_LEVEL', { oneOf: ['debug', 'info', 'warn', 'error', 'silent'] }, 'info', 'The least severe log line that is written.'),
  variable('System', 'OMS_BODY_LIMIT', 'integer', '1048576', 'The largest request body of a partner, in bytes.'),
  variable('System', 'OMS_BODIES_LIMIT', 'integer', '67108864', 'All request bodies that are held at a moment, in bytes; more are told to come back.'),
  variable('System', 'OMS_HEADER_SECONDS', 'number', '5', 'A caller whose headers are not complete after this time is cut off.'),
  variable('System', 'OMS_BODY_SECONDS', 'number', '10', 'A caller whose body is not complete after this time is refused with 408.'),
  variable('System', 'OMS_ANSWER_SECONDS', 'integer', '30', 'A request that no flow has answered after this time gets a 504.'),
  variable('System', 'OMS_RATE_LIMIT', 'integer', '1000', 'Requests a second that one caller may make: the holder of a known token, else an address.'),
  variable('System', 'OMS_INQUIRY_SECONDS', 'text', '5,30,120,600 (sandbox: 1,4,10)', 'Waits before each look at a partner whose answer was lost; after the last a person decides.'),
  variable('Database', 'OMS_DATABASE_URL', 'database', 'a private MariaDB under the data directory', 'An account that may create accounts and databases, with the database’s name. Used by the migration alone.'),
  variable('Database', 'OMS_DATABASE_APP_URL', 'database', 'made by the migration', 'The account of the running system, where the site makes it itself.'),
  variable('Database', 'OMS_DATABASE_REPORT_URL', 'database', 'made by the migration', 'The read-only account of the mysql nodes, where the site makes it itself.'),
  variable('Database', 'OMS_DATABASE_IMPORT_URL', 'database', 'made by the migration', 'The account that imports orders in flight; no running process uses it.'),
  variable('Database', 'OMS_DATABASE_SILENCE_SECONDS', 'number', '3', 'A database that has not answered for so long counts as away: callers get 503, and the connections that hang are given up.'),
  variable('Database', 'OMS_READ_SECONDS', 'integer', '5', 'A list, a search or a report that takes longer is stopped, at the database too, and answered with 503.'),
  variable('Callers', 'OMS_TOKEN_MULESOFT', 'secret', 'generated in sandbox mode', 'Token of Camel (MuleSoft), which reports releases and shipments.', { neededWithRealEndpoint: true }),
  variable('Callers', 'OMS_TOKEN_SERVICE_BUS', 'secret', 'generated in sandbox mode', 'Token of the Service Bus relay, which reports fulfilment events over REST.', { neededWithRealEndpoint: true }),
  variable('Callers', 'OMS_TOKEN_PRINT_STATION', 'secret', 'generated in sandbox mode', 'Token of PrintStation.', { neededWithRealEndpoint: true }),
  variable('Callers', 'OMS_TOKEN_READER', 'secret', 'generated in sandbox mode', 'Token that may read orders.', { neededWithRealEndpoint: true }),
  variable('Callers', 'OMS_TOKEN_OPERATOR', 'secret', 'generated in sandbox mode', 'Token that may read and repair orders; with X-Actor.', { neededWithRealEndpoint: true }),
  variable('SFCC', 'SFCC_URL', 'url', 'the sandbox', 'Origin of the SFCC instance (OCAPI).', { realEndpoint: true }),
  variable('SFCC', 'SFCC_CLIENT_ID', 'text', 'the sandbox’s', 'OAuth2 client of the Account Manager.'),
  variable('SFCC', 'SFCC_CLIENT_SECRET', 'secret', 'the sandbox’s', 'Its secret.'),
  variable('SFCC', 'SFCC_OVERLAP_SECONDS', 'integer', '300 (sandbox: 10)', 'How far behind the watermark the search begins again, for orders that were indexed late.'),
  variable('NAV', 'NAV_URL_US', 'url', 'the sandbox', 'NAV’s codeunit endpoint for warehouses of the key US.', { realEndpoint: true }),
  variable('NAV', 'NAV_URL_EMEA', 'url', 'the sandbox', 'NAV’s codeunit endpoint for warehouses of the key EMEA.', { realEndpoint: true }),
  variable('NAV', 'NAV_URL_WRITEON', 'url', 'the sandbox', 'NAV’s codeunit endpoint for warehouses of the key WRITEON.', { realEndpoint: true }),
  variable('NAV', 'NAV_URL_JAPAN', 'url', 'the sandbox', 'NAV’s codeunit endpoint for warehouses of the key JAPAN.', { realEndpoint: true }),
  variable('NAV', 'NAV_DOMAIN', 'text', 'PSCORP', 'Windows domain of the NTLM account.'),
  variable('NAV', 'NAV_USERNAME', 'text', 'the sandbox’s', 'NTLM account of every endpoint that has none of its own.'),
  variable('NAV', 'NAV_PASSWORD', 'secret', 'the sandbox’s', 'Its password.'),
  variable('NAV', 'NAV_CA_FILE', 'text', 'the system’s', 'PEM file of the authority that NAV’s certificate must come from.'),
  ...['US', 'EMEA', 'WRITEON', 'JAPAN'].flatMap((key) => [
    variable('NAV', `NAV_DOMAIN_${key}`, 'text', 'NAV_DOMAIN', `Windows domain of the account at the endpoint ${key}.`),
    variable('NAV', `NAV_USERNAME_${key}`, 'text', 'NAV_USERNAME', `NTLM account of the endpoint ${key} alone; then NAV_PASSWORD_${key} must be set, too.`),
    variable('NAV', `NAV_PASSWORD_${key}`, 'secret', 'NAV_PASSWORD', 'Its password.'),
    variable('NAV', `NAV_CA_FILE_${key}`, 'text', 'NAV_CA_FILE', `PEM file of the authority of the endpoint ${key}.`),
  ]),
  variable('Camel', 'CAMEL_URL', 'url', 'the sandbox', 'Base URL of the Camel API behind APIM.', { realEndpoint: true }),
  variable('Camel', 'CAMEL_SUBSCRIPTION_KEY', 'secret', 'the sandbox’s', 'APIM subscription key.'),
  variable('Camel', 'CAMEL_USERNAME', 'text', 'the sandbox’s', 'Basic authentication.'),
  variable('Camel', 'CAMEL_PASSWORD', 'secret', 'the sandbox’s', 'Basic authentication.'),
  variable('Service Bus', 'SERVICE_BUS_CONNECTION_STRING', 'secret', 'the sandbox’s', 'Connection string of the namespace, with Listen and Send rights.', { realEndpoint: true }),
  variable('Service Bus', 'SERVICE_BUS_HOST', 'text', '', 'Instead of a connection string: the namespace, e.g. `oms.servicebus.windows.net`. It wins where both are set.', { realEndpoint: true }),
  variable('Service Bus', 'SERVICE_BUS_KEY_NAME', 'text', '', 'With SERVICE_BUS_HOST: the name of its access policy, with Listen and Send rights.'),
  variable('Service Bus', 'SERVICE_BUS_KEY', 'secret', '', 'With SERVICE_BUS_HOST: the key of that policy.'),
  variable('Service Bus', 'SERVICE_BUS_TOPIC', 'text', 'fulfillment-events', 'The topic of Cirro’s events.'),
  variable('Service Bus', 'SERVICE_BUS_SUBSCRIPTION', 'text', 'oms', 'Our subscription of it.'),
  variable('Service Bus', 'SERVICE_BUS_EVENTS_TOPIC', 'text', 'order-events', 'The topic to which domain events are told.'),
  variable('Service Bus', 'SERVICE_BUS_PRINT_TOPIC', 'text', 'int-prod-order-update-bs', 'The topic to which requests to print are sent; it must drop doubles by message id (duplicate detection).'),
  variable('Service Bus', 'SERVICE_BUS_BATCHING_TOPIC', 'text', 'int-prod-batching-update-oms', 'The topic on which PrintStation and BatchStation answer.'),
  variable('Service Bus', 'SERVICE_BUS_BATCHING_SUBSCRIPTION', 'text', 'oms', 'Our subscription of it.'),
  variable('Set by the start script', 'OMS_SUPERVISED', 'text', '', 'The process was started by the start script and leaves Ctrl-C to it.'),
  variable('Set by the start script', 'OMS_URL', 'url', '', 'Where the sandbox finds the OMS.'),
  variable('Set by the start script', 'OMS_SANDBOX_MODE', { oneOf: ['on', 'off'] }, 'off', 'Whether the partners are the sandbox’s: its stores and schedules are then set up.'),
  variable('Tests', 'OMS_TEST_DATABASE_URL', 'database', 'a private MariaDB for the run', 'An administrator’s account for the tests.'),
  variable('Tests', 'OMS_FAILPOINTS', 'text', '', 'For fault tests alone, and refused where a partner is a real one: where the server is killed, frozen or slowed, e.g. `effect.sent/nav.create=kill@2` (nodes/runtime/failpoints.ts).'),
  variable('Tests', 'OMS_CONTRACTS_DIR', 'text', '../shared/contracts', 'Where the partners’ published contracts lie.'),
];

export interface EnvironmentCheck {
  /** One line each, for a person. */
  problems: string[];
  /** Whether the sandbox is to run. */
  sandbox: boolean;
  /** Names of the real endpoints that are set. */
  realEndpoints: string[];
}

/** Looks at the whole environment before anything is started. */
export function checkEnvironment(env: Readonly<Record<string, string | undefined>>): EnvironmentCheck {
  const known = new Map(variables.map((each) => [each.name, each]));
  const problems: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    const declared = known.get(name);
    if (!declared && name.startsWith('OMS_')) problems.push(`${name} is no variable of this system${suggestion(name, [...known.keys()])}`);
    const malformed = declared && value !== undefined && value !== '' ? malformation(declared, value) : undefined;
    if (malformed) problems.push(`${name} ${malformed}`);
  }
  const realEndpoints = variables.filter((each) => each.realEndpoint && env[each.name]).map((each) => each.name);
  const mode = env['OMS_SANDBOX'] || 'auto';
  const sandbox = mode === 'mixed' || ((mode === 'auto' || mode === 'on') && realEndpoints.length === 0);
  if (mode === 'on' && realEndpoints.length > 0)
    problems.push(`OMS_SANDBOX=on, but ${realEndpoints.join(', ')} is set: invented orders would reach a real partner (OMS_SANDBOX=mixed if that is meant)`);
  if (realEndpoints.length > 0) {
    const missing = variables.filter((each) => each.neededWithRealEndpoint && !env[each.name]).map((each) => each.name);
    if (missing.length > 0) problems.push(`${missing.join(', ')} must be set, since a real partner is connected (${realEndpoints.join(', ')})`);
  }
  return { problems, sandbox, realEndpoints };
}

function malformation({ type }: Variable, value: string): string | undefined {
  if (typeof type === 'object') return type.oneOf.includes(value) ? undefined : `must be one of ${type.oneOf.join(', ')}`;
  if (type === 'port') return /^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? undefined : 'must be a port, 0 to 65535';
  if (type === 'integer') return /^\d{1,12}$/.test(value) ? undefined : 'must be a whole number';
  if (type === 'number') return /^\d+(\.\d+)?$/.test(value) ? undefined : 'must be a number';
  if (type === 'url') return isUrl(value, ['http:', 'https:']) ? undefined : 'must be an http or https URL';
  if (type === 'database') return isUrl(value, ['mysql:', 'mariadb:']) ? undefined : 'must be a URL like mysql://user:password@host:3306/oms';
  return undefined;
}

function isUrl(value: string, protocols: readonly string[]): boolean {
  return URL.canParse(value) && protocols.includes(new URL(value).protocol);
}

function suggestion(name: string, known: readonly string[]): string {
  const near = known.find((each) => distanceWithin(name, each, 2));
  return near ? ` (did you mean ${near}?)` : '';
}

/** Whether one can be turned into the other by at most `limit` inserted, removed or changed letters. */
function distanceWithin(a: string, b: string, limit: number): boolean {
  if (Math.abs(a.length - b.length) > limit) return false;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return (row[b.length] ?? limit + 1) <= limit;
}
