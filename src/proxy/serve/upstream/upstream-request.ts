/**
 * A request on its way to the endpoints of its route: which are tried, when it is sent again, and which response counts. It
 * knows nothing of the client but that somebody waits.
 *
 * What an attempt's failure leads to is decided by the table of failures (src/balancing/retries/next-try.ts). A request is sent again only
 * while nothing of a response has been passed on, while all of it is still at hand, and while the cluster's retry budget lasts.
 *
 * A second attempt starts beside the first when that takes long (with hedging), or waits where nobody is answered any more; the
 * first response that counts wins. From then on its connection talks to the owner, and nothing passes through here.
 *
 * A call that finds at once that there will be no response returns why. What comes later is told to the owner.
 */
import { FailedRequest, FailureKind, failureOfAnswer, failureOfBreak, FAILURES } from '../../../balancing';
import type { Cancel } from '../../runtime/clock';
import type { BodyListener, BrokenCode, RequestCarrier } from '../../cluster/carrier';
import type { Cluster } from '../../cluster/cluster';
import type { Endpoint } from '../../cluster/endpoint';
import { EndpointsWait } from '../../cluster/first-endpoints';
import type { UnconnectedCode } from '../../cluster/waiting-list';
import { AttemptList } from '../../telemetry/attempt-list';
import type { AttemptRecord } from '../../telemetry/attempt-record';
import { outcomeOf } from '../../grpc/status';
import { isIdempotent, Method } from '../../http1/request-head';
import type { ResponseHead } from '../../http1/response-head';
import type { ExchangeTrace } from '../../tracing/exchange-trace';
import { retryAfterMs } from '../../http1/retry-after';
import type { Session } from '../../session/session-persistence';
import { ReasonCode, REASONS } from '../../telemetry/reasons';
import { Timeout } from '../../runtime/timeouts';
import { Attempt, AttemptOwner } from './attempt';
import type { ServeContext } from '../context';
import { NO_BACKEND, NO_ENDPOINT, NO_ROOM_TO_WAIT, Refusal, TRY_TIMEOUT, UNAVAILABLE } from '../exchange/refusal';
import { ReplayBuffer } from './replay-buffer';
import { attemptLines, isMeshed } from './request-fields';
import type { Route } from '../route/route';
import { NextTarget, takeFree, takeRetry, Targets } from './targets';
import type { UpstreamOwner } from './upstream-owner';

export class UpstreamRequest implements AttemptOwner, FailedRequest {
  readonly copy = new ReplayBuffer();
  readonly targets = new Targets();
  /** Where the last attempt went. */
  cluster: Cluster | undefined;
  endpoint: Endpoint | undefined;
  attempts = 0;
  readonly attempted = new AttemptList();
  /** Undefined while nothing is traced. */
  trace: ExchangeTrace | undefined;
  /** An attempt may have reached an application. */
  maybeReached = false;
  /** It may become a tunnel. There must be only one, so such a request is not hedged. */
  offersUpgrade = false;
  /** Of a gRPC call, whose endpoint is told: when its caller stops waiting by its own word, in monotonic milliseconds. */
  callerWaitsUntil = Infinity;
  /** When the caller stops waiting, in monotonic milliseconds. */
  deadlineAt = Infinity;
  /** How often it was sent again. */
  retries = 0;

  private route!: Route;
  /** What keeps the request with an endpoint, if anything does. */
  private session: Session | undefined;
  private method: Method = Method.OTHER;
  private bodyComplete = false;
  private readonly first: Attempt;
  /** Runs beside the first; made when it is needed. */
  private second: Attempt | undefined;
  /** A response counts, and all the rest of it is the owner's. */
  private won = false;
  private wait: Cancel | undefined;
  /** For the first endpoints. */
  private readonly endpointsWait = new EndpointsWait(() => this.beginLate());
  private hedged = false;
  private readonly hedgeDelay: Timeout;

  constructor(private readonly owner: UpstreamOwner, private readonly context: ServeContext) {
    this.first = new Attempt(this, context.clock);
    this.hedgeDelay = new Timeout(() => this.hedge());
  }

  /** It may be executed twice, by its method. */
  get idempotent(): boolean { return isIdempotent(this.method); }

  /** What the request's body goes to, until a response counts; undefined while there is no connection. */
  get carrier(): RequestCarrier | undefined { return this.first.carrier; }

  /** Bytes of the request that are kept, or wait for the endpoint to take them. */
  get heldBytes(): number { return this.copy.heldBytes + this.first.heldBytes; }

