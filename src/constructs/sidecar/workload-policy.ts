/** The NetworkPolicy of a workload with a sidecar: from what its props and its calls say. */
import { Call } from '../calls/dependencies';
import { Destination } from '../destinations/destination';
import { InboundPort } from '../inbound/inbound-ports';
import { MeshSettings } from '../mesh/mesh-settings';
import { metricsPort } from '../mesh/metrics-port';
import { PolicyFacts, SelectedPods } from '../network/policy-spec';
import { reachedBy } from './reached';

/** A workload, as far as policies are about it. */
interface Workload {
  readonly pods: SelectedPods;
  readonly settings: MeshSettings;
  readonly takesRequests: boolean;
  readonly hasIdentity: boolean;
  /** Whether clients from outside come by TLS. */
  readonly hasTls: boolean;
  /** Whether they come to its Service. */
  readonly hasOutsideClients: boolean;
  /** What it is called as, if it is called. */
  readonly called?: Destination;
  /** Ports at which it is called besides. */
  readonly morePorts: readonly InboundPort[];
  readonly calls: readonly Call[];
  readonly readsApi: boolean;
}

export function workloadPolicy(workload: Workload): PolicyFacts {
  const { pods, settings: { proxyPorts, mutualTls }, called, readsApi } = workload;
  return {
    pods,
    ports: {
      ...(workload.takesRequests && { inbound: proxyPorts.inbound }),
      outside: workload.hasTls ? [proxyPorts.inboundTls] : [],
      metrics: metricsPort(workload.settings),
    },
    callers: callersOf(called),
    morePorts: workload.morePorts.map((port) => ({ port: port.proxyPort, callers: callersOf(port.called) })),
    plainFrom: workload.hasIdentity ? mutualTls._plainFrom : workload.hasOutsideClients ? undefined : [],
    readsApi,
    ...reachedBy(workload.calls, workload.settings.tracing),
  };
}

function callersOf(called: Destination | undefined): SelectedPods[] {
  return called?._declaredCalls.map((call) => call.pods()) ?? [];
}
