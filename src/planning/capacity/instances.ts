/**
 * How many instances a rate needs: capacity = instances x capacity of each, less a derating, and few enough requests for each that the latency
 * objective holds.
 *
 * The derating is for what the model leaves out: instances on slow nodes, neighbours that take their CPU, garbage collection, shares that are
 * not quite equal. An instance with a part `derating` less capacity than declared is taken for all of them.
 */
import { Processing, QueueModel, saturationRate, withinShare } from './response-time';

/** Of the requests, `share` are to take at most `withinMs`. */
export interface LatencyGoal {
  readonly share: number;
  readonly withinMs: number;
}

/** What one instance is planned with. */
export interface InstanceCapacity extends Processing {
  /** Part of the capacity that is not counted on, 0 to 1. */
  readonly derating: number;
  /** Busiest that an instance may be, 0 to 1. */
  readonly maxUtilization: number;
  /** Absent: none, and then only the utilization is looked at. */
  readonly goal?: LatencyGoal | undefined;
  readonly model: QueueModel;
}

/** Most instances that are looked for. */
export const MOST_INSTANCES = 100_000;

/** The processing of an instance that is as slow as the derating allows for. */
export function derated<T extends InstanceCapacity>(capacity: T): T {
  return { ...capacity, serviceMs: capacity.serviceMs / (1 - capacity.derating) };
}

/** Requests a second that instances carry, by utilization alone. */
export function capacityRps(capacity: InstanceCapacity, instances: number): number {
  return instances * saturationRate(derated(capacity)) * capacity.maxUtilization;
}

/** Whether instances carry a rate: utilization and latency. */
export function carries(capacity: InstanceCapacity, instances: number, rps: number): boolean {
  if (rps > capacityRps(capacity, instances) * (1 + 1e-9)) return false;
  const { goal, model } = capacity;
  return goal === undefined || withinShare(derated(capacity), instances, rps, goal.withinMs, model) >= goal.share;
}

/** The highest rate that instances carry, in requests a second; 0 when they hold the objective at no rate. */
export function highestRate(capacity: InstanceCapacity, instances: number): number {
  if (instances <= 0) return 0;
  const most = capacityRps(capacity, instances);
  if (carries(capacity, instances, most)) return most;
  let [low, high] = [0, most];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (carries(capacity, instances, middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Little's law: requests under way on average, for a rate and the time that each takes. */
export function inFlight(rps: number, responseMs: number): number {
  return (rps * responseMs) / 1_000;
}
