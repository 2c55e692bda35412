/**
 * From what is declared to the numbers of the manifests.
 *
 *   needed            instances that carry a rate: fewest by capacity and latency
 *   fewest replicas   those for the usual load times the burst, and so many more that one may be evicted and that the target of availability holds
 *   most replicas     the same for the peak; and as many as the autoscaler's target asks for at the peak
 *   target            highest rate of one instance, less the burst and the autoscaler's tolerance, for it does nothing within that
 *   evictions         what can be away at the fewest and at the most replicas with the needed ones left and the target held, at least one
 *   skew              how much zones may differ, so that losing the fullest leaves the needed ones
 *   surge             instances of a rollout beside the old ones: a quarter, and one for each zone, so that zones stay alike
 *
 * A rollout takes no instance away before another one serves, so rollouts and evictions never add up.
 */
import { fleetAvailability, fullestZone, plannedAvailability, spreadEvenly } from '../availability/k-of-n';
import { carries, derated, highestRate, MOST_INSTANCES } from '../capacity/instances';
import { serviceQuantile } from '../capacity/gamma';
import { saturationRate } from '../capacity/response-time';
import { DeclaredAvailability, DeclaredCapacity, Declared, instanceOf } from './declared';

/** Part of the time in which an instance is away for an eviction: a drain of each node once a week, 100 minutes for each instance. */
export const EVICTION_SHARE = 0.01;

/**
 * CPU of a sidecar for one request: 17 to 22 us at half of its load by docs/benchmarks.md, once for the request and once for a call that it
 * leads to, and as much again for mutual TLS and slower machines.
 */
const PROXY_CPU_MS = 0.09;
/** What a sidecar needs without requests: discovery, metrics, health checks. */
const LEAST_PROXY_CPU_MILLIS = 20;

/** Tolerance of the autoscaler when nothing is said. */
const TOLERANCE = 0.1;
const SPARE_IN_ZONE = 20;
const SURGE_SHARE = 0.25;

export interface Sizing {
  /** Instances that carry the peak, and the usual load times the burst. */
  readonly needed: number;
  readonly neededUsually: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Requests a second of one instance that the autoscaler aims for. */
  readonly targetRps: number;
  /** The same as a part of what saturates an instance, 0 to 1. */
  readonly targetUtilization: number;
  /** Instances that may be evicted at a time. */
  readonly evictions: number;
  readonly surge: number;
  /** How much zones may differ; absent when there is but one. */
  readonly skew?: number | undefined;
  /** CPU of the app's container in thousandths of a core; absent when the CPU time of a request is unknown. */
  readonly cpuMillis?: number | undefined;
  /** The same of the sidecar's container. */
  readonly proxyCpuMillis: number;
}

/** Rates that were found: each is asked for many times while one service is planned, and takes some forty steps. */
const RATES = new WeakMap<DeclaredCapacity, number>();

/** Highest rate of one instance with the declared utilization and objective, in requests a second; 0 when the objective can't be held. */
export function instanceRate(capacity: DeclaredCapacity): number {
  const known = RATES.get(capacity);
  if (known !== undefined) return known;
  const rate = highestRate(instanceOf(capacity), 1);
  RATES.set(capacity, rate);
  return rate;
}

/** Response time that this part of the requests does not exceed, without any load and so without waiting; undefined without a service time. */
export function leastResponseMs({ serviceMs, variation, networkMs, derating }: DeclaredCapacity, share: number): number | undefined {
  return serviceMs === undefined ? undefined : networkMs + (serviceMs / (1 - derating)) * serviceQuantile(variation, share);
}

/**
 * Instances that carry a rate; undefined when no number does, or more than {@link MOST_INSTANCES}. Each instance has a queue of its own, so as
 * many are needed as the highest rate of one goes into the rate.
 */
export function neededFor(capacity: DeclaredCapacity, rps: number): number | undefined {
  const needed = Math.max(1, Math.ceil(rps / instanceRate(capacity)));
  if (!(needed <= MOST_INSTANCES)) return undefined;
  // The highest rate is right to its last digits only.
  const instance = instanceOf(capacity);
  if (!carries(instance, needed, rps)) return carries(instance, needed + 1, rps) ? needed + 1 : undefined;
  return needed > 1 && carries(instance, needed - 1, rps) ? needed - 1 : needed;
}

/** Expected availability of so many instances: how often enough of them are up, evictions included. */
export function expectedAvailability(availability: DeclaredAvailability, replicas: number, needed: number, evictions: number): number {
  const { zones, instanceUp, zoneUp } = availability;
  return plannedAvailability({ zones: spreadEvenly(replicas, zones), instanceUp, zoneUp }, needed, [{ share: EVICTION_SHARE, instances: evictions }]);
}

