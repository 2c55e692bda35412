/**
 * The text of a pod's hosts file: what kubelet wrote, a line that says whose file it is, and below that the names of what the app
 * calls. Each name is there with and without a final dot, as resolvers compare it with what the app asked for; and each IPv4 address
 * also as an IPv6 one (`::ffff:127.1.2.3`, which connects to the same socket), for look-ups that ask for IPv6 only: an app's own, or
 * those that a C library makes of others in a pod without an IPv4 address (AI_ADDRCONFIG).
 */
import { isIPv4 } from 'node:net';

/** A callee's address, and the names that lead to it. */
export interface HostsEntry {
  readonly address: string;
  /** Without final dots. */
  readonly names: readonly string[];
}

/** Longest line with its end: musl reads a line in pieces of this size, and only the first has the address. */
const MAX_LINE_BYTES = 511;

/** Most names on a line: uClibc reads no more than six. */
const MAX_LINE_NAMES = 6;

/** Between kubelet's part and ours, with the addresses of the pod that the file was made for. */
const MARKER = /^# cdk8s-mesh for (\S*): /;

/** What a file says. */
export interface HostsContent {
  /** Addresses of the pod that it was made for; undefined when the file is not one of ours. */
  readonly madeFor: string | undefined;
  /** Names outside of our part, in lower case, and where they lead. */
  readonly taken: ReadonlyMap<string, string>;
  /** Names of our part, and where they lead. */
  readonly leads: ReadonlyMap<string, string>;
  /** Whether our part has a name, perhaps with a final dot, at an address. */
  has(address: string, name: string): boolean;
}

export function markerOf(podIps: readonly string[]): string {
  return `# cdk8s-mesh for ${stampOf(podIps)}: the services that this pod calls, at the addresses of its sidecar.`;
}

export function stampOf(podIps: readonly string[]): string {
  return podIps.join(',');
}

export function readHosts(text: string): HostsContent {
  let madeFor: string | undefined;
  const taken = new Map<string, string>();
  const leads = new Map<string, string>();
  const pairs = new Set<string>();
  for (const line of text.split('\n')) {
    madeFor ??= MARKER.exec(line)?.[1];
    const [address, ...names] = line.replace(/#.*/, '').split(/\s+/).filter((word) => word !== '');
    if (address === undefined) continue;
    for (const name of names) {
      const plain = name.toLowerCase().replace(/\.$/, '');
      if (madeFor === undefined) {
        if (!taken.has(plain)) taken.set(plain, address);
        continue;
      }
      pairs.add(`${address} ${name}`);
      if (!leads.has(plain)) leads.set(plain, address);
    }
  }
  return { madeFor, taken, leads, has: (address, name) => pairs.has(`${address} ${name}`) };
}

/** The lines that entries lack, each with its end. */
export function linesFor(entries: readonly HostsEntry[], content: Pick<HostsContent, 'has'>): string[] {
  return entries.flatMap(({ address, names }) => addressesOf(address).flatMap((alias) => (
    [names, names.map((name) => `${name}.`)].flatMap((forms) => wrap(alias, forms.filter((name) => !content.has(alias, name))))
  )));
}

/** The form that is meant comes first: it is the one that resolvers prefer, and that a name is known to lead to. */
function addressesOf(address: string): string[] {
  return isIPv4(address) ? [address, `::ffff:${address}`] : [address];
}

function wrap(address: string, names: readonly string[]): string[] {
  const lines: string[] = [];
  let line = address;
  let count = 0;
  for (const name of names) {
    if (count === MAX_LINE_NAMES || line.length + name.length + 2 > MAX_LINE_BYTES) {
      lines.push(`${line}\n`);
      line = address;
      count = 0;
    }
    line += ` ${name}`;
    count += 1;
  }
  return count > 0 ? [...lines, `${line}\n`] : lines;
}

/** Divides every size that a page of memory has. */
const PAGE_BYTES = 4_096;

/**
 * Lines as they can be appended to a file of `size` bytes without anyone ever seeing half of one: the kernel shows what is written
 * page by page, and a process that is killed stops between two pages. So each of these is for one write, ends with a line and
 * lies within a page; where no line fits any more, a comment fills the page.
 */
export function writesFor(lines: readonly string[], size: number): string[] {
  const writes: string[] = [];
  let write = '';
  let room = PAGE_BYTES - size % PAGE_BYTES;
  const endPage = (): void => {
    writes.push(write);
    write = '';
    room = PAGE_BYTES;
  };
  for (const line of lines) {
    if (line.length > room) {
      write += `${'#'.repeat(room - 1)}\n`;
      endPage();
    }
    write += line;
    room -= line.length;
    if (room === 0) endPage();
  }
  if (write !== '') writes.push(write);
  return writes;
}
