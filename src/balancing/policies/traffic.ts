/**
 * What a set of endpoints looks like from the caller's side, in the few numbers by which a policy can be chosen: how
 * different endpoints are, how much requests differ, how much work there is, how much is known at all. Latencies are compared by their
 * logarithms: one request in a thousand that takes a thousand times as long says nothing of an endpoint, but would
 * double its mean.
 */
import type { Balanced } from '../endpoints/picker';

/** Endpoints with fewer requests than this say nothing of how fast they are. */
const LEAST_SAMPLES = 5;

/** Endpoints that together take less of the traffic than this don't show in its 99th percentile, so they don't count. */
const OUTLYING_PART = 0.01;

/** Standard deviations by which the extremes of many averages differ from their mean by chance alone. */
const CHANCE = 2.5;

export interface Traffic {
  /** Requests in flight for each endpoint, averaged over time. */
  readonly load: number;
  /** How many times more the fullest endpoint holds than the mean, both with one request more: 1 is no imbalance. */
  readonly imbalance: number;
  /** How many times dearer the dearest endpoint is than the cheapest, in typical latency and price of failures. */
  readonly spread: number;
  /** As much of a spread as equal endpoints show by chance, given how far latencies stray and how many there were. */
  readonly chanceSpread: number;
  /** Endpoints that came while others were at work, and have hardly been asked yet. */
  readonly newcomers: number;
  /** How far latencies at one endpoint stray: standard deviation of their logarithm, about its relative one while it is small. */
  readonly variation: number;
}

/**
 * @param rate requests a second to all of them
 * @param work requests in flight to all of them, averaged over time
 */
export function measureTraffic(endpoints: readonly Pick<Balanced, 'stats' | 'since'>[], rate: number, work: number): Traffic {
  let inFlight = 0;
  let most = 0;
  let variances = 0;
  let measured = 0;
  let newcomers = 0;
  const prices: number[] = [];
  for (const { stats, since } of endpoints) {
    inFlight += stats.inFlight;
    most = Math.max(most, stats.inFlight);
    if (stats.succeeded + stats.failed < LEAST_SAMPLES) {
      if (since !== undefined) newcomers++;
      continue;
    }
    prices.push(Math.exp(stats.meanLog) + stats.tollMs);
    variances += Math.max(0, stats.meanLogSquare - stats.meanLog ** 2);
    measured++;
  }
  const count = Math.max(1, endpoints.length);
  const load = work / count;
  const imbalance = (most + 1) / (inFlight / count + 1);
  const variation = measured === 0 ? 0 : Math.sqrt(variances / measured);
  if (prices.length < 2) return { load, imbalance, newcomers, spread: 1, chanceSpread: 1, variation };

  prices.sort((a, b) => a - b);
  const outlying = Math.floor(prices.length * OUTLYING_PART);
  const spread = prices[prices.length - 1 - outlying]! / Math.max(prices[outlying]!, Number.MIN_VALUE);
  // An exponential average with time constant T over r samples a second strays like a mean of 2 r T samples.
  const decaySeconds = endpoints[0]!.stats.cluster.decayMs / 1_000;
  const samples = Math.max(1, (2 * rate * decaySeconds) / count);
  return { load, imbalance, newcomers, spread, chanceSpread: Math.exp((2 * CHANCE * variation) / Math.sqrt(samples)), variation };
}
