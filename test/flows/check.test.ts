import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { checkFlows, rules } from '../../nodes/flows/check/check';
import { Configuration } from '../../nodes/flows/check/configuration';
import { FACTS } from '../../nodes/flows/check/entries';
import { legalEdges } from '../../nodes/flows/check/stages';
import { readFlows } from '../../nodes/flows/storage';
import type { FlowNode } from '../../nodes/flows/node';
import { fulfillmentReadings } from '../../nodes/fulfillment/facts';
import { lifecycle } from '../../nodes/lifecycle/lifecycle';
import { navReadings } from '../../nodes/nav/facts';
import { printStationReadings } from '../../nodes/print-station/facts';
import { aFlow, changed, says } from './a-flow';

/** Every rule of the flow check: a flow that keeps it, and a twin that breaks it and is told which node and why. */

const ROOT = path.join(__dirname, '../..');
const project = readFlows(path.join(ROOT, 'flows'));

test('the project’s own flows, and the good twins of this file, break no rule', () => {
  expect(says(project)).toEqual([]);
  expect(says(aFlow())).toEqual([]);
});

type Changes = Parameters<typeof changed>[1];

/** The rule, what is changed in good flows, and what is then said: of exactly one node, unless several are named. */
const node = (id: string, type: string, more: Record<string, unknown> = {}): FlowNode => ({ id, type, z: 'tab', name: `The ${id}`, x: 1200, y: 400, wires: [], ...more });
const sql = (more: Record<string, unknown>): FlowNode => node('sql', 'template', { field: 'topic', fieldType: 'msg', format: 'sql', syntax: 'plain', template: 'SELECT name FROM orders\nWHERE id = :id', x: 160, y: 400, wires: [['read']], ...more });
const mysql = node('read', 'mysql', { mydb: 'db', x: 640, y: 400, wires: [[]] });
const ask = node('ask', 'http in', { url: '/api/ask', method: 'get', x: 160, y: 400, wires: [['reply']] });
const reply = node('reply', 'oms-reply', { x: 640, y: 400 });

interface Case {
  rule: string;
  what: string;
  /** Nodes beside those of `aFlow`; the good twin has them, too. */
  with?: FlowNode[];
  spoil: Changes;
  /** Each complaint: where, and a part of the reason. */
  says: [place: string, reason: string][];
  /** The project’s flows instead of `aFlow`. */
  project?: true;
}