/** The availability that no number of instances exceeds: one of the zones has to be up. */
export function highestAvailability({ zones, zoneUp }: Pick<DeclaredAvailability, 'zones' | 'zoneUp'>): number {
  return 1 - (1 - zoneUp) ** zones;
}

/** Fewest replicas that hold a target with so many needed; undefined when no number does. */
export function replicasFor(needed: number, availability: DeclaredAvailability | undefined): number | undefined {
  let low = needed;
  if (!availability) return low + 1;
  if (availability.target >= highestAvailability(availability)) return undefined;
  // With so many each zone alone has more than enough, and still more change nothing.
  const most = availability.zones * (needed + SPARE_IN_ZONE);
  const holds = (replicas: number): boolean => expectedAvailability(availability, replicas, needed, 1) >= availability.target;
  let high = needed + 1;
  while (!holds(high)) {
    low = high;
    if (high >= most) return undefined;
    high = Math.min(most, Math.max(high + 1, Math.ceil(high * 1.25)));
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** The numbers for what is declared. Undefined when it can't be done; {@link contradictionsOf} says why. */
export function sizingOf({ capacity, availability }: Declared): Sizing | undefined {
  const needed = neededFor(capacity, capacity.peakRps);
  const neededUsually = neededFor(capacity, Math.min(capacity.peakRps, capacity.usualRps * capacity.burst));
  if (needed === undefined || neededUsually === undefined) return undefined;
  const minReplicas = replicasFor(neededUsually, availability);
  const forPeak = replicasFor(needed, availability);
  if (minReplicas === undefined || forPeak === undefined) return undefined;
  const targetRps = instanceRate(capacity) / capacity.burst / (1 + TOLERANCE);
  const maxReplicas = Math.max(forPeak, minReplicas, capacity.usualRps < capacity.peakRps ? Math.ceil(capacity.peakRps / targetRps) : 0);
  return {
    needed,
    neededUsually,
    minReplicas,
    maxReplicas,
    targetRps,
    targetUtilization: targetRps / saturationRate(derated(instanceOf(capacity))),
    evictions: evictionsOf({ minReplicas, maxReplicas }, { needed, neededUsually }, availability),
    surge: surgeOf(minReplicas, availability?.zones ?? 1),
    skew: availability && availability.zones > 1 ? skewOf(minReplicas, neededUsually, availability.zones) : undefined,
    cpuMillis: capacity.cpuMs === undefined ? undefined : cpuMillisOf(capacity, capacity.cpuMs),
    proxyCpuMillis: Math.max(LEAST_PROXY_CPU_MILLIS, cpuMillisOf(capacity, PROXY_CPU_MS)),
  };
}

/**
 * Instances that can be away at the fewest and at the most replicas, and with which the target still holds; at least one, or nodes could not be
 * drained.
 */
export function evictionsOf(
  { minReplicas, maxReplicas }: Pick<Sizing, 'minReplicas' | 'maxReplicas'>, { needed, neededUsually }: Pick<Sizing, 'needed' | 'neededUsually'>,
  availability: DeclaredAvailability | undefined,
): number {
  let evictions = Math.max(1, Math.min(minReplicas - neededUsually, maxReplicas - needed));
  const holds = (): boolean => !availability || expectedAvailability(availability, minReplicas, neededUsually, evictions) >= availability.target;
  while (evictions > 1 && !holds()) evictions--;
  return evictions;
}

/** Instances that a rollout adds. */
export function surgeOf(replicas: number, zones: number): number {
  return Math.max(1, Math.min(zones, replicas), Math.ceil(replicas * SURGE_SHARE));
}

/** The largest difference between zones with which losing the fullest of them leaves enough; 1 when none does. */
export function skewOf(replicas: number, needed: number, zones: number): number {
  let skew = 1;
  while (skew < replicas && fullestZone(replicas, zones, skew + 1) <= replicas - needed) skew++;
  return skew;
}

/** What is left when the fullest zone is lost. */
export function leftWithoutZone(replicas: number, zones: number, skew: number = 1): number {
  return replicas - fullestZone(replicas, zones, skew);
}

/** Whether losing any one zone leaves enough instances. */
export function survivesZone(availability: DeclaredAvailability, replicas: number, needed: number): boolean {
  return availability.zones > 1 && leftWithoutZone(replicas, availability.zones) >= needed;
}

/** The availability of instances that all are in one zone, for what a spread is worth. */
export function availabilityInOneZone({ instanceUp, zoneUp }: DeclaredAvailability, replicas: number, needed: number): number {
  return fleetAvailability({ zones: [replicas], instanceUp, zoneUp }, needed);
}

/** CPU of an instance at its highest rate. */
function cpuMillisOf(capacity: DeclaredCapacity, cpuMs: number): number {
  return Math.max(1, Math.ceil(instanceRate(capacity) * cpuMs - 1e-6));
}
