/**
 * What is done after an attempt has failed: whether the request is sent again, to which endpoint, when, and on which budget. One table says
 * what each kind of failure allows, and one decision reads it. The proxy and the simulator both use them.
 *
 * A request is sent again for one of two reasons:
 *   - no application has acted on it. Then any request may be, whatever its method, as long as the route permits retries at all;
 *   - the route's policy names the failure, and the request may be executed twice (RFC 9110 section 9.2.2).
 *
 * The decision ends there. Who else can take the request, and whether the retry budget allows it, is asked afterwards.
 */
import type { RetryCondition, RetryConfig } from '../../contract';
import { backOffMs } from './back-off';
import { Ending } from '../outliers';

/** How an attempt failed. */
export type FailureKind =
  /** No connection could be made. */
  | 'unconnected'
  /** It waited for a connection as long as it may. */
  | 'no_turn'
  /** Too many requests were waiting for a connection already. */
  | 'no_room'
  /** This proxy is not able to make any connection, wherever to. */
  | 'unable'
  /** Its connection had been idle for long, and was closed as the request was sent. */
  | 'idled_out'
  /** The same where the connection had not been idle for so long, or was reset: the endpoint may have done it on purpose. */
  | 'stale'
  /** The endpoint says that it has not looked at the request: its connection is about to end, or it takes no more at a time. */
  | 'unprocessed'
  /** The connection broke before a response, or what came is not one. */
  | 'broken'
  /** Its time was over while other requests used all the connections that there may be. */
  | 'late_for_turn'
  /** Its time was over before there was a connection. */
  | 'late_unsent'
  /** Its time was over before a response began. */
  | 'late'
  /** The callee's proxy turned it away, and no application has seen it. */
  | 'turned_away'
  /** Answered by 429. */
  | 'limited'
  /** Answered by 502, 503 or 504. */
  | 'gateway_error'
  /** Answered by another status of 500 or above. */
  | 'server_error'
  /** The request was given up while the endpoint worked on it, or in the middle of the response. */
  | 'unfinished'
  /** It ended for a reason that says nothing of the endpoint. */
  | 'excused';

/** What a kind of failure allows. */
export interface FailureRule {
  /**
   * Whether the request may be sent again: never; as the first retry only; always; or when the route's policy names one of these
   * conditions and the request may be executed twice.
   */
  readonly repeats: 'never' | 'first' | 'always' | readonly RetryCondition[];
  /** Whether an application may have acted on the request. */
  readonly reached: 'no' | 'maybe';
  /** When there is no other endpoint, one that was tried will do. */
  readonly sameEndpoint: boolean;
  /** It adds to nobody's load, so it takes nothing out of the retry budget. */
  readonly free: boolean;
  /** Without a back-off: never, as the first retry, or always. */
  readonly atOnce: 'never' | 'first' | 'always';
  /** Who is to blame for the failure. An answer is judged by {@link endingOf}. */
  readonly blames: 'endpoint' | 'nobody' | 'by_status';
  /** There is a response, which the caller gets when a retry would come too late. */
  readonly hasResponse: boolean;
}

const ANSWER = { reached: 'maybe', sameEndpoint: true, free: false, atOnce: 'never', blames: 'by_status', hasResponse: true } as const;
const FINAL = { repeats: 'never', sameEndpoint: false, free: false, atOnce: 'never', hasResponse: false } as const;

/** The table. */
export const FAILURES: { readonly [Kind in FailureKind]: FailureRule } = {
  unconnected: { repeats: 'always', reached: 'no', sameEndpoint: false, free: true, atOnce: 'first', blames: 'endpoint', hasResponse: false },
  no_turn: { ...FINAL, reached: 'no', blames: 'nobody' },
  unable: { ...FINAL, reached: 'no', blames: 'nobody' },
  no_room: { repeats: 'first', reached: 'no', sameEndpoint: false, free: true, atOnce: 'always', blames: 'nobody', hasResponse: false },
  idled_out: { repeats: 'always', reached: 'maybe', sameEndpoint: true, free: true, atOnce: 'always', blames: 'nobody', hasResponse: false },
  stale: { repeats: 'always', reached: 'maybe', sameEndpoint: true, free: true, atOnce: 'always', blames: 'endpoint', hasResponse: false },
  unprocessed: { repeats: 'always', reached: 'no', sameEndpoint: true, free: true, atOnce: 'first', blames: 'nobody', hasResponse: false },
  broken: { repeats: ['closed'], reached: 'maybe', sameEndpoint: true, free: false, atOnce: 'never', blames: 'endpoint', hasResponse: false },
  late_for_turn: { repeats: 'always', reached: 'no', sameEndpoint: true, free: false, atOnce: 'never', blames: 'nobody', hasResponse: false },
  late_unsent: { repeats: 'always', reached: 'no', sameEndpoint: true, free: false, atOnce: 'never', blames: 'endpoint', hasResponse: false },
  late: { repeats: ['tryTimeout'], reached: 'maybe', sameEndpoint: true, free: false, atOnce: 'never', blames: 'endpoint', hasResponse: false },
  turned_away: { ...ANSWER, repeats: 'always', reached: 'no', sameEndpoint: false, atOnce: 'first' },
  limited: { ...ANSWER, repeats: ['tooManyRequests'] },
  gateway_error: { ...ANSWER, repeats: ['gatewayError', 'serverError'] },
  server_error: { ...ANSWER, repeats: ['serverError'] },
  unfinished: { ...FINAL, reached: 'maybe', blames: 'endpoint' },
  excused: { ...FINAL, reached: 'maybe', blames: 'nobody' },
};

