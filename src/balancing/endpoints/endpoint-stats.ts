/**
 * Statistics of one endpoint: requests in flight, latency, failures, and the load that it reports.
 *
 * They belong to the endpoint, not to a policy or a picker: the proxy and the simulator keep one object an endpoint for as long
 * as the endpoint exists, so a change of policy keeps them. An update costs an exponential, a logarithm and a few sums, and
 * allocates nothing.
 *
 * Latency is a peak-sensitive moving average (Finagle's and tower's Peak EWMA, tower/src/load/peak_ewma.rs): a sample
 * above the estimate replaces it, one below it moves it by 1 - exp(-elapsed / decay). Between samples the estimate decays
 * towards 0, so that an endpoint that nobody asks any more is tried again in the end. A peak says at once that an endpoint
 * stalls, and it says the same of a request that is long wherever it goes: where requests are like that, each in turn shuts
 * out the endpoint that served it. Beside it there is therefore what is typical, the mean of logarithms, for adaptive.ts.
 *
 * Failures must not look fast. A failed request therefore doesn't count as a latency (unless it took longer than what
 * is estimated); it pays a toll, the failure penalty or the time its Retry-After asks for, whichever is longer. Linkerd records
 * such a toll as a latency peak (linkerd2-proxy, PenaltyPeakEwma); then a single stray failure shuts an endpoint out for
 * most of a minute, and where one request in a thousand fails on every endpoint, latency no longer counts at all. Here
 * the toll is averaged over requests with the same decay: it is the expected price of failures at this endpoint, nearly
 * nothing for a rare one and the full penalty when all fail, and it adds to the expected latency.
 *
 * Both decay alike, so a comparison of two endpoints needs no clock: see least-response-time.ts.
 */
import type { LoadBalancingConfig, ZoneAwareConfig } from '../../contract';

/** How a request ended: `failure` is an answer of 429, 503 or 5xx, a timeout, a broken or refused connection. */
export type Outcome = 'success' | 'failure';

/** What an endpoint says of its own load; see reported-weight.ts. Callers may use one object again. */
export interface LoadReport {
  /** Part of its capacity in use; 1 is all of it. */
  readonly utilization: number;
  readonly requestsPerSecond: number;
  readonly errorsPerSecond: number;
  /** Its capacity is not known: utilization can only be compared with that of others of its kind. Absent: it is known. */
  readonly relative?: boolean;
}

/** Defaults of policies that set none of these. */
const DECAY_MS = 10_000;
const FAILURE_PENALTY_MS = 5_000;
const EXPIRATION_MS = 180_000;

/** Longest Retry-After that counts, as in Linkerd: a hostile one can't shut an endpoint out for days. */
export const MAX_RETRY_AFTER_MS = 300_000;

/** Longest latency that counts; also what a value that is no number counts as a bound for. */
const MAX_LATENCY_MS = 3_600_000;

/** Added to latencies before their logarithm is taken: differences below it don't matter to anybody. */
export const LATENCY_GRAIN_MS = 0.1;

/** A latency whose logarithm, taken as above, is this. */
export const typicalMs = (meanLog: number): number => Math.max(0, Math.exp(meanLog) - LATENCY_GRAIN_MS);

/**
 * Above it, a utilization is no part of a capacity: most likely it is in percent. It is left out rather than bounded, for endpoints
 * that all tell the bound would be weighted by their requests alone: an endpoint that has more would get more.
 */
export const MAX_UTILIZATION = 10;

/** Bounds of what else a report may say. */
const MAX_RELATIVE_UTILIZATION = 1e6;
const MAX_PER_SECOND = 1e7;

/** What became of a load report: taken over, or left out because it says nothing, or something that can't be. */
export type ReportEffect = 'used' | 'empty' | 'implausible';

/** What the endpoints of one cluster share: how to average, and how much is in flight to all of them. */
export class ClusterStats {
  /** Requests in flight to all endpoints that share this. */
  inFlight = 0;

  /** Which latency makes the price of a request: the peak-sensitive average, or what is typical. */
  latency: 'peak' | 'typical' = 'peak';

  /**
   * @param decayMs          time constant of the averages; may be changed at any time, as may all of these
   * @param failurePenaltyMs least toll of a failed request
   * @param expirationMs     how long a load report counts
   */
  constructor(public decayMs = DECAY_MS, public failurePenaltyMs = FAILURE_PENALTY_MS, public expirationMs = EXPIRATION_MS) {}

  /** Goes on as a policy wants it, and as it began where the policy doesn't say. */
  follow(policy: LoadBalancingConfig, zoneAware?: ZoneAwareConfig): void {
    const averages = policy.type === 'leastResponseTime' || policy.type === 'adaptive' ? policy : undefined;
    const expires = policy.type === 'clientSideWeightedRoundRobin' ? policy : zoneAware;
    this.decayMs = averages?.decayMs ?? DECAY_MS;
    this.failurePenaltyMs = averages?.failurePenaltyMs ?? FAILURE_PENALTY_MS;
    this.expirationMs = expires?.expirationMs ?? EXPIRATION_MS;
    this.latency = policy.type === 'adaptive' ? 'typical' : 'peak';
  }
}

/** The last load report that said something, in the terms of gRFC A58. */
export class ReportedLoad {
  utilization = 0;
  requestsPerSecond = 0;
  errorsPerSecond = 0;
  relative = false;
  /** When the last one came. */
  at = 0;
  /** When the first one came of those that came without a gap as long as the expiration period. */
  since = 0;
}

