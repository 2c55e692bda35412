/**
 * Where names lead in a pod stays. A name that an app has looked up once is in its caches and connections, and a hosts file that only
 * grows can't take it back; two addresses for it would send requests to either by chance. A document may give a callee another address
 * all the same: addresses are hashes, and of two names that collide the one that sorts first wins, which may be the one that came later.
 *
 * So the names' addresses of this pod go before the document's: a callee with a name that leads somewhere is bound there, and one that
 * is new keeps away from all addresses that are in use. Where that can't be, the document is refused; only another pod can take it.
 */
import type { ResolvedListener, ResolvedProxyConfig } from '../../contract';

/** Host names, and the addresses that they lead to in this pod. */
export type AddressByName = ReadonlyMap<string, string>;

export type Settled =
  | { readonly ok: true; readonly config: ResolvedProxyConfig }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Callees have their addresses in 127.64.0.0/10. */
const NETWORK = 0x7f400000;
const HOSTS = 1 << 22;

/** The listeners at one address of the document: the ports of one callee. */
interface Callee {
  readonly address: string;
  readonly listeners: ResolvedListener[];
  readonly names: Set<string>;
}

/** The document with the addresses that its callees have in this pod. */
export function settleAddresses(next: ResolvedProxyConfig, leads: AddressByName): Settled {
  if (leads.size === 0) return { ok: true, config: next };
  const problems: string[] = [];
  const settled = new Map<Callee, string>();
  const moving: Callee[] = [];
  const inUse = new Set(leads.values());
  for (const callee of calleesOf(next)) {
    const [here, ...elsewhere] = new Set([...callee.names].flatMap((name) => leads.get(name) ?? []));
    if (elsewhere.length > 0) problems.push(apart(callee, leads));
    if (here !== undefined) settled.set(callee, here);
    else if (callee.names.size > 0 && inUse.has(callee.address)) moving.push(callee);
    else settled.set(callee, callee.address);
  }
  for (const address of settled.values()) inUse.add(address);
  for (const callee of moving) {
    const address = freeAddress(callee.address, inUse);
    inUse.add(address);
    settled.set(callee, address);
  }
  problems.push(...sharedSockets(settled));
  if (problems.length > 0) return { ok: false, problems };

  const addresses = new Map([...settled].flatMap(([{ listeners }, address]) => listeners.map((listener) => [listener, address] as const)));
  return {
    ok: true,
    config: {
      ...next,
      listeners: next.listeners.map((listener) => {
        const address = addresses.get(listener);
        return address === undefined || address === listener.address ? listener : { ...listener, address };
      }),
    },
  };
}

function calleesOf({ listeners }: ResolvedProxyConfig): Callee[] {
  const callees = new Map<string, Callee>();
  for (const listener of listeners) {
    const { direction, address, hostnames = [] } = listener;
    if (direction !== 'outbound' || address === undefined) continue;
    const callee = callees.get(address) ?? { address, listeners: [], names: new Set() };
    callees.set(address, callee);
    callee.listeners.push(listener);
    for (const name of hostnames) callee.names.add(name);
  }
  return [...callees.values()];
}

function apart({ names, listeners }: Callee, leads: AddressByName): string {
  const places = [...names].filter((name) => leads.has(name)).map((name) => `'${name}' to ${leads.get(name)!}`);
  return `listener '${listeners[0]!.name}' has names that lead to different addresses in this pod (${places.join(', ')}): replace the pod, so that it begins without them`;
}

/** Callees whose names lead to one address in this pod, at one port. */
function sharedSockets(settled: ReadonlyMap<Callee, string>): string[] {
  const owners = new Map<string, string>();
  return [...settled].flatMap(([{ listeners }, address]) => listeners.flatMap(({ name, port }) => {
    const socket = `${address}:${port}`;
    const owner = owners.get(socket);
    owners.set(socket, name);
    return owner === undefined ? []
      : [`the names of listeners '${owner}' and '${name}' all lead to ${socket} in this pod: replace the pod, so that it begins without them`];
  }));
}

/** The next address that nobody has. There are four million, and a pod has room for the names of some thousand. */
function freeAddress(declared: string, inUse: ReadonlySet<string>): string {
  for (let host = hostOf(declared); ; host = (host + 1) % HOSTS) {
    const address = dotted(NETWORK + host);
    if (!inUse.has(address)) return address;
  }
}

function hostOf(address: string): number {
  return address.split('.').reduce((sum, part) => (sum * 256 + Number(part)) % HOSTS, 0) || 0;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
}
