'use strict';
// An inbox that takes every callback for a new one.
const { randomUUID } = require('node:crypto');
const { Transitions } = require('../../../../dist/nodes/lifecycle/transitions.js');

const apply = Reflect.get(Transitions.prototype, 'apply');
Transitions.prototype.apply = function applyAsNew(fact) {
  return apply.call(this, { ...fact, eventId: randomUUID() });
};