const cases: Case[] = [
  // soundness
  { rule: 'soundness', what: 'a wire to nothing', with: [node('show', 'debug')], spoil: { pass: { wires: [['move', 'gone']] } }, says: [['Review › Look at it', 'a node that is not there (gone)']] },
  { rule: 'soundness', what: 'a wire to another tab', spoil: { shown: { wires: [['next-fail']] } }, says: [['Review › Reviewed', 'a wire leads to “NAV › Retry, fail or hold” on another tab']] },
  { rule: 'soundness', what: 'a tab that is not there', spoil: { shown: { z: 'gone' } }, says: [['Review › To NAV', 'on another tab'], ['Reviewed', 'stands on a tab that is not there (gone)']] },
  { rule: 'soundness', what: 'a connection called like its own id', with: [{ id: 'db', type: 'MySQLdatabase', name: 'Database' }], spoil: { db: { name: 'db' } }, says: [['db', 'refers to itself']] },

  // legal edges
  { rule: 'legal edges', what: 'an order sent where its status does not lead', spoil: { move: { to: 'SHIPPED' } }, says: [['Review › To NAV', 'leads from READY_FOR_PROCESSING to SHIPPED, which the lifecycle does not allow; from READY_FOR_PROCESSING it allows PENDING_APPROVALS, ']] },
  { rule: 'legal edges', what: 'a wire that leads to another stage’s transition', project: true, spoil: { 'cirro-switch': { wires: [['cirro-request'], ['cirro-resumed']] } }, says: [['Cirro › To Cirro again', 'leads from CIRRO_READY_FOR_FULFILLMENT to CIRRO_READY_FOR_FULFILLMENT']] },
  { rule: 'legal edges', what: 'a status that does not exist', spoil: { move: { to: 'READY_TO_CREATE_IN_NAVI' } }, says: [['Review › To NAV', 'READY_TO_CREATE_IN_NAVI, which is not a status']] },
  { rule: 'legal edges', what: 'no status, where only tasks end without one', spoil: { move: { to: '' } }, says: [['Review › To NAV', 'no status is chosen, and orders in READY_FOR_PROCESSING come here']] },
  { rule: 'legal edges', what: 'a failure status that the lifecycle does not allow', spoil: { work: { failure: 'FAILED_TO_FULFILL' } }, says: [['Review › New orders', 'fails to FAILED_TO_FULFILL']] },
  { rule: 'legal edges', what: 'orders taken in no status', spoil: { work: { from: 'NEW' } }, says: [['Review › New orders', 'takes orders in NEW, which is not a status']] },
  { rule: 'legal edges', what: 'a task whose failure is no status', project: true, spoil: { 'cancellations-sfcc-work': { failure: 'CANCEL_FAILED' } }, says: [['Cancellations › Cancelled orders', 'fails to CANCEL_FAILED, which is not a status']] },

  // reachable ends
  { rule: 'reachable ends', what: 'a transition that no stage leads to', with: [node('late', 'oms-work', { source: 'task', task: 'later', from: '', wires: [['end']], x: 160, y: 400 }), node('end', 'oms-transition', { to: '', x: 400, y: 400, wires: [[], [], []] })], spoil: { late: undefined }, says: [['Review › The end', 'no oms-work leads to it']] },
  { rule: 'reachable ends', what: 'a wait that no stage leads to', with: [node('show', 'debug', { x: 400, y: 400 })], spoil: { show: { type: 'oms-wait', wires: [[]] } }, says: [['Review › The show', 'no oms-work leads to it']] },
  { rule: 'reachable ends', what: 'a second end behind the first', spoil: { move: { wires: [['next-end'], [], ['shown']] }, shown: { id: 'next-end', type: 'oms-transition', to: 'READY_TO_CREATE_IN_NAV', wires: [[], [], []] } }, says: [['Review › Reviewed', 'comes behind “To NAV”, which has ended the claim already']] },

  // no order is lost
  { rule: 'no order is lost', what: 'an output that leads nowhere', project: true, spoil: { 'cirro-switch': { wires: [['cirro-request'], []] } }, says: [['Cirro › Is the master switch on?', 'output 2 leads nowhere, and an order of “Orders for Cirro” that comes there stays claimed']] },
  { rule: 'no order is lost', what: 'a stage that ends in a debug node', spoil: { pass: { wires: [['shown']] } }, says: [['Review › Reviewed', 'nothing comes behind it']] },
  { rule: 'no order is lost', what: 'a second wire on a whole order', spoil: { pass: { wires: [['move', 'shown']] } }, says: [['Review › Reviewed', 'nothing comes behind it'], ['Review › Look at it', 'output 1 has 2 wires (“To NAV”, “Reviewed”): an order goes one way']] },
  { rule: 'no order is lost', what: 'a node on the way that is disabled', spoil: { pass: { d: true } }, says: [['Review › New orders', 'output 1 leads nowhere']] },

  // one stage
  { rule: 'one stage', what: 'two stages for one status', spoil: { 'next-work': { from: 'READY_FOR_PROCESSING' }, 'next-move': { to: 'GENERALIZE_ERROR' } }, says: [['NAV › Orders for NAV', 'takes READY_FOR_PROCESSING, which Review › New orders takes already'], ['Review › To NAV', 'leads to READY_TO_CREATE_IN_NAV, and no oms-work takes it']] },
  { rule: 'one stage', what: 'a working status that nobody takes', project: true, spoil: { 'shipping-fulfil-work': { d: true } }, says: [['Shipping › Exported to NAV', 'leads to EXPORTED_TO_NAV, and no oms-work takes it']] },
  { rule: 'one stage', what: 'a status into which a partner’s report brings orders, and nobody takes them', project: true, spoil: { 'nav-route-work': { d: true }, 'review-split': { d: true }, 'review-past-nav': { to: 'PENDING_APPROVALS' } }, says: [['NAV › Apply the release', 'leads to RELEASED_FROM_NAV, and no oms-work takes it']] },
  { rule: 'one stage', what: 'tasks that are written and never done', project: true, spoil: { 'intake-mark-work': { task: 'sfcc.mark' } }, says: [['Intake SFCC › Store and generalise', 'leads to sfcc.mark-exported, and no oms-work takes such tasks']] },

  { rule: 'one stage', what: 'two that take events', project: true, spoil: { 'events-send': { type: 'oms-outbox', wires: [['events-told']] } }, says: [['Domain events › Tell the topic', 'takes events, which Domain events › Events to be told takes already']] },

  // due by a job
  { rule: 'due by a job', what: 'a scheduled stage that nothing makes due', project: true, spoil: { 'shipping-due': { from: 'EXPORTED_TO_NAV' } }, says: [['Shipping › Shipped orders', 'no oms-due makes those in SHIPPED due'], ['Shipping › Shipped orders are due', 'no stage that is due by a job takes EXPORTED_TO_NAV']] },

  // everybody is answered
  { rule: 'everybody is answered', what: 'a request that comes to nothing', with: [ask, reply], spoil: { ask: { wires: [[]] } }, says: [['Review › The ask', 'no way from here leads to an end']] },
  { rule: 'everybody is answered', what: 'one of two ways without an answer', with: [ask, reply, node('which', 'switch', { x: 400, y: 400, wires: [['reply'], ['reply']] })], spoil: { ask: { wires: [['which']] }, which: { wires: [['reply'], []] } }, says: [['Review › The which', 'output 2 leads nowhere, and what “The ask” took in ends there: its caller gets no answer']] },
  { rule: 'everybody is answered', what: 'a message of the bus that is not settled', project: true, spoil: { 'cirro-bus-fact': { wires: [[], ['cirro-bus-report']] } }, says: [['Cirro › Fulfilment events', 'no way from here leads to an end']] },
  { rule: 'everybody is answered', what: 'a run of a job that does not end', project: true, spoil: { 'shipping-due': { wires: [[]] } }, says: [['Shipping › Claim the slot', 'no way from here leads to an end']] },
  { rule: 'everybody is answered', what: 'events that are told and never marked', project: true, spoil: { 'events-send': { wires: [['events-report']] } }, says: [['Domain events › Events to be told', 'no way from here leads to an end']] },
  { rule: 'everybody is answered', what: 'only the report of a partner’s fact reaches the answer', project: true, spoil: { 'nav-release-fact': { wires: [[], ['nav-release-reply']] } }, says: [['NAV › Camel reports a release', 'no way from here leads to an end']] },

  // failures are caught
  { rule: 'failures are caught', what: 'a Catch that does not give the events back', project: true, spoil: { 'events-fail': { type: 'oms-reply', wires: [] } }, says: [['Domain events › Any failure of this tab', 'no way from here leads to an end']] },
  { rule: 'failures are caught', what: 'a tab without a Catch', spoil: { catch: undefined }, says: [['Review', 'no Catch for all nodes of the tab']] },
  { rule: 'failures are caught', what: 'a Catch for some nodes alone', spoil: { catch: { scope: ['pass'] } }, says: [['Review', 'no Catch for all nodes of the tab']] },
  { rule: 'failures are caught', what: 'a Catch that leads to nothing', spoil: { catch: { wires: [['seen']] }, fail: { id: 'seen', type: 'debug', wires: [] } }, says: [['Review › Any failure', 'no way from here leads to an end']] },
  { rule: 'failures are caught', what: 'a Catch of a tab with orders that only answers callers', spoil: { fail: { type: 'oms-reply', wires: [] } }, says: [['Review › Any failure', 'no way from here leads to an end']] },
  { rule: 'failures are caught', what: 'two that catch the same', with: [node('twice', 'debug', { x: 160, y: 400 })], spoil: { twice: { type: 'catch', scope: ['pass'], wires: [['fail']] } }, says: [['Review › Any failure', 'takes failures that another Catch of the tab takes, too']] },

  // kinds of nodes
  ...(['exec', 'file', 'tcp out', 'http request', 'delay', 'join', 'node-red-contrib-anything'] as const).map((type): Case => ({ rule: 'kinds of nodes', what: type, with: [node('one', 'debug')], spoil: { one: { type } }, says: [['Review › The one', `a node of the type ${type} is not allowed: `]] })),

  // schedules are rows
  { rule: 'schedules are rows', what: 'an inject that repeats', with: [node('by hand', 'inject', { repeat: '', crontab: '', once: false, wires: [['shown']], x: 640, y: 200 })], spoil: { 'by hand': { repeat: '60' } }, says: [['Review › The by hand', 'fires by itself: schedules are rows of recurring_jobs']] },
  { rule: 'schedules are rows', what: 'an inject with a time', with: [node('by hand', 'inject', { wires: [['shown']], x: 640, y: 200 })], spoil: { 'by hand': { crontab: '00 12 * * *' } }, says: [['Review › The by hand', 'fires by itself']] },
  { rule: 'schedules are rows', what: 'an inject at the start', with: [node('by hand', 'inject', { wires: [['shown']], x: 640, y: 200 })], spoil: { 'by hand': { once: true } }, says: [['Review › The by hand', 'fires by itself']] },
  { rule: 'schedules are rows', what: 'a clock with a schedule of its own', project: true, spoil: { 'watch-tick': { options: [{ name: 's', expression: '* * * * *' }] } }, says: [['Watch › Tick', 'has schedules of its own']] },

  // fixed statements
  { rule: 'fixed statements', what: 'placeholders in a statement', with: [sql({}), mysql], spoil: { sql: { syntax: 'mustache', template: 'SELECT name FROM orders WHERE id = {{payload.id}}' } }, says: [['Review › The sql', 'puts parts of the message into SQL'], ['Review › The sql', 'makes the statement of “The read” from the message']] },
  { rule: 'fixed statements', what: 'a statement of the message itself', with: [sql({}), mysql, ask, reply], spoil: { sql: undefined, ask: { wires: [['read']] } }, says: [['Review › The read', 'takes its statement from whatever “The ask” sends']] },
  { rule: 'fixed statements', what: 'a statement made by code', with: [sql({}), mysql], spoil: { sql: { type: 'function', func: 'msg.topic = "SELECT name FROM orders WHERE id = " + msg.payload.id;\nreturn msg;' } }, says: [['Review › The sql', 'its code holds SQL'], ['Review › The sql', 'makes the statement of “The read” from the message']] },
  { rule: 'fixed statements', what: 'a statement taken from a property', with: [sql({}), mysql], spoil: { sql: { type: 'change', rules: [{ t: 'set', p: 'topic', pt: 'msg', to: 'payload.sql', tot: 'msg' }] } }, says: [['Review › The sql', 'makes the statement of “The read” from the message']] },
  { rule: 'fixed statements', what: 'a statement made by an expression', with: [node('words', 'change', { rules: [{ t: 'set', p: 'payload', pt: 'msg', to: '"a" & payload', tot: 'jsonata' }] })], spoil: { words: { rules: [{ t: 'set', p: 'payload', pt: 'msg', to: '"SELECT * FROM orders WHERE name = \'" & payload', tot: 'jsonata' }] } }, says: [['Review › The words', 'an expression builds SQL']] },

  // no secrets
  { rule: 'no secrets', what: 'a password', with: [{ id: 'db', type: 'MySQLdatabase', name: 'Database', password: '${OMS_REPORT_PASSWORD}' }], spoil: { db: { password: 'hunter22' } }, says: [['Database', 'password holds a value of its own under the name of a secret']] },
  { rule: 'no secrets', what: 'credentials in a file', with: [{ id: 'db', type: 'MySQLdatabase', name: 'Database', credentials: {} }], spoil: { db: { credentials: { user: 'root' } } }, says: [['Database', 'has credentials in its file']] },
  { rule: 'no secrets', what: 'a token deep inside', with: [node('header', 'change', { rules: [{ t: 'set', p: 'headers.authorization', pt: 'msg', to: 'TOKEN', tot: 'env' }] })], spoil: { header: { rules: [{ t: 'set', p: 'headers.authorization', pt: 'msg', to: 'Bearer abcdefghijkl', tot: 'str' }] } }, says: [['Review › The header', 'rules[0].to holds an Authorization header'], ['Review › The header', 'the rule for headers.authorization holds a value of its own']] },
  { rule: 'no secrets', what: 'a password in code', with: [node('code', 'function', { func: 'const password = env.get("NAV_PASSWORD");\nreturn msg;', wires: [[]] })], spoil: { code: { func: 'const password = "hunter22";\nreturn msg;' } }, says: [['Review › The code', 'func holds a password or token in code']] },
  { rule: 'no secrets', what: 'a variable of a tab', spoil: { tab: { env: [{ name: 'API_TOKEN', value: 'abcdef', type: 'str' }] } }, says: [['Review', 'the variable API_TOKEN holds a value of its own']] },

  // no addresses
  { rule: 'no addresses', what: 'a URL in a property', with: [{ id: 'db', type: 'MySQLdatabase', name: 'Database', host: '${OMS_REPORT_HOST}' }], spoil: { db: { host: 'https://db.example.com/x' } }, says: [['Database', 'host holds the address https://db.example.com/x']] },
  { rule: 'no addresses', what: 'a URL in code', with: [node('code', 'function', { func: 'return msg;', wires: [[]] })], spoil: { code: { func: 'msg.url = `http://nav.example.com/${msg.id}`;\nreturn msg;' } }, says: [['Review › The code', 'func holds the address http://nav.example.com/']] },

  // names
  { rule: 'names', what: 'a node without a name', spoil: { pass: { name: '' } }, says: [['Review › change without a name (pass)', 'has no name']] },
  { rule: 'names', what: 'a name that the editor makes up', spoil: { shown: { name: 'debug 1' } }, says: [['Review › debug 1', 'has only the name that the editor made up']] },
  { rule: 'names', what: 'a group without a name', spoil: { group: { name: '' } }, says: [['Review › group without a name (group)', 'has no name']] },
  { rule: 'names', what: 'a tab as the editor makes it', spoil: { tab: { label: 'Flow 3' } }, says: [['Flow 3', 'the tab has no name of its own']] },

  // documentation
  { rule: 'documentation', what: 'a tab without a description', spoil: { tab: { info: ' ' } }, says: [['Review', 'the tab has no description']] },
  { rule: 'documentation', what: 'a tab without a comment', spoil: { about: undefined }, says: [['Review', 'the tab has no comment node']] },

  // short code
  { rule: 'short code', what: 'a long function', with: [node('code', 'function', { func: `${'// a\n'.repeat(9)}return msg;`, wires: [[]] })], spoil: { code: { func: `${'msg.x = 1;\n'.repeat(10)}return msg;` } }, says: [['Review › The code', 'has 11 lines of code, and 10 are allowed']] },

  // layout
  { rule: 'grid', what: 'a node between the lines', spoil: { shown: { x: 883 } }, says: [['Review › Reviewed', 'stands off the grid at 883, 120']] },
  { rule: 'grid', what: 'a row between the lines', spoil: { shown: { y: 130 } }, says: [['Review › Reviewed', 'stands off the grid at 880, 130']] },
  { rule: 'no overlap', what: 'a node on another', with: [node('over', 'debug', { x: 880, y: 180 })], spoil: { over: { x: 900, y: 140 } }, says: [['Review › The over', 'lies on “Reviewed”']] },
  { rule: 'groups hold their nodes', what: 'a node outside of its group', spoil: { pass: { y: 200 } }, says: [['Review › Look at it', 'lies outside the box of its group “Decide”']] },
  { rule: 'left to right', what: 'a wire that leads back', with: [node('far', 'change', { rules: [], x: 640, y: 200, wires: [['shown']] })], spoil: { far: { x: 1120 } }, says: [['Review › The far', 'its wire to “Reviewed” leads back']] },
];

