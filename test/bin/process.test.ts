import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { claimPid, end, identify, isAlive, runningProcess, writePid } from './scripts';
import { temporaryDirectory } from './temporary';

function sleeper(): { child: ChildProcess; pid: number } {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  if (child.pid === undefined) throw new Error('no process');
  return { child, pid: child.pid };
}

test('a process is itself until it has ended', async () => {
  const { child, pid } = sleeper();
  const identity = identify(pid);
  expect(isAlive(identity)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive(identity)).toBe(false);
  expect(identify(pid)).toBeUndefined();
});

test('a process that got the pid of a dead one is neither taken for it nor ended', async () => {
  const { child, pid } = sleeper();
  const dead = { pid, started: 'some other boot:1234' };
  expect(isAlive(dead)).toBe(false);
  await end(dead, 10);
  expect(isAlive(identify(pid))).toBe(true);

  const directory = temporaryDirectory();
  writeFileSync(path.join(directory, 'mariadb.json'), JSON.stringify(dead));
  expect(runningProcess(directory, 'mariadb')).toBeUndefined();
  child.kill('SIGKILL');
});

test('the pid file holds the bare pid', () => {
  const directory = temporaryDirectory();
  writePid(directory, 'oms', process.pid);
  expect(readFileSync(path.join(directory, 'oms.pid'), 'utf8')).toBe(`${process.pid}\n`);
  expect(runningProcess(directory, 'oms')).toEqual(identify(process.pid));
});

test('a name is claimed once, and again after its holder has died', async () => {
  const directory = temporaryDirectory();
  const { child, pid } = sleeper();
  writePid(directory, 'oms', pid);
  expect(claimPid(directory, 'oms')).toEqual(identify(pid));
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(claimPid(directory, 'oms')).toBeUndefined();
  expect(runningProcess(directory, 'oms')?.pid).toBe(process.pid);
});
