/**
 * Where the processes of a group listen, read from /proc: for telling somebody whose program was expected at another port. Linux
 * only; elsewhere nothing is known.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { addressOf } from '../../proxy/sockets/socket-address';
import type { SocketAddress } from './network';

/** State of a listening socket in /proc/net/tcp. */
const LISTEN = '0A';

/** Undefined where the system doesn't tell. */
export function listeningAddresses(group: number): SocketAddress[] | undefined {
  try {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && groupOf(name) === group);
    const inodes = new Set(pids.flatMap(socketsOf));
    const listeners = ['tcp', 'tcp6'].flatMap((table) => listenersIn(table)).filter(({ inode }) => inodes.has(inode));
    const byText = new Map(listeners.map(({ address, port }) => [`${address} ${port}`, { address, port }]));
    return [...byText.values()].sort((a, b) => a.port - b.port);
  } catch {
    return undefined;
  }
}

function groupOf(pid: string): number | undefined {
  try {
    return Number(/^\d+ \(.*\) \S \d+ (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

function socketsOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

function listenersIn(table: string): (SocketAddress & { readonly inode: string })[] {
  let text: string;
  try {
    text = readFileSync(`/proc/net/${table}`, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').slice(1).flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state !== LISTEN || local === undefined || inode === undefined) return [];
    const [address, port] = local.split(':') as [string, string];
    return [{ address: addressOf(address), port: parseInt(port, 16), inode }];
  });
}