  /** Forgets the request before this one. */
  reset(): void {
    this.cluster = undefined;
    this.endpoint = undefined;
    this.attempts = 0;
    this.attempted.clear();
    this.callerWaitsUntil = Infinity;
    this.deadlineAt = Infinity;
    this.trace = undefined;
    this.maybeReached = false;
    this.targets.reset();
    this.retries = 0;
    this.won = false;
    this.session = undefined;
    this.hedged = false;
    this.endpointsWait.reset();
  }

  /**
   * Sends the request that `copy` holds.
   *
   * @param complete   all of its body is there
   * @param deadlineAt when the caller stops waiting, in monotonic milliseconds
   * @returns why it can't be sent, when that is known at once
   */
  begin(route: Route, session: Session | undefined, method: Method, complete: boolean, deadlineAt: number): Refusal | undefined {
    this.route = route;
    this.method = method;
    this.bodyComplete = complete;
    this.deadlineAt = deadlineAt;
    this.session = session;
    const home = session?.expected;
    if (home && this.endpointsWait.begin(home)) return undefined;
    const cluster = session?.cluster ?? route.choose(this.targets.pick.hash);
    const endpoint = cluster && this.targets.first(cluster, session);
    if (!endpoint) {
      const expected = cluster ? undefined : route.expected();
      return expected && this.endpointsWait.begin(expected) ? undefined : this.whyNone(cluster);
    }
    cluster.retryBudget.deposit();
    return this.start(this.first, cluster, endpoint, false);
  }

  /**
   * Bytes of the request's body, without framing. Not to be called any more when a response counts.
   *
   * @param last     the body is complete with them
   * @param trailers what follows the last ones; kept
   * @returns false: hold back until `onWritable`
   */
  sendBody(data: Buffer, last: boolean, trailers: Buffer | undefined): boolean {
    const open = data.length === 0 || this.copy.pass(data, this.first.carrier);
    this.copy.trailers = trailers;
    if (last) this.completeBody();
    return open;
  }

  /** Breaks off what is under way. */
  drop(): void {
    this.first.drop();
    this.second?.drop();
  }

  /**
   * It is over: tells the endpoints, and forgets the request.
   *
   * @param outcome for the list of what was tried
   * @param failure how attempts have failed that are under way; undefined when they were answered
   * @param status  of the answer, when there was one
   */
  conclude(outcome: number | ReasonCode, failure: FailureKind | undefined, status: number): void {
    this.hedgeDelay.stop();
    this.endpointsWait.leave();
    if (this.wait) {
      this.wait();
      this.wait = undefined;
      this.cluster!.retryBudget.release();
    }
    this.end(this.first, outcome, failure, status);
    if (this.second) this.end(this.second, outcome, failure, status);
    if (!this.won) this.copy.clear();
  }

  onConnected(attempt: Attempt): void {
    this.send(attempt);
    this.resumeBody(attempt);
  }

  onUnconnected(attempt: Attempt, code: UnconnectedCode, detail: string): void {
    const { failure } = REASONS[code];
    if (FAILURES[failure].blames === 'endpoint' && attempt.endpoint === this.session?.endpoint) this.session?.onUnreachable();
    this.fail(attempt, failure, { code, detail });
  }

  onBroken(attempt: Attempt, code: BrokenCode, detail: string, limit: string | undefined): void {
    if (limit !== undefined) this.context.instruments.limitReached(limit);
    // Where the reason alone says that no application has seen the request, there is nothing to find out.
    const { reached, failure: stated } = REASONS[code];
    const failure = reached === 'no' ? stated : failureOfBreak(attempt.closedWhileIdle, attempt.idledOut, this.idempotent);
    this.fail(attempt, failure, { code, detail });
  }

  onTryTimeout(attempt: Attempt): void {
    // While it waits for a connection of those that our own limits allow, the endpoint can't help it.
    const failure = attempt.awaitsTurn ? 'late_for_turn' : attempt.connected ? 'late' : 'late_unsent';
    attempt.drop();
    this.fail(attempt, failure, TRY_TIMEOUT);
  }

  onWritable(attempt: Attempt): void { this.resumeBody(attempt); }

  onInterim(_attempt: Attempt, buffer: Buffer, head: ResponseHead): void { if (!this.hedged) this.owner.onInterim(buffer, head); }

