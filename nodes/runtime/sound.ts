/** Nesting of JSON that is still taken: what comes behind (cloning, JSON in the database) is recursive. */
export const DEPTH = 32;

/** Keys by which an object can be made to change what others inherit. */
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** What makes a JSON value dangerous to pass on, and where. */
export interface Unsound {
  /** A sentence without its subject: "is nested deeper than 32 levels". */
  reason: string;
  /** RFC 6901. */
  pointer: string;
}

/** @returns what is wrong with a value as JSON.parse made it: too deep, or with a key that would reach a prototype */
export function unsound(value: unknown): Unsound | undefined {
  const path: string[] = [];
  const reason = faultIn(value, 1, path);
  return reason === undefined ? undefined : { reason, pointer: path.toReversed().map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('') };
}

/** Goes no deeper than {@link DEPTH}, so recursion is safe here. The path is built on the way back, since most values are sound. */
function faultIn(value: unknown, depth: number, path: string[]): string | undefined {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  if (depth > DEPTH) return `is nested deeper than ${DEPTH} levels`;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const reason = faultIn(value[index], depth + 1, path);
      if (reason !== undefined) return blame(reason, String(index), path);
    }
    return undefined;
  }
  for (const key of Object.keys(value)) {
    const reason = FORBIDDEN.has(key) ? 'is a forbidden key' : faultIn((value as Record<string, unknown>)[key], depth + 1, path);
    if (reason !== undefined) return blame(reason, key, path);
  }
  return undefined;
}

function blame(reason: string, key: string, path: string[]): string {
  path.push(key);
  return reason;
}
