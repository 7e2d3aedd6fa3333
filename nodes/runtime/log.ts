import pino from 'pino';

/** What a log line may carry: ids, codes and counts. Never personal data: no name, address, e-mail, phone nor a whole order. */
export interface LogFields {
  order?: number | string | undefined;
  flow?: string | undefined;
  node?: string | undefined;
  code?: string | undefined;
  status?: string | undefined;
  ms?: number | undefined;
  correlation?: string | undefined;
  [field: string]: string | number | boolean | null | undefined;
}

export interface Log {
  info(fields: LogFields, event: string): void;
  warn(fields: LogFields, event: string): void;
  error(fields: LogFields, event: string): void;
}

/** One JSON line per event on stdout. */
export function createLog(level = process.env['OMS_LOG_LEVEL'] ?? 'info'): Log {
  return pino({ level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } });
}
