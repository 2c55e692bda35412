/**
 * Notices that npm, npx, pnpm or yarn has gone, which started `up`. They run a program through a shell and pass a signal on to that
 * shell only, which dies of SIGTERM and leaves the program behind; SIGHUP and SIGKILL don't even reach the shell (npm 11). A program
 * that was left behind gets another parent, and nothing else tells it.
 *
 * Looked at only under such a starter. A program that somebody put in the background by hand is meant to outlive its shell.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** A process, as far as it matters here. */
interface Ancestor {
  readonly parent: number;
  /** Name of its program. */
  readonly program: string;
}

const PERIOD_MS = 250;
/** Shells between a starter and its program, at most. */
const MOST_SHELLS = 8;
const SHELLS: ReadonlySet<string> = new Set(['sh', 'dash', 'bash', 'ash', 'zsh', 'ksh', 'busybox']);
/** Set by those that start programs of packages. */
const STARTED_BY = ['npm_command', 'npm_lifecycle_event'];

/** Calls back once when a package manager that started this process has gone, until the returned function is called. */
export function whenStarterGoes(onGone: () => void): () => void {
  if (!STARTED_BY.some((name) => process.env[name] !== undefined)) return () => undefined;
  const starters = startersOf(process.ppid);
  const timer = setInterval(() => {
    if (starters.every((pid, index) => (index === 0 ? process.ppid === pid : isParent(pid, starters[index - 1]!)))) return;
    clearInterval(timer);
    onGone();
  }, PERIOD_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The parent, and above it as long as it is a shell, its own: the last one is the package manager. */
function startersOf(parent: number): number[] {
  const starters = [parent];
  while (starters.length <= MOST_SHELLS) {
    const ancestor = read(starters.at(-1)!);
    if (!ancestor || !SHELLS.has(ancestor.program) || ancestor.parent <= 1) break;
    starters.push(ancestor.parent);
  }
  return starters;
}

/** Where the system doesn't tell cheaply who is whose parent, whether it is there at all. */
function isParent(pid: number, child: number): boolean {
  if (process.platform === 'linux') return readProc(child)?.parent === pid;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function read(pid: number): Ancestor | undefined {
  return process.platform === 'linux' ? readProc(pid) : readPs(pid);
}

function readProc(pid: number): Ancestor | undefined {
  try {
    // The name stands in brackets and may hold anything, brackets too.
    const [, program, parent] = /^\d+ \((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return program === undefined ? undefined : { program, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

function readPs(pid: number): Ancestor | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'ppid=,comm=', '-p', String(pid)], { encoding: 'utf8' });
  const [, parent, program] = /^\s*(\d+)\s+-?(.+?)\s*$/.exec(stdout ?? '') ?? [];
  return program === undefined ? undefined : { program: basename(program), parent: Number(parent) };
}
