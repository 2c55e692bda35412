/**
 * From EndpointSlices to endpoints: reads what matters of each slice once, when it arrives, and merges the slices of a
 * Service into one snapshot. What is kept per slice is this small form, not the object (whose managed fields and owner
 * references can be larger than its endpoints).
 *
 * Rules, from the EndpointSlice v1 reference and the "EndpointSlices" concept page of Kubernetes:
 * - `ready` absent is true, `serving` absent is `ready`, `terminating` absent is false.
 * - All addresses of an endpoint are the same backend; the first is used.
 * - While the controller moves an endpoint it can be in two slices, or in two states; consumers must count it once. The
 *   better state wins, since the controller writes the addition before the removal.
 * - A pod of a dual-stack Service is in slices of both families and counts once (see families.ts).
 * - No meaning is defined for slices of type FQDN; they are left out.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { EndpointSliceDiscovery } from '../../contract';
import { Family } from './families';
import { rank, toSnapshot } from './snapshot';
import { DiscoveredEndpoint, EndpointSnapshot } from './source';

/** What is kept of a slice. */
export interface ReadSlice {
  readonly endpoints: readonly SliceMember[];
  /** Why the slice, or a part of it, can't be used. */
  readonly ignored: string | undefined;
}

/** An endpoint that can serve, with what is needed to know it again in another slice. */
export interface SliceMember extends DiscoveredEndpoint {
  readonly family: Family;
  /** The pod; undefined when the slice doesn't say. */
  readonly pod: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads one slice. Fields that don't have the form of the API are taken as absent. */
export function readSlice(object: Fields, discovery: EndpointSliceDiscovery): ReadSlice {
  const type = object['addressType'];
  if (type !== 'IPv4' && type !== 'IPv6') return ignore(`its address type is ${String(type)}`);
  const port = choosePort(listOf(object['ports']), discovery.portName);
  if (typeof port === 'string') {
    // The controller's placeholder for a Service without pods has neither endpoints nor ports; that is nothing to tell of.
    return listOf(object['endpoints']).length === 0 ? { endpoints: [], ignored: undefined } : ignore(port);
  }

  const endpoints: SliceMember[] = [];
  let ignored: string | undefined;
  for (const endpoint of listOf(object['endpoints'])) {
    const addresses: unknown = endpoint['addresses'];
    const address: unknown = Array.isArray(addresses) ? addresses[0] : undefined;
    if (typeof address !== 'string' || !(type === 'IPv4' ? isIPv4(address) : isIPv6(address))) {
      ignored = `'${String(address)}' is not an address of type ${type}`;
      continue;
    }
    const conditions = fieldsOf(endpoint['conditions']);
    const ready = conditions['ready'] !== false;
    const serving = typeof conditions['serving'] === 'boolean' ? conditions['serving'] : ready;
    const draining = !ready && serving && conditions['terminating'] === true;
    // Going, and of no use any more.
    if (!ready && !draining && conditions['terminating'] === true) continue;
    const zone = endpoint['zone'];
    endpoints.push({
      address,
      port,
      weight: typeof zone === 'string' ? weightOf(zone, discovery) : 1,
      ...(typeof zone === 'string' ? { zone } : {}),
      ready,
      draining,
      family: type === 'IPv4' ? 4 : 6,
      pod: podOf(fieldsOf(endpoint['targetRef'])),
    });
  }
  return { endpoints, ignored };
}

/** All endpoints of a Service's slices. */
export function mergeSlices(slices: Iterable<ReadSlice>, preferred: Family): EndpointSnapshot {
  const pods = new Map<string, SliceMember[]>();
  const merged: DiscoveredEndpoint[] = [];
  for (const slice of slices) {
    for (const member of slice.endpoints) {
      if (member.pod === undefined) {
        merged.push(toEndpoint(member));
        continue;
      }
      const others = pods.get(member.pod);
      if (others) others.push(member);
      else pods.set(member.pod, [member]);
    }
  }
  for (const members of pods.values()) {
    const family = members.some((member) => member.family === preferred) ? preferred : (members[0] as SliceMember).family;
    // The slices of the two families are written one after the other; until both are, the better state holds.
    const best = members.reduce((a, b) => (rank(b) > rank(a) ? b : a));
    for (const member of members) {
      if (member.family === family) merged.push({ ...toEndpoint(member), ready: best.ready, draining: best.draining });
    }
  }
  return toSnapshot(merged);
}

/** The slice's port number that is meant, or why there is none. */
function choosePort(ports: readonly Fields[], wanted: string | undefined): number | string {
  const named = ports.map((port) => ({ name: typeof port['name'] === 'string' ? port['name'] : '', fields: port }));
  const found = wanted === undefined
    ? (named.length === 1 ? named[0] : named.find(({ name }) => name === ''))
    : named.find(({ name }) => name === wanted);
  if (!found) {
    const there = named.map(({ name }) => `'${name}'`).join(', ') || 'none';
    return wanted === undefined ? `it has several ports and no portName is configured (its ports: ${there})` : `it has no port named '${wanted}' (its ports: ${there})`;
  }
  const { port, protocol } = found.fields;
  if (protocol !== undefined && protocol !== 'TCP') return `its port '${found.name}' is of protocol ${String(protocol)}`;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) return `its port '${found.name}' has no number`;
  return port;
}

function weightOf(zone: string, discovery: EndpointSliceDiscovery): number {
  const weights = discovery.zoneWeights ?? {};
  return Object.hasOwn(weights, zone) ? weights[zone] as number : 1;
}

function podOf(target: Fields): string | undefined {
  if (typeof target['uid'] === 'string' && target['uid'] !== '') return target['uid'];
  if (typeof target['name'] === 'string') return `${String(target['kind'])}/${String(target['namespace'])}/${target['name']}`;
  return undefined;
}

function toEndpoint({ address, port, weight, zone, ready, draining }: SliceMember): DiscoveredEndpoint {
  return { address, port, weight, ...(zone === undefined ? {} : { zone }), ready, draining };
}

function ignore(reason: string): ReadSlice {
  return { endpoints: [], ignored: reason };
}

/** The value as an object, empty when it is none. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Fields : {};
}

/** The value as a list of objects, empty when it is none. */
export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}
