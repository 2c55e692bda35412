/** Endpoints as their callers have them. Each pod of a caller judges for itself, so an endpoint may be ejected by one and not by another. */
import { ENDPOINT_STATES } from '../../balancing';
import type { ClusterReport } from '../../proxy/telemetry/cluster-view';
import type { ServiceId } from './directory';
import type { ProxyScrape } from './scrape';
import type { EndpointView } from './snapshot';
import type { Measured } from './measured';
import { calleesOf, outboundClusters } from './traffic';

type Seen = ClusterReport['endpoints'][number];

export function endpointsOf({ callers, directory, traffic }: Measured): EndpointView[] {
  return [...callers].flatMap(([from, proxies]) => {
    const views: EndpointView[] = [];
    for (const [cluster, seenByAddress] of seenBy(proxies)) {
      const proxy = proxies.find(({ clusters }) => clusters.some(({ name }) => name === cluster))!;
      const callee = calleesOf(proxy, directory).get(cluster)!;
      for (const [address, seen] of seenByAddress) {
        const at = directory.proxyAt(address);
        views.push({
          from, cluster, address, ...callee,
          ...(at && { pod: at.proxy.pod }),
          ...conditionOf(seen),
          callers: proxies.length,
          inFlight: seen.reduce((sum, { inFlight }) => sum + inFlight, 0),
          rate: traffic.endpointRate(from, cluster, address),
        });
      }
    }
    return views;
  });
}

/** By cluster and address: what the pods of one caller say. */
function seenBy(proxies: readonly ProxyScrape[]): Map<ServiceId, Map<string, Seen[]>> {
  const clusters = new Map<string, Map<string, Seen[]>>();
  for (const { clusters: reports, config: { document } } of proxies) {
    const outbound = new Set(outboundClusters(document).map(({ name }) => name));
    for (const { name, endpoints } of reports) {
      if (!outbound.has(name)) continue;
      const byAddress = clusters.get(name) ?? new Map<string, Seen[]>();
      clusters.set(name, byAddress);
      for (const endpoint of endpoints) byAddress.set(endpoint.address, [...byAddress.get(endpoint.address) ?? [], endpoint]);
    }
  }
  return clusters;
}

/** The worst that is said, and how many say so. */
function conditionOf(seen: readonly Seen[]): Pick<EndpointView, 'state' | 'reason' | 'saidBy' | 'weight' | 'zone'> {
  const [worst] = [...seen].sort((a, b) => badness(b.state) - badness(a.state));
  const { state, stateReason, weight, zone } = worst!;
  return {
    state, weight,
    saidBy: seen.filter((one) => one.state === state).length,
    ...(stateReason !== undefined && { reason: stateReason }),
    ...(zone !== undefined && { zone }),
  };
}

/** States come in the order of their badness; one that this command doesn't know is the worst. */
function badness(state: string): number {
  const index = (ENDPOINT_STATES as readonly string[]).indexOf(state);
  return index === -1 ? ENDPOINT_STATES.length : index;
}
