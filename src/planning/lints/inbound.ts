/** Where requests arrive at a workload, and where its app takes them. */
import type { ClusterInfo, ListenerInfo, WorkloadInfo } from './info';

/** The listener of callers in the mesh. */
export function inboundOf({ document: { listeners } }: WorkloadInfo): ListenerInfo | undefined {
  return listeners.find(({ direction, tls }) => direction === 'inbound' && !tls);
}

/** The listener that a caller's cluster leads to: that of its port, if the service has several. */
export function inboundFor(workload: WorkloadInfo, { discovery: { portName, port } }: Pick<ClusterInfo, 'discovery'>): ListenerInfo | undefined {
  const added = workload.document.listeners.find(({ direction, name, port: its }) => (
    direction === 'inbound' && (portName === undefined ? its === port : name === `inbound:${portName}`)));
  return added ?? inboundOf(workload);
}

/** Where the app listens: what the inbound listener leads to. */
export function appPortOf(workload: WorkloadInfo): number | undefined {
  return appOf(workload)?.discovery.endpoints?.[0]?.port;
}

/** Whether the app gets bytes as they came, and so the TLS of who calls it. */
export function takesBytes(workload: WorkloadInfo): boolean {
  return appOf(workload)?.protocol === 'tcp';
}

function appOf(workload: WorkloadInfo): ClusterInfo | undefined {
  const name = inboundOf(workload)?.routes[0]?.split[0]?.cluster;
  return workload.document.clusters.find((cluster) => cluster.name === name);
}
