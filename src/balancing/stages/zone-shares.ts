/**
 * How requests are shared out over zones, the caller's own first: as much as it can take, the rest to the others.
 *
 * When endpoints report their load, it is Envoy's load-aware locality policy (load_aware_locality): the utilization s of
 * each zone is averaged over its endpoints and over time, and
 *
 *     everything goes to the own zone     while s(own) <= mean s of the others + tolerance
 *     in proportion to free capacity      else: weight * (1 - s)
 *
 * with a few percent going to the others in any case, so that their state stays known.
 *
 * When they don't, all that is known is how capacity lies, and it is shared as in Envoy's zone-aware routing: if callers
 * are spread over the zones by c and endpoints by e, the own zone can take e(own) / c(own) of its callers' requests, and
 * the others take the rest in proportion to what they have to spare, e - c. Where callers are is known to the proxies of a
 * service that finds itself; otherwise they count as spread evenly. A zone with one endpoint of ten so never gets a
 * third of all requests.
 *
 * An endpoint in slow start counts for as much as that leaves of it. One that has just come has little to do and would look free,
 * so of an own zone that is less warm than the others only that part goes by utilization and the rest by capacity.
 */
import type { ZoneAwareConfig } from '../../contract';

export interface ZoneState {
  readonly zone: string;
  /** Sum of the weights of its endpoints, as they are now: slow start takes off some. */
  readonly capacity: number;
  /** Part of its capacity that slow start leaves, 0 to 1. */
  readonly warmth: number;
  /** Averaged utilization, 0 to 1 and above; undefined when no endpoint reports. */
  readonly utilization: number | undefined;
  /** Part of all callers that are there; undefined when that isn't known. */
  readonly callers: number | undefined;
}

/** Shares in the order of the zones, which sum up to 1. The own zone is one of at least two. */
export function zoneShares(zones: readonly ZoneState[], own: string, config: Pick<Required<ZoneAwareConfig>, 'tolerancePercent' | 'remotePercent'>): number[] {
  const ownIndex = zones.findIndex(({ zone }) => zone === own);
  const remote = zones.filter((_, index) => index !== ownIndex);
  const reporting = remote.filter(({ utilization }) => utilization !== undefined);
  const shares = zones[ownIndex]!.utilization === undefined || reporting.length === 0
    ? byCapacity(zones, ownIndex)
    : byBoth(zones, ownIndex, reporting, config.tolerancePercent / 100);

  const missing = config.remotePercent / 100 - (1 - shares[ownIndex]!);
  if (missing <= 0) return shares;
  const capacity = remote.reduce((sum, zone) => sum + zone.capacity, 0);
  return shares.map((share, index) => (index === ownIndex ? share - missing : share + (missing * zones[index]!.capacity) / capacity));
}

function byBoth(zones: readonly ZoneState[], own: number, reporting: readonly ZoneState[], tolerance: number): number[] {
  const shares = byUtilization(zones, own, reporting, tolerance);
  const warmth = warmthOf(zones.slice(own, own + 1)) / warmthOf(zones.filter((_, index) => index !== own));
  if (warmth >= 1) return shares;
  return byCapacity(zones, own).map((share, index) => shares[index]! * warmth + share * (1 - warmth));
}

/** Of several zones together. */
function warmthOf(zones: readonly ZoneState[]): number {
  return zones.reduce((sum, { capacity }) => sum + capacity, 0) / zones.reduce((sum, { capacity, warmth }) => sum + capacity / warmth, 0);
}

function byUtilization(zones: readonly ZoneState[], own: number, reporting: readonly ZoneState[], tolerance: number): number[] {
  const elsewhere = reporting.reduce((sum, { capacity, utilization }) => sum + capacity * utilization!, 0)
    / reporting.reduce((sum, { capacity }) => sum + capacity, 0);
  if (zones[own]!.utilization! <= elsewhere + tolerance) return zones.map((_, index) => (index === own ? 1 : 0));
  const free = zones.map(({ capacity, utilization }) => (utilization === undefined ? capacity : capacity * Math.max(0, 1 - utilization)));
  return normalized(free.some((part) => part > 0) ? free : zones.map(({ capacity }) => capacity));
}

function byCapacity(zones: readonly ZoneState[], own: number): number[] {
  const capacities = normalized(zones.map(({ capacity }) => capacity));
  const known = zones.every(({ callers }) => callers !== undefined) && zones[own]!.callers! > 0;
  const callers = zones.map((zone) => (known ? zone.callers! : 1 / zones.length));
  const kept = Math.min(1, capacities[own]! / callers[own]!);
  const spare = capacities.map((capacity, index) => (index === own ? 0 : Math.max(0, capacity - callers[index]!)));
  const others = normalized(spare.some((part) => part > 0) ? spare : capacities.map((capacity, index) => (index === own ? 0 : capacity)));
  return others.map((share, index) => (index === own ? kept : share * (1 - kept)));
}

function normalized(parts: readonly number[]): number[] {
  const sum = parts.reduce((total, part) => total + part, 0);
  return parts.map((part) => part / sum);
}
