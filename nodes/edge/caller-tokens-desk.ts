import { randomBytes } from 'node:crypto';
import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { type Caller, CALLERS, hashOf } from './callers';
import { VALID } from './caller-tokens';

/** A token as a person sees it: never the token. */
export interface TokenRow {
  id: number;
  caller: string;
  label: string;
  state: 'valid' | 'expired' | 'revoked';
  created: Date;
  expires: Date | null;
  used: Date | null;
}

/** The old one and the new one: more at a time means that an old one was forgotten. */
const AT_ONCE = 2;
const LOCK_SECONDS = 10;

/** What is done to the callers' tokens by hand, with the administrator's account: the running system may do neither. */
export async function listTokens(connection: Connection): Promise<TokenRow[]> {
  const [rows] = await connection.query<(TokenRow & RowDataPacket)[]>(
    `SELECT id, caller, label, IF(revoked_at IS NOT NULL, 'revoked', IF(${VALID}, 'valid', 'expired')) AS state, created_at AS created, expires_at AS expires, last_used_at AS used
       FROM caller_tokens ORDER BY caller, id`,
  );
  return rows;
}

/** Makes one more token of a caller. @returns the secret, which nobody can be told again @throws Error for an unknown caller, or where two are valid already */
export async function addToken(connection: Connection, caller: string, label: string): Promise<{ id: number; token: string }> {
  if (!CALLERS.includes(caller as Caller)) throw new Error(`there is no caller ${caller}; there are ${CALLERS.join(', ')}`);
  if (label.length > 100) throw new Error('the label is longer than 100 characters');
  const [[lock]] = await connection.query<RowDataPacket[]>("SELECT GET_LOCK('oms.tokens', ?) AS got", [LOCK_SECONDS]);
  if (lock?.['got'] !== 1) throw new Error('somebody else is changing the tokens; try again');
  try {
    const valid = (await listTokens(connection)).filter((row) => row.caller === caller && row.state === 'valid');
    if (valid.length >= AT_ONCE) throw new Error(`${caller} has ${valid.length} valid tokens (${valid.map(({ id }) => id).join(', ')}): revoke the old one first`);
    const token = randomBytes(24).toString('base64url');
    const [{ insertId }] = await connection.query<ResultSetHeader>('INSERT INTO caller_tokens (caller, token_hash, label) VALUES (?, ?, ?)', [caller, hashOf(token), label]);
    return { id: insertId, token };
  } finally {
    await connection.query("SELECT RELEASE_LOCK('oms.tokens')");
  }
}

/** Ends a token: every process refuses it within seconds. @throws Error where there is none, or it was revoked before */
export async function revokeToken(connection: Connection, id: number): Promise<void> {
  const [{ affectedRows }] = await connection.query<ResultSetHeader>('UPDATE caller_tokens SET revoked_at = NOW(6) WHERE id = ? AND revoked_at IS NULL', [id]);
  if (affectedRows === 0) throw new Error(`there is no token ${id} that could be revoked`);
}
