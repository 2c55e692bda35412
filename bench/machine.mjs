/** The machine of a measurement in general words, and how busy others kept it: what somebody needs to judge the numbers. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, setPriority, totalmem, type } from 'node:os';
import { TICKS, cpuSeconds } from './processes.mjs';

const NICENESS = -15;
const GROUP = '/proc/self/autogroup';

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

/**
 * Puts this process, and with it all that it starts, before others of a shared machine; only root may. Where the kernel
 * groups processes by session, niceness counts only within the group, so the group is raised too. Returns what undoes that.
 */
export function raisePriority() {
  if (process.getuid?.() !== 0) return () => {};
  setPriority(NICENESS);
  const before = groupNiceness();
  if (before === undefined) return () => {};
  writeFileSync(GROUP, String(NICENESS));
  return () => writeFileSync(GROUP, before);
}

function groupNiceness() {
  try {
    return /nice (-?\d+)/.exec(readFileSync(GROUP, 'utf8'))?.[1];
  } catch {
    return undefined; // a kernel without groups
  }
}

/** Tells, at the end, what part of the machine's CPU time went to others than this process and what it started. */
export function othersMeter() {
  const [loadBefore] = loadavg();
  const [before, ownBefore, began] = [machineSeconds(), cpuSeconds(process.pid), performance.now()];
  return {
    read: () => {
      const [after, ownAfter] = [machineSeconds(), cpuSeconds(process.pid)];
      const available = cpus().length * (performance.now() - began) / 1000;
      return {
        loadBefore,
        othersPart: Math.max(0, (after.busy - before.busy) - (ownAfter - ownBefore)) / available,
        stolenPart: (after.stolen - before.stolen) / available,
      };
    },
  };
}

/** CPU seconds since boot, over all cores: worked, and taken away by the host. */
function machineSeconds() {
  const [user, nice, system, , , interrupts, softInterrupts, stolen] = readFileSync('/proc/stat', 'utf8').split('\n')[0].trim().split(/\s+/).slice(1).map(Number);
  return { busy: (user + nice + system + interrupts + softInterrupts) / TICKS, stolen: stolen / TICKS };
}

/** wrk prints its version beside its usage, with exit code 1. */
function wrkVersion() {
  try {
    return execFileSync('wrk', ['-v'], { encoding: 'utf8' });
  } catch (error) {
    return /wrk (?:debian\/)?([\d.]+)/.exec(String(error.stdout))?.[1];
  }
}
