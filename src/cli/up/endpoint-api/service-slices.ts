/**
 * Keeps the slices of Services in step with their pods, as the EndpointSlice controller of Kubernetes does: one set of
 * slices for each address family and port, at most 100 endpoints in each, an endpoint stays in the slice where it is,
 * new ones fill the room that is there, and a slice that has become empty is deleted. The controller's balance between
 * full slices and few writes goes further; here the first slice with room takes a new endpoint.
 *
 * Source: Kubernetes documentation, "EndpointSlices", sections Management and Distribution of EndpointSlices.
 */
import { randomInt } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { EndpointSlice, MANAGED_BY_LABEL, SERVICE_NAME_LABEL, SliceEndpoint } from './endpoint-slice';
import { SliceHistory } from './history';

/** Most endpoints in a slice: `--max-endpoints-per-slice` of the controller. */
export const MAX_ENDPOINTS_PER_SLICE = 100;

/** A pod behind a Service. A dual-stack pod is given twice, with the same uid and an address of each family. */
export interface ServicePod {
  readonly name: string;
  readonly uid: string;
  /** IPv4 or IPv6. */
  readonly address: string;
  readonly port: number;
  /** Name of the Service's port; absent: the Service has one unnamed port. */
  readonly portName?: string;
  readonly zone?: string;
  /** Takes requests. Never true while terminating. */
  readonly ready: boolean;
  /** Passes its readiness probe, terminating or not. Absent: as `ready`. */
  readonly serving?: boolean;
  /** Is being deleted. Absent: no. */
  readonly terminating?: boolean;
}

const MANAGER = 'up.cdk8s-mesh';
const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** Makes the slices of one Service hold exactly these pods. No pods: the Service has no slices left. */
export function reconcile(history: SliceHistory, namespace: string, service: string, pods: readonly ServicePod[]): void {
  const groups = new Map<string, { readonly pod: ServicePod; readonly wanted: Map<string, SliceEndpoint> }>();
  for (const pod of pods) {
    const family = familyOf(pod);
    if (pod.ready && pod.terminating) throw new Error(`pod '${pod.name}' is ready and terminating; Kubernetes never says both`);
    const id = groupOf(family, pod.portName ?? '', pod.port);
    const group = groups.get(id) ?? { pod, wanted: new Map<string, SliceEndpoint>() };
    groups.set(id, group);
    if (group.wanted.has(pod.address)) throw new Error(`the address ${pod.address} of pod '${pod.name}' is given twice for service '${service}'`);
    group.wanted.set(pod.address, endpointOf(namespace, pod));
  }

  const owned = history.at(history.version).filter((slice) => slice.metadata.namespace === namespace
    && slice.metadata.labels?.[SERVICE_NAME_LABEL] === service && slice.metadata.labels[MANAGED_BY_LABEL] === MANAGER);
  const planned = owned.map((slice) => {
    const port = slice.ports?.[0];
    const wanted = groups.get(groupOf(slice.addressType, port?.name ?? '', port?.port ?? 0))?.wanted;
    const endpoints: SliceEndpoint[] = [];
    for (const { addresses: [address] } of slice.endpoints) {
      const endpoint = wanted?.get(address as string);
      if (!endpoint) continue;
      endpoints.push(endpoint);
      wanted?.delete(address as string);
    }
    return { slice, endpoints, wanted };
  });
  // Additions go first: a pod that moves between slices is then in both for a moment rather than in none.
  const emptied: EndpointSlice[] = [];
  for (const { slice, endpoints, wanted } of planned) {
    fill(endpoints, wanted);
    if (endpoints.length > 0) history.apply({ ...slice, endpoints });
    else emptied.push(slice);
  }
  for (const { pod, wanted } of groups.values()) {
    while (wanted.size > 0) {
      const endpoints: SliceEndpoint[] = [];
      fill(endpoints, wanted);
      history.apply({
        metadata: {
          name: newName(history, namespace, service),
          namespace,
          labels: { [SERVICE_NAME_LABEL]: service, [MANAGED_BY_LABEL]: MANAGER },
        },
        addressType: familyOf(pod),
        endpoints,
        ports: [{ name: pod.portName ?? '', port: pod.port, protocol: 'TCP' }],
      });
    }
  }
  for (const slice of emptied) history.remove(namespace, slice.metadata.name);
}

function fill(endpoints: SliceEndpoint[], wanted: Map<string, SliceEndpoint> | undefined): void {
  for (const [address, endpoint] of wanted ?? []) {
    if (endpoints.length >= MAX_ENDPOINTS_PER_SLICE) return;
    endpoints.push(endpoint);
    wanted?.delete(address);
  }
}

function groupOf(family: string, portName: string, port: number): string {
  return `${family} ${portName} ${port}`;
}

function familyOf(pod: ServicePod): 'IPv4' | 'IPv6' {
  if (isIPv4(pod.address)) return 'IPv4';
  if (isIPv6(pod.address)) return 'IPv6';
  throw new Error(`the address '${pod.address}' of pod '${pod.name}' is neither IPv4 nor IPv6`);
}

function endpointOf(namespace: string, pod: ServicePod): SliceEndpoint {
  return {
    addresses: [pod.address],
    conditions: { ready: pod.ready, serving: pod.serving ?? pod.ready, terminating: pod.terminating ?? false },
    targetRef: { kind: 'Pod', namespace, name: pod.name, uid: pod.uid },
    ...(pod.zone === undefined ? {} : { zone: pod.zone }),
  };
}

function newName(history: SliceHistory, namespace: string, service: string): string {
  for (;;) {
    const suffix = Array.from({ length: 5 }, () => SUFFIX_LETTERS[randomInt(SUFFIX_LETTERS.length)]).join('');
    const name = `${service}-${suffix}`;
    if (!history.get(namespace, name)) return name;
  }
}
