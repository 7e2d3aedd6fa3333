import { parser } from 'sax';

/** An element; its text is that between its own tags, in order, without that of its children. */
export interface Element {
  /** Without a namespace prefix. */
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  text: string;
}

/** A text that is not well-formed XML, or goes beyond what a partner would take. */
export class BadXml extends Error {}

const deepest = 50;

/** Reads a document, strictly. Document types are refused, so that nothing can be expanded. @throws BadXml */
export function parseXml(xml: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const reader = parser(true);
  const innermost = (): Element => open.at(-1) ?? root;
  reader.onopentag = ({ name, attributes }) => {
    if (open.length > deepest) throw new BadXml(`Elements are nested deeper than ${deepest}.`);
    const element = { name: local(name), attributes, children: [], text: '' };
    innermost().children.push(element);
    open.push(element);
  };
  reader.onclosetag = () => {
    open.pop();
  };
  reader.ontext = reader.oncdata = (text) => {
    innermost().text += text;
  };
  reader.ondoctype = () => {
    throw new BadXml('A document type is not allowed.');
  };
  reader.onerror = (error) => {
    throw new BadXml(error.message.split('\n')[0]);
  };
  reader.write(xml).close();
  const [top] = root.children;
  if (!top) throw new BadXml('There is no element.');
  return top;
}

/** The first child of this name. */
export function child(element: Element | undefined, name: string): Element | undefined {
  return element?.children.find((one) => one.name === name);
}

/** A text for use inside an element or a double-quoted attribute. */
export function escapeXml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;', '\n': '&#10;', '\t': '&#9;' };
  return text.replace(/[&<>"\r\n\t]/g, (character) => entities[character] ?? character);
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
