import type { SandboxOptions } from './sandbox';

/** A setting that cannot be used. */
export class BadSetting extends Error {}

type Environment = Record<string, string | undefined>;

/** Reads the sandbox's settings from environment variables. @throws BadSetting */
export function readOptions(env: Environment): SandboxOptions {
  return {
    port: number(env, 'OMS_SANDBOX_PORT', 18_880, port),
    amqpPort: number(env, 'OMS_SANDBOX_AMQP_PORT', 0, port),
    dataDir: env.OMS_DATA_DIR || '.data',
    oms: {
      url: url(env.OMS_URL || `http://127.0.0.1:${env.OMS_PORT || 1880}`),
      tokens: { mulesoft: env.OMS_TOKEN_MULESOFT ?? '', serviceBus: env.OMS_TOKEN_SERVICE_BUS ?? '', printStation: env.OMS_TOKEN_PRINT_STATION ?? '' },
    },
    pace: number(env, 'OMS_SANDBOX_PACE', 1, (value) => value >= 0 && value <= 1000),
  };
}

const port = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 65_535;

function number(env: Environment, name: string, otherwise: number, isGood: (value: number) => boolean): number {
  const text = env[name];
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (!isGood(value)) throw new BadSetting(`${name} cannot be ${text}`);
  return value;
}

function url(text: string): string {
  if (!URL.canParse(text)) throw new BadSetting(`OMS_URL cannot be ${text}`);
  return new URL(text).origin;
}
