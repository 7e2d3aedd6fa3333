import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import addFormats from 'ajv-formats';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020';
import { InvalidInput } from '../runtime/errors';
import { misdirected } from './misdirected';

const SUFFIX = '.schema.json';

/** The contracts of docs/contracts, compiled once. A contract is named after its file. */
export class Contracts {
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #titles = new Map<string, string>();

  constructor(folder: string) {
    const ajv = new Ajv2020({ strict: true, allErrors: false, allowUnionTypes: true });
    addFormats.default(ajv);
    for (const file of readdirSync(folder).filter((each) => each.endsWith(SUFFIX))) {
      const name = file.slice(0, -SUFFIX.length);
      const schema = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as { title?: string };
      this.#validators.set(name, ajv.compile(schema));
      this.#titles.set(name, schema.title ?? name);
    }
  }

  names(): string[] {
    return [...this.#validators.keys()];
  }

  /** The contracts with their titles, for people who choose one. */
  list(): { name: string; title: string }[] {
    return [...this.#titles].map(([name, title]) => ({ name, title }));
  }

  /** @throws InvalidInput with the pointer of the first value at fault; a report that belongs to another endpoint names that */
  validate(contract: string, value: unknown): void {
    const validator = this.#validators.get(contract);
    if (!validator) throw new Error(`there is no contract named ${contract}`);
    if (validator(value)) return;
    const elsewhere = misdirected(contract, value);
    if (elsewhere) throw new InvalidInput(elsewhere.message, { code: 'contract.wrong-endpoint', pointer: elsewhere.pointer });
    const [error] = validator.errors ?? [];
    throw new InvalidInput(sentence(error), { code: 'contract.violated', pointer: pointerOf(error) });
  }
}

function pointerOf(error: ErrorObject | undefined): string {
  const params = (error?.params ?? {}) as { missingProperty?: string; additionalProperty?: string };
  const below = params.missingProperty ?? params.additionalProperty;
  return `${error?.instancePath ?? ''}${below === undefined ? '' : `/${below.replaceAll('~', '~0').replaceAll('/', '~1')}`}`;
}

function sentence(error: ErrorObject | undefined): string {
  const pointer = pointerOf(error);
  const allowed = (error?.params as { allowedValues?: unknown[] } | undefined)?.allowedValues;
  return `${pointer || 'the body'} ${error?.message ?? 'is not valid'}${allowed ? `: ${allowed.join(', ')}` : ''}`;
}
