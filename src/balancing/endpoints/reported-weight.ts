/**
 * The weight that an endpoint's load reports give it, gRFC A58 ("Client-side weighted round robin LB policy"): the work that it
 * could do if it were fully used, requests per second over utilization, where failures count as utilization:
 *
 *     weight = rps / (utilization + errors per second / rps * error penalty)
 *
 * Reports count neither in the first `blackoutMs`, when a fresh endpoint is not warm and a few requests say little, nor
 * when the last one is `expirationMs` old. A report without work or utilization changes nothing; endpoint-stats.ts leaves it out.
 */
import type { EndpointStats } from './endpoint-stats';

/**
 * How far above the median of all a reported weight may be. A58 has no bound, and one liar of ten would take nearly everything; here
 * it takes 8 of 17 parts, less than half, the more endpoints the less. Machines that differ honestly within one
 * Deployment, by their generation or their neighbours, do so by less; sizes that differ more are what declared weights are for.
 */
export const MAX_OVER_MEDIAN = 8;

/** How far below. An endpoint that claims to be weak hurts no other; the bound keeps it in use, so that it is measured. */
export const MAX_UNDER_MEDIAN = 100;

export interface ReportRules {
  readonly blackoutMs: number;
  readonly expirationMs: number;
  readonly errorPenalty: number;
}

/** Why an endpoint has the weight that it has. */
export type ReportState = 'reported' | 'never reported' | 'blackout' | 'expired';

export function reportState({ reported }: EndpointStats, now: number, { blackoutMs, expirationMs }: ReportRules): ReportState {
  if (reported === undefined) return 'never reported';
  if (now - reported.at >= expirationMs) return 'expired';
  return now - reported.since < blackoutMs ? 'blackout' : 'reported';
}

/** 0 when the reports don't count. */
export function reportedWeight(stats: EndpointStats, now: number, rules: ReportRules): number {
  if (reportState(stats, now, rules) !== 'reported') return 0;
  const { utilization, requestsPerSecond, errorsPerSecond } = stats.reported!;
  return requestsPerSecond / (utilization + (errorsPerSecond / requestsPerSecond) * rules.errorPenalty);
}

/**
 * Weights kept within reason of their median, of two in the middle the lower one: an endpoint that lies about its load, or reports by
 * another unit, can't take everything as long as most don't. Zeros stay.
 */
export function withinReason(weights: readonly number[]): number[] {
  const known = weights.filter((weight) => weight > 0).sort((a, b) => a - b);
  const median = known[(known.length - 1) >>> 1];
  return median === undefined
    ? [...weights]
    : weights.map((weight) => (weight > 0 ? Math.min(Math.max(weight, median / MAX_UNDER_MEDIAN), median * MAX_OVER_MEDIAN) : 0));
}
