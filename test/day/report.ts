import { median, quantile } from '../../bench/rig/measure';
import { lifecycle, type Status } from '../../nodes/lifecycle/lifecycle';
import type { Difference } from './compare';
import type { Day, Ended } from './day';
import { DEEDS, type Deed, type Scenario } from './scenario';

const SHOWN = 50;
const STAGES_SHOWN = 8;

/** Whether every order came to the end that its scenario expects. */
export const isAsExpected = ({ orders, others }: Day): boolean => others.length === 0 && orders.every(({ differences }) => differences.length === 0);

/** What a day has come to, as text: the table of scenarios, the slowest stage, every difference. */
export function reportOf(day: Day): string {
  const { orders, others, seconds, decided } = day;
  const different = orders.filter(({ differences }) => differences.length > 0).length;
  return [
    ...table(
      ['scenario', 'orders', 'end status', 'different', 'p50 s', 'p99 s', 'slowest stage, median', 'what the partners did for each order'],
      [...Map.groupBy(orders, ({ scenario }) => scenario)].map(([scenario, its]) => rowOf(scenario, its)),
    ),
    '',
    ...slowestOf(orders),
    '',
    ...said([...orders.flatMap(({ scenario, differences }) => differences.map((each) => ({ ...each, order: `${each.order} (${scenario.name})` }))), ...others]),
    `${orders.length} orders in ${seconds.toFixed(0)} s, ${decided} decided by people: ${isAsExpected(day) ? 'every order ended as its scenario expects' : `${different} orders ended otherwise than expected, ${others.length} other findings`}`,
  ].join('\n');
}

function rowOf(scenario: Scenario, orders: readonly Ended[]): string[] {
  const seconds = orders.map((order) => order.seconds).filter((each) => !Number.isNaN(each));
  const ends = [...Map.groupBy(orders, ({ found }) => found?.status ?? 'not there')].map(([status, its]) => (its.length === orders.length ? status : `${its.length} ${status}`));
  const different = orders.filter(({ differences }) => differences.length > 0).length;
  const [slowest] = stagesOf(orders).toSorted((a, b) => b.p50 - a.p50);
  return [scenario.name, String(orders.length), ends.join(', '), String(different), median(seconds).toFixed(1), quantile(seconds, 0.99).toFixed(1), slowest ? `${slowest.status} ${slowest.p50.toFixed(1)} s` : 'none', deedsOf(orders)];
}

/** Each deed with how often it happened for an order: the least and the most of all. */
function deedsOf(orders: readonly Ended[]): string {
  const counts = (deed: Deed): number[] => orders.map(({ found }) => found?.deeds[deed] ?? 0);
  const all = (Object.keys(DEEDS) as Deed[]).map((deed) => ({ deed, least: Math.min(...counts(deed)), most: Math.max(...counts(deed)) }));
  const parcels = orders.map(({ found }) => found?.parcels ?? 0);
  const texts = [
    ...all.map(({ deed, least, most }) => ({ name: DEEDS[deed], least, most })),
    { name: 'parcel', least: Math.min(...parcels), most: Math.max(...parcels) },
  ].filter(({ most }) => most > 0).map(({ name, least, most }) => `${least === most ? most : `${least}–${most}`} × ${name}`);
  return texts.join(', ') || 'nothing';
}

interface Stage {
  status: Status;
  count: number;
  p50: number;
  p99: number;
}

/** How long orders and parts stood where, partners and people included; a split order that only follows its parts is left out. */
function stagesOf(orders: readonly Ended[]): Stage[] {
  const stays = orders.flatMap(({ found }) => found?.stays ?? []).filter(({ follows }) => !follows);
  return [...Map.groupBy(stays, ({ status }) => status)].flatMap(([status, its]) => {
    const seconds = its.flatMap(({ ms }) => (ms === undefined ? [] : [ms / 1000]));
    return seconds.length > 0 ? [{ status, count: seconds.length, p50: median(seconds), p99: quantile(seconds, 0.99) }] : [];
  });
}

/** The stages in which orders stood longest. */
function slowestOf(orders: readonly Ended[]): string[] {
  const stages = stagesOf(orders);
  const [byMedian, byP99] = [stages.toSorted((a, b) => b.p50 - a.p50), stages.toSorted((a, b) => b.p99 - a.p99)];
  const named = (stage: Stage | undefined): string => (stage ? `${stage.status}, owed by ${lifecycle.statuses[stage.status].owner}: median ${stage.p50.toFixed(2)} s, p99 ${stage.p99.toFixed(2)} s` : 'none');
  return [
    ...table(['stage', 'orders', 'median s', 'p99 s', 'owed by'], byP99.slice(0, STAGES_SHOWN).map(({ status, count, p50, p99 }) => [status, String(count), p50.toFixed(2), p99.toFixed(2), lifecycle.statuses[status].owner])),
    `slowest stage by median: ${named(byMedian[0])}`,
    `slowest stage by p99: ${named(byP99[0])}`,
  ];
}

function said(differences: readonly Difference[]): string[] {
  const lines = differences.slice(0, SHOWN).map(({ order, what, expected, found }) => `DIFFERENT ${order}: ${what}: expected ${expected}, found ${found}`);
  return [...lines, ...(differences.length > SHOWN ? [`… and ${differences.length - SHOWN} more differences`] : []), ...(lines.length > 0 ? [''] : [])];
}

/** Columns as wide as their widest cell; what looks like a number stands at the right. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const isNumber = heads.map((_head, column) => rows.every((row) => /^[\d.NaN]+$/.test(row[column] ?? '')));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => (isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join('  ').trimEnd();
  return [line(heads), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)];
}
