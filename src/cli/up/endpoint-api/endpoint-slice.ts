/**
 * EndpointSlices as the embedded API holds and serves them: the form of `discovery.k8s.io/v1`, checked by the rules that
 * a real API server applies on a write, so that a proxy that works here met nothing that a cluster would not send.
 *
 * Source of the rules: the field descriptions of EndpointSlice v1 in the Kubernetes API reference and the validation of
 * `k8s.io/kubernetes/pkg/apis/discovery/validation`.
 */
import { isIPv4, isIPv6 } from 'node:net';

export const GROUP_VERSION = 'discovery.k8s.io/v1';

/** Label that ties a slice to its Service. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** Label that says who writes a slice. */
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';

export interface SlicePort {
  readonly name?: string;
  readonly port?: number;
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP';
  readonly appProtocol?: string;
}

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly targetRef?: { readonly kind?: string; readonly namespace?: string; readonly name?: string; readonly uid?: string };
  readonly zone?: string;
}

/** What a caller writes; the API adds the rest of the metadata. */
export interface EndpointSliceInput {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels?: Readonly<Record<string, string>> };
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN';
  readonly endpoints: readonly SliceEndpoint[];
  readonly ports?: readonly SlicePort[];
}

/** What the API serves. */
export interface EndpointSlice extends EndpointSliceInput {
  readonly apiVersion: typeof GROUP_VERSION;
  readonly kind: 'EndpointSlice';
  readonly metadata: EndpointSliceInput['metadata'] & {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation: number;
    readonly creationTimestamp: string;
  };
}

const MAX_ENDPOINTS = 1_000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;
const DNS_SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DNS_LABEL = /^(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Everything that a real API server would refuse in a slice; none when it is valid. */
export function findErrors(slice: EndpointSliceInput): string[] {
  const errors: string[] = [];
  const { name, namespace } = slice.metadata;
  if (!DNS_SUBDOMAIN.test(name)) errors.push(`metadata.name '${name}' is not a DNS subdomain`);
  if (!DNS_LABEL.test(namespace)) errors.push(`metadata.namespace '${namespace}' is not a DNS label`);
  if (!['IPv4', 'IPv6', 'FQDN'].includes(slice.addressType)) errors.push(`addressType '${slice.addressType}' is none of IPv4, IPv6, FQDN`);
  if (slice.endpoints.length > MAX_ENDPOINTS) errors.push(`${slice.endpoints.length} endpoints are more than ${MAX_ENDPOINTS}`);

  slice.endpoints.forEach((endpoint, index) => {
    const at = `endpoints[${index}]`;
    const count = endpoint.addresses.length;
    if (count < 1 || count > MAX_ADDRESSES) errors.push(`${at} has ${count} addresses; 1 to ${MAX_ADDRESSES} are allowed`);
    for (const address of endpoint.addresses) {
      if (!isAddress(address, slice.addressType)) errors.push(`${at} has the address '${address}', which is not of type ${slice.addressType}`);
    }
    if (endpoint.hostname !== undefined && !DNS_LABEL.test(endpoint.hostname)) errors.push(`${at}.hostname '${endpoint.hostname}' is not a DNS label`);
  });

  const ports = slice.ports ?? [];
  if (ports.length > MAX_PORTS) errors.push(`${ports.length} ports are more than ${MAX_PORTS}`);
  const names = new Set<string>();
  ports.forEach((port, index) => {
    const portName = port.name ?? '';
    if (portName !== '' && !DNS_LABEL.test(portName)) errors.push(`ports[${index}].name '${portName}' is not a DNS label`);
    if (names.has(portName)) errors.push(`ports[${index}].name '${portName}' is used twice`);
    names.add(portName);
    if (port.port !== undefined && !(Number.isInteger(port.port) && port.port >= 1 && port.port <= 65_535)) {
      errors.push(`ports[${index}].port ${port.port} is not a port`);
    }
  });
  return errors;
}

function isAddress(address: string, type: EndpointSliceInput['addressType']): boolean {
  if (type === 'IPv4') return isIPv4(address);
  if (type === 'IPv6') return isIPv6(address);
  return DNS_SUBDOMAIN.test(address);
}
