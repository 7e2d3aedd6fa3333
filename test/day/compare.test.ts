import { differences } from './compare';
import type { Found } from './found';
import { reportOf, isAsExpected } from './report';
import { SCENARIOS } from './scenarios';
import type { Expected, Scenario } from './scenario';

/** An order that went astray in any way must be seen: a comparison that sees nothing would call every day a good one. */

const NAME = 'US-US001';

/** An order that came to just the end that its scenario expects. */
function asExpected({ status, deeds, through, parcels, batches, holds, lasting }: Expected): Found {
  const passed = [...new Set([...through, ...(lasting ? [lasting.status] : [])])];
  return {
    name: NAME, status, deeds: { ...deeds }, parcels, batches, holds, openTasks: [], total: 2500, captured: deeds['sfcc capture'] ? 2500 : 0, lines: 2, exported: true, endedAt: 0,
    stays: [...passed.map((each) => ({ status: each, ms: lasting?.ms ?? 10, follows: false })), { status, ms: undefined, follows: false }],
  };
}

const whats = (scenario: Scenario, change: (found: Found) => Partial<Found>): string[] => {
  const expected = scenario.ends({ lines: 2 });
  const found = asExpected(expected);
  return differences(NAME, expected, { ...found, ...change(found) }).map(({ what, expected: wanted, found: is }) => `${what}: ${wanted} / ${is}`);
};

describe.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))('%s', (_name, scenario) => {
  const { status, deeds, through, parcels, batches, holds, lasting } = scenario.ends({ lines: 2 });

  test('the expected end is no difference', () => {
    expect(whats(scenario, () => ({}))).toEqual([]);
  });

  test('an order that is not there', () => {
    expect(differences(NAME, scenario.ends({ lines: 2 }), undefined)).toEqual([{ order: NAME, what: 'the order', expected: status, found: 'not there' }]);
  });

  test('a wrong status', () => {
    expect(whats(scenario, () => ({ status: 'PARTIALLY_SHIPPED' }))).toEqual([`status: ${status} / PARTIALLY_SHIPPED`]);
  });

  test('each effect missing, and each doubled', () => {
    for (const [deed, count] of Object.entries(deeds)) {
      const { [deed]: _missing, ...others } = deeds as Record<string, number>;
      expect(whats(scenario, () => ({ deeds: others }))).toEqual([expect.stringMatching(new RegExp(`: ${count} times / 0 times$`))]);
      expect(whats(scenario, () => ({ deeds: { ...others, [deed]: count * 2 } }))).toEqual([expect.stringMatching(new RegExp(`: ${count} times / ${count * 2} times$`))]);
    }
  });

  test('an effect that nobody expects', () => {
    expect(whats(scenario, (found) => ({ deeds: { ...found.deeds, 'nav document:3': 1 } }))).toEqual(['nav document:3: 0 times / 1 times']);
  });

  test('each status that it did not come through', () => {
    for (const missing of through) expect(whats(scenario, ({ stays }) => ({ stays: stays.filter((stay) => stay.status !== missing) })).join()).toContain('comes through');
  });

  test('parcels, batches, holds, tasks, money and the mark at the storefront', () => {
    expect(whats(scenario, () => ({ parcels: parcels + 1 }))).toEqual([`parcels: ${parcels} / ${parcels + 1}`]);
    expect(whats(scenario, () => ({ batches: batches + 1 }))).toEqual([`batches: ${batches} / ${batches + 1}`]);
    expect(whats(scenario, () => ({ holds: [...holds, 'fact.exception?'] })).join()).toMatch(/^holds: .* \/ .*fact\.exception\?/);
    expect(whats(scenario, () => ({ holds: [] }))).toEqual(holds.length > 0 ? [`holds: ${holds.join(', ')} / none`] : []);
    expect(whats(scenario, () => ({ openTasks: ['sfcc.cancel'] }))).toEqual(['open tasks: none / sfcc.cancel']);
    expect(whats(scenario, () => ({ captured: 2499 }))).toEqual(deeds['sfcc capture'] ? ['captured, in minor units: 2500 / 2499'] : []);
    expect(whats(scenario, () => ({ exported: false }))).toEqual(['marked as taken at the storefront: true / false']);
  });

  test('a time that is too short', () => {
    const short = (lasting?.ms ?? 1) - 1;
    expect(whats(scenario, ({ stays }) => ({ stays: stays.map((stay) => ({ ...stay, ms: short })) }))).toEqual(lasting ? [`time in ${lasting.status}: at least ${lasting.ms} ms / ${short} ms`] : []);
  });
});

describe('the report', () => {
  const [scenario] = SCENARIOS as [Scenario];
  const found = asExpected(scenario.ends({ lines: 2 }));
  const good = { name: NAME, scenario, found, seconds: 2, differences: [] };
  const day = { orders: [good], others: [], seconds: 10, decided: 0 };

  test('of a good day says so', () => {
    expect(isAsExpected(day)).toBe(true);
    expect(reportOf(day)).toMatch(/every order ended as its scenario expects/);
  });

  test.each([
    ['an order that ended otherwise', { ...day, orders: [{ ...good, differences: differences(NAME, scenario.ends({ lines: 2 }), { ...found, status: 'SHIPPED' as const }) }] }, 'DIFFERENT US-US001 (finished): status: expected FULFILLED, found SHIPPED'],
    ['an order that is not there', { ...day, orders: [{ ...good, found: undefined, seconds: Number.NaN, differences: differences(NAME, scenario.ends({ lines: 2 }), undefined) }] }, 'DIFFERENT US-US001 (finished): the order: expected FULFILLED, found not there'],
    ['a broken law', { ...day, others: [{ order: 'the laws', what: 'conservation', expected: 'kept', found: 'twice' }] }, 'DIFFERENT the laws: conservation: expected kept, found twice'],
  ])('names %s, and the day is no good one', (_what, bad, says) => {
    expect(isAsExpected(bad)).toBe(false);
    expect(reportOf(bad)).toContain(says);
    expect(reportOf(bad)).not.toMatch(/every order ended as/);
  });
});
