/**
 * Counts what became of a flow's requests, by the pod that answered, and beside it how many each pod was to answer by
 * what was declared at the moment of each request. Pods come and go during a run, and weights change; summing the
 * expectation request by request keeps the comparison right through all of it.
 */
import type { Flow } from './flow';
import { LatencyHistogram } from '../../../simulation';
import type { Outcome } from './traffic';

/** One pod's part of a flow. */
export interface PodTally {
  readonly pod: string;
  /** Of a fallback's pod: with its service before it. */
  readonly version: string;
  /** It is of a service that took over for the one called. */
  readonly fallback: boolean;
  readonly latency: LatencyHistogram;
  answered: number;
  failed: number;
  /** How many requests it was to answer. */
  expected: number;
}

export class Tally {
  readonly pods = new Map<string, PodTally>();
  /** Of requests that did not fail. */
  readonly latency = new LatencyHistogram();
  /** How late requests were sent. */
  readonly lateness = new LatencyHistogram();
  readonly failures = new Map<string, number>();
  /** How many requests each version was to answer by its declared share, whether it had pods or not. */
  readonly declared = new Map<string, number>();
  private count = 0;

  constructor(readonly flow: Flow) {}

  /** All requests whose outcome is known. */
  get total(): number { return this.count; }

  get failed(): number { return [...this.failures.values()].reduce((sum, count) => sum + count, 0); }

  /** Requests of which it is known who answered. */
  get attributed(): number { return [...this.pods.values()].reduce((sum, pod) => sum + pod.answered, 0); }

  /** A request is due now. */
  due(): void {
    for (const [version, share] of this.flow.declared) this.declared.set(version, (this.declared.get(version) ?? 0) + share);
    for (const [pod, share] of this.flow.expected()) this.of(pod.name, pod.workload.version, undefined).expected += share;
  }

  record({ pod, version, fallback, latencyMs, lateMs, failure }: Outcome): void {
    this.count++;
    this.lateness.record(lateMs);
    if (failure === undefined) this.latency.record(latencyMs);
    else this.failures.set(failure, (this.failures.get(failure) ?? 0) + 1);
    if (pod === undefined) return;
    const tally = this.of(pod, version ?? '', fallback);
    tally.answered++;
    if (failure === undefined) tally.latency.record(latencyMs);
    else tally.failed++;
  }

  /** The pods' tallies summed up by version; a version that was to answer and had no pod is there too. */
  versions(): Omit<PodTally, 'pod'>[] {
    const declared = [...this.declared].filter(([, requests]) => requests > 0).map(([version]) => version);
    return [...new Set([...[...this.pods.values()].map((pod) => pod.version), ...declared])].sort().map((version) => {
      const latency = new LatencyHistogram();
      const fallback = [...this.pods.values()].some((pod) => pod.version === version && pod.fallback);
      const sums = { version, fallback, answered: 0, expected: 0, failed: 0, latency };
      for (const pod of this.pods.values()) {
        if (pod.version !== version) continue;
        sums.answered += pod.answered;
        sums.expected += pod.expected;
        sums.failed += pod.failed;
        latency.add(pod.latency);
      }
      return sums;
    });
  }

  private of(pod: string, ownVersion: string, fallback: string | undefined): PodTally {
    let tally = this.pods.get(pod);
    if (!tally) {
      const version = fallback === undefined ? ownVersion : `${fallback} ${ownVersion}`;
      tally = { pod, version, fallback: fallback !== undefined, latency: new LatencyHistogram(), answered: 0, failed: 0, expected: 0 };
      this.pods.set(pod, tally);
    }
    return tally;
  }
}