test.each(cases)('$rule: $what', ({ rule, with: more = [], spoil, says: expected, ...rest }) => {
  const good = rest.project ? project : aFlow(...more);
  expect(says(good).filter((line) => line.startsWith(`${rule} |`))).toEqual([]);
  const found = says(changed(good, spoil)).filter((line) => line.startsWith(`${rule} |`));
  expect(found).toHaveLength(expected.length);
  for (const [index, [place, reason]] of expected.entries()) {
    expect(found[index]).toMatch(`${rule} | ${place}: `);
    expect(found[index]).toContain(reason);
  }
});

test('every rule has a twin here that breaks it, and says what it demands and why', () => {
  expect(rules.map(({ name }) => name).filter((name) => !cases.some((each) => each.rule === name))).toEqual([]);
  for (const { demands, because } of rules) expect([demands, because]).toEqual([expect.stringMatching(/\.$/), expect.stringMatching(/\.$/)]);
});

describe('what is allowed', () => {
  test('two stages of one status with lanes of their own', () => {
    const twin = (lanes: string): FlowNode[] => [
      ...changed(aFlow(), { work: { lanes: 'US, EMEA' } }),
      node('second', 'oms-work', { source: 'status', from: 'READY_FOR_PROCESSING', lanes, failure: '', x: 160, y: 400, wires: [['second-move']] }),
      node('second-move', 'oms-transition', { to: 'READY_TO_CREATE_IN_NAV', x: 400, y: 400, wires: [[], [], []] }),
    ];
    expect(says(twin('JAPAN'))).toEqual([]);
    expect(says(twin('JAPAN, EMEA'))).toEqual([expect.stringContaining('takes READY_FOR_PROCESSING, which Review › New orders takes already')]);
  });

  test('places at which the editor’s own grid puts a node: the middle between two lines, a hidden label, a junction', () => {
    expect(says([...aFlow(), node('half', 'debug', { x: 1210 }), node('small', 'link in', { x: 1215, y: 460, links: [] }), node('bend', 'junction', { x: 1220, y: 520, wires: [[]] })])).toEqual([]);
  });

  test('a loop', () => {
    expect(says([...aFlow(), node('first', 'change', { rules: [], x: 160, y: 400, wires: [['again']] }), node('again', 'change', { rules: [], x: 400, y: 400, wires: [['first']] })])).toEqual([]);
  });

  test('a description and a comment that name addresses', () => {
    expect(says(changed(aFlow(), { tab: { info: 'See https://wiki.example.com/nav' }, about: { info: 'https://wiki.example.com' }, pass: { info: 'http://wiki.example.com' } }))).toEqual([]);
  });

  test('a constant as a statement, and pieces of English in code', () => {
    expect(says([...aFlow(), sql({ type: 'change', rules: [{ t: 'set', p: 'topic', pt: 'msg', to: 'SELECT 1', tot: 'str' }] }), mysql])).toEqual([]);
    expect(says([...aFlow(), node('code', 'function', { func: 'msg.payload = "Please select one from the list"; // update the set\nreturn msg;', wires: [[]] })])).toEqual([]);
  });

  test('what is disabled does not count as missing an end, but its secrets are read all the same', () => {
    expect(says(changed(aFlow(), { next: { disabled: true }, move: { to: 'PENDING_APPROVALS' }, 'next-move': { to: 'SHIPPED' } }))).toEqual([]);
    expect(says(changed(aFlow(), { shown: { d: true, token: 'abcd' } }))).toEqual([expect.stringContaining('token holds')]);
  });
});

