/**
 * The TCP connections of the pod, as the kernel lists them in `/proc/net/tcp` and `tcp6`: the containers of a pod share one network, so its
 * sidecar sees the app's. It takes no privilege. A list costs the kernel some milliseconds, no matter whose sockets are in it, so it is
 * asked for now and then only. It may be megabytes long: it is read in slices, each in a turn of the event loop of its own, so that no
 * request waits for the whole of it.
 */
import { open, readdir, readlink } from 'node:fs/promises';
import { afterOneRound } from '../runtime/clock';
import { addressOf } from './socket-address';

/** Limit `podSockets`: bytes that are read of a list, some 14,000 connections. */
export const MAX_LIST_BYTES = 2_097_152;

/** Most bytes of a list that are looked at in one turn of the event loop: some 110 connections. */
export const SLICE_BYTES = 16_384;

/** A place that the pod has connections to. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  /** One of each connection. */
  readonly inodes: string[];
}

/** By the kernel's text for the place; undefined where nobody cares for it. */
export type Peers = Map<string, Peer | undefined>;

const ESTABLISHED = '01';
const LISTS = ['/proc/net/tcp', '/proc/net/tcp6'];
const LF = 0x0a;
/** Of a line, those between the state and the inode: queues, timer, retransmits, user, timeout. */
const INODE_COLUMN = 6;

/** All lists that there are, in slices of whole lines. */
export async function* readLists(onLimit: () => void): AsyncGenerator<string> {
  for (const path of LISTS) {
    try {
      yield* slicesOf(path, onLimit);
    } catch (error) {
      // A pod without IPv6 has no second list.
      if (path === LISTS[0]) throw error;
    }
  }
}

/** A file in slices of whole lines, up to {@link MAX_LIST_BYTES} in all; each comes in a later turn than the one before. */
export async function* slicesOf(path: string, onLimit: () => void): AsyncGenerator<string> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(SLICE_BYTES);
    let kept = 0;
    for (let total = 0; ;) {
      const { bytesRead } = await file.read(buffer, kept, SLICE_BYTES - kept);
      if (bytesRead === 0) return;
      total += bytesRead;
      if (total > MAX_LIST_BYTES) return onLimit();
      const end = kept + bytesRead;
      const lines = buffer.lastIndexOf(LF, end - 1) + 1;
      if (lines > 0) yield buffer.toString('latin1', 0, lines);
      buffer.copyWithin(0, lines, end);
      kept = end - lines;
      await new Promise<void>(afterOneRound);
    }
  } finally {
    await file.close();
  }
}

/**
 * Adds the established connections in some lines of a list to `peers`.
 *
 * @param wanted whether connections to such a place matter
 */
export function addPeers(lines: string, peers: Peers, wanted: (address: string, port: number) => boolean): void {
  for (let start = 0; start < lines.length;) {
    const lineEnd = lines.indexOf('\n', start);
    const end = lineEnd < 0 ? lines.length : lineEnd;
    // `  0: 0100007F:1F90 0100007F:C4D2 01 ...`; the line of titles has no colon there.
    const local = lines.indexOf(': ', start) + 2;
    const remote = lines.indexOf(' ', local) + 1;
    const state = lines.indexOf(' ', remote) + 1;
    if (local > 1 && state > remote && state < end && lines.startsWith(ESTABLISHED, state)) {
      const place = lines.slice(remote, state - 1);
      let peer = peers.get(place);
      if (peer === undefined && !peers.has(place)) peers.set(place, peer = peerOf(place, wanted));
      const inode = peer && lines.slice(state, end).split(/ +/, INODE_COLUMN + 1)[INODE_COLUMN];
      if (inode) peer!.inodes.push(inode);
    }
    start = end + 1;
  }
}

function peerOf(place: string, wanted: (address: string, port: number) => boolean): Peer | undefined {
  const [hex = '', digits = ''] = place.split(':');
  const port = parseInt(digits, 16);
  const address = addressOf(hex);
  return wanted(address, port) ? { address, port, inodes: [] } : undefined;
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
