/**
 * Which requests are sent again or hedged, when and to which endpoint. The decisions are the proxy's own (src/balancing/retries); what is here
 * is the order in which the proxy asks for them (src/proxy/serve/upstream/upstream-request.ts).
 */
import { FailureKind, HedgeDelay, PickRequest, RetryBudget, RetryPolicy } from '../balancing';
import { DEFAULT_INBOUND_RETRY, DEFAULT_RETRY_BUDGET } from '../contract';
import type { Caller } from './caller';
import type { KnownEndpoint } from './known-endpoint';
import type { Plan } from './plan';
import type { Requests } from './requests';
import type { Timeline } from './timeline';

/** A request is sent to an endpoint, after a while. */
export interface Again {
  readonly target: KnownEndpoint;
  readonly waitMs: number;
}

export class Retries {
  /** Time for one attempt; 0 is none. */
  readonly tryTimeoutMs: number;
  /** After how long it is looked whether an endpoint has fallen silent; 0 is never. */
  private readonly silenceMs: number;
  private readonly policies: readonly RetryPolicy[];
  private readonly budgets: readonly RetryBudget[];
  /** Of each caller; undefined when requests are not hedged. */
  private readonly hedges: readonly HedgeDelay[] | undefined;
  /** Endpoints that requests were tried at; of those alone that were to be tried again. */
  private readonly tried = new Map<number, KnownEndpoint[]>();
  private readonly failed = { retries: 0, idempotent: false, deadlineAt: 0 };

  constructor(private readonly plan: Plan, private readonly requests: Requests, time: Timeline, callers: readonly Caller[]) {
    const { timeoutMs, hedge, retry = DEFAULT_INBOUND_RETRY, retryBudget = DEFAULT_RETRY_BUDGET } = plan;
    const now = (): number => time.now;
    this.tryTimeoutMs = retry.tryTimeoutMs;
    this.silenceMs = retry.maxRetries === 0 ? 0 : Math.min(retry.silenceMs, Math.ceil(timeoutMs / 2));
    this.policies = callers.map((caller) => new RetryPolicy(retry, { now, random: () => caller.chance() }));
    this.budgets = callers.map(() => new RetryBudget(retryBudget, now));
    this.hedges = hedge && callers.map(() => new HedgeDelay(hedge, { now }));
  }

  get hedging(): boolean { return this.hedges !== undefined; }

  budgetOf(request: number): RetryBudget {
    return this.budgets[this.requests.caller[request]!]!;
  }

  /** An answer that counts came after so long. */
  record(request: number, ms: number): void {
    this.hedges?.[this.requests.caller[request]!]!.record(ms);
  }

  /** How long a request waits before a second attempt may start beside the first; undefined when none may. */
  besideAfterMs(request: number): number | undefined {
    const { requests, hedges, silenceMs } = this;
    if (requests.hedged[request] === 1 || requests.repeatable[request] === 0) return undefined;
    if (hedges) return hedges[requests.caller[request]!]!.delayMs();
    return silenceMs > 0 ? silenceMs : undefined;
  }

  /** Whether the policy lets a request be sent again after this kind of failure, if it was not too often already. */
  repeats(request: number, kind: FailureKind): boolean {
    return this.policies[this.requests.caller[request]!]!.repeats(kind, this.describe(request));
  }

  /**
   * Where a request goes next and when, after an attempt has failed; undefined when nowhere. What it takes out of the budget is to be
   * released.
   */
  next(request: number, kind: FailureKind, caller: Caller, asked: PickRequest): Again | undefined {
    const next = this.policies[this.requests.caller[request]!]!.afterFailure(kind, this.describe(request));
    const target = next && (this.other(request, caller, asked) ?? (next.sameEndpoint ? caller.pick(asked) : undefined));
    const budget = this.budgetOf(request);
    return target && (next.free ? budget.takeFree() : budget.take() === 'none') ? { target, waitMs: next.waitMs } : undefined;
  }

  /** Where a request goes that has waited: where it was to go, unless that takes no requests by now; undefined when nowhere. */
  afterWait(request: number, caller: Caller, asked: PickRequest): KnownEndpoint | undefined {
    const chosen = caller.known[this.requests.target[request]!]!;
    if (chosen.available) return chosen;
    const budget = this.budgetOf(request);
    budget.release();
    const target = this.other(request, caller, asked) ?? caller.pick(asked);
    return target && budget.takeFree() ? target : undefined;
  }

  /** An endpoint that the request was not tried at; undefined when there is none. */
  other(request: number, caller: Caller, asked: PickRequest): KnownEndpoint | undefined {
    return caller.pickOther(this.tried.get(request) ?? [], asked);
  }

  /** The request is sent to an endpoint. */
  noteTried(request: number, endpoint: KnownEndpoint): void {
    const tried = this.tried.get(request);
    if (tried) tried.push(endpoint);
  }

  /** From now on it matters where the request was tried: at this endpoint, up to now. */
  keepTried(request: number, endpoint: KnownEndpoint): void {
    if (!this.tried.has(request)) this.tried.set(request, [endpoint]);
  }

  /** The request has ended. */
  forget(request: number): void {
    this.tried.delete(request);
  }

  private describe(request: number): typeof this.failed {
    const { failed, requests } = this;
    failed.retries = requests.retries[request]!;
    failed.idempotent = requests.repeatable[request] === 1;
    failed.deadlineAt = requests.startedAt[request]! + this.plan.timeoutMs;
    return failed;
  }
}
