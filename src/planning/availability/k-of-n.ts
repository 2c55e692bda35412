/**
 * How often enough instances are up, when zones fail as a whole.
 *
 * Within a zone that is up, instances are up or not independently of each other, each with the same probability (binomial); a zone that is down
 * takes all of its instances with it. The number of instances that are up is the sum over zones, whose distribution is the convolution of theirs.
 * What all instances have in common (a bug, a bad configuration) is not in it.
 *
 * Source: k-out-of-n systems, R. E. Barlow and F. Proschan, Statistical Theory of Reliability and Life Testing (1975).
 */

/** Instances in each zone when they are spread as evenly as can be: 4 over 3 zones are 2, 1 and 1. */
export function spreadEvenly(instances: number, zones: number): number[] {
  return Array.from({ length: zones }, (_, zone) => Math.floor(instances / zones) + (zone < instances % zones ? 1 : 0));
}

/** Probability of each number of instances being up, from 0 to all, of so many that fail independently. */
export function binomial(instances: number, up: number): number[] {
  let distribution = [1];
  for (let instance = 0; instance < instances; instance++) distribution = convolve(distribution, [1 - up, up]);
  return distribution;
}

/** Probability that at least `needed` of so many independent instances are up. */
export function kOfN(needed: number, instances: number, up: number): number {
  return atLeast(binomial(instances, up), needed);
}

/** Where instances are, and how often each part is up. */
export interface Fleet {
  /** Instances in each zone. */
  readonly zones: readonly number[];
  /** How often one instance is up while its zone is, 0 to 1. */
  readonly instanceUp: number;
  /** How often a zone is up, 0 to 1. */
  readonly zoneUp: number;
}

/** Probability that at least `needed` instances are up. */
export function fleetAvailability({ zones, instanceUp, zoneUp }: Fleet, needed: number): number {
  const known = new Map<number, number[]>();
  let up = [1];
  for (const instances of zones) {
    let zone = known.get(instances);
    if (!zone) {
      zone = binomial(instances, instanceUp).map((probability) => probability * zoneUp);
      zone[0]! += 1 - zoneUp;
      known.set(instances, zone);
    }
    up = convolve(up, zone);
  }
  return atLeast(up, needed);
}

/** Part of the time with so many instances taken away by will. */
export interface PlannedAbsence {
  readonly share: number;
  readonly instances: number;
}

/**
 * The same over all times: those with all instances, and those in which rollouts and evictions have taken some away, from the fullest zones.
 *
 * @param absences parts of the time, together at most 1; the rest of the time all instances are there
 */
export function plannedAvailability(fleet: Fleet, needed: number, absences: readonly PlannedAbsence[]): number {
  const rest = 1 - absences.reduce((sum, { share }) => sum + share, 0);
  return absences.reduce(
    (sum, { share, instances }) => sum + share * fleetAvailability({ ...fleet, zones: without(fleet.zones, instances) }, needed),
    rest * fleetAvailability(fleet, needed),
  );
}

/** The zones when so many instances are away, each taken from what is then the fullest zone. */
export function without(zones: readonly number[], instances: number): number[] {
  const left = [...zones];
  for (let away = 0; away < instances; away++) {
    const fullest = left.indexOf(Math.max(...left));
    if (left[fullest] === 0) break;
    left[fullest]!--;
  }
  return left;
}

/** The most instances of one zone, when zones may differ by `skew` and so many instances are spread over them. */
export function fullestZone(instances: number, zones: number, skew: number): number {
  return Math.min(instances, Math.floor((instances + (zones - 1) * skew) / zones));
}

function convolve(one: readonly number[], other: readonly number[]): number[] {
  const sums = new Array<number>(one.length + other.length - 1).fill(0);
  one.forEach((a, i) => other.forEach((b, j) => { sums[i + j]! += a * b; }));
  return sums;
}

/** Summed from the smaller side, so that many nines are not lost to rounding. */
function atLeast(distribution: readonly number[], needed: number): number {
  const below = distribution.slice(0, Math.max(0, needed)).reduce((sum, probability) => sum + probability, 0);
  return below < 0.5 ? 1 - below : distribution.slice(Math.max(0, needed)).reduce((sum, probability) => sum + probability, 0);
}