export class EndpointStats {
  // What a pick reads comes first, so that it is close together in memory. Fields are written by this class alone.
  /** Requests in flight right now. */
  inFlight = 0;
  /** A request has ended, so the averages mean something. */
  sampled = false;
  /** Expected latency and price of failure together as of {@link updatedAt}. */
  priceMs = 0;
  updatedAt = 0;
  /** Peak-sensitive average of latency as of {@link updatedAt}. */
  latencyMs = 0;
  /** Averaged price of failures as of {@link updatedAt}. */
  tollMs = 0;
  /** Plain average of the latency of successes; doesn't decay. */
  meanLatencyMs = 0;
  /** Plain averages of the logarithm of latency and of its square: what is typical, whatever the tail. They don't decay. */
  meanLog = 0;
  meanLogSquare = 0;
  /** Averaged part of requests that succeed, 0 to 1; doesn't decay. */
  success = 1;
  /** Requests sent so far, and how those that ended did. The difference of two readings gives exact rates and means. */
  sent = 0;
  succeeded = 0;
  failed = 0;
  /** Of those that succeeded: sums of the latency, and of its logarithm as in {@link meanLog}. */
  latencySumMs = 0;
  latencyLogSum = 0;
  /** Undefined until the endpoint reports its load. */
  reported: ReportedLoad | undefined = undefined;

  constructor(readonly cluster: ClusterStats = new ClusterStats()) {}

  /** A request is sent to the endpoint. Exactly one of {@link finished} and {@link abandoned} follows. */
  started(): void {
    this.inFlight++;
    this.sent++;
    this.cluster.inFlight++;
  }

  /**
   * What was begun is known to have succeeded, and goes on: a connection. It is in flight until {@link abandoned}.
   *
   * @param latencyMs until that was known
   */
  settled(latencyMs: number, now: number): void {
    this.finished(latencyMs, 'success', now);
    this.inFlight++;
    this.cluster.inFlight++;
  }

  /** A request ended in a way that says nothing of the endpoint: its client went away, or it never left the proxy. */
  abandoned(): void {
    this.inFlight--;
    this.cluster.inFlight--;
  }

  /**
   * A request ended.
   *
   * @param latencyMs    until the first byte of the answer, or until the failure was known
   * @param now          monotonic milliseconds
   * @param retryAfterMs what the answer's Retry-After asks for; 0 when it has none
   */
  finished(latencyMs: number, outcome: Outcome, now: number, retryAfterMs = 0): void {
    this.inFlight--;
    this.cluster.inFlight--;
    // `> 0` also leaves out what is no number.
    const latency = latencyMs > 0 ? Math.min(latencyMs, MAX_LATENCY_MS) : 0;
    const kept = this.sampled ? Math.exp(Math.min(0, this.updatedAt - now) / this.cluster.decayMs) : 0;
    // The first few count alike, or the very first would weigh the most for as long as the time constant.
    const added = Math.max(1 - kept, 1 / (this.succeeded + this.failed + 1));
    const rest = 1 - added;
    const log = Math.log(latency + LATENCY_GRAIN_MS);
    if (!this.sampled || (outcome === 'success' && this.succeeded === 0)) {
      this.meanLog = log;
      this.meanLogSquare = log * log;
    } else if (outcome === 'success' || log > this.meanLog) {
      this.meanLog = this.meanLog * rest + log * added;
      this.meanLogSquare = this.meanLogSquare * rest + log * log * added;
    }
    if (outcome === 'success') {
      this.meanLatencyMs = this.succeeded === 0 ? latency : this.meanLatencyMs * rest + latency * added;
      this.latencyMs = latency > this.latencyMs ? latency : this.latencyMs * kept + latency * (1 - kept);
      this.tollMs *= rest;
      this.success = this.success * rest + added;
      this.succeeded++;
      this.latencySumMs += latency;
      this.latencyLogSum += log;
    } else {
      const toll = Math.max(this.cluster.failurePenaltyMs, retryAfterMs > 0 ? Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) : 0);
      this.latencyMs = Math.max(latency, this.latencyMs * kept);
      this.tollMs = this.tollMs * rest + toll * added;
      this.success *= rest;
      this.failed++;
    }
    this.priceMs = (this.cluster.latency === 'peak' ? this.latencyMs : Math.exp(this.meanLog)) + this.tollMs;
    this.updatedAt = Math.max(now, this.updatedAt);
    this.sampled = true;
  }

  /**
   * The endpoint said how loaded it is. A report without work or without a utilization says nothing and is left out, as
   * is one that is no number, or whose utilization is above {@link MAX_UTILIZATION}; other numbers beyond all reason count as
   * their bounds.
   */
  report(report: LoadReport, now: number): ReportEffect {
    const { utilization, requestsPerSecond, errorsPerSecond, relative = false } = report;
    if (!(utilization > 0 && requestsPerSecond > 0)) return 'empty';
    if (utilization > MAX_UTILIZATION && !relative) return 'implausible';
    const first = this.reported === undefined;
    const reported = this.reported ??= new ReportedLoad();
    if (first || now - reported.at >= this.cluster.expirationMs) reported.since = now;
    reported.utilization = Math.min(utilization, MAX_RELATIVE_UTILIZATION);
    reported.requestsPerSecond = Math.min(requestsPerSecond, MAX_PER_SECOND);
    reported.errorsPerSecond = errorsPerSecond > 0 ? Math.min(errorsPerSecond, MAX_PER_SECOND) : 0;
    reported.relative = relative;
    reported.at = now;
    return 'used';
  }

  /** The endpoint was reconnected to: what it reports begins a new series. */
  reconnected(): void {
    this.reported = undefined;
  }

  /** What a request costs there, milliseconds as of `now`: expected latency and price of failure. For people and tests. */
  costMs(now: number): number {
    return this.priceMs * Math.exp(Math.min(0, this.updatedAt - now) / this.cluster.decayMs);
  }
}
