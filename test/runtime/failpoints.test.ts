import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { Environment } from '../../nodes/runtime/environment';
import { armFailpoints, failpoint } from '../../nodes/runtime/failpoints';

const ROOT = path.join(__dirname, '../..');
const env = (text: string, more: Record<string, string> = {}): Environment => new Environment({ OMS_SANDBOX_MODE: 'on', OMS_FAILPOINTS: text, ...more });

/** Runs a script in a process of its own, in which failpoints are armed. */
function run(failpoints: string, script: string) {
  const program = `
    const { Environment } = require('./dist/nodes/runtime/environment.js');
    const { armFailpoints, failpoint } = require('./dist/nodes/runtime/failpoints.js');
    armFailpoints(new Environment({ OMS_SANDBOX_MODE: 'on', OMS_FAILPOINTS: ${JSON.stringify(failpoints)} }));
    (async () => { ${script} })();`;
  return spawnSync(process.execPath, ['-e', program], { cwd: ROOT, encoding: 'utf8' });
}

test('nothing is awaited and nothing happens while nothing is armed', () => {
  armFailpoints(new Environment({}));
  expect(failpoint('effect.sent', 'nav.create')).toBeUndefined();
});

test('refused where a partner is a real one', () => {
  expect(() => armFailpoints(env('effect.sent=kill', { OMS_SANDBOX_MODE: 'off' }))).toThrow(/only a process whose partners are all the sandbox/);
  expect(() => armFailpoints(env('effect.sent=kill', { OMS_SANDBOX: 'mixed' }))).toThrow(/only a process whose partners are all the sandbox/);
});

test.each(['effect.sent', 'effect.snt=kill', 'effect.sent=explode', 'effect.sent=kill@often', 'effect.sent=kill;'])('"%s" is refused with the sites there are', (text) => {
  expect(() => armFailpoints(env(text))).toThrow(/sites: work\.claimed/);
});

test('kill: the process ends there and then, and has said where', () => {
  const { signal, stdout, stderr } = run('effect.sent/nav.create=kill@2', `
    await failpoint('effect.sent', 'camel.request'); console.log('other kind');
    await failpoint('effect.sent', ['camel.request', 'nav.create']); console.log('first time');
    await failpoint('effect.sent', 'nav.create'); console.log('too late');`);
  expect(signal).toBe('SIGKILL');
  expect(stdout).toBe('other kind\nfirst time\n');
  expect(JSON.parse(stderr)).toMatchObject({ code: 'failpoint', failpoint: 'effect.sent/nav.create=kill@2' });
});

test('throw and delay; every time where that is said', () => {
  const { stdout } = run('work.end=throw;work.claimed=delay:30@every', `
    await failpoint('work.end', 'SHIPPED').catch((error) => console.log(error.message));
    await failpoint('work.end', 'SHIPPED');
    const begun = performance.now();
    for (let i = 0; i < 2; i++) await failpoint('work.claimed', 'SHIPPED');
    console.log(performance.now() - begun >= 55);`);
  expect(stdout).toBe('failpoint work.end=throw\ntrue\n');
});
