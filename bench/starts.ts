import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { note, report } from './rig/measure';
import { ROOT } from './rig/node-red';
import { startSystem } from './rig/system';

/** From the command to ready. `--cold`: also of a fresh clone of this repository, packages from the registry included. */
export async function starts(options: readonly string[]): Promise<void> {
  const first = await startSystem();
  note(`empty data directory, compiled: ${(first.readyMs / 1000).toFixed(1)} s`);
  await first.stop(true);
  const again = await startSystem({ dir: first.dir });
  report('warm start, to ready', `${(again.readyMs / 1000).toFixed(1)} s`, '≤ 5 s', again.readyMs <= 5000);
  await again.stop();
  if (!options.includes('--cold')) return;
  const dir = mkdtempSync(path.join(tmpdir(), 'oms-clone-'));
  try {
    const { status } = spawnSync('git', ['clone', '-q', ROOT, path.join(dir, 'oms')], { stdio: 'inherit' });
    if (status !== 0) throw new Error('git clone failed');
    const cold = await startSystem({ root: path.join(dir, 'oms') });
    report('cold start of a fresh clone, to ready', `${(cold.readyMs / 1000).toFixed(0)} s`, '≤ 180 s', cold.readyMs <= 180_000);
    await cold.stop();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
