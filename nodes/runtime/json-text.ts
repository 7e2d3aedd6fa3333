/**
 * Parts of a JSON document as they stand in its text, byte for byte: parsing and writing again would change numbers, escapes and
 * repeated keys. The documents have been read by JSON.parse before; nothing here recurses, however deep they are.
 */

interface Member {
  /** The text of the key, with its quotes; of a list's item empty. */
  key: string;
  text: string;
}

/** The texts of a list's items. */
export function itemTexts(list: string): string[] {
  return [...members(list, '[')].map(({ text }) => text);
}

/** The text of an object's member; the last one's where a key repeats, as JSON.parse has it. */
export function memberText(object: string, key: string): string | undefined {
  return [...members(object, '{')].findLast((member) => JSON.parse(member.key) === key)?.text;
}

function* members(json: string, opening: '{' | '['): Generator<Member> {
  let at = skipBlanks(json, 0);
  if (json[at] !== opening) return;
  at = skipBlanks(json, at + 1);
  while (at < json.length && json[at] !== '}' && json[at] !== ']') {
    let key = '';
    if (opening === '{') {
      const end = endOfText(json, at);
      key = json.slice(at, end);
      at = skipBlanks(json, skipBlanks(json, end) + 1); // the colon
    }
    const end = endOfValue(json, at);
    yield { key, text: json.slice(at, end) };
    at = skipBlanks(json, end);
    if (json[at] === ',') at = skipBlanks(json, at + 1);
  }
}

function skipBlanks(json: string, from: number): number {
  let at = from;
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\r' || json[at] === '\t') at++;
  return at;
}

/** Behind the closing quote of the text that begins here. */
function endOfText(json: string, from: number): number {
  for (let at = from + 1; at < json.length; at++) {
    if (json[at] === '\\') at++;
    else if (json[at] === '"') return at + 1;
  }
  return json.length;
}

function endOfValue(json: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < json.length) {
    const char = json[at];
    if (char === '"') at = endOfText(json, at);
    else if (char === '{' || char === '[') {
      depth++;
      at++;
    } else if (depth > 0) {
      if (char === '}' || char === ']') depth--;
      at++;
    } else if (BEHIND_A_VALUE.has(char ?? '')) return at;
    else at++;
    if (depth === 0 && ENDS_ITSELF.has(json[at - 1] ?? '')) return at;
  }
  return at;
}

/** What follows a number, true, false or null. */
const BEHIND_A_VALUE: ReadonlySet<string> = new Set([',', '}', ']', ' ', '\n', '\r', '\t']);
const ENDS_ITSELF: ReadonlySet<string> = new Set(['"', '}', ']']);
