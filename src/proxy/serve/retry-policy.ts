/**
 * A route's rules about sending requests again; pure decisions, no state. Whether an application may have seen a request is
 * for the caller to know: after that only what may be executed twice is repeated.
 */
import { backOffMs } from '../../balancing';
import type { RetryCondition, RetryConfig } from '../../contract';
import { isIdempotent, Method } from '../http1/request-head';
import type { ReasonCode } from '../telemetry/reasons';
import type { TimeoutQueue, TimeoutQueues } from '../timeouts';

export class RetryPolicy {
  readonly maxRetries: number;
  readonly maxReplayBytes: number;
  readonly maxRetryAfterMs: number;
  /** Undefined when an attempt has no time of its own. */
  readonly tryTimeout: TimeoutQueue | undefined;
  private readonly conditions: ReadonlySet<RetryCondition>;

  constructor(private readonly config: Required<RetryConfig>, timeouts: TimeoutQueues) {
    this.maxRetries = config.maxRetries;
    this.maxReplayBytes = config.maxReplayBytes;
    this.maxRetryAfterMs = config.maxRetryAfterMs;
    this.tryTimeout = config.tryTimeoutMs > 0 ? timeouts.of(config.tryTimeoutMs) : undefined;
    this.conditions = new Set(config.on);
  }

  /** Whether a request with this method may be executed twice. */
  repeats(method: Method): boolean {
    return this.config.methods === 'all' || isIdempotent(method);
  }

  /** Whether such a request is sent again after a response with this status. */
  retriesStatus(status: number): boolean {
    const { conditions } = this;
    if (status === 429) return conditions.has('tooManyRequests');
    if (status >= 502 && status <= 504 && conditions.has('gatewayError')) return true;
    return status >= 500 && conditions.has('serverError');
  }

  /** The same after an attempt without a response. */
  retriesFailure(code: ReasonCode): boolean {
    if (code === 'upstream_closed' || code === 'upstream_protocol_error') return this.conditions.has('closed');
    return code === 'try_timeout' && this.conditions.has('tryTimeout');
  }

  /** How long to wait before a retry, the first being 1. */
  waitMs(retry: number, random: () => number): number {
    return backOffMs(retry, this.config, random());
  }
}