  onSwitch(attempt: Attempt, buffer: Buffer, head: ResponseHead, rest: Buffer): boolean {
    this.cluster = attempt.cluster;
    this.endpoint = attempt.endpoint;
    if (!this.owner.onSwitch(attempt.carrier!, buffer, head, rest)) return false;
    this.commit(attempt);
    return true;
  }

  onResponseHead(attempt: Attempt, buffer: Buffer, head: ResponseHead, body: Buffer, complete: boolean): BodyListener | undefined {
    const status = outcomeOf(head);
    if (status >= 429) {
      attempt.retryAfterMs = retryAfterMs(buffer, head.fields);
      if (this.retriesResponse(attempt, status, head.unsent, complete)) return undefined;
    }
    this.route.hedging?.record(attempt.firstByteMs);
    this.owner.onResponseHead(this.commit(attempt), buffer, head, body, complete);
    return this.owner;
  }

  /** An attempt has failed, and nobody is in a call that could be told. */
  private fail(attempt: Attempt, failure: FailureKind, refusal: Refusal): void {
    const left = this.afterFailure(attempt, failure, refusal);
    if (left) this.owner.onGivenUp(left);
  }

  /** An attempt has ended without a response: the request is sent again, or given up, unless another attempt is under way. */
  private afterFailure(attempt: Attempt, failure: FailureKind, refusal: Refusal): Refusal | undefined {
    if (FAILURES[failure].reached === 'maybe') this.maybeReached = true;
    this.end(attempt, refusal.code, failure);
    if (this.othersRun(attempt)) return undefined;
    const target = this.nextTarget(failure, 0);
    return target ? this.sendAgain(target, refusal.code) : refusal;
  }

  /** Whether a response is thrown away for another attempt's, and if so, does it. */
  private retriesResponse(attempt: Attempt, status: number, unsent: boolean, complete: boolean): boolean {
    const failure = failureOfAnswer(status, unsent);
    if (failure === undefined || !this.route.retry.repeats(failure, this)) return false;
    const runs = this.othersRun(attempt);
    const target = runs ? undefined : this.nextTarget(failure, attempt.retryAfterMs);
    if (!target && !runs) return false;
    if (FAILURES[failure].reached === 'maybe') this.maybeReached = true;
    this.end(attempt, status, undefined, status);
    attempt.discard(complete);
    const refusal = target && this.sendAgain(target, failure === 'turned_away' ? 'unsent' : `http_${status}`);
    if (refusal) this.owner.onGivenUp(refusal);
    return true;
  }

  private nextTarget(failure: FailureKind, askedMs: number): NextTarget | undefined {
    return this.copy.atHand ? this.targets.afterFailure(this.route, this.cluster!, failure, this, askedMs) : undefined;
  }

  /** Sends the request again, now or after a while. */
  private sendAgain({ cluster, endpoint, waitMs }: NextTarget, cause: string): Refusal | undefined {
    this.retries += 1;
    this.copy.rewind();
    cluster.instruments.retries(cause).value += 1;
    if (waitMs === 0) return this.startAgain(this.first, cluster, endpoint);
    this.cluster = cluster;
    this.wait = this.context.clock.after(waitMs, () => {
      this.wait = undefined;
      const refusal = this.startLate(cluster, endpoint);
      if (refusal) this.owner.onGivenUp(refusal);
    });
    return undefined;
  }

  /** While a retry waited, its endpoint may have gone, or may have reached its limit of requests. */
  private startLate(cluster: Cluster, chosen: Endpoint): Refusal | undefined {
    if (chosen.available && cluster.takes(chosen)) return this.startAgain(this.first, cluster, chosen);
    // What it took out of the budget holds for wherever it goes.
    cluster.retryBudget.release();
    const target = this.targets.next(this.route, cluster, true, false);
    return target && takeFree(target.cluster) ? this.startAgain(this.first, target.cluster, target.endpoint) : this.whyNone(cluster);
  }

  private startAgain(attempt: Attempt, cluster: Cluster, endpoint: Endpoint): Refusal | undefined {
    const refusal = this.start(attempt, cluster, endpoint, true);
    if (!refusal) this.resumeBody(attempt);
    return refusal;
  }

