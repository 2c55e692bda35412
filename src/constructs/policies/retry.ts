/**
 * When a caller's sidecar sends a request again. What no application has seen is sent again in any case but `none()`; the
 * rest is chosen here.
 */
import { Duration, Size } from 'cdk8s';
import { DEFAULT_HEDGE, DEFAULT_RETRY, DEFAULT_RETRY_BUDGET, HedgeConfig, RetryBudgetConfig, RetryCondition, RetryConfig } from '../../contract';
import { mark } from '../synthesis/copies';
import { Mistakes } from '../props/mistakes';
import {
  checkGrowth, checkQuantities, checkQuantity, checkWithinCall, Consequences, Quantities, toConfig, withoutDefaults,
} from '../props/quantities';
import { RetryFields } from './retry-fields';

/**
 * A failure after which an application may have seen the request.
 */
export enum RetryOn {
  /** The connection broke before the head of a response, or what came was not HTTP. */
  CLOSED = 'closed',
  /** The time for one attempt was over. */
  TRY_TIMEOUT = 'tryTimeout',
  /** A response of status 502, 503 or 504. */
  GATEWAY_ERROR = 'gatewayError',
  /** A response of any status 5xx. */
  SERVER_ERROR = 'serverError',
  /** A response of status 429. */
  TOO_MANY_REQUESTS = 'tooManyRequests',
}

/**
 * How much retries and hedges may add to the load of a version, so that they don't make an outage worse.
 */
export interface RetryBudgetOptions {
  /**
   * Part of the requests of the last ten seconds, in percent, 0 to 100. 20 are those of Envoy, Linkerd and the Gateway API.
   *
   * @default 20
   */
  readonly percent?: number;

  /**
   * Retries a second that are allowed besides, for services with little traffic. It holds for each calling pod.
   *
   * @default 3
   */
  readonly minimumPerSecond?: number;

  /**
   * Most retries at a time, of each calling pod.
   *
   * @default 256
   */
  readonly maxInFlight?: number;
}

/**
 * A second request when the first takes unusually long; the response that comes first counts (Dean and Barroso, "The Tail at
 * Scale"). Of idempotent requests only, and within the retry budget.
 */
export interface HedgeOptions {
  /**
   * What is unusually long: longer than this part of the requests of the last seconds takes, in percent, 50 to 99.9.
   *
   * @default 95
   */
  readonly percentile?: number;

  /**
   * Shortest time before a second request.
   *
   * @default Duration.millis(5)
   */
  readonly minimumDelay?: Duration;
}

/**
 * Options of `Retry`.
 */
export interface RetryOptions {
  /**
   * How often a request is sent again at most, 0 to 10. Each time another pod is chosen, while there is one.
   *
   * @default 2
   */
  readonly maxRetries?: number;

  /**
   * After which failures a request is sent again that an application may have seen.
   *
   * @default [RetryOn.CLOSED, RetryOn.TRY_TIMEOUT, RetryOn.GATEWAY_ERROR]
   */
  readonly on?: RetryOn[];

  /**
   * Time for one attempt, from the end of the request to the head of its response. Must be shorter than the call's timeout.
   *
   * @default - none: an attempt may take as long as the call
   */
  readonly tryTimeout?: Duration;

  /**
   * How long an idempotent request waits at a pod that has answered nobody since it came, before another pod is asked besides;
   * never more than half of the call's timeout. A pod has fallen silent when at least three requests wait there and this one
   * has waited for five times as long as answers usually take. What comes first counts, and the retry budget holds.
   * `Duration.millis(0)` is never.
   *
   * @default Duration.seconds(1)
   */
  readonly silence?: Duration;

  /**
   * The wait before the n-th retry is drawn from 0 to (2^n - 1) times this. The first retry of a request that no application
   * has seen goes out at once.
   *
   * @default Duration.millis(25)
   */
  readonly backoff?: Duration;

  /**
   * Longest of these waits.
   *
   * @default Duration.millis(250)
   */
  readonly maxBackoff?: Duration;

