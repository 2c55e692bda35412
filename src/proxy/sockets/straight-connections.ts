/**
 * Finds connections that the app has made straight to a service that the proxy would take it to: an app that resolves names by
 * itself never comes to the proxy's loopback address. The callee can't know that such a pod has a sidecar at all, but the pod's own
 * sidecar sees the connections (pod-sockets.ts).
 *
 * Once a minute it looks for connections at the port of a service that is called, at an address that is not loopback. Only when there
 * are some, DNS is asked for the addresses of the services with that port, and the proxy's own sockets are left out.
 */
import { isIPv6 } from 'node:net';
import type { ResolvedListener } from '../../contract';
import type { Cancel, Clock } from '../runtime/clock';
import type { DnsClient } from '../discovery/name-resolver';
import { FAMILIES } from '../telemetry/catalog';
import type { MetricRegistry } from '../telemetry/registry';
import { addPeers, Peer, Peers } from './pod-sockets';

/** Between two looks, and up to half as long again by chance. */
export const LOOK_MS = 60_000;
/** How long an answer of DNS is good for, or its lack. */
const REMEMBER_MS = 300_000;
/** Limit `serviceLookups`: most names that are asked for in one look; the others wait for the next one. */
export const MAX_LOOKUPS = 16;

export interface StraightReport {
  readonly listener: string;
  readonly address: string;
  readonly connections: number;
}

export interface SocketDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly registry: MetricRegistry;
  readonly dns: Pick<DnsClient, 'resolve4' | 'resolve6'>;
  /** The listeners in force. */
  listeners(): readonly Pick<ResolvedListener, 'name' | 'direction' | 'port' | 'hostnames'>[];
  /** The kernel's lists of sockets, in slices of whole lines, each in a turn of its own. */
  read(): AsyncIterable<string>;
  /** Sockets of the proxy itself. */
  own(): Promise<ReadonlySet<string>>;
  /** Such connections were found where there were none before. */
  onFound(found: StraightReport): void;
  /** The lists can't be read, and are not asked for again. */
  onUnreadable(problem: string): void;
}

interface Called { readonly name: string; readonly hostnames: readonly string[] }

interface Known { readonly addresses: ReadonlySet<string>; readonly at: number }

export class StraightConnections {
  /** Those of the last look. */
  found: readonly StraightReport[] = [];
  private readonly known = new Map<string, Known>();
  private cancel: Cancel | undefined;
  private lookups = 0;

  constructor(private readonly dependencies: SocketDependencies) {}

  /** Looks from time to time. */
  start(): void {
    const { clock, random } = this.dependencies;
    this.cancel = clock.after(LOOK_MS * (1 + random() / 2), () => {
      this.look().then(() => this.start(), (error: Error) => this.dependencies.onUnreadable(error.message));
    });
  }

  close(): void {
    this.cancel?.();
  }

  /** Looks once. Rejects when the kernel's lists can't be read; what was found before stays then. */
  async look(): Promise<void> {
    const calledAt = this.calledByPort();
    const peers: Peers = new Map();
    if (calledAt.size > 0) {
      const wanted = (address: string, port: number): boolean => calledAt.has(port) && !isLoopback(address);
      for await (const lines of this.dependencies.read()) addPeers(lines, peers, wanted);
    }
    const straight = [...peers.values()].filter((peer) => peer !== undefined);
    const found = straight.length === 0 ? [] : await this.match(calledAt, straight);
    for (const report of found) {
      if (!this.found.some(({ listener, address }) => listener === report.listener && address === report.address)) this.dependencies.onFound(report);
    }
    this.found = found;
    const { registry } = this.dependencies;
    registry.removeFrom(FAMILIES.straightConnections, {});
    for (const { listener, connections } of found) registry.gauge(FAMILIES.straightConnections, { listener }).value += connections;
  }

  private calledByPort(): Map<number, Called[]> {
    const byPort = new Map<number, Called[]>();
    for (const { name, direction, port, hostnames = [] } of this.dependencies.listeners()) {
      if (direction !== 'outbound' || hostnames.length === 0) continue;
      const called = byPort.get(port) ?? [];
      byPort.set(port, called);
      called.push({ name, hostnames });
    }
    return byPort;
  }

  /** Asks for addresses once for each listener, and not for each connection: there may be thousands. */
  private async match(calledAt: ReadonlyMap<number, readonly Called[]>, peers: readonly Peer[]): Promise<StraightReport[]> {
    const own = await this.dependencies.own();
    const others = peers.map(({ address, port, inodes }) => ({ address, port, connections: inodes.filter((inode) => !own.has(inode)).length }))
      .filter(({ connections }) => connections > 0);
    const reports = new Map<string, StraightReport>();
    this.lookups = 0;
    const listenerAt = new Map<string, string>();
    for (const port of new Set(others.map((peer) => peer.port))) {
      for (const { name, hostnames } of calledAt.get(port)!) {
        for (const address of await this.addressesOf(hostnames)) {
          const place = `${address} ${port}`;
          if (!listenerAt.has(place)) listenerAt.set(place, name);
        }
      }
    }
    for (const { address, port, connections } of others) {
      const listener = listenerAt.get(`${address} ${port}`);
      if (listener === undefined) continue;
      const key = `${listener} ${address}`;
      reports.set(key, { listener, address, connections: (reports.get(key)?.connections ?? 0) + connections });
    }
    return [...reports.values()];
  }

  /** By the longest of its names, which no search domain is added to. */
  private async addressesOf(hostnames: readonly string[]): Promise<ReadonlySet<string>> {
    const { clock, dns, registry } = this.dependencies;
    const name = hostnames.reduce((longest, other) => (other.length > longest.length ? other : longest));
    const known = this.known.get(name);
    if (known && clock.now() - known.at < REMEMBER_MS) return known.addresses;
    if (this.lookups >= MAX_LOOKUPS) {
      registry.counter(FAMILIES.limitReached, { limit: 'serviceLookups' }).value += 1;
      return known?.addresses ?? new Set();
    }
    this.lookups += 1;
    const answers = await Promise.all([dns.resolve4(name, { ttl: true }).catch(() => []), dns.resolve6(name, { ttl: true }).catch(() => [])]);
    const addresses = new Set(answers.flat().map(({ address }) => (isIPv6(address) ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address)));
    this.known.set(name, { addresses, at: clock.now() });
    return addresses;
  }
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
