// `npm run bench [-- name …]`: every benchmark, or the named ones. Ratios are against a baseline of the same run.
import { cpus } from 'node:os';
import { callbacks } from './callbacks';
import { claims } from './claims';
import { pipeline } from './pipeline';
import { stages } from './stages';
import { starts } from './starts';
import { transitions } from './transitions';

const BENCHMARKS: Readonly<Record<string, { what: string; run: (args: readonly string[]) => Promise<void> }>> = {
  transitions: { what: 'NAV-result transitions, guard and ledger', run: transitions },
  stages: { what: 'ten stages of claim, pass and transition, in one and in two processes', run: stages },
  claims: { what: 'claims out of a million due orders', run: claims },
  callbacks: { what: 'partners’ callbacks against bare http in → http response', run: callbacks },
  pipeline: { what: 'the whole system with its partners', run: pipeline },
  starts: { what: 'warm start', run: starts },
};

async function main(args: readonly string[]): Promise<void> {
  const options = args.filter((arg) => arg.startsWith('--'));
  const named = args.filter((arg) => !arg.startsWith('--'));
  const unknown = named.find((name) => !Object.hasOwn(BENCHMARKS, name));
  if (unknown) throw new Error(`no benchmark ${unknown}: ${Object.keys(BENCHMARKS).join(', ')}`);
  process.stdout.write(`${cpus().length} cores, ${cpus()[0]?.model.trim()}, Node ${process.version}\n`);
  for (const [name, { what, run }] of Object.entries(BENCHMARKS)) {
    if (named.length > 0 && !named.includes(name)) continue;
    process.stdout.write(`\n${name}: ${what}\n`);
    await run(options);
  }
}

main(process.argv.slice(2)).then(
  () => process.exit(),
  (error: Error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  },
);
