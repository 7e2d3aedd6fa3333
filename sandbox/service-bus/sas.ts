import { createHmac, timingSafeEqual } from 'node:crypto';

/** The key of the sandbox's namespace. */
export const sasKey = { name: 'oms', value: 'sandbox-key' } as const;

/** True for a shared access signature that was made with the key and has not expired. */
export function isValidSas(token: string, key: { name: string; value: string } = sasKey, now = Date.now()): boolean {
  const match = /^SharedAccessSignature (.*)$/.exec(token);
  const fields = new Map((match?.[1] ?? '').split('&').map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]));
  const resource = fields.get('sr');
  const expiry = fields.get('se');
  const signature = fields.get('sig');
  if (resource === undefined || expiry === undefined || signature === undefined || fields.get('skn') !== key.name) return false;
  if (!(Number(expiry) * 1000 > now)) return false;
  const expected = createHmac('sha256', key.value).update(`${resource}\n${expiry}`).digest();
  const given = Buffer.from(decodeURIComponent(signature), 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