  /**
   * Longest Retry-After of a response that is waited for; a response that asks for more is the caller's.
   *
   * @default Duration.seconds(1)
   */
  readonly maxRetryAfter?: Duration;

  /**
   * Longest body that is kept to be sent again.
   *
   * @default Size.kibibytes(64)
   */
  readonly maxReplaySize?: Size;

  /**
   * How much retries may add to the load.
   *
   * @default - the defaults of `RetryBudgetOptions`
   */
  readonly budget?: RetryBudgetOptions;

  /**
   * Whether a second request is sent when the first takes long.
   *
   * @default - never
   */
  readonly hedge?: HedgeOptions;
}

type Scalars = Omit<RetryOptions, 'on' | 'budget' | 'hedge'>;
export const RETRY_QUANTITIES: Quantities<Scalars, RetryConfig> = {
  maxRetries: { field: 'maxRetries', unit: 'number', min: 0, max: 10 },
  tryTimeout: { field: 'tryTimeoutMs', unit: 'time', min: 1 },
  silence: { field: 'silenceMs', unit: 'time', min: 0 },
  backoff: { field: 'backoffMs', unit: 'time', min: 0 },
  maxBackoff: { field: 'maxBackoffMs', unit: 'time', min: 0 },
  maxRetryAfter: { field: 'maxRetryAfterMs', unit: 'time', min: 0 },
  maxReplaySize: { field: 'maxReplayBytes', unit: 'size', min: 0 },
};
export const RETRY_BUDGET_QUANTITIES: Quantities<RetryBudgetOptions, RetryBudgetConfig> = {
  percent: { field: 'percent', unit: 'number', min: 0, max: 100 },
  minimumPerSecond: { field: 'minimumPerSecond', unit: 'number', min: 0 },
  maxInFlight: { field: 'maxInFlight', unit: 'number', min: 0 },
};
/** What comes of waits that take as long as the call. */
const WAITS: Consequences<RetryOptions> = {
  backoff: 'there may be no time for an attempt after it',
  maxBackoff: 'no attempt could follow so long a wait',
  maxRetryAfter: 'no attempt could follow so long a wait',
};
const HEDGE_WAITS: Consequences<HedgeOptions> = { minimumDelay: 'there is never time for a second request' };
const HEDGE_PROPS = { percentile: true, minimumDelay: true } as const satisfies Record<keyof HedgeOptions, true>;

/**
 * When a request is sent again, and which.
 */
export class Retry {
  /**
   * Requests whose method is idempotent (GET, HEAD, OPTIONS, TRACE, PUT, DELETE; RFC 9110 section 9.2.2), and any request that
   * no application has seen. This is the default.
   */
  public static idempotent(options: RetryOptions = {}): Retry {
    return new Retry('idempotent', options);
  }

  /**
   * Any request, POST included. Only for services that recognise a request that they get twice, by an idempotency key for
   * example: such retries have paid people twice.
   */
  public static allMethods(options: RetryOptions = {}): Retry {
    return new Retry('all', options);
  }

  /**
   * No request is ever sent again, not even one that no application has seen.
   */
  public static none(): Retry {
    return new Retry('idempotent', { maxRetries: 0 });
  }

  private constructor(private readonly methods: 'idempotent' | 'all', private readonly options: RetryOptions) {}

