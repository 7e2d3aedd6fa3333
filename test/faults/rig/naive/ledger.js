'use strict';
// Remote calls without a ledger: sent, and if no good answer comes sent again.
const { Ledger } = require('../../../../dist/nodes/effects/ledger.js');
const { OutcomeUnknown, Retryable } = require('../../../../dist/nodes/runtime/errors.js');
const { failpoint } = require('../../../../dist/nodes/runtime/failpoints.js');

Ledger.prototype.perform = async (effect, remote, subject) => {
  const request = effect.request(subject);
  await failpoint('effect.commit', effect.kind);
  await failpoint('effect.sent', effect.kind);
  const { reference } = await effect.send(remote, request, subject, { startBy: Date.now() + 60_000, leave() {} }).catch((error) => {
    throw error instanceof OutcomeUnknown ? new Retryable(error.message, { code: 'naive.no-answer', cause: error }) : error;
  });
  await failpoint('effect.answered', effect.kind);
  return { reference };
};
