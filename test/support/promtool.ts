/** Prometheus' own tool, which judges metrics and rules as Prometheus does. Debian's package `prometheus` has it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MISSING = spawnSync('promtool', ['--version']).error !== undefined;

/** A test that needs promtool; it is skipped where that is missing, and its name says what to install. */
export const testWithPromtool: (name: string, test: () => void) => void = (name, run) => {
  if (MISSING) test.skip(`${name} (promtool is missing: apt-get install prometheus)`, run);
  else test(name, run);
};

/** Runs it. What it has to say is in `output`. Tests of rules leave a storage behind, now and then, so it has a folder of its own for that. */
export function promtool(args: readonly string[], input = ''): { readonly ok: boolean; readonly output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'promtool-'));
  try {
    const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8', env: { ...process.env, TMPDIR: folder } });
    return { ok: status === 0, output: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
