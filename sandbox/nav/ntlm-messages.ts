import { createHmac, timingSafeEqual } from 'node:crypto';
import md4 from 'js-md4';

/** The messages of NTLM over HTTP, as far as a server needs them: MS-NLMP 2.2.1 and 3.3.2 (NTLMv2). */

const signature = Buffer.from('NTLMSSP\0', 'ascii');

const negotiate = {
  unicode: 0x1,
  requestTarget: 0x4,
  ntlm: 0x200,
  alwaysSign: 0x8000,
  targetTypeDomain: 0x1_0000,
  extendedSessionSecurity: 0x8_0000,
  targetInfo: 0x80_0000,
} as const;

const flags = Object.values(negotiate).reduce((all, flag) => all | flag, 0);

export interface Credentials {
  domain: string;
  user: string;
  password: string;
}

/** The bytes after `NTLM ` in an Authorization header and the number of the message; undefined where there is no such message. */
export function readAuthorization(header: string | undefined): { type: number; bytes: Buffer } | undefined {
  const base64 = /^NTLM\s+(\S+)$/i.exec(header ?? '')?.[1];
  const bytes = base64 === undefined ? undefined : Buffer.from(base64, 'base64');
  if (!bytes || bytes.length < 12 || !bytes.subarray(0, 8).equals(signature)) return undefined;
  return { type: bytes.readUInt32LE(8), bytes };
}

/** The server's challenge (type 2). */
export function challengeMessage(domain: string, challenge: Buffer): Buffer {
  const name = Buffer.from(domain, 'utf16le');
  const info = Buffer.concat([pair(2, domain), pair(1, 'NAV'), pair(0, '')]);
  const head = Buffer.alloc(48);
  signature.copy(head);
  head.writeUInt32LE(2, 8);
  writeField(head, 12, name.length, head.length);
  head.writeUInt32LE(flags, 20);
  challenge.copy(head, 24);
  writeField(head, 40, info.length, head.length + name.length);
  return Buffer.concat([head, name, info]);
}

/** True when an answer to the challenge (type 3) was made with these credentials, by NTLMv2. */
export function answersChallenge(answer: Buffer, challenge: Buffer, { domain, user, password }: Credentials): boolean {
  if (answer.length < 52) return false;
  const response = readField(answer, 20);
  const theirDomain = readField(answer, 28)?.toString('utf16le');
  const theirUser = readField(answer, 36)?.toString('utf16le');
  if (!response || response.length < 44 || theirDomain === undefined || theirUser === undefined) return false;
  if (theirDomain.toUpperCase() !== domain.toUpperCase() || theirUser.toUpperCase() !== user.toUpperCase()) return false;
  const passwordHash = Buffer.from(md4.arrayBuffer(Buffer.from(password, 'utf16le')));
  const key = hmac(passwordHash, Buffer.from(theirUser.toUpperCase() + theirDomain, 'utf16le'));
  return timingSafeEqual(hmac(key, Buffer.concat([challenge, response.subarray(16)])), response.subarray(0, 16));
}

function hmac(key: Buffer, bytes: Buffer): Buffer {
  return createHmac('md5', key).update(bytes).digest();
}

function pair(id: number, value: string): Buffer {
  const bytes = Buffer.from(value, 'utf16le');
  const head = Buffer.alloc(4);
  head.writeUInt16LE(id, 0);
  head.writeUInt16LE(bytes.length, 2);
  return Buffer.concat([head, bytes]);
}

function writeField(head: Buffer, at: number, length: number, offset: number): void {
  head.writeUInt16LE(length, at);
  head.writeUInt16LE(length, at + 2);
  head.writeUInt32LE(offset, at + 4);
}

function readField(message: Buffer, at: number): Buffer | undefined {
  const length = message.readUInt16LE(at);
  const offset = message.readUInt32LE(at + 4);
  return offset + length <= message.length ? message.subarray(offset, offset + length) : undefined;
}
