/**
 * Which IP family to use where a backend has both. A dual-stack pod appears in an IPv4 and in an IPv6 slice, and under A
 * and AAAA records; it is one backend and counts once, at the address of the family that this pod's own network prefers.
 */
import { isIPv6 } from 'node:net';

export type Family = 4 | 6;

/** The family of the pod's first address, which is the cluster's preferred one. IPv4 when the addresses are not known. */
export function preferredFamily(podIps: readonly string[]): Family {
  return isIPv6(podIps[0] ?? '') ? 6 : 4;
}
