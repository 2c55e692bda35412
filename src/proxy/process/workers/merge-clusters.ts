/**
 * `/endpoints` of a proxy with workers: what each worker knows of a cluster, or of a pod past its sidecar, added up. All workers have
 * the same endpoints, give or take a moment; the first one's order and state are shown.
 */
import type { BypassReport } from '../../serve/downstream/bypass/known-sidecars';
import type { ClusterReport } from '../../telemetry/cluster-view';

type EndpointReport = ClusterReport['endpoints'][number];

export function mergeClusters(workers: readonly (readonly ClusterReport[])[]): ClusterReport[] {
  const [first, ...others] = workers;
  return (first ?? []).map((cluster) => {
    const same = others.flatMap((worker) => worker.filter(({ name }) => name === cluster.name));
    return {
      ...cluster,
      pending: same.reduce((sum, { pending }) => sum + pending, cluster.pending),
      endpoints: cluster.endpoints.map((endpoint) => same.reduce((sum, { endpoints }) => added(sum, endpoints), endpoint)),
    };
  });
}

export function mergeBypasses(reports: readonly BypassReport[]): BypassReport[] {
  const byAddress = new Map<string, BypassReport>();
  for (const report of reports) {
    const { address, requests, ageMs } = byAddress.get(report.address) ?? { ...report, requests: 0 };
    byAddress.set(address, { address, requests: requests + report.requests, ageMs: Math.min(ageMs, report.ageMs) });
  }
  return [...byAddress.values()];
}

function added(sum: EndpointReport, endpoints: readonly EndpointReport[]): EndpointReport {
  const other = endpoints.find(({ address }) => address === sum.address);
  return other ? {
    ...sum,
    inFlight: sum.inFlight + other.inFlight,
    requests: sum.requests + other.requests,
    connections: sum.connections + other.connections,
  } : sum;
}
