/**
 * Endpoints from DNS: the addresses of a name (A and AAAA), or its SRV records and the addresses of their targets.
 *
 * The name servers are asked directly (c-ares, through `node:dns` Resolver), never `getaddrinfo`: that reads /etc/hosts,
 * where the pod points the names of its callees back at this proxy. Search domains are not applied either.
 *
 * Names are asked for again when the shortest TTL of the answer ends, within {@link MIN_AGE_MS} and {@link MAX_AGE_MS},
 * plus up to a tenth by chance so that many proxies don't ask together (later, since asking earlier finds the same answer
 * in a cache). The DNS client of Node 20 doesn't tell the TTL of SRV records; the one of their targets is taken.
 *
 * A name that resolved before and is now answered with NXDOMAIN or no data keeps its last endpoints, and counts as
 * failing. In Kubernetes such an answer may mean that a headless Service has no ready pod, but as well that the DNS
 * server lost its own source or that somebody's zone was reloaded; the two look the same. When the pods are really gone,
 * keeping them costs nothing that isn't lost already, since connections to them are refused; when they are not, dropping
 * them would make an outage out of a hiccup. To tell "none" from "lost", use EndpointSlices.
 * What does take endpoints away is an answer with other records in it.
 *
 * SRV: only the records of the lowest priority value count (RFC 2782); weight 0 ("no server selection to do") becomes 1,
 * since endpoints always have some weight.
 */
import { DnsDiscovery } from '../../contract';
import type { Clock } from '../runtime/clock';
import { Family } from './families';
import type { OnEvent } from './health';
import { LiveSource } from './live-source';
import { describe, DnsClient, isAnswer, Resolution, resolveAddresses, SrvRecord } from './name-resolver';
import { toSnapshot } from './snapshot';
import type { DiscoveredEndpoint } from './source';

/** Shortest time between two questions, whatever the TTL says. */
export const MIN_AGE_MS = 1_000;
/** Longest time that an answer is used, whatever the TTL says. */
export const MAX_AGE_MS = 60_000;
/** Most targets of a name's SRV records that are used. */
export const MAX_SRV_TARGETS = 1_000;

const JITTER = 0.1;
const BACKOFF = { baseMs: 1_000, capMs: 30_000 };

/** What one round of questions brought. */
interface Round {
  /** Undefined: nothing new is known. */
  readonly endpoints: readonly DiscoveredEndpoint[] | undefined;
  readonly ttlMs: number;
  readonly error: string | undefined;
}

export class DnsSource extends LiveSource {
  /** Last good resolution of each name that is in use. */
  private known = new Map<string, Resolution>();

  constructor(
    private readonly discovery: DnsDiscovery,
    private readonly client: DnsClient,
    private readonly preferred: Family,
    clock: Clock,
    random: () => number,
    onEvent: OnEvent,
  ) {
    super(clock, random, onEvent, BACKOFF);
  }

  override close(): void {
    super.close();
    this.client.cancel();
  }

  protected ask(): void {
    const round = this.discovery.record === 'srv' ? this.askServices() : this.askAddresses();
    void round.then((result) => { if (!this.closed) this.settle(result); });
  }

  private settle({ endpoints, ttlMs, error }: Round): void {
    if (endpoints) {
      this.output.publish(toSnapshot(endpoints));
      this.tracker.deliver();
    }
    if (error === undefined) {
      this.tracker.confirm();
      this.tracker.recover();
      this.backoff.reset();
    } else {
      this.tracker.fail(error);
    }
    const wait = error === undefined
      ? Math.min(MAX_AGE_MS, Math.max(MIN_AGE_MS, ttlMs)) * (1 + JITTER * this.random())
      : this.backoff.next();
    this.cancel = this.clock.after(wait, () => this.ask());
  }

  private async askAddresses(): Promise<Round> {
    const { hostname, port } = this.discovery;
    if (port === undefined) return { endpoints: undefined, ttlMs: 0, error: `the address records of '${hostname}' carry no port; set one` };
    const resolution = await this.resolve(hostname);
    return {
      endpoints: resolution.error === undefined ? resolution.addresses.map((address) => toEndpoint(address, port, 1)) : undefined,
      ttlMs: resolution.ttlMs,
      error: resolution.error,
    };
  }

  private async askServices(): Promise<Round> {
    const { hostname } = this.discovery;
    let records: readonly SrvRecord[];
    try {
      records = await this.client.resolveSrv(hostname);
    } catch (error) {
      const message = isAnswer(error) ? `'${hostname}' has no SRV record` : describe(error, 'SRV', hostname);
      return { endpoints: undefined, ttlMs: 0, error: message };
    }
    const priority = Math.min(...records.map((record) => record.priority));
    const chosen = records.filter((record) => record.priority === priority);
    if (chosen.length > MAX_SRV_TARGETS) {
      this.onEvent('discovery_ignored', { name: hostname, reason: `${chosen.length} SRV records are more than ${MAX_SRV_TARGETS}` });
      chosen.length = MAX_SRV_TARGETS;
    }
    const names = [...new Set(chosen.map(({ name }) => name))];
    const resolutions = new Map(await Promise.all(names.map(async (name) => [name, await this.resolve(name)] as const)));
    for (const name of this.known.keys()) if (!resolutions.has(name)) this.known.delete(name);

    const endpoints = chosen.flatMap(({ name, port, weight }) =>
      (resolutions.get(name)?.addresses ?? []).map((address) => toEndpoint(address, port, Math.max(1, weight))));
    const all = [...resolutions.values()];
    return {
      // A target that can't be resolved takes only itself away, and only if it never could be.
      endpoints: endpoints.length > 0 ? endpoints : undefined,
      ttlMs: Math.min(...all.map(({ ttlMs }) => ttlMs)),
      error: records.length === 0 ? `'${hostname}' has no SRV record` : all.find(({ error }) => error !== undefined)?.error,
    };
  }

  private async resolve(name: string): Promise<Resolution> {
    const resolution = await resolveAddresses(this.client, name, this.preferred, this.known.get(name));
    if (resolution.error === undefined) this.known.set(name, resolution);
    return resolution;
  }
}

function toEndpoint(address: string, port: number, weight: number): DiscoveredEndpoint {
  return { address, port, weight, ready: true, draining: false };
}
