/**
 * Response time = processing + network + queueing, as a mean and as percentiles.
 *
 * Two models of the queue, since it depends on the callers' balancer what a request can wait for:
 *
 *   - `separate`: each instance has a queue of its own and gets an equal share of the requests by chance, whatever its load. True of random
 *     choice; an upper bound of round robin and of hashing without hot keys.
 *   - `pooled`: one queue that any free instance takes from. No balancer does better; those that look at loads (least request, peak EWMA) are
 *     between the two, near this one with few callers.
 *
 * Service time and wait are independent, and the wait is 0 or exponential (erlang.ts), so the part of the requests that takes longer than t is
 * the mean over service times s of: 1 if s > t, else P(wait) exp(-(t - s) / mean wait). It is exact for M/M/c, and approximate otherwise as the
 * formula of Allen and Cunneen is.
 */
import { strataOf } from './gamma';
import { Station, Wait, waitOf } from './erlang';

export type QueueModel = 'separate' | 'pooled';

/** What one instance does, and what is asked of all. Times are milliseconds. */
export interface Processing {
  /** Mean time that one request takes when it does not wait. */
  readonly serviceMs: number;
  /** Requests that one instance works on at a time. */
  readonly concurrency: number;
  /** Coefficient of variation of the service time. */
  readonly variation: number;
  /** From the caller's sidecar to the instance and back. */
  readonly networkMs: number;
}

/** Requests a second that one instance finishes when it is never idle: concurrency over service time. */
export function saturationRate({ concurrency, serviceMs }: Pick<Processing, 'concurrency' | 'serviceMs'>): number {
  return (concurrency * 1_000) / serviceMs;
}

/** Throughput = rate times instances, up to saturation: what is finished of what comes, in requests a second. */
export function throughput(offeredRps: number, instances: number, instanceRps: number): number {
  return Math.min(offeredRps, instances * instanceRps);
}

/** The queue that a request meets. `rps` is over all instances. */
export function stationOf({ serviceMs, concurrency, variation }: Processing, instances: number, rps: number, model: QueueModel): Station {
  const load = (rps * serviceMs) / 1_000;
  return model === 'pooled'
    ? { servers: concurrency * instances, load, variation }
    : { servers: concurrency, load: load / instances, variation };
}

/** Mean response time in milliseconds; Infinity when more comes than can be finished. */
export function meanResponseMs(processing: Processing, instances: number, rps: number, model: QueueModel = 'separate'): number {
  const { probability, meanOfWaiting } = waitOf(stationOf(processing, instances, rps, model));
  return processing.networkMs + processing.serviceMs * (1 + probability * meanOfWaiting);
}

/** The response time that this part of the requests does not exceed, in milliseconds; Infinity when more comes than can be finished. */
export function responseQuantileMs(
  processing: Processing, instances: number, rps: number, share: number, model: QueueModel = 'separate',
): number {
  const wait = waitOf(stationOf(processing, instances, rps, model));
  if (!Number.isFinite(wait.meanOfWaiting)) return Infinity;
  let [low, high] = [0, 1];
  while (slowerThan(high, processing.variation, wait) > 1 - share) high *= 2;
  while (high - low > high * 1e-6) {
    const middle = (low + high) / 2;
    if (slowerThan(middle, processing.variation, wait) > 1 - share) low = middle;
    else high = middle;
  }
  return processing.networkMs + processing.serviceMs * high;
}

/** Part of the requests that is answered within this time; 0 when more comes than can be finished. */
export function withinShare(processing: Processing, instances: number, rps: number, withinMs: number, model: QueueModel = 'separate'): number {
  const wait = waitOf(stationOf(processing, instances, rps, model));
  if (!Number.isFinite(wait.meanOfWaiting)) return 0;
  return 1 - slowerThan((withinMs - processing.networkMs) / processing.serviceMs, processing.variation, wait);
}

/** Part of the requests whose wait and service take longer, in service times. */
function slowerThan(time: number, variation: number, { probability, meanOfWaiting }: Wait): number {
  let slower = 0;
  for (const { weight, time: service } of strataOf(variation)) {
    slower += weight * (service > time || time < 0 ? 1 : probability * Math.exp((service - time) / meanOfWaiting));
  }
  return slower;
}
