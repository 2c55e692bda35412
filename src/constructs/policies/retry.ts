/**
 * When a caller's sidecar sends a request again. What no application has seen is sent again in any case but `none()`; the
 * rest is chosen here.
 */
import { Duration, Size } from 'cdk8s';
import { contradictionsOfRetry, DEFAULT_HEDGE, DEFAULT_RETRY, DEFAULT_RETRY_BUDGET, HedgeConfig, RetryBudgetConfig, RetryCondition, RetryConfig } from '../../contract';
import { checkQuantities, checkWithinCall, Consequences, Quantities, toConfig, withoutDefaults } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';
import { RetryFields } from './retry-fields';

/**
 * A failure after which an application may have seen the request.
 */
export enum RetryOn {
  // #region generated members of RetryCondition
  /**
   * The connection broke before the response head was complete, or the response was not HTTP.
   */
  CLOSED = 'closed',
  /**
   * The attempt exceeded `tryTimeout`.
   */
  TRY_TIMEOUT = 'tryTimeout',
  /**
   * A response with status 502, 503 or 504.
   */
  GATEWAY_ERROR = 'gatewayError',
  /**
   * A response with any status 5xx.
   */
  SERVER_ERROR = 'serverError',
  /**
   * A response with status 429.
   */
  TOO_MANY_REQUESTS = 'tooManyRequests',
  // #endregion
}

/**
 * Limits how much retries and hedged requests add to the load of a version, so that they do not make an outage worse.
 */
export interface RetryBudgetOptions {
  // #region generated props of RetryBudgetConfig
  /**
   * Retries as a percentage of the requests of the last ten seconds. The default is that of Envoy, Linkerd and the Gateway API. From 0 to
   * 100.
   *
   * @default 20
   */
  readonly percent?: number;

  /**
   * Retries per second that are always allowed, for clusters with little traffic. Applies to each calling pod.
   *
   * @default 3
   */
  readonly minimumPerSecond?: number;

  /**
   * Maximum number of retries at a time. Applies to each calling pod.
   *
   * @default 256
   */
  readonly maxInFlight?: number;
  // #endregion
}

/**
 * A second request when the first takes unusually long; the first response wins (Dean and Barroso, "The Tail at Scale"). Only for
 * idempotent requests, and within the retry budget.
 */
export interface HedgeOptions {
  // #region generated props of HedgeConfig
  /**
   * Percentile of the recent latency after which a request counts as unusually slow. From 50 to 99.9.
   *
   * @default 95
   */
  readonly percentile?: number;

  /**
   * Minimum time before a second request.
   *
   * @default Duration.millis(5)
   */
  readonly minimumDelay?: Duration;
  // #endregion
}

/**
 * Options of `Retry`.
 */
export interface RetryOptions {
  // #region generated props of RetryConfig
  /**
   * Maximum number of retries of a request. Each goes to another endpoint, if there is one. 0 turns all retries off, even those that are
   * always safe. A request that an endpoint of HTTP/2 says it has not looked at (GOAWAY, REFUSED_STREAM) is sent again three times more.
   * From 0 to 10.
   *
   * @default 2
   */
  readonly maxRetries?: number;

  /**
   * Timeout of one attempt, from the end of the request to the head of its response. 0 means none: an attempt may take as long as the route
   * allows. It must be shorter than the timeout of the route.
   *
   * @default Duration.millis(0)
   */
  readonly tryTimeout?: Duration;

  /**
   * How long an idempotent request waits at an endpoint that has answered nobody since it came, before it is also sent to another endpoint.
   * Never more than half of the timeout of the route. An endpoint counts as silent when at least three requests wait there and this one has
   * waited five times as long as responses usually take. The first response wins, and the retry budget applies. 0 turns it off.
   *
   * @default Duration.seconds(1)
   */
  readonly silence?: Duration;

  /**
   * The wait before the n-th retry is random, from 0 to (2^n - 1) times this. The first retry of a request that no application has seen is
   * sent at once.
   *
   * @default Duration.millis(25)
   */
  readonly backoff?: Duration;

  /**
   * Maximum of the waits by `backoff`.
   *
   * @default Duration.millis(250)
   */
  readonly maxBackoff?: Duration;

  /**
   * Maximum `Retry-After` of an application that the proxy waits for. A response that asks for more goes to the client.
   *
   * @default Duration.seconds(1)
   */
  readonly maxRetryAfter?: Duration;

  /**
   * Maximum size of a body that is kept to be sent again. A request with a larger body is sent once.
   *
   * @default Size.kibibytes(64)
   */
  readonly maxReplaySize?: Size;
  // #endregion

  /**
   * Failures after which a request is sent again although an application may have seen it.
   *
   * @default [RetryOn.CLOSED, RetryOn.TRY_TIMEOUT, RetryOn.GATEWAY_ERROR]
   */
  readonly on?: RetryOn[];

  /**
   * Limits how much retries add to the load.
   *
   * @default - the defaults of `RetryBudgetOptions`
   */
  readonly budget?: RetryBudgetOptions;

  /**
   * Sends a second request when the first takes long.
   *
   * @default - never
   */
  readonly hedge?: HedgeOptions;
}

