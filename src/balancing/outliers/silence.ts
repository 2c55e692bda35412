/**
 * Whether an endpoint has fallen silent, as a request sees it that waits there: a black hole keeps every request until its
 * time is over, long before outlier detection may judge it. A wrong suspicion costs one request more, so much less is needed
 * for it than for an ejection: that nobody was answered since, though several wait, for several times as long as is usual.
 */
import { EndpointStats, typicalMs } from '../endpoints/endpoint-stats';
import type { OutlierState } from './outlier-state';

/** What is known of an endpoint. */
interface Known {
  readonly stats: EndpointStats;
  readonly outlier: OutlierState;
}

/** Requests that must wait at the endpoint: less than that may all be slow by chance. One is enough where it is to prove itself by that. */
const WAITING = 3;
/** How many times its usual latency they must have waited for. */
export const SILENCE_FACTOR = 5;

/**
 * @param answersBefore requests that it had begun to answer when the waiting one came
 * @param other         another endpoint: tells what is usual when this one has answered nobody yet
 */
export function isSilent({ stats, outlier }: Known, answersBefore: number, waitedMs: number, other: Known): boolean {
  if (outlier.answers !== answersBefore || (stats.inFlight < WAITING && outlier.status !== 'probing')) return false;
  const known = stats.succeeded > 0 ? stats : other.stats;
  return known.succeeded > 0 && waitedMs >= SILENCE_FACTOR * typicalMs(known.meanLog);
}
