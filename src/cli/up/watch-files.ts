/**
 * Notices that the YAML changed. Times and sizes are compared twice a second: `cdk8s synth` deletes the folder and
 * writes it anew, which watching by the system's events survives on some systems only. A change counts once nothing has
 * changed for one round, so that half a folder is not read.
 */
import { statSync } from 'node:fs';
import { filesOf } from '../model/manifests';

const PERIOD_MS = 500;

/** Calls back after every change, until the returned function is called. */
export function watchFiles(paths: readonly string[], onChange: () => void): () => void {
  let applied = fingerprint(paths);
  let last = applied;
  const timer = setInterval(() => {
    const now = fingerprint(paths);
    const settled = now === last && now !== undefined;
    last = now;
    if (!settled || now === applied) return;
    applied = now;
    onChange();
  }, PERIOD_MS);
  return () => clearInterval(timer);
}

/** Undefined while the files are not there. */
function fingerprint(paths: readonly string[]): string | undefined {
  try {
    return filesOf(paths).map((file) => {
      const { mtimeMs, size } = statSync(file);
      return `${file} ${mtimeMs} ${size}`;
    }).join('\n');
  } catch {
    return undefined;
  }
}
