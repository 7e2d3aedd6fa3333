/** Writing the small XML documents that NAV imports: elements with attributes, no text, no namespaces. */

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** `<name a="…">children</name>`; attributes that are undefined are left out. */
export function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  const written = Object.entries(attributes)
    .filter((entry): entry is [string, string | number] => entry[1] !== undefined)
    .map(([key, value]) => ` ${key}="${escapeAttribute(String(value))}"`)
    .join('');
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/**
 * Text as an attribute value of XML 1.0. Characters that XML 1.0 cannot carry at all (control characters, lone surrogates, U+FFFE,
 * U+FFFF) become U+FFFD, so that a reader sees that something stood there; emoji and other astral characters stay.
 */
export function escapeAttribute(text: string): string {
  return (
    text
      .toWellFormed()
      // oxlint-disable-next-line no-control-regex -- these are the characters that XML 1.0 forbids
      .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\uFFFD')
      .replace(/[&<>"\t\n\r]/g, (character) => references[character] ?? character)
  );
}
