import { dateOf } from '../../nodes/orders/dates';

const placedAt = '2026-11-21T10:00:00.000Z';

test.each([
  ['no delay and no release: it begins at once', 0, undefined, undefined],
  ['a release', 0, '2026-12-01T00:00:00.000Z', { status: 'PRE_ORDER', until: new Date('2026-12-01T00:00:00.000Z') }],
  ['a delay', 30, undefined, { status: 'DELAYED', until: new Date('2026-11-21T10:30:00.000Z') }],
  ['both, the release later', 30, '2026-11-21T10:30:01.000Z', { status: 'PRE_ORDER', until: new Date('2026-11-21T10:30:01.000Z') }],
  ['both, the delay later', 30, '2026-11-21T10:29:59.000Z', { status: 'DELAYED', until: new Date('2026-11-21T10:30:00.000Z') }],
  ['both at once', 30, '2026-11-21T10:30:00.000Z', { status: 'DELAYED', until: new Date('2026-11-21T10:30:00.000Z') }],
])('%s', (_what, delayMinutes, releaseAt, date) => {
  expect(dateOf({ placedAt, ...(releaseAt !== undefined && { releaseAt }) }, { delayMinutes })).toEqual(date);
});
