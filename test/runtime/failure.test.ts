import { problemOf } from '../../nodes/edge/problem';
import { InvalidInput, OutcomeUnknown, Rejected, Retryable } from '../../nodes/runtime/errors';
import { describe as describeFailure } from '../../nodes/runtime/failure';

test.each([
  [new Retryable('away', { code: 'nav.unreachable', retryAfterMs: 50 }), { class: 'retryable', retryAfterMs: 50 }, 503],
  [new Rejected('no such item', { code: 'nav.fault', next: 'Put it back.' }), { class: 'rejected', next: 'Put it back.' }, 409],
  [new OutcomeUnknown('cut', { code: 'nav.no-answer', effect: 3, lookAgainMs: 9 }), { class: 'unknown', effect: 3, lookAgainMs: 9 }, 503],
  [new InvalidInput('not a number', { code: 'contract.violated', pointer: '/a' }), { class: 'invalid', pointer: '/a' }, 400],
  [new InvalidInput('who are you', { code: 'auth.wrong' }), { class: 'invalid' }, 401],
  [Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:3306'), { code: 'ECONNREFUSED' }), { class: 'retryable', code: 'database.away' }, 503],
  [Object.assign(new Error('Connection lost'), { code: 'PROTOCOL_CONNECTION_LOST' }), { class: 'retryable', code: 'database.away' }, 503],
  [new TypeError('x is undefined'), { class: 'bug', code: 'internal' }, 500],
  [undefined, { class: 'bug' }, 500],
])('%s is described, and answered with the right status', (error, failure, status) => {
  const described = describeFailure(error);
  expect(described).toMatchObject(failure);
  expect(problemOf(described, 'c')).toMatchObject({ status, correlation_id: 'c' });
});

test('a caller is never told what only a programmer understands', () => {
  for (const error of [new TypeError("Cannot read properties of undefined (reading 'sql')"), Object.assign(new Error("You have an error in your SQL syntax near 'SELECT secret'"), { code: 'ER_PARSE_ERROR' }), Object.assign(new Error('connect ECONNREFUSED /run/mysqld.sock'), { code: 'ECONNREFUSED' })])
    expect(JSON.stringify(problemOf(describeFailure(error), 'c'))).not.toMatch(/sql|SELECT|undefined|mysqld|ECONN/i);
});