/**
 * Retries beyond those of the policy for a request that endpoints say they have not looked at. Each costs nobody any work, and while many connections
 * end at once, as when servers restart, several in a row may refuse the same request. gRPC allows one more (its proposal A6).
 */
const MORE_WHEN_UNPROCESSED = 3;

/** The wait that an answer asks for grows by up to this part, so that requests that were turned away together do not come back together. */
const RETRY_AFTER_JITTER = 0.25;

/**
 * The kind of failure of a connection that broke before a response.
 *
 * @param stale      it was open before the request, and no byte came for it
 * @param idledOut   it looks as if it had been closed for its idle time, which is nobody's fault
 * @param idempotent the request may be executed twice, by its method
 */
export function failureOfBreak(stale: boolean, idledOut: boolean, idempotent: boolean): FailureKind {
  if (!stale || !idempotent) return 'broken';
  return idledOut ? 'idled_out' : 'stale';
}

/**
 * The kind of failure that an answer is, if it is one.
 *
 * @param unsent the callee's proxy says that no application has seen the request
 */
export function failureOfAnswer(status: number, unsent: boolean): FailureKind | undefined {
  if (unsent && (status === 503 || status === 429)) return 'turned_away';
  if (status === 429) return 'limited';
  if (status < 500) return undefined;
  return status >= 502 && status <= 504 ? 'gateway_error' : 'server_error';
}

/**
 * What an answer says of the endpoint.
 *
 * @param shed the proxy in front of the app made it, because there is too much work
 */
export function endingOf(status: number, shed: boolean): Ending {
  if (status < 500 && status !== 429) return Ending.ANSWERED;
  if (shed) return Ending.SHED;
  if (status === 429) return Ending.LIMITED;
  return status >= 502 && status <= 504 ? Ending.GATEWAY_ERROR : Ending.SERVER_ERROR;
}

/** What must be known of a request whose attempt failed. */
export interface FailedRequest {
  /** How often it was sent again. */
  readonly retries: number;
  /** It may be executed twice, by its method. */
  readonly idempotent: boolean;
  /** When its caller stops waiting, in monotonic milliseconds; Infinity when it never does. */
  readonly deadlineAt: number;
}

/** The request is sent again, to another endpoint if there is one. */
export interface NextTry {
  /** When there is no other endpoint, one that was tried will do. */
  readonly sameEndpoint: boolean;
  /** It takes nothing out of the retry budget. */
  readonly free: boolean;
  /** To be waited before; 0 is at once. */
  readonly waitMs: number;
}

export interface RetryNeeds {
  /** Monotonic milliseconds. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
}

/** The rules of one route. */
export class RetryPolicy {
  readonly maxRetries: number;
  private readonly conditions: ReadonlySet<RetryCondition>;

  constructor(private readonly config: Required<RetryConfig>, private readonly needs: RetryNeeds) {
    this.maxRetries = config.maxRetries;
    this.conditions = new Set(config.on);
  }

  /** Whether a request may be sent again after this kind of failure, if it was not too often already. */
  repeats(kind: FailureKind, { retries, idempotent }: Pick<FailedRequest, 'retries' | 'idempotent'>): boolean {
    const { repeats } = FAILURES[kind];
    if (repeats === 'always') return true;
    if (repeats === 'never') return false;
    if (repeats === 'first') return retries === 0;
    return (idempotent || this.config.methods === 'all') && repeats.some((condition) => this.conditions.has(condition));
  }

  /**
   * What is done next.
   *
   * @param askedMs how long the answer asks to wait; what a callee's proxy says is about its own pod and does not count
   * @returns undefined when the request is given up, or its answer is passed on
   */
  afterFailure(kind: FailureKind, request: FailedRequest, askedMs = 0): NextTry | undefined {
    const { config, needs } = this;
    const more = kind === 'unprocessed' && config.maxRetries > 0 ? MORE_WHEN_UNPROCESSED : 0;
    if (request.retries >= config.maxRetries + more || !this.repeats(kind, request)) return undefined;
    const { sameEndpoint, free, atOnce, hasResponse } = FAILURES[kind];
    const isFirst = request.retries === 0;
    const backsOff = atOnce === 'never' || (atOnce === 'first' && !isFirst);
    const asked = kind === 'turned_away' ? 0 : askedMs;
    if (asked > config.maxRetryAfterMs) return undefined;
    const heededMs = asked === 0 ? 0 : asked * (1 + RETRY_AFTER_JITTER * needs.random());
    const waitMs = Math.max(heededMs, backsOff ? backOffMs(request.retries + 1, config, needs.random()) : 0);
    if (hasResponse && needs.now() + waitMs >= request.deadlineAt) return undefined;
    return { sameEndpoint, free, waitMs };
  }
}
