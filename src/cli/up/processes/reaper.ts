/**
 * Kills what is left when `up` itself is killed. A process that gets SIGKILL can't clean up, and its children go on. The
 * reaper is one more child, in a session of its own, at the other end of a pipe. `up` tells it of every process and folder.
 * When the pipe closes and the reaper was not dismissed, it kills the processes and removes the folders that are left. A
 * process that `up` started just before the kill, and had no time to tell of, has a mark in its environment (this needs /proc).
 */
import { ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Command } from '../../command-line/command';

/** Environment variable that marks the processes of a run. */
export const RUN_MARK = 'CDK8S_MESH_UP';

/** How long, and how often, the reaper looks for marked processes: one that is just being started has its mark only then. */
const SEARCHES = 10;
const SEARCH_MS = 50;

/** The side of `up`. */
export class Reaper {
  /** Value of {@link RUN_MARK} for this run's processes. */
  readonly mark = randomUUID();
  private readonly process: ChildProcess;

  constructor(cli: string) {
    this.process = spawn(process.execPath, [cli, reaperCommand.name], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    this.process.stdin!.on('error', () => undefined);
    this.process.on('error', () => undefined);
    this.process.stdin!.write(`mark ${this.mark}\n`);
  }

  /** This process group is to die with us. */
  watch(pid: number): void {
    this.process.stdin!.write(`watch ${pid}\n`);
  }

  /** It ended. */
  forget(pid: number): void {
    this.process.stdin!.write(`forget ${pid}\n`);
  }

  /** This folder is to go with us. */
  watchFolder(path: string): void {
    this.process.stdin!.write(`folder ${path}\n`);
  }

  /** Everything is gone already: the reaper has nothing left to do. */
  async dismiss(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      this.process.once('exit', () => resolve());
      this.process.stdin!.end('dismissed\n');
    });
  }
}

/** The side of the reaper. */
export const reaperCommand: Command = {
  name: 'reaper',
  usage: '',
  about: "Internal: ends the processes of 'cdk8s-mesh up' when it was killed.",
  flags: {},
  async run() {
    // Only the end of the pipe ends the reaper.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
    const groups = new Set<number>();
    const folders = new Set<string>();
    let mark: string | undefined;
    for await (const line of createInterface({ input: process.stdin })) {
      const [verb, ...rest] = line.split(' ');
      const value = rest.join(' ');
      if (verb === 'watch') groups.add(Number(value));
      else if (verb === 'forget') groups.delete(Number(value));
      else if (verb === 'folder') folders.add(value);
      else if (verb === 'mark') mark = value;
      else if (verb === 'dismissed') return 0;
    }
    for (const pid of groups) kill(-pid);
    for (let search = 0; mark !== undefined && search < SEARCHES; search++) {
      for (const pid of marked(mark)) kill(pid);
      await new Promise((resolve) => { setTimeout(resolve, SEARCH_MS); });
    }
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    return 0;
  },
};

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended at the same moment.
  }
}

/** Processes with this mark; none where the system does not show environments. */
function marked(mark: string): number[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names.filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${RUN_MARK}=${mark}`);
    } catch {
      return false;
    }
  });
}
