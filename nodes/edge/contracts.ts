import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import addFormats from 'ajv-formats';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020';
import { InvalidInput } from '../runtime/errors';

const SUFFIX = '.schema.json';

/** The contracts of docs/contracts, compiled once. A contract is named after its file. */
export class Contracts {
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(folder: string) {
    const ajv = new Ajv2020({ strict: true, allErrors: false, allowUnionTypes: true });
    addFormats.default(ajv);
    for (const file of readdirSync(folder).filter((name) => name.endsWith(SUFFIX)))
      this.#validators.set(file.slice(0, -SUFFIX.length), ajv.compile(JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as object));
  }

  names(): string[] {
    return [...this.#validators.keys()];
  }

  /** @throws InvalidInput with the pointer of the first value at fault */
  validate(contract: string, value: unknown): void {
    const validator = this.#validators.get(contract);
    if (!validator) throw new Error(`there is no contract named ${contract}`);
    if (validator(value)) return;
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
