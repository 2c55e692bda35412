/**
 * Active health checks of one cluster: when each endpoint is checked, and what becomes of the verdicts.
 *
 * An endpoint counts as healthy until checks say otherwise, since discovery has called it ready; its very first check
 * decides alone, and after that it takes several in a row to change (HAProxy's rise and fall). The first checks are spread
 * over an interval, and every wait differs by chance, so that neither the endpoints of a cluster nor the callers of an
 * endpoint fall into step. At most {@link MOST_AT_ONCE} checks run at a time; those that are due besides wait in order.
 */
import type { Runtime } from '../../../balancing';
import type { ResolvedHealthCheck } from '../../../contract';
import type { Cancel, Clock } from '../../runtime/clock';
import type { Probe, Target, Verdict } from './conversation';

/** Limit `concurrentHealthChecks`: most checks of one cluster at a time. */
export const MOST_AT_ONCE = 16;

/** Waits differ by a tenth, up and down. */
const JITTER = 0.1;

export interface HealthListener<T extends Target> {
  onChecked(verdict: Verdict): void;
  /** A check that is due waits, since the most checks that may run at once do. */
  onLimit(): void;
  /** An endpoint turned out not to work, or works again; `complaint` is undefined then. Also called when only the words differ. */
  onComplaint(target: T, complaint: string | undefined): void;
}

/** An endpoint and what is known of it. */
interface Checked<T> {
  readonly target: T;
  healthy: boolean;
  /** Whether a check has decided already. */
  known: boolean;
  /** Checks in a row that contradict `healthy`. */
  contrary: number;
  /** Requests of the cluster when it was checked last. */
  requests: number;
  /** Ends what it waits for: its time, or its verdict. */
  cancel: Cancel;
}

export class HealthChecker<T extends Target> {
  private readonly checked = new Map<T, Checked<T>>();
  private readonly due: Checked<T>[] = [];
  private running = 0;

  /** @param requests that the cluster has sent so far */
  constructor(
    private readonly config: ResolvedHealthCheck,
    private readonly probe: Probe,
    private readonly dependencies: Runtime & Pick<Clock, 'after'>,
    private readonly requests: () => number,
    private readonly listener: HealthListener<T>,
  ) {}

  /** The endpoints to check; those that it knows go on as they were. */
  update(targets: readonly T[]): void {
    const gone = new Map(this.checked);
    for (const target of targets) {
      if (!gone.delete(target)) this.meet(target);
    }
    for (const one of gone.values()) {
      this.checked.delete(one.target);
      const at = this.due.indexOf(one);
      if (at >= 0) this.due.splice(at, 1);
    }
    // After all of them have left the queue, or the place of one would go to the next.
    for (const one of gone.values()) one.cancel();
  }

  stop(): void {
    this.update([]);
  }

  private meet(target: T): void {
    const one: Checked<T> = { target, healthy: true, known: false, contrary: 0, requests: -1, cancel: () => undefined };
    this.checked.set(target, one);
    this.wait(one, this.dependencies.random() * this.config.intervalMs);
  }

  private wait(one: Checked<T>, ms: number): void {
    one.cancel = this.dependencies.after(ms, () => {
      this.due.push(one);
      if (this.running >= MOST_AT_ONCE) this.listener.onLimit();
      this.checkNext();
    });
  }

  private checkNext(): void {
    while (this.running < MOST_AT_ONCE && this.due.length > 0) this.check(this.due.shift()!);
  }

  private check(one: Checked<T>): void {
    this.running += 1;
    let over = false;
    const end = (verdict?: Verdict): void => {
      if (over) return;
      over = true;
      cancelTimeout();
      cancelProbe();
      this.running -= 1;
      if (verdict) this.onVerdict(one, verdict);
      this.checkNext();
    };
    const { timeoutMs } = this.config;
    let cancelProbe: Cancel = () => undefined;
    const cancelTimeout = this.dependencies.after(timeoutMs, () => end({ passed: false, why: `no answer within ${timeoutMs} ms` }));
    one.cancel = () => end();
    cancelProbe = this.probe(one.target, end);
  }

  private onVerdict(one: Checked<T>, verdict: Verdict): void {
    const requests = this.requests();
    const idle = requests === one.requests;
    one.requests = requests;
    this.listener.onChecked(verdict);
    if (verdict.passed !== undefined) this.weigh(one, verdict);
    // Only what is well, and not in doubt, can be left alone.
    const ms = idle && one.healthy && one.contrary === 0 ? this.config.idleIntervalMs : this.config.intervalMs;
    this.wait(one, ms * (1 + JITTER * (2 * this.dependencies.random() - 1)));
  }

  private weigh(one: Checked<T>, verdict: Exclude<Verdict, { readonly passed: undefined }>): void {
    const { healthyThreshold, unhealthyThreshold } = this.config;
    if (verdict.passed === one.healthy) {
      one.contrary = 0;
      if (!verdict.passed) this.listener.onComplaint(one.target, verdict.why);
    } else {
      one.contrary += 1;
      if (!one.known || one.contrary >= (verdict.passed ? healthyThreshold : unhealthyThreshold)) {
        one.healthy = verdict.passed;
        one.contrary = 0;
        this.listener.onComplaint(one.target, verdict.passed ? undefined : verdict.why);
      }
    }
    one.known = true;
  }
}
