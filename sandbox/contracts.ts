import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';

/** A contract of docs/contracts, in the project that this file lies in, compiled or not. */
export function compiled(contract: string): ValidateFunction {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  addFormats.default(ajv);
  const name = path.join('docs', 'contracts', `${contract}.schema.json`);
  let folder = __dirname;
  while (!existsSync(path.join(folder, name)) && folder !== path.dirname(folder)) folder = path.dirname(folder);
  return ajv.compile(JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as object);
}
