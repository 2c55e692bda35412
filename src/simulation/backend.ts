/**
 * An endpoint as a queue: so many requests are worked on at a time, the others wait in order (G/G/c). Requests are numbers;
 * the queue is a list through an array that all backends share.
 */
import { Integral } from './integral';
import { quantileOf } from './distribution';
import type { LoadReport } from '../balancing';
import type { PlannedEndpoint } from './plan';

/** End of a list. */
export const NONE = -1;

/** Load is reported as it was over the last of these. */
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
  private waiting = 0;
  /** Since the last report. */
  private readonly held = new Integral();
  private readonly reporting = { since: 0, ended: 0, failed: 0 };

  constructor(readonly planned: PlannedEndpoint) {
    this.quantile = quantileOf(planned.serviceTime);
    if (planned.later) this.state = 'stopped';
  }

  /** Whether a request that comes now has to wait. */
  get full(): boolean {
    return this.busy.value >= this.planned.concurrency;
  }

  get queued(): number {
    return this.waiting;
  }

  /** How long work of this size takes when it begins now. */
  workMs(share: number): number {
    return this.quantile(share) * this.pace;
  }

  begin(now: number): void {
    this.busy.add(1, now);
    this.held.add(1, now);
  }

  end(now: number): void {
    this.busy.add(-1, now);
    this.held.add(-1, now);
    this.reporting.ended++;
  }

  /** A request is refused, for which it is there this long. */
  fail(ms: number): void {
    this.held.include(ms);
    this.reporting.ended++;
    this.reporting.failed++;
  }

  enqueue(request: number, next: Int32Array, now: number): void {
    next[request] = NONE;
    if (this.last === NONE) this.first = request;
    else next[this.last] = request;
    this.last = request;
    this.waiting++;
    this.held.add(1, now);
  }

  /** The request that waits longest, or {@link NONE}. */
  dequeue(next: Int32Array, now: number): number {
    const request = this.first;
    if (request === NONE) return NONE;
    this.first = next[request]!;
    if (this.first === NONE) this.last = NONE;
    this.waiting--;
    this.held.add(-1, now);
    return request;
  }

  /** Forgets all that it held, as a process that ends does. */
  empty(now: number): void {
    this.first = NONE;
    this.last = NONE;
    this.waiting = 0;
    this.busy.add(-this.busy.value, now);
    this.held.add(-this.held.value, now);
  }

  /** The report to send with an answer now. */
  currentReport(now: number): LoadReport {
    const { reporting, report, held } = this;
    const elapsed = now - reporting.since;
    if (elapsed >= REPORT_MS) {
      report.utilization = held.mean(now) / this.planned.concurrency;
      report.requestsPerSecond = (reporting.ended / elapsed) * 1_000;
      report.errorsPerSecond = (reporting.failed / elapsed) * 1_000;
      held.restart(now);
      reporting.since = now;
      reporting.ended = 0;
      reporting.failed = 0;
    }
    return report;
  }
}
