import { readFileSync } from 'node:fs';

/** The q-quantile (0 … 1) of some numbers. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Processor time that a process has used so far, in milliseconds; Linux. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Resident memory of a process in MB; Linux. */
export function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** What a run took of each process, in milliseconds of processor time for each of `count`. */
export function cpuMeter(pids: Readonly<Record<string, number>>): (count: number) => string {
  const before = Object.entries(pids).map(([name, pid]) => ({ name, pid, ms: cpuMs(pid) }));
  return (count) => before.map(({ name, pid, ms }) => `${name} ${((cpuMs(pid) - ms) / count).toFixed(3)} ms`).join(', ');
}

export interface Run {
  /** A second. */
  rate: number;
  p50: number;
  p99: number;
}

/** Does every item once, `inFlight` at a time; times in milliseconds. */
export async function inFlight<Item>(items: readonly Item[], inFlightAtOnce: number, work: (item: Item) => Promise<unknown>): Promise<Run> {
  const times: number[] = [];
  let next = 0;
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: inFlightAtOnce }, async () => {
      for (let item = items[next++]; item !== undefined; item = items[next++]) {
        const since = performance.now();
        await work(item);
        times.push(performance.now() - since);
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  return { rate: items.length / seconds, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

/** One line of a table: name, figure, goal and whether it is reached. */
export function report(what: string, figure: string, goal: string, reached: boolean | undefined): void {
  process.stdout.write(`  ${what.padEnd(64)} ${figure.padStart(12)}   goal ${goal.padEnd(12)} ${reached === undefined ? '' : reached ? 'reached' : 'MISSED'}\n`);
}

export const note = (text: string): void => void process.stdout.write(`  ${text}\n`);
