/** The careful way into a JSON document whose shape nobody vouches for. */
import type { Property } from '../orders/order';
import { InvalidInput } from '../runtime/errors';

/** Custom attributes nested deeper than this are refused: what comes after (cloning, JSON in the database) is recursive. */
const deepest = 20;

/** Custom attributes of one object longer than this, as JSON, are refused: a TEXT column holds 65,535 bytes, up to three a character. */
const longest = 20_000;

/** A place in a foreign JSON document: the value and the RFC 6901 pointer to it. Its errors never show the value. */
export class Place {
  readonly #parent: Place | undefined;
  readonly #name: string;

  constructor(
    readonly value: unknown,
    parent?: Place,
    name = '',
  ) {
    this.#parent = parent;
    this.#name = name;
  }

  /** Made when it is asked for: most places are fine and nobody asks. */
  get pointer(): string {
    return this.#parent === undefined ? '' : `${this.#parent.pointer}/${this.#name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  }

  /** The place under an own property; its value is undefined where there is none. @throws InvalidInput when this is no object. */
  at(name: string): Place {
    const object = this.object();
    return new Place(Object.hasOwn(object, name) ? object[name] : undefined, this, name);
  }

  /** The same place with another value, e.g. what its text says. */
  holding(value: unknown): Place {
    return new Place(value, this.#parent, this.#name);
  }

  get isAbsent(): boolean {
    return this.value === undefined || this.value === null;
  }

  /** @throws InvalidInput when it is missing or not an object */
  object(): Readonly<Record<string, unknown>> {
    if (!isObject(this.value)) throw this.refused('sfcc.not-an-object', this.isAbsent ? 'is missing' : 'is not an object');
    return this.value;
  }

  /** The places of an array; none where it is absent. @throws InvalidInput when it is not an array */
  items(): Place[] {
    if (this.isAbsent) return [];
    if (!Array.isArray(this.value)) throw this.refused('sfcc.not-a-list', 'is not a list');
    return this.value.map((item: unknown, index) => new Place(item, this, String(index)));
  }

  /** Text of 1 to `max` UTF-16 units. @throws InvalidInput when it is missing, blank, too long or not text */
  text(max: number): string {
    const text = this.optionalText(max);
    if (text === undefined) throw this.refused('sfcc.missing', 'is missing or empty');
    return text;
  }

  /** {@link text}, or undefined where it is absent or blank. */
  optionalText(max: number): string | undefined {
    if (this.isAbsent) return undefined;
    if (typeof this.value !== 'string') throw this.refused('sfcc.not-text', 'is not text');
    if (this.value.trim() === '') return undefined;
    if (this.value.length > max) throw this.refused('sfcc.too-long', `is longer than ${max} characters`);
    return this.value.toWellFormed();
  }

  /** {@link text} that identifies something: no blanks around it, which the database does not tell apart. */
  id(max: number): string {
    const text = this.text(max);
    if (text !== text.trim()) throw this.refused('sfcc.blank-in-id', 'begins or ends with a blank');
    return text;
  }

  /** False where it is absent. @throws InvalidInput when it is neither true nor false */
  flag(): boolean {
    if (this.isAbsent) return false;
    if (typeof this.value !== 'boolean') throw this.refused('sfcc.not-a-flag', 'is neither true nor false');
    return this.value;
  }

  /** The custom attributes (`c_*`) of an object as they came. @throws InvalidInput when they are nested too deep or too long */
  customAttributes(): Record<string, Property> {
    const attributes: Record<string, Property> = {};
    for (const name of Object.keys(this.object()).filter((key) => key.startsWith('c_'))) {
      const { value } = this.at(name);
      if (!isProperty(value, deepest)) throw this.at(name).refused('sfcc.custom-attribute', 'is not JSON or is nested too deep');
      attributes[name] = value;
    }
    if (JSON.stringify(attributes).length > longest) throw this.refused('sfcc.custom-attributes', 'has custom attributes that are too long');
    return attributes;
  }

  /** The error for what stands here; `reason` completes the sentence that starts with its name. */
  refused(code: string, reason: string): InvalidInput {
    const name = this.pointer === '' ? 'The document' : this.pointer.slice(this.pointer.lastIndexOf('/') + 1);
    return new InvalidInput(`${name} ${reason}`, { code, pointer: this.pointer });
  }
}

/** A JSON object: neither null nor an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isProperty(value: unknown, depth: number): value is Property {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return true;
  if (depth === 0 || typeof value !== 'object') return false;
  return Object.values(value).every((inner) => isProperty(inner, depth - 1));
}
