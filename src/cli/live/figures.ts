/**
 * The golden signals of any set of requests: rate, success, latency. Rates of many series are added up, then read. Percentiles are
 * interpolated within their bucket, as Prometheus' `histogram_quantile` does
 * (https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile): exact to a bucket, no finer.
 */
import { NOT_APPLICABLE } from '../../proxy/telemetry/catalog';
import type { Labels } from './metrics-text';

/** What is told of a set of requests. Latencies are milliseconds; they and `success` are absent when there were no requests. */
export interface Figures {
  /** Requests that ended, per second. */
  readonly rate: number;
  /** Part of them whose status was below 500, 0 to 1. */
  readonly success?: number;
  readonly p50Ms?: number;
  readonly p95Ms?: number;
  readonly p99Ms?: number;
}

/** A bar of a latency distribution: requests per second that took at most `toMs`, and longer than the bar before. */
export interface LatencyBar {
  /** Absent: longer than the longest bound. */
  readonly toMs?: number;
  readonly rate: number;
}

export const NO_REQUESTS: Figures = { rate: 0 };

/** Adds up rates. */
export class Sum {
  private rate = 0;
  private failed = 0;
  /** Rates of durations up to a bound in seconds, as the buckets of a histogram are: each has all below it. */
  private readonly upTo = new Map<number, number>();
  private readonly reasons = new Map<string, number>();

  /** Takes growth of `mesh_requests_total`. */
  addRequests({ code, reason }: Labels, rate: number): void {
    if (rate === 0) return;
    this.rate += rate;
    if (code?.startsWith('5')) this.failed += rate;
    if (reason !== undefined && reason !== NOT_APPLICABLE) this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + rate);
  }

  /** Takes growth of a bucket of `mesh_request_duration_seconds`. */
  addDuration({ le }: Labels, rate: number): void {
    const bound = le === '+Inf' ? Infinity : Number(le);
    this.upTo.set(bound, (this.upTo.get(bound) ?? 0) + rate);
  }

  /** Takes all that another sum has. */
  add(other: Sum): void {
    this.rate += other.rate;
    this.failed += other.failed;
    for (const [bound, rate] of other.upTo) this.upTo.set(bound, (this.upTo.get(bound) ?? 0) + rate);
    for (const [reason, rate] of other.reasons) this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + rate);
  }

  get figures(): Figures {
    if (this.rate === 0) return NO_REQUESTS;
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => this.percentileMs(share));
    return {
      rate: this.rate,
      success: 1 - this.failed / this.rate,
      ...(p50 !== undefined && { p50Ms: p50 }),
      ...(p95 !== undefined && { p95Ms: p95 }),
      ...(p99 !== undefined && { p99Ms: p99 }),
    };
  }

  /** Reasons why proxies answered or broke off by themselves, the most frequent first. */
  get failures(): { readonly reason: string; readonly rate: number }[] {
    return [...this.reasons].map(([reason, rate]) => ({ reason, rate })).sort((a, b) => b.rate - a.rate);
  }

  /** From the first bar that has requests to the last. */
  get distribution(): LatencyBar[] {
    const bars = this.bars();
    const first = bars.findIndex(({ rate }) => rate > 0);
    const last = bars.reduce((found, { rate }, index) => (rate > 0 ? index : found), -1);
    return first === -1 ? [] : bars.slice(first, last + 1);
  }

  private percentileMs(share: number): number | undefined {
    const bars = this.bars();
    const rank = share * bars.reduce((sum, { rate }) => sum + rate, 0);
    if (rank === 0) return undefined;
    let below = 0;
    let fromMs = 0;
    for (const { toMs, rate } of bars) {
      if (toMs === undefined) return fromMs;
      if (below + rate >= rank) return fromMs + (toMs - fromMs) * ((rank - below) / rate);
      below += rate;
      fromMs = toMs;
    }
    return fromMs;
  }

  private bars(): LatencyBar[] {
    let below = 0;
    return [...this.upTo].sort(([a], [b]) => a - b).map(([bound, upTo]) => {
      const rate = Math.max(0, upTo - below);
      below = Math.max(below, upTo);
      return { ...(bound !== Infinity && { toMs: bound * 1_000 }), rate };
    });
  }
}

/** Sums by a key, made when they are first needed. */
export class Sums {
  private readonly byKey = new Map<string, Sum>();

  of(key: string): Sum {
    let sum = this.byKey.get(key);
    if (!sum) this.byKey.set(key, sum = new Sum());
    return sum;
  }

  figuresOf(key: string): Figures {
    return this.byKey.get(key)?.figures ?? NO_REQUESTS;
  }

  /** What the sums of these keys have together. */
  total(keys: readonly string[]): Sum {
    const total = new Sum();
    for (const key of keys) {
      const sum = this.byKey.get(key);
      if (sum) total.add(sum);
    }
    return total;
  }
}
