/**
 * Which requests are sent again, when and to whom, as the proxy does it (src/proxy/serve/upstream-request.ts): those that
 * nobody can have seen in any case, the others as the route's policy says, if they may be executed twice and the caller's budget
 * lasts; elsewhere while there is another endpoint.
 */
import { backOffMs, PickRequest, RetryBudget } from '../balancing';
import { DEFAULT_INBOUND_RETRY, DEFAULT_RETRY_BUDGET, RetryCondition, RetryConfig } from '../contract';
import type { Caller } from './caller';
import type { KnownEndpoint } from './known-endpoint';
import type { Plan } from './plan';
import { Phase, Requests } from './requests';
import { Kind, Timeline } from './timeline';

/** What is sent again, and how. */
export interface Again {
  /** An endpoint that was tried will do when there is no other. */
  readonly same: boolean;
  /** It adds to nobody's load, so it takes nothing out of the budget. */
  readonly free: boolean;
  readonly atOnce: boolean;
}

export class Retries {
  private readonly policy: Required<RetryConfig>;
  private readonly budgets: readonly RetryBudget[];
  /** Endpoints that requests were tried at; of those alone that were sent again. */
  private readonly tried = new Map<number, KnownEndpoint[]>();

  constructor(private readonly plan: Plan, private readonly requests: Requests, private readonly time: Timeline) {
    const config = plan.retryBudget ?? DEFAULT_RETRY_BUDGET;
    this.policy = plan.retry ?? DEFAULT_INBOUND_RETRY;
    this.budgets = plan.callers.map(() => new RetryBudget(config, () => time.now));
  }

  /** A request is sent for the first time. */
  deposit(request: number): void {
    this.budgetOf(request).deposit();
  }

  /** Whether the policy names one of these for the failure, and the request may be executed twice. */
  wants(request: number, ...conditions: readonly RetryCondition[]): boolean {
    const { policy, requests } = this;
    return (policy.methods === 'all' || requests.repeatable[request] === 1) && conditions.some((condition) => policy.on.includes(condition));
  }

  /**
   * Where a request goes next that failed at an endpoint; undefined when nowhere. Where it waits before, it is {@link Kind.RETRY}'s.
   *
   * @returns the endpoint to send it to now, or `'later'`
   */
  next(request: number, failedAt: KnownEndpoint, caller: Caller, asked: PickRequest, { same, free, atOnce }: Again): KnownEndpoint | 'later' | undefined {
    const { policy, plan, requests, time } = this;
    const retry = requests.attempts[request]!;
    if (retry > policy.maxRetries) return undefined;
    const waitMs = atOnce ? 0 : backOffMs(retry, policy, caller.chance());
    if (time.now + waitMs >= requests.startedAt[request]! + plan.timeoutMs) return undefined;
    const tried = this.tried.get(request) ?? [];
    if (tried.length === 0) this.tried.set(request, tried);
    tried.push(failedAt);
    const target = caller.pickOther(tried, asked) ?? (same ? caller.pick(asked) : undefined);
    const budget = this.budgetOf(request);
    if (!target || !(free ? budget.takeFree() : budget.take() === 'none')) return undefined;
    requests.serial[request]!++;
    requests.budgeted[request] = 1;
    requests.endpoint[request] = target.index;
    if (waitMs === 0) return target;
    requests.phase[request] = Phase.WAITING;
    time.afterOf(request, waitMs, Kind.RETRY);
    return 'later';
  }

  /** Where a request goes that has waited: where it was to go, unless that takes no requests by now, as in the proxy. */
  afterWait(request: number, caller: Caller, asked: PickRequest): KnownEndpoint | undefined {
    const target = caller.known[this.requests.endpoint[request]!]!;
    return target.available ? target : caller.pickOther(this.tried.get(request)!, asked) ?? caller.pick(asked);
  }

  /** The attempt is over, or its answer has begun: it is no retry under way any more. */
  release(request: number): void {
    if (this.requests.budgeted[request] === 0) return;
    this.requests.budgeted[request] = 0;
    this.budgetOf(request).release();
  }

  /** The request has ended. */
  forget(request: number): void {
    this.release(request);
    this.tried.delete(request);
  }

  private budgetOf(request: number): RetryBudget {
    return this.budgets[this.requests.caller[request]!]!;
  }
}
