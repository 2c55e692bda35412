/**
 * Where pods live on one machine. In a cluster every pod has an address and a loopback of its own; here all share one
 * machine, so each gets a slice of 127.0.0.0/8, which Linux binds without any setup: one address in place of the pod's
 * IP, one for its admin page, and one for each service that it calls. Ports then stay those of the YAML, except the ones
 * below 1024 when this user may not bind them. Systems that only have 127.0.0.1 (macOS) get free ports on it instead.
 *
 * The documents name sockets; a {@link PodNetwork} says where each of them is. That is all the rest of `up` knows.
 */
import { createServer, Server } from 'node:net';
import { UserError, codeOf } from '../command-line/errors';

/** An address and port. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** `127.0.0.1:80`, `[::1]:80`. */
export function inText({ address, port }: SocketAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The sockets of one pod that need an address. */
export interface WantedAddresses {
  /** Ports on the pod's own address: inbound listeners, admin. */
  readonly own: readonly number[];
  /** Sockets on the pod's loopback that its app calls: outbound listeners. */
  readonly outbound: readonly SocketAddress[];
  /** The app's port. `foreign`: the app is the user's own program, which may bind all addresses or localhost alone. */
  readonly app?: { readonly port: number; readonly foreign: boolean };
}

/** One pod's addresses. Only what was reserved has one. */
export interface PodNetwork {
  /** In place of the pod's IP. */
  readonly ip: string;
  /** In place of the loopback address of the admin listener. */
  readonly adminLoopback: string;
  /** Finds an address for each; what has one keeps it. */
  reserve(wanted: WantedAddresses): Promise<void>;
  /** The port in place of one on the pod's own address. */
  own(port: number): number;
  /** The address of an outbound listener. */
  outbound(listener: SocketAddress): SocketAddress;
  /** The address of the app. */
  app(port: number): SocketAddress;
  /** Gives the addresses back. */
  release(): void;
}

/** Hands out pods' addresses for one run. */
export interface Network {
  readonly strategy: 'per-pod' | 'shared';
  /** Address for what `up` itself serves. */
  readonly host: string;
  newPod(): PodNetwork;
  close(): Promise<void>;
}

/** Held on the last address of the /16 for as long as the run, so that two runs never share one. */
const LOCK_PORT = 15999;

/** Outbound addresses begin here in a pod's /24. */
const FIRST_OUTBOUND = 10;
const LAST_OUTBOUND = 250;

/** Free ports are looked for here: above the registered ones in wide use, below those that systems hand out to clients. */
const FIRST_FREE_PORT = 20_000;
const FREE_PORTS = 12_000;

/** Second octets that are ours to take: not 0 (localhost, resolvers), not 53, not 64 to 127 (127.64.0.0/10: the mesh's own addresses). */
function secondOctets(): number[] {
  return Array.from({ length: 255 }, (_, octet) => octet).filter((octet) => octet !== 0 && octet !== 53 && (octet < 64 || octet > 127));
}

/** Opens the network of a run; `per-pod` unless the system lacks the addresses or `shared` is asked for. */
export async function openNetwork(strategy: 'auto' | 'per-pod' | 'shared', random: () => number = Math.random): Promise<Network> {
  const free = new FreePorts(random);
  if (strategy === 'shared') return sharedNetwork(free);
  const octets = secondOctets();
  for (let attempt = 0; attempt < 20; attempt++) {
    const [octet] = octets.splice(Math.floor(random() * octets.length), 1);
    try {
      const lock = await listen(`127.${octet}.255.254`, LOCK_PORT);
      return perPodNetwork(`127.${octet}`, lock, free);
    } catch (error) {
      if (codeOf(error) === 'EADDRINUSE') continue;
      if (codeOf(error) !== 'EADDRNOTAVAIL') throw error;
      if (strategy === 'auto') return sharedNetwork(free);
      throw new UserError(`this system does not bind 127.${octet}.255.254, so pods can't have addresses of their own; use --addresses shared`);
    }
  }
  throw new UserError(portInUse('127.0.0.0/8', LOCK_PORT));
}

async function perPodNetwork(prefix: string, lock: Server, free: FreePorts): Promise<Network> {
  const used = new Set<number>();
  let last = 0;
  return {
    strategy: 'per-pod',
    host: `${prefix}.255.1`,
    newPod() {
      // Blocks are taken in turn, so that a new pod does not get the address of one that just died.
      for (let tries = 0; tries < 254; tries++) {
        last = last % 254 + 1;
        if (used.has(last)) continue;
        const block = last;
        used.add(block);
        return new OwnAddresses(`${prefix}.${block}`, free, () => used.delete(block));
      }
      throw new UserError('there are 254 pods on this machine, more than have addresses; run fewer replicas');
    },
    close: () => closed(lock),
  };
}

async function sharedNetwork(free: FreePorts): Promise<Network> {
  const adminLoopback = await firstBindable(['::1', '127.0.0.2']);
  if (adminLoopback === undefined) {
    throw new UserError('this system binds neither ::1 nor 127.0.0.2; the admin pages need one loopback address beside 127.0.0.1: enable IPv6 on the loopback interface');
  }
  return {
    strategy: 'shared',
    host: '127.0.0.1',
    newPod: () => new SharedAddress(adminLoopback, free),
    close: async () => undefined,
  };
}

/** A pod with a /24 of its own. */
class OwnAddresses implements PodNetwork {
  readonly ip: string;
  readonly adminLoopback: string;
  readonly release: () => void;
  private readonly outboundAddresses = new Map<string, string>();
  /** Ports by the address they are on and the port of the document. */
  private readonly ports = new Map<string, Map<number, number>>();
  private appAddress: SocketAddress | undefined;

  constructor(private readonly prefix: string, private readonly free: FreePorts, release: () => void) {
    this.ip = `${prefix}.1`;
    this.adminLoopback = `${prefix}.2`;
    this.release = release;
  }

  async reserve({ own, outbound, app }: WantedAddresses): Promise<void> {
    if (app?.foreign) this.appAddress ??= { address: '127.0.0.1', port: await this.free.next() };
    await this.reserveOn(this.ip, app && !app.foreign ? [...own, app.port] : own);
    const byAddress = new Map<string, number[]>();
    for (const { address, port } of outbound) byAddress.set(address, [...byAddress.get(address) ?? [], port]);
    for (const [address, ports] of byAddress) await this.reserveOn(this.outboundAddress(address), ports);
  }

  own(port: number): number {
    return this.ports.get(this.ip)?.get(port) ?? port;
  }

  outbound({ address, port }: SocketAddress): SocketAddress {
    const mapped = this.outboundAddress(address);
    return { address: mapped, port: this.ports.get(mapped)?.get(port) ?? port };
  }

  app(port: number): SocketAddress {
    return this.appAddress ?? { address: this.ip, port: this.own(port) };
  }

  private outboundAddress(address: string): string {
    const known = this.outboundAddresses.get(address);
    if (known !== undefined) return known;
    const host = FIRST_OUTBOUND + this.outboundAddresses.size;
    if (host > LAST_OUTBOUND) throw new UserError(`a workload calls more than ${LAST_OUTBOUND - FIRST_OUTBOUND + 1} services; use --addresses shared`);
    const mapped = `${this.prefix}.${host}`;
    this.outboundAddresses.set(address, mapped);
    return mapped;
  }

  private async reserveOn(address: string, ports: readonly number[]): Promise<void> {
    const known = this.ports.get(address) ?? new Map<number, number>();
    this.ports.set(address, known);
    const privileged: number[] = [];
    for (const port of new Set(ports)) {
      if (known.has(port)) continue;
      const outcome = await tryToBind(address, port);
      if (outcome === 'EACCES') privileged.push(port);
      else if (outcome === 'EADDRINUSE') throw new UserError(portInUse(address, port));
      else known.set(port, port);
    }
    for (const port of privileged) known.set(port, await this.unprivileged(address, port, new Set(known.values())));
  }

  /** 80 becomes 8080, 443 becomes 8443; the next free one when that is taken. */
  private async unprivileged(address: string, port: number, taken: ReadonlySet<number>): Promise<number> {
    for (let candidate = port + 8000; candidate < 65_536; candidate++) {
      if (!taken.has(candidate) && await tryToBind(address, candidate) === 'free') return candidate;
    }
    throw new UserError(`there is no free port for ${address}:${port}, which this user may not bind`);
  }
}

/** A pod that shares 127.0.0.1 with all others and has free ports of its own. */
class SharedAddress implements PodNetwork {
  readonly ip = '127.0.0.1';
  private readonly ports = new Map<string, number>();

  constructor(readonly adminLoopback: string, private readonly free: FreePorts) {}

  async reserve({ own, outbound, app }: WantedAddresses): Promise<void> {
    const wanted = [...own.map((port) => `:${port}`), ...outbound.map(({ address, port }) => `${address}:${port}`)];
    if (app) wanted.push(`:${app.port}`);
    for (const socket of wanted) {
      if (!this.ports.has(socket)) this.ports.set(socket, await this.free.next());
    }
  }

  own(port: number): number {
    return this.ports.get(`:${port}`) ?? port;
  }

  outbound({ address, port }: SocketAddress): SocketAddress {
    return { address: this.ip, port: this.ports.get(`${address}:${port}`) ?? port };
  }

  app(port: number): SocketAddress {
    return { address: this.ip, port: this.own(port) };
  }

  release(): void {
    // Ports come back when the processes end; the cursor of FreePorts moves on meanwhile.
  }
}

/** Ports that nothing on this machine listens on, each handed out once. */
class FreePorts {
  private cursor: number;

  constructor(random: () => number) {
    this.cursor = Math.floor(random() * FREE_PORTS);
  }

  async next(): Promise<number> {
    for (let tries = 0; tries < FREE_PORTS; tries++) {
      const port = FIRST_FREE_PORT + this.cursor;
      this.cursor = (this.cursor + 1) % FREE_PORTS;
      // All addresses at once: whichever of them a program binds, it is free.
      if (await tryToBind('0.0.0.0', port) === 'free') return port;
    }
    throw new UserError(`no port from ${FIRST_FREE_PORT} to ${FIRST_FREE_PORT + FREE_PORTS - 1} is free on this machine; end programs that listen there`);
  }
}

/** What is wrong and what to do, when something else listens where a pod must. */
export function portInUse(address: string, port: number): string {
  return `port ${port} of ${address} is in use by another program, perhaps one that listens on all addresses. Find it with`
    + ` \`ss -ltnp 'sport = :${port}'\` (or \`lsof -nP -iTCP:${port}\`) and end it, or run with --addresses shared, which takes free ports of 127.0.0.1`;
}

/** Whether a socket can be bound now. */
async function tryToBind(address: string, port: number): Promise<'free' | 'EACCES' | 'EADDRINUSE'> {
  try {
    await closed(await listen(address, port));
    return 'free';
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EACCES' || code === 'EADDRINUSE') return code;
    throw error;
  }
}

async function firstBindable(addresses: readonly string[]): Promise<string | undefined> {
  for (const address of addresses) {
    const server = await listen(address, 0).catch(() => undefined);
    if (server) {
      await closed(server);
      return address;
    }
  }
  return undefined;
}

function listen(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    // A caller of the pod that had this address before must not end the mesh.
    const server = createServer((socket) => { socket.on('error', () => undefined).destroy(); });
    server.once('error', reject).listen({ host, port, exclusive: true }, () => resolve(server));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
