'use strict';
// Remote calls without a ledger: sent, and if anything goes wrong sent again.
const { Ledger } = require('../../../../dist/nodes/effects/ledger.js');
const { failpoint } = require('../../../../dist/nodes/runtime/failpoints.js');

Ledger.prototype.perform = async (effect, remote, subject) => {
  const request = effect.request(subject);
  await failpoint('effect.commit', effect.kind);
  await failpoint('effect.sent', effect.kind);
  const { reference } = await effect.send(remote, request, subject, { startBy: Date.now() + 60_000, leave() {} });
  await failpoint('effect.answered', effect.kind);
  return { reference };
};