  private start(attempt: Attempt, cluster: Cluster, endpoint: Endpoint, isRetry: boolean): Refusal | undefined {
    const { route } = this;
    this.attempts += 1;
    this.cluster = cluster;
    this.endpoint = endpoint;
    this.targets.try(endpoint);
    const meshed = isMeshed(route, cluster);
    const lines = attemptLines(this, route, meshed, this.context.clock);
    this.copy.address(meshed, this.trace ? attempt.traceBy(this.trace, cluster, endpoint, attempt === this.second, lines) : lines);
    const start = attempt.start(cluster, endpoint, isRetry, !this.idempotent);
    // What is shed does not wait to try again: another endpoint may have a connection free.
    if (start === 'no_room') return this.afterFailure(attempt, 'no_room', NO_ROOM_TO_WAIT);
    // How long a client takes to send its request is not the endpoint's doing.
    if (this.bodyComplete) attempt.endWithin(route.tryTimeout);
    if (start === 'connected') this.send(attempt);
    return undefined;
  }

  private send(attempt: Attempt): void {
    this.copy.sendOn(attempt, this.bodyComplete);
    if (this.bodyComplete) this.armHedge();
  }

  /** The client may have been held back until there was a connection. */
  private resumeBody(attempt: Attempt): void {
    if (!this.bodyComplete && attempt.connected && !attempt.holdsBack) this.owner.onWritable();
  }

  private completeBody(): void {
    const { first } = this;
    this.bodyComplete = true;
    first.carrier?.endBody(this.copy.trailers);
    // All of it may come while a fault holds the request, before it has begun.
    if (this.attempts === 0) return;
    first.endWithin(this.route.tryTimeout);
    if (first.connected) this.armHedge();
  }

  /** This attempt's response counts; another one that is under way is for nothing. */
  private commit(attempt: Attempt): RequestCarrier {
    this.won = true;
    this.cluster = attempt.cluster;
    this.endpoint = attempt.endpoint;
    this.hedgeDelay.stop();
    const loser = this.hedged ? this.otherThan(attempt) : undefined;
    if (loser?.endpoint) {
      this.note(loser, 'hedge_lost');
      loser.lose();
    }
    this.copy.clear();
    return attempt.commit();
  }

  private beginLate(): void {
    const refusal = this.begin(this.route, this.session, this.method, this.bodyComplete, this.deadlineAt);
    if (refusal) this.owner.onGivenUp(refusal);
    else this.resumeBody(this.first);
  }

  /** There was no endpoint to begin with, or the limits leave no room for another request. */
  private whyNone(cluster: Cluster | undefined): Refusal {
    if (this.route.leadsNowhere) return NO_BACKEND;
    const refusal = UNAVAILABLE[cluster?.whyNone() ?? 'no_endpoints'];
    if (refusal !== NO_ENDPOINT) this.cluster = cluster;
    return refusal;
  }

  private armHedge(): void {
    const { hedging, silence } = this.route;
    if (this.hedged || this.offersUpgrade || !this.idempotent || !this.copy.replayable) return;
    const delay = hedging ? hedging.delay() : silence;
    if (delay) this.hedgeDelay.start(delay);
  }

  /** The first attempt takes long, or its endpoint answers nobody: another one starts beside it. */
  private hedge(): void {
    const cluster = this.cluster!;
    const { hedging, silence } = this.route;
    if (this.won || this.wait || !this.copy.replayable || !this.first.endpoint) return;
    const endpoint = this.targets.beside(cluster);
    if (!endpoint) return;
    if (!hedging && !this.first.meetsSilence(endpoint)) {
      this.hedgeDelay.start(silence!);
      return;
    }
    if (!takeRetry(cluster)) return;
    cluster.instruments.hedges.value += 1;
    this.hedged = true;
    this.second ??= new Attempt(this, this.context.clock);
    // When there is no room for it, the first one goes on alone.
    this.start(this.second, cluster, endpoint, true);
  }

  private otherThan(attempt: Attempt): Attempt | undefined { return attempt === this.first ? this.second : this.first; }
  private othersRun(attempt: Attempt): boolean { return this.otherThan(attempt)?.endpoint !== undefined; }

  /**
   * An attempt is over.
   *
   * @param failure how it failed; undefined when it was answered, with `status`
   */
  private end(attempt: Attempt, outcome: AttemptRecord['outcome'], failure: FailureKind | undefined, status = 0): void {
    if (!attempt.endpoint) return;
    this.note(attempt, outcome);
    if (failure === undefined) attempt.leaveAnswered(status);
    else attempt.leaveFailed(failure);
  }

  private note(attempt: Attempt, outcome: AttemptRecord['outcome']): void {
    if (this.trace) this.trace.ended(attempt.traced!, outcome, this.context.clock.now());
    if (this.attempted.wanted) this.attempted.add(attempt.endpoint!.key, outcome, attempt.elapsedMs);
  }
}
