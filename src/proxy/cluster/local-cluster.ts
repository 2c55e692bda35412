/**
 * The pods of this proxy's own workload, among which it finds itself: that tells its zone, which Kubernetes tells a pod in no
 * other way without permission to read nodes, and how many callers like it are in each zone.
 *
 * A proxy knows itself by address and port, for where several pods share an address the port tells them apart. A pod is in the
 * slices of its Service from when it has an address, ready or not; until then its zone is not known and zones don't matter. What
 * was known last stays, as everywhere in discovery.
 */
import type { Locality } from '../../balancing';
import type { ResolvedProxyConfig } from '../../contract';
import type { DiscoverySource, EndpointSnapshot } from '../discovery/source';
import type { SourceFactory } from './cluster';

/** What the local cluster's source is called in logs. */
export const LOCAL_CLUSTER = 'local';

export class LocalCluster {
  locality: Locality = {};
  private source: DiscoverySource | undefined;
  private asked = '';
  private ports: ReadonlySet<number> = new Set();

  /**
   * @param ownAddresses this pod's
   * @param onMove       called whenever the locality changes
   */
  constructor(private readonly sources: SourceFactory, private readonly ownAddresses: readonly string[], private readonly onMove: () => void) {}

  /**
   * The source that a document asks for, not started yet; undefined when the present one goes on, or none is wanted.
   *
   * @throws Error in the user's words when it can't be made
   */
  stage(document: ResolvedProxyConfig): DiscoverySource | undefined {
    const { localCluster } = document;
    if (!localCluster || questionOf(document) === this.asked) return undefined;
    return this.sources({ name: LOCAL_CLUSTER, discovery: localCluster.discovery }, document);
  }

  commit(document: ResolvedProxyConfig, source: DiscoverySource | undefined): void {
    this.ports = new Set(document.listeners.filter(({ address }) => address === undefined).map(({ port }) => port));
    this.asked = questionOf(document);
    if (!document.localCluster) {
      this.close();
      this.moveTo({});
    } else if (source) {
      this.close();
      this.source = source;
      source.start((snapshot) => this.onSnapshot(snapshot));
    }
  }

  close(): void {
    this.source?.close();
    this.source = undefined;
  }

  private onSnapshot(snapshot: EndpointSnapshot): void {
    const zone = snapshot.find(({ address, port }) => this.ownAddresses.includes(address) && this.ports.has(port))?.zone ?? this.locality.zone;
    const callers = new Map<string, number>();
    for (const endpoint of snapshot) {
      if (endpoint.ready && endpoint.zone !== undefined) callers.set(endpoint.zone, (callers.get(endpoint.zone) ?? 0) + 1);
    }
    this.moveTo(zone === undefined ? {} : { zone, callers });
  }

  private moveTo(locality: Locality): void {
    if (textOf(locality) === textOf(this.locality)) return;
    this.locality = locality;
    this.onMove();
  }
}

/** What a source is asked for, and where; a change of either needs another source. */
function questionOf({ localCluster, kubernetes }: ResolvedProxyConfig): string {
  return JSON.stringify([localCluster, localCluster?.discovery.type === 'endpointSlice' ? kubernetes : undefined]);
}

function textOf({ zone, callers }: Locality): string {
  return JSON.stringify([zone, [...callers ?? []].sort(([a], [b]) => (a < b ? -1 : 1))]);
}