describe('stages are followed wherever they lead', () => {
  const link = (id: string, type: string, more: Record<string, unknown>): FlowNode => node(id, type, { x: 400, y: 400, ...more });

  test('through links to another tab', () => {
    const flows = (to: string): FlowNode[] => [
      ...changed(aFlow(), { pass: { wires: [['out']] }, move: { to: 'PENDING_APPROVALS', x: 640, y: 480, wires: [[], [], []], g: undefined } }),
      link('out', 'link out', { mode: 'link', links: ['in'], x: 625, y: 120 }),
      link('in', 'link in', { links: ['out'], z: 'next', x: 145, y: 400, wires: [['far']] }),
      node('far', 'oms-transition', { z: 'next', to, x: 400, y: 400, wires: [[], [], []] }),
    ];
    const far = (to: string): string[] => says(flows(to)).filter((line) => line.includes('The far'));
    expect(far('RETAINED')).toEqual([]);
    expect(far('FULFILLED')).toEqual([expect.stringContaining('leads from READY_FOR_PROCESSING to FULFILLED')]);
  });

  test('through a link call and back to its own caller, not to another one', () => {
    const flows = [
      ...changed(aFlow(), { pass: { type: 'link call', links: ['sub'] }, 'next-work': { wires: [['next-call']] } }),
      node('next-call', 'link call', { z: 'next', links: ['sub'], x: 280, y: 180, wires: [['next-move']] }),
      link('sub', 'link in', { z: 'next', x: 145, y: 400, wires: [['sub-step']] }),
      node('sub-step', 'change', { z: 'next', rules: [], x: 400, y: 400, wires: [['sub-back']] }),
      link('sub-back', 'link out', { z: 'next', mode: 'return', links: [], x: 625, y: 400 }),
    ];
    // READY_FOR_PROCESSING does not lead to PENDING_NAV_RELEASE: mixing the callers up would say so.
    expect(says(flows).filter((line) => /^(legal|reachable|no order)/.test(line))).toEqual([]);
    expect(says(changed(flows, { 'sub-step': { wires: [[]] } }))).toEqual(expect.arrayContaining([expect.stringContaining('The sub-step: output 1 leads nowhere')]));
  });

  test('into a subflow and out of the port that the wire leads to', () => {
    const flows = (inside: string[][]): FlowNode[] => [
      ...changed(aFlow(), { pass: { type: 'subflow:sub', wires: [['move'], ['retain']] } }),
      node('retain', 'oms-transition', { to: 'RETAINED', x: 640, y: 400, wires: [[], [], []] }),
      { id: 'sub', type: 'subflow', name: 'Look twice', info: 'Looks.', in: [{ x: 40, y: 40, wires: [{ id: 'look' }] }], out: [{ x: 300, y: 40, wires: [{ id: 'look', port: 0 }] }, { x: 300, y: 80, wires: [{ id: 'look', port: 1 }] }] },
      node('look', 'switch', { z: 'sub', x: 160, y: 40, wires: inside }),
    ];
    expect(says(flows([[], []]))).toEqual([]);
    expect(says(changed(flows([[], []]), { retain: { to: 'FULFILLED' } }))).toEqual([expect.stringContaining('Review › The retain: leads from READY_FOR_PROCESSING to FULFILLED')]);
    expect(says(flows([[], [], []]))).toEqual([expect.stringContaining('Look twice › The look: output 3 leads nowhere')]);
  });

  test('behind a Catch: what fails there may be moved, if the status leads there', () => {
    const flows = (to: string): FlowNode[] => [
      ...changed(aFlow(), { catch: { uncaught: true } }),
      node('looked', 'catch', { scope: ['pass'], x: 160, y: 400, wires: [['aside']] }),
      node('aside', 'oms-transition', { to, x: 400, y: 400, wires: [[], [], []] }),
    ];
    expect(says(flows('RETAINED'))).toEqual([]);
    expect(says(flows('FULFILLED'))).toEqual([expect.stringContaining('Review › The aside: leads from READY_FOR_PROCESSING to FULFILLED')]);
  });
});

