/**
 * How much retries may add to a cluster's load. Each request puts a part of a token in, each retry takes one out; what is not
 * used fades with a time constant of ten seconds, so the balance is that part of the requests of the last ten seconds. Besides,
 * a few retries a second are always there, for clusters with little traffic.
 *
 * The part is that of Envoy and Linkerd (tower's `TpsBudget`, tower/src/retry/budget/tps_budget.rs); tower keeps ten slots of
 * one second, this one a decaying sum: no slots, and no edge at which a second's tokens vanish.
 */
import type { RetryBudgetConfig } from '../../contract';

/** How long unused tokens last. */
export const BUDGET_WINDOW_MS = 10_000;

/** How old the balance may be when a request adds to it. */
const FADE_EVERY_MS = 100;

/** What a retry takes out; a request puts in the budget's percentage, so that sums are whole numbers. */
const TOKEN = 100;

/** What denies a retry; `none` when nothing does. */
export type RetryVerdict = 'none' | 'budget' | 'in_flight';

export class RetryBudget {
  /** Retries under way. */
  inFlight = 0;
  private tokens = 0;
  private reserve = 0;
  private fadedAt: number;

  constructor(private config: Required<RetryBudgetConfig>, private readonly now: () => number) {
    this.fadedAt = now();
    this.reconfigure(config);
    this.reserve = this.maxReserve;
  }

  reconfigure(config: Required<RetryBudgetConfig>): void {
    this.config = config;
    this.reserve = Math.min(this.reserve, this.maxReserve);
  }

  /** A request is sent for the first time. */
  deposit(): void {
    // Not an exponential for each request.
    if (this.now() - this.fadedAt >= FADE_EVERY_MS) this.fade();
    this.tokens += this.config.percent;
  }

  /** Asks for a retry; when nothing denies it, it counts as taken until {@link release}. */
  take(): RetryVerdict {
    if (this.inFlight >= this.config.maxInFlight) return 'in_flight';
    this.fade();
    if (this.tokens >= TOKEN) this.tokens -= TOKEN;
    else if (this.reserve >= TOKEN) this.reserve -= TOKEN;
    else return 'budget';
    this.inFlight += 1;
    return 'none';
  }

  /** Counts a retry that needs no token: it adds nothing to anybody's load. False when too many are under way. */
  takeFree(): boolean {
    if (this.inFlight >= this.config.maxInFlight) return false;
    this.inFlight += 1;
    return true;
  }

  /** A retry is over. */
  release(): void {
    this.inFlight -= 1;
  }

  private get maxReserve(): number {
    return (this.config.minimumPerSecond * TOKEN * BUDGET_WINDOW_MS) / 1_000;
  }

  private fade(): void {
    const now = this.now();
    const elapsed = Math.max(0, now - this.fadedAt);
    this.fadedAt = now;
    this.tokens *= Math.exp(-elapsed / BUDGET_WINDOW_MS);
    this.reserve = Math.min(this.maxReserve, this.reserve + (elapsed * this.config.minimumPerSecond * TOKEN) / 1_000);
  }
}
