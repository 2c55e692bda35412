/**
 * An endpoint as a queue: so many requests are worked on at a time, the others wait in order (G/G/c). Requests are numbers;
 * the queue is a list through an array that all backends share.
 */
import { Integral } from './integral';
import { quantileOf } from './distribution';
import type { LoadReport } from '../balancing';
import type { PlannedEndpoint } from './plan';
import { NONE } from './slots';

/**
 * Load is reported as it was over the last of these, as the part of the endpoint that was busy: what waits doesn't count. With it
 * an endpoint with a short queue would seem to do much less for its load than it does, and weights would swing.
 */
const REPORT_MS = 1_000;

export class Backend {
  /** `up`: works; `stopped`: refuses connections; `vanished`: nothing comes back. */
  state: 'up' | 'stopped' | 'vanished' = 'up';
  pace = 1;
  /** Answers 503 after this long when set. */
  failsAfterMs: number | undefined = undefined;
  readonly quantile: (share: number) => number;
  /** What its sidecar says of its load, as of the last full period. */
  readonly report = { utilization: 0, requestsPerSecond: 0, errorsPerSecond: 0 } satisfies LoadReport;
  readonly busy = new Integral();

  private first = NONE;
  private last = NONE;
  /** The same as {@link busy}, since the last report. */
  private readonly reported = new Integral();
  private readonly reporting = { since: 0, ended: 0, failed: 0 };

  constructor(readonly planned: PlannedEndpoint) {
    this.quantile = quantileOf(planned.serviceTime);
    if (planned.later) this.state = 'stopped';
  }

  /** Whether a request that comes now has to wait. */
  get full(): boolean {
    return this.busy.value >= this.planned.concurrency;
  }

  /** How long work of this size takes when it begins now. */
  workMs(share: number): number {
    return this.quantile(share) * this.pace;
  }

  begin(now: number): void {
    this.busy.add(1, now);
    this.reported.add(1, now);
  }

  end(now: number): void {
    this.busy.add(-1, now);
    this.reported.add(-1, now);
    this.reporting.ended++;
  }

  /** A request is refused, for which it is there this long. */
  fail(ms: number): void {
    this.reported.include(ms);
    this.reporting.ended++;
    this.reporting.failed++;
  }

  enqueue(request: number, next: Int32Array): void {
    next[request] = NONE;
    if (this.last === NONE) this.first = request;
    else next[this.last] = request;
    this.last = request;
  }

  /** The request that waits longest, or {@link NONE}. */
  dequeue(next: Int32Array): number {
    const request = this.first;
    if (request === NONE) return NONE;
    this.first = next[request]!;
    if (this.first === NONE) this.last = NONE;
    return request;
  }

  /** Forgets all that it held, as a process that ends does. */
  empty(now: number): void {
    this.first = NONE;
    this.last = NONE;
    this.busy.add(-this.busy.value, now);
    this.reported.add(-this.reported.value, now);
  }

  /** The report to send with an answer now. */
  currentReport(now: number): LoadReport {
    const { reporting, report, reported } = this;
    const elapsed = now - reporting.since;
    if (elapsed >= REPORT_MS) {
      report.utilization = reported.mean(now) / this.planned.concurrency;
      report.requestsPerSecond = (reporting.ended / elapsed) * 1_000;
      report.errorsPerSecond = (reporting.failed / elapsed) * 1_000;
      reported.restart(now);
      reporting.since = now;
      reporting.ended = 0;
      reporting.failed = 0;
    }
    return report;
  }
}
