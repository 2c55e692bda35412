/**
 * The TCP connections of the pod, as the kernel lists them in `/proc/net/tcp` and `tcp6`: the containers of a pod share one network, so its
 * sidecar sees the app's. It takes no privilege. A list costs the kernel some milliseconds, whoever's sockets are in it, so it is
 * asked for now and then only.
 */
import { createReadStream } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { endianness } from 'node:os';

/** Limit `podSockets`: octets that are read of a list, some 14,000 connections. */
export const MAX_LIST_BYTES = 2_097_152;

export interface PodSocket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly inode: string;
}

const ESTABLISHED = '01';
const LISTS = ['/proc/net/tcp', '/proc/net/tcp6'];

/** All lists that there are. */
export async function readLists(onLimit: () => void): Promise<string> {
  let text = '';
  for (const path of LISTS) {
    let length = 0;
    try {
      for await (const chunk of createReadStream(path, { encoding: 'latin1', end: MAX_LIST_BYTES - 1 })) {
        text += chunk as string;
        length += (chunk as string).length;
      }
    } catch (error) {
      // A pod without IPv6 has no second list.
      if (path === LISTS[0]) throw error;
    }
    if (length >= MAX_LIST_BYTES) onLimit();
  }
  return text;
}

/** The established connections of a list. */
export function establishedIn(list: string): PodSocket[] {
  return list.split('\n').flatMap((line) => {
    const [, , remote = '', state, , , , , , inode] = line.trim().split(/\s+/);
    const [address = '', port = ''] = remote.split(':');
    if (state !== ESTABLISHED || inode === undefined) return [];
    return [{ remoteAddress: addressOf(address), remotePort: parseInt(port, 16), inode }];
  });
}

/** Sockets of these processes. */
export async function inodesOf(pids: readonly number[]): Promise<ReadonlySet<string>> {
  const inodes = new Set<string>();
  for (const pid of pids) {
    const folder = `/proc/${pid}/fd`;
    for (const name of await readdir(folder).catch(() => [])) {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(await readlink(`${folder}/${name}`).catch(() => '')) ?? [];
      if (inode !== undefined) inodes.add(inode);
    }
  }
  return inodes;
}

/** From words of 32 bits, each in the order of the machine. An IPv4 address within IPv6 becomes one. */
function addressOf(hex: string): string {
  const octets = Buffer.from(hex, 'hex');
  if (endianness() === 'LE') octets.swap32();
  if (octets.length === 4) return octets.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => octets.readUInt16BE(2 * index).toString(16));
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff') return octets.subarray(12).join('.');
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}
