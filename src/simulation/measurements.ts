/**
 * What is measured of a run: latencies of what succeeded, failures by cause, where requests went, and how all of this went
 * on over time. A failed request has no latency, so percentiles must be read together with failures.
 */
import { LatencyHistogram } from './latency-histogram';
import { durationOf, Plan } from './plan';

export const FAILURES = ['status', 'timeout', 'connect', 'broken', 'noEndpoint'] as const;
/** `status`: an answer of 503; `connect`: no endpoint could be connected to; `broken`: a connection broke too often. */
export type Failure = (typeof FAILURES)[number];

/** One stretch of the run. */
export interface Window {
  readonly untilMs: number;
  readonly requests: number;
  readonly failed: number;
  /** NaN when nothing succeeded. */
  readonly p50: number;
  readonly p99: number;
}

export interface EndpointResult {
  readonly name: string;
  /** Times that a request was sent there, and the same while something was disturbed. */
  sent: number;
  sentDisturbed: number;
  failed: number;
  /** Part of what it could have done at a time, 0 to 1. */
  utilization: number;
  /** Mean time from a request's coming to the beginning of its work. */
  meanWaitMs: number;
}

const WINDOWS = 60;
/** A 99th percentile of fewer says nothing. */
const LEAST_IN_WINDOW = 100;

/** A window counts as disturbed with a p99 this many times the usual one and this much above it, or with more failures than this. */
const P99_FACTOR = 2;
const P99_GRAIN_MS = 1;
const FAILED_PART = 0.005;

export class Measurements {
  readonly latency = new LatencyHistogram();
  readonly failures: Record<Failure, number> = { status: 0, timeout: 0, connect: 0, broken: 0, noEndpoint: 0 };
  readonly endpoints: readonly EndpointResult[];
  readonly windows: Window[] = [];
  /** All requests that ended, measured or not. */
  ended = 0;
  /** Attempts after failed ones, and beside others. */
  retries = 0;
  hedges = 0;
  /** Times that a caller ejected an endpoint. */
  ejections = 0;
  /** Measured attempts at endpoints in the zone of their caller, and all those of callers that know their zone. */
  readonly zones = { own: 0, all: 0 };

  private readonly window = new LatencyHistogram();
  private readonly windowMs: number;
  private readonly measuredFrom: number;
  private windowEnd: number;
  private windowFailed = 0;
  private arrivalsEndedAt = Infinity;

  constructor(private readonly plan: Plan) {
    this.windowMs = Math.max(durationOf(plan) / WINDOWS, (LEAST_IN_WINDOW / plan.rps) * 1_000);
    this.windowEnd = this.windowMs;
    this.measuredFrom = durationOf(plan) * plan.warmUp;
    this.endpoints = plan.endpoints.map(({ name }) => ({ name, sent: 0, sentDisturbed: 0, failed: 0, utilization: 0, meanWaitMs: 0 }));
  }

  /** Measured requests that ended in a failure. */
  get failed(): number {
    return FAILURES.reduce((sum, failure) => sum + this.failures[failure], 0);
  }

  get measured(): number {
    return this.latency.count + this.failed;
  }

  sent(caller: number, endpoint: number, now: number): void {
    if (now < this.measuredFrom) return;
    const result = this.endpoints[endpoint]!;
    const { zone } = this.plan.callers[caller]!;
    result.sent++;
    if (zone !== undefined) {
      this.zones.all++;
      if (zone === this.plan.endpoints[endpoint]!.zone) this.zones.own++;
    }
    const { disturbance } = this.plan;
    if (disturbance && now >= disturbance.fromMs && now < disturbance.toMs) result.sentDisturbed++;
  }

  succeeded(startedAt: number, now: number): void {
    this.advance(now);
    this.ended++;
    this.window.record(now - startedAt);
    if (startedAt >= this.measuredFrom) this.latency.record(now - startedAt);
  }

  /** An attempt failed, and perhaps the request is tried again. */
  attemptFailed(endpoint: number, now: number): void {
    if (now >= this.measuredFrom) this.endpoints[endpoint]!.failed++;
  }

  failedWith(failure: Failure, startedAt: number, now: number): void {
    this.advance(now);
    this.ended++;
    this.windowFailed++;
    if (startedAt >= this.measuredFrom) this.failures[failure]++;
  }

  /** The last request has come: what ends from now on is too little for a window of its own. */
  lastArrived(now: number): void {
    this.advance(now);
    this.arrivalsEndedAt = now;
  }

  /**
   * How long after the disturbance began the last window was that was disturbed: 0 when none was, Infinity when the last
   * one is. Undefined for a run without a disturbance.
   */
  recoveryMs(): number | undefined {
    const { disturbance } = this.plan;
    if (!disturbance) return undefined;
    const usual = this.windows.filter(({ untilMs }) => untilMs <= disturbance.fromMs && untilMs - this.windowMs >= this.measuredFrom)
      .map(({ p99 }) => p99).sort((a, b) => a - b);
    const normal = usual[usual.length >> 1];
    if (normal === undefined) return undefined;
    const isDisturbed = ({ p99, failed, requests }: Window): boolean =>
      !(p99 <= Math.max(normal * P99_FACTOR, normal + P99_GRAIN_MS)) || failed > requests * FAILED_PART;
    const last = this.windows.filter(({ untilMs }) => untilMs > disturbance.fromMs).filter(isDisturbed).pop();
    if (last === undefined) return 0;
    return last === this.windows[this.windows.length - 1] ? Infinity : last.untilMs - disturbance.fromMs;
  }

  private advance(now: number): void {
    while (now >= this.windowEnd) this.closeWindow();
  }

  private closeWindow(): void {
    const { window } = this;
    if (this.windowEnd <= this.arrivalsEndedAt) {
      this.windows.push({
        untilMs: this.windowEnd,
        requests: window.count + this.windowFailed,
        failed: this.windowFailed,
        p50: window.percentile(0.5),
        p99: window.percentile(0.99),
      });
    }
    window.clear();
    this.windowFailed = 0;
    this.windowEnd += this.windowMs;
  }
}