test('an illegal step is found in every stage of the project, whatever status it leads to', () => {
  let spoiled = 0;
  for (const move of project.filter((each) => each.type === 'oms-transition' && each['to'])) {
    const from = project.find((each) => each.type === 'oms-work' && each.z === move.z && JSON.stringify(pathFrom(each)).includes(`"${move.id}"`));
    if (from?.['source'] === 'task') continue; // a task may come to an order in any status
    for (const to of lifecycle.names.filter((name) => !lifecycle.allows(String(from?.['from']), name))) {
      spoiled++;
      const found = [...legalEdges.find(new Configuration(changed(project, { [move.id]: { to } })))];
      expect({ move: move.id, to, found: [...new Set(found.map((complaint) => complaint.node.id))] }).toEqual({ move: move.id, to, found: [move.id] });
    }
  }
  expect(spoiled).toBeGreaterThan(300);
});

/** The ids behind a node, by wires. */
function pathFrom(start: FlowNode): string[] {
  const seen = new Set<string>();
  const todo = [start.id];
  for (let id = todo.pop(); id; id = todo.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const each = project.find((other) => other.id === id);
    if (each?.type !== 'oms-transition') todo.push(...((each?.['wires'] ?? []) as string[][]).flat());
  }
  return [...seen];
}

test('whatever the admin API is sent, the check says something and never breaks', () => {
  const odd: unknown[] = [{ name: 5 }, { wires: 'x' }, { wires: [null, [5]] }, { x: '1' }, { type: 'oms-work', from: {}, lanes: 7 }, { type: 'oms-transition', to: [] }, { links: {}, type: 'link out' }, { type: 'subflow:none' }, { type: 'subflow', in: 'x', out: [null] }, { type: 'catch', scope: {} }, { type: 'template', template: null }, { type: 'change', rules: [null, 5] }, { env: [null] }, { z: 5 }, { g: 7 }, { type: 'group', nodes: null }, { type: 'function', func: 7 }];
  for (const each of odd) expect(Array.isArray(checkFlows([...aFlow(), { id: 'odd', type: 'debug', z: 'tab', ...(each as object) }]))).toBe(true);
});

test('every contract whose facts move orders is known to the check', () => {
  expect(Object.keys(FACTS).toSorted()).toEqual(Object.keys({ ...navReadings, ...fulfillmentReadings, ...printStationReadings }).toSorted());
});

test('each group of rules is a file of its own, under 200 lines', () => {
  const files = readdirSync(path.join(ROOT, 'nodes/flows/check'));
  for (const file of files) expect(readFileSync(path.join(ROOT, 'nodes/flows/check', file), 'utf8').split('\n').length).toBeLessThan(200);
});
