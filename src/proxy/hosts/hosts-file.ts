/**
 * The hosts file of a pod, which the containers of its app mount at `/etc/hosts`. kubelet's own is empty for some milliseconds whenever
 * a container of the pod starts, and a look-up in that moment asks DNS, which knows the service but not the sidecar.
 *
 * The mounts are of the file and not of its folder, so they see what is written into it and not what takes its place. It is therefore
 * made once, beside and renamed, before any container can have it; after that, lines are appended and nothing is ever taken away.
 * The one exception is a pod that got a new address: all its containers are new then, and none has the old file.
 *
 * Reads and writes are synchronous: they are some pages long, on a file system in memory, when a document comes; and between
 * what was decided about a name and what is written, nothing can come.
 */
import { appendFileSync, chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { AddressByName } from '../config/settle';
import { HostsContent, HostsEntry, linesFor, markerOf, readHosts, stampOf, writesFor } from './hosts-text';

/** Longest file. The names of a document of 1 MiB, which is what a ConfigMap holds, are shorter in all their forms. */
export const MAX_HOSTS_BYTES = 2 * 1024 * 1024;

/** A character a byte, so that lengths of texts are lengths in the file. Names are ASCII. */
const ENCODING = 'latin1';

/** For everyone to read: apps run as any user. */
const MODE = 0o644;

export class HostsFile {
  private content: HostsContent;

  /**
   * @param text of the file, or what a new one begins with
   * @param there whether the file is there, and containers may have it mounted
   */
  private constructor(private readonly path: string, private text: string, public there: boolean) {
    this.content = readHosts(text);
  }

  /**
   * @param podIps the pod's addresses; a file that was made for others is replaced
   * @param own reads what a new file begins with
   */
  static async open(path: string, podIps: readonly string[], own: () => Promise<string>): Promise<HostsFile> {
    const existing = readIfThere(path);
    if (existing !== undefined && readHosts(existing).madeFor === stampOf(podIps)) return new HostsFile(path, existing, true);
    return new HostsFile(path, `${await own()}\n${markerOf(podIps)}\n`, false);
  }

  /** Names that lead to the proxy, and where. */
  get leads(): AddressByName { return this.content.leads; }

  /** Names that something else has given an address: the pod's own, and those of its `hostAliases`. */
  get taken(): AddressByName { return this.content.taken; }

  /** Whether all forms of the entry's names are there. */
  has(entry: HostsEntry): boolean {
    return this.there && linesFor([entry], this.content).length === 0;
  }

  /** How long it would be with these entries. */
  lengthWith(entries: readonly HostsEntry[]): number {
    return writesFor(linesFor(entries, this.content), this.text.length).reduce((sum, write) => sum + write.length, this.text.length);
  }

  /** Adds what is missing, and makes the file when it isn't there. Throws when that can't be; then some of it may be there. */
  add(entries: readonly HostsEntry[]): void {
    if (!this.there) {
      this.create(entries);
      return;
    }
    // A disk that was full may have cut the last line.
    const lines = [...this.text.endsWith('\n') ? [] : ['\n'], ...linesFor(entries, this.content)];
    try {
      for (const write of writesFor(lines, this.text.length)) appendFileSync(this.path, write, ENCODING);
    } finally {
      this.use(readFileSync(this.path, ENCODING));
    }
  }

  private create(entries: readonly HostsEntry[]): void {
    const text = this.text + linesFor(entries, this.content).join('');
    const beside = `${this.path}.new`;
    const file = openSync(beside, 'w', MODE);
    try {
      writeFileSync(file, text, ENCODING);
      // A file that was renamed before its content was on the disk could be empty after a crash of the node.
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // Whatever the umask is.
    chmodSync(beside, MODE);
    renameSync(beside, this.path);
    this.there = true;
    this.use(text);
  }

  private use(text: string): void {
    this.text = text;
    this.content = readHosts(text);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, ENCODING);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
