/**
 * How other commands find a run of `up`: a file in the run's temporary folder that says where its proxies are, written again whenever a
 * pod comes or goes. The folder belongs to the user alone and goes with the run, so nobody else can make up a run, and none outlives
 * its processes for long.
 */
import { lstatSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SocketAddress } from './network';

/** Temporary folders of runs are called this, and something random. */
export const RUN_FOLDER_PREFIX = 'cdk8s-mesh-up-';

const FILE_NAME = 'run.json';

/** Bits of a mode: the group or others may write. */
const OTHERS_WRITE = 0o022;

/** A pod whose proxy runs. */
export interface RunProxy {
  readonly namespace: string;
  readonly pod: string;
  /** The pod's address, by which other proxies know it. */
  readonly address: string;
  /** Where its admin pages are. */
  readonly admin: SocketAddress;
}

export interface RunRecord {
  /** Process of the run. */
  readonly pid: number;
  /** The folder that it was started in. */
  readonly cwd: string;
  readonly proxies: readonly RunProxy[];
}

/** Readers see the file before or the new one, never half of one. */
export function writeRunRecord(folder: string, proxies: readonly RunProxy[]): void {
  const record: RunRecord = { pid: process.pid, cwd: process.cwd(), proxies };
  const file = join(folder, FILE_NAME);
  writeFileSync(`${file}.new`, JSON.stringify(record));
  renameSync(`${file}.new`, file);
}

/** Runs of this user that are there now, by their process ids. */
export function readRunRecords(parent: string = tmpdir()): RunRecord[] {
  return readdirSync(parent)
    .filter((name) => name.startsWith(RUN_FOLDER_PREFIX))
    .flatMap((name) => readRecord(join(parent, name)) ?? [])
    .filter(({ pid }) => isRunning(pid))
    .sort((a, b) => a.pid - b.pid);
}

/** Undefined for a folder that somebody else could have written to, and for a run that is about to start or has just gone. */
function readRecord(folder: string): RunRecord | undefined {
  try {
    const stat = lstatSync(folder);
    if (!stat.isDirectory() || stat.uid !== (process.getuid?.() ?? stat.uid) || (stat.mode & OTHERS_WRITE) !== 0) return undefined;
    return JSON.parse(readFileSync(join(folder, FILE_NAME), 'utf8')) as RunRecord;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
