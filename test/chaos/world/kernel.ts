/** What the kernel knows of processes and connections (Linux); nothing where the system does not tell. */
import { readFileSync } from 'node:fs';
import type { SocketAddress } from '../../../src/cli/up/network';

/** State of a connection in /proc/net/tcp. */
const ESTABLISHED = '01';

/** Established connections of this machine to these places. */
export function connectionsTo(places: readonly SocketAddress[]): number {
  // As /proc has them: the address in the order of its bytes in memory, in hexadecimal digits.
  const wanted = new Set(places.map(({ address, port }) => [
    address.split('.').reverse().map((byte) => Number(byte).toString(16).padStart(2, '0')).join(''), port.toString(16).padStart(4, '0'),
  ].join(':').toUpperCase()));
  try {
    return readFileSync('/proc/net/tcp', 'latin1').split('\n').map((line) => line.trim().split(/\s+/))
      .filter(([, , remote, state]) => state === ESTABLISHED && wanted.has(remote!)).length;
  } catch {
    return 0;
  }
}

/** Most resident memory of a process so far. */
export function peakMemoryOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1_024;
  } catch {
    return 0;
  }
}
