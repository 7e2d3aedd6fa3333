import type { FlowNode } from '../node';
import type { Complaint, Rule } from './rule';

const SECRET_NAME = /pass(word|wd|phrase)|secret|token|api[-_]?key|private[-_]?key|credential|authorization|^(pass|pwd)$/i;
const REFERENCE = /^\$\{\w+\}$/;
/** What a secret looks like wherever it stands. */
const SECRET_VALUES: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
  [/\b(AccountKey|SharedAccessKey)=[^;\s]{8,}/, 'the key of a connection string'],
  [/\b(Bearer|Basic)\s+[\w+/=.~-]{12,}/, 'an Authorization header'],
  [/\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\./, 'a JSON web token'],
  [/\bAKIA[0-9A-Z]{16}\b/, 'an access key'],
  [/:\/\/[^\s/:@"'`]+:[^\s/@"'`$]+@/, 'an address with a password'],
  [/\b(password|passwd|secret|token|api_?key)["']?\s*[:=]\s*(["'`])[^"'`$]{4,}\2/i, 'a password or token in code'],
];
const ADDRESS = /\b(https?|wss?|ftps?|sftp|amqps?|sb|mqtts?|mysql|mariadb|redis|tcp|udp):\/\/[^\s"'`]*/i;
/** Documentation may name addresses. */
const DOCUMENTATION: ReadonlySet<string> = new Set(['info', 'meta']);

export const noSecrets: Rule = {
  name: 'no secrets',
  demands: 'No property holds a password, token or key: credentials come from the environment (`${NAME}`) or from the credentials that Node-RED encrypts.',
  because: 'Flow files are read by everybody who reads the repository.',
  *find(flows) {
    for (const node of flows.nodes) {
      if (isFilled(node['credentials'])) yield { node, reason: 'has credentials in its file: they belong into the environment, or are entered in the editor' };
      for (const { path, key, value } of texts(node)) {
        if (SECRET_NAME.test(key) && value !== '' && !REFERENCE.test(value)) yield secret(node, path, 'a value of its own under the name of a secret');
        for (const [pattern, what] of SECRET_VALUES) if (pattern.test(value)) yield secret(node, path, what);
      }
      yield* namedSecrets(node);
    }
  },
};

const secret = (node: FlowNode, path: string, what: string): Complaint => ({ node, reason: `${path} holds ${what}: refer to the environment instead, like \${NAME}` });

/** Names and values that stand beside each other: environment of a tab, rules of a change node. */
function* namedSecrets(node: FlowNode): Iterable<Complaint> {
  for (const { name, value, type } of records(node['env']))
    if (SECRET_NAME.test(String(name)) && type !== 'cred' && type !== 'env' && isText(value) && !REFERENCE.test(value)) yield secret(node, `the variable ${String(name)}`, 'a value of its own under the name of a secret');
  for (const { t, p, to, tot } of records(node['rules']))
    if (t === 'set' && tot === 'str' && SECRET_NAME.test(String(p)) && isText(to) && !REFERENCE.test(to)) yield secret(node, `the rule for ${String(p)}`, 'a value of its own under the name of a secret');
}

export const noAddresses: Rule = {
  name: 'no addresses',
  demands: 'No property but documentation holds a URL.',
  because: 'Where a partner is, differs from installation to installation: endpoints are variables of the environment, read by the connections.',
  *find(flows) {
    for (const node of flows.nodes.filter(({ type }) => type !== 'comment'))
      for (const { path, key, value } of texts(node)) {
        const [address] = (DOCUMENTATION.has(key) ? null : ADDRESS.exec(value)) ?? [];
        if (address) yield { node, reason: `${path} holds the address ${address.slice(0, 60)}: endpoints are variables of the environment` };
      }
  },
};

interface Text {
  /** Where in the node, for people. */
  path: string;
  key: string;
  value: string;
}

/** Every text in a node, however deep, but not its credentials. */
function* texts(value: unknown, path = '', key = ''): Iterable<Text> {
  if (typeof value === 'string') yield { path, key, value };
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (path === '' && name === 'credentials') continue;
    yield* texts(inner, Array.isArray(value) ? `${path}[${name}]` : path ? `${path}.${name}` : name, Array.isArray(value) ? key : name);
  }
}

const records = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : []);

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isFilled = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.values(value).some((each) => each !== '' && each !== null);
