/** The NetworkPolicy of a workload with a sidecar: from what its props and its calls say. */
import { Call } from '../calls/dependencies';
import { Destination } from '../destinations/destination';
import { MeshSettings } from '../mesh/mesh-settings';
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
      admin: proxyPorts.admin,
    },
    callers: called?._declaredCalls.map((call) => call.pods()) ?? [],
    plainFrom: workload.hasIdentity ? mutualTls._plainFrom : workload.hasOutsideClients ? undefined : [],
    readsApi,
    ...reachedBy(workload.calls, workload.settings.tracing),
  };
}
