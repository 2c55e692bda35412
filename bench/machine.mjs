/** The machine of a measurement in general words: what somebody needs to judge the numbers, and no more. */
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';

export function machine() {
  const model = cpus()[0]?.model.replace(/\(R\)|\(TM\)| Processor| CPU.*$/g, '').replace(/\s+/g, ' ').trim();
  return {
    cores: cpus().length,
    cpu: model || 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release().split('.').slice(0, 2).join('.')}`,
    node: process.versions.node,
    wrk: wrkVersion(),
  };
}

/** wrk prints its version beside its usage, with exit code 1. */
function wrkVersion() {
  try {
    return execFileSync('wrk', ['-v'], { encoding: 'utf8' });
  } catch (error) {
    return /wrk (?:debian\/)?([\d.]+)/.exec(String(error.stdout))?.[1];
  }
}