  /** @internal */
  public _check(mistakes: Mistakes, prop: string, timeoutMs: number): void {
    const { on, budget, hedge, ...scalars } = this.options ?? {};
    checkQuantities(mistakes, prop, scalars, RETRY_QUANTITIES);
    const known = Object.values(RetryOn) as unknown[];
    if (on !== undefined && !(Array.isArray(on) && on.every((condition) => known.includes(condition)))) {
      mistakes.add(`${prop}.on`, on, 'list members of RetryOn, such as [RetryOn.CLOSED, RetryOn.SERVER_ERROR]');
    }
    if (budget !== undefined) {
      checkQuantities(mistakes, `${prop}.budget`, budget, RETRY_BUDGET_QUANTITIES);
    }
    if (hedge !== undefined) {
      mistakes.unknownProps(hedge, HEDGE_PROPS, `${prop}.hedge.`);
      const { percentile, minimumDelay } = hedge;
      if (percentile !== undefined && !(percentile >= 50 && percentile <= 99.9)) {
        mistakes.add(`${prop}.hedge.percentile`, percentile, 'use a number from 50 to 99.9');
      }
      if (minimumDelay !== undefined) {
        checkQuantity(mistakes, `${prop}.hedge.minimumDelay`, minimumDelay, { unit: 'time', min: 1 });
      }
    }
    this.checkBudget(mistakes, prop);
    checkGrowth(mistakes, prop, this.options ?? {}, ['backoff', 'maxBackoff'], DEFAULT_RETRY.maxBackoffMs);
    this._checkTryTimeout(mistakes, prop, timeoutMs);
    checkWithinCall(mistakes, prop, scalars, timeoutMs, WAITS);
    checkWithinCall(mistakes, `${prop}.hedge`, hedge ?? {}, timeoutMs, HEDGE_WAITS);
  }

  /**
   * What a destination says is checked against the time of each call only where it can't work; lints tell the rest.
   *
   * @internal
   */
  public _checkTryTimeout(mistakes: Mistakes, prop: string, timeoutMs: number): void {
    checkWithinCall(mistakes, prop, this.options ?? {}, timeoutMs, { tryTimeout: 'no attempt could follow' });
  }

  /** @internal */
  public _toFields(): RetryFields {
    const { on, budget, hedge, ...scalars } = this.options;
    const config: RetryConfig = { methods: this.methods, ...toConfig<Scalars, RetryConfig>(scalars, RETRY_QUANTITIES) };
    const retry = {
      ...withoutDefaults<RetryConfig>(config, DEFAULT_RETRY),
      ...(on && String([...on].sort()) !== String([...DEFAULT_RETRY.on].sort()) && { on: on as string[] as RetryCondition[] }),
    };
    const budgetFields = budget && withoutDefaults<RetryBudgetConfig>(toConfig(budget, RETRY_BUDGET_QUANTITIES), DEFAULT_RETRY_BUDGET);
    const hedgeFields = hedge && withoutDefaults<HedgeConfig>({
      ...(hedge.percentile !== undefined && { percentile: hedge.percentile }),
      ...(hedge.minimumDelay && { minimumDelayMs: hedge.minimumDelay.toMilliseconds() }),
    }, DEFAULT_HEDGE);
    return {
      route: { ...(Object.keys(retry).length > 0 && { retry }), ...(hedgeFields && { hedge: hedgeFields }) },
      cluster: { ...(budgetFields && Object.keys(budgetFields).length > 0 && { retryBudget: budgetFields }) },
    };
  }

  /** A budget that lets nothing through, while there is something to let through. */
  private checkBudget(mistakes: Mistakes, prop: string): void {
    const { maxRetries = DEFAULT_RETRY.maxRetries, on = DEFAULT_RETRY.on, budget, hedge } = this.options ?? {};
    const { percent = DEFAULT_RETRY_BUDGET.percent, minimumPerSecond = DEFAULT_RETRY_BUDGET.minimumPerSecond, maxInFlight } = budget ?? {};
    if (maxInFlight === 0 && (maxRetries > 0 || hedge)) {
      mistakes.add(`${prop}.budget.maxInFlight`, 0, 'no request could ever be sent again; use at least 1, or say Retry.none()');
    }
    if (percent === 0 && minimumPerSecond === 0 && ((maxRetries > 0 && on.length > 0) || hedge)) {
      mistakes.add(`${prop}.budget`, budget, '0 % of the requests and 0 a second are no retry of what an application may have seen, and no hedge; allow some, '
        + `or say so with '${prop}.on' of [] and without '${prop}.hedge'`);
    }
  }
}

mark(Retry);