type Scalars = Omit<RetryOptions, 'on' | 'budget' | 'hedge'>;
export const RETRY_QUANTITIES: Quantities<Scalars, RetryConfig> = {
  // #region generated quantities of RetryConfig
  maxRetries: { field: 'maxRetries', unit: 'number', min: 0, max: 10 },
  tryTimeout: { field: 'tryTimeoutMs', unit: 'time', min: 0 },
  silence: { field: 'silenceMs', unit: 'time', min: 0 },
  backoff: { field: 'backoffMs', unit: 'time', min: 0 },
  maxBackoff: { field: 'maxBackoffMs', unit: 'time', min: 0 },
  maxRetryAfter: { field: 'maxRetryAfterMs', unit: 'time', min: 0 },
  maxReplaySize: { field: 'maxReplayBytes', unit: 'size', min: 0 },
  // #endregion
};
export const RETRY_BUDGET_QUANTITIES: Quantities<RetryBudgetOptions, RetryBudgetConfig> = {
  // #region generated quantities of RetryBudgetConfig
  percent: { field: 'percent', unit: 'number', min: 0, max: 100 },
  minimumPerSecond: { field: 'minimumPerSecond', unit: 'number', min: 0 },
  maxInFlight: { field: 'maxInFlight', unit: 'number', min: 0 },
  // #endregion
};
export const HEDGE_QUANTITIES: Quantities<HedgeOptions, HedgeConfig> = {
  // #region generated quantities of HedgeConfig
  percentile: { field: 'percentile', unit: 'fraction', min: 50, max: 99.9 },
  minimumDelay: { field: 'minimumDelayMs', unit: 'time', min: 1 },
  // #endregion
};
/** What comes of waits that take as long as the call. */
const WAITS: Consequences<RetryOptions> = {
  backoff: 'there may be no time for an attempt after it',
  maxBackoff: 'no attempt could follow so long a wait',
  maxRetryAfter: 'no attempt could follow so long a wait',
};
const HEDGE_WAITS: Consequences<HedgeOptions> = { minimumDelay: 'there is never time for a second request' };

/**
 * Which requests are sent again, and when.
 */
export class Retry {
  /**
   * Retries requests with an idempotent method (GET, HEAD, OPTIONS, TRACE, PUT, DELETE; RFC 9110 section 9.2.2), and any request that no
   * application has seen. This is the default.
   */
  public static idempotent(options: RetryOptions = {}): Retry {
    return new Retry('idempotent', options);
  }

  /**
   * Retries any request, POST included. Use it only for services that recognise duplicate requests, for example by an idempotency key: such
   * retries have caused double payments.
   */
  public static allMethods(options: RetryOptions = {}): Retry {
    return new Retry('all', options);
  }

  /**
   * Never retries, not even a request that no application has seen.
   */
  public static none(): Retry {
    return new Retry('idempotent', { maxRetries: 0 });
  }

  private constructor(private readonly methods: 'idempotent' | 'all', private readonly options: RetryOptions) {}

  /** @internal */
  public _check(errors: ValidationErrors, prop: string, timeoutMs: number): void {
    const { on, budget, hedge, ...scalars } = this.options ?? {};
    checkQuantities(errors, prop, scalars, RETRY_QUANTITIES, contradictionsOfRetry);
    const known = Object.values(RetryOn) as unknown[];
    if (on !== undefined && !(Array.isArray(on) && on.every((condition) => known.includes(condition)))) {
      errors.add(`${prop}.on`, on, 'list members of RetryOn, such as [RetryOn.CLOSED, RetryOn.SERVER_ERROR]');
    }
    if (budget !== undefined) {
      checkQuantities(errors, `${prop}.budget`, budget, RETRY_BUDGET_QUANTITIES);
    }
    if (hedge !== undefined) {
      checkQuantities(errors, `${prop}.hedge`, hedge, HEDGE_QUANTITIES);
    }
    this.checkBudget(errors, prop);
    this._checkTryTimeout(errors, prop, timeoutMs);
    checkWithinCall(errors, prop, scalars, timeoutMs, WAITS);
    checkWithinCall(errors, `${prop}.hedge`, hedge ?? {}, timeoutMs, HEDGE_WAITS);
  }

  /**
   * What a destination says is checked against the time of each call only where it can't work; lints tell the rest.
   *
   * @internal
   */
  public _checkTryTimeout(errors: ValidationErrors, prop: string, timeoutMs: number): void {
    checkWithinCall(errors, prop, this.options ?? {}, timeoutMs, { tryTimeout: 'no attempt could follow' });
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
    const hedgeFields = hedge && withoutDefaults<HedgeConfig>(toConfig(hedge, HEDGE_QUANTITIES), DEFAULT_HEDGE);
    return {
      route: { ...(Object.keys(retry).length > 0 && { retry }), ...(hedgeFields && { hedge: hedgeFields }) },
      cluster: { ...(budgetFields && Object.keys(budgetFields).length > 0 && { retryBudget: budgetFields }) },
    };
  }

  /** A budget that lets nothing through, while there is something to let through. */
  private checkBudget(errors: ValidationErrors, prop: string): void {
    const { maxRetries = DEFAULT_RETRY.maxRetries, on = DEFAULT_RETRY.on, budget, hedge } = this.options ?? {};
    const { percent = DEFAULT_RETRY_BUDGET.percent, minimumPerSecond = DEFAULT_RETRY_BUDGET.minimumPerSecond, maxInFlight } = budget ?? {};
    if (maxInFlight === 0 && (maxRetries > 0 || hedge)) {
      errors.add(`${prop}.budget.maxInFlight`, 0, 'no request could ever be sent again; use at least 1, or say Retry.none()');
    }
    if (percent === 0 && minimumPerSecond === 0 && ((maxRetries > 0 && on.length > 0) || hedge)) {
      errors.add(`${prop}.budget`, budget, '0 % of the requests and 0 a second are no retry of what an application may have seen, and no hedge; allow some, '
        + `or say so with '${prop}.on' of [] and without '${prop}.hedge'`);
    }
  }
}

mark(Retry);
