/**
 * A request on its way to the endpoints of its route: which are tried, when it is sent again, and which response counts. It
 * knows nothing of the client but that somebody waits.
 *
 * What an attempt's failure leads to is decided by the table of failures (src/balancing/next-try.ts). A request is sent again only
 * while nothing of a response has been passed on, while all of it is still at hand, and while the cluster's retry budget lasts.
 *
 * A second attempt starts beside the first when that takes long (with hedging), or waits where nobody is answered any more; the
 * first response that counts wins.
 */
import { FailedRequest, FailureKind, failureOfAnswer, failureOfBreak, FAILURES } from '../../balancing';
import type { Cancel } from '../clock';
import type { Cluster } from '../cluster/cluster';
import type { Endpoint } from '../cluster/endpoint';
import { Expectant } from '../cluster/first-endpoints';
import type { UnconnectedCode } from '../cluster/pool';
import { attemptField, deadlineField, TrailEntry } from '../http1/mesh-fields';
import { isIdempotent, Method } from '../http1/request-head';
import type { ResponseHead } from '../http1/response-head';
import { retryAfterMs } from '../http1/retry-after';
import { OctetListener, owned } from '../shared-read';
import type { Session } from '../session/session-persistence';
import { ReasonCode, REASONS } from '../telemetry/reasons';
import { Timeout } from '../timeouts';
import { Attempt, AttemptOwner } from './attempt';
import type { ServeContext } from './context';
import { RequestCopy } from './request-copy';
import type { Route } from './route';

/** Who waits for the response. Buffers are valid during a call only. */
export interface UpstreamOwner {
  onInterim(buffer: Buffer, head: ResponseHead): void;
  /** @returns whether it has taken the socket, by `detach` */
  onSwitch(buffer: Buffer, head: ResponseHead, rest: Buffer): boolean;
  /** The head of the response that counts. */
  onResponseHead(buffer: Buffer, head: ResponseHead, body: Buffer, complete: boolean): void;
  onResponseData(data: Buffer): void;
  onResponseEnd(trailers: Buffer | undefined): void;
  /** The response broke off after its head. */
  onResponseBroken(detail: string): void;
  /** There will be no response. */
  onGivenUp(code: ReasonCode, detail: string): void;
  /** More of the request's body can be taken. */
  onWritable(): void;
}

/** Where an attempt goes. */
interface Target {
  readonly cluster: Cluster;
  readonly endpoint: Endpoint;
}

export class UpstreamRequest implements AttemptOwner, FailedRequest {
  readonly copy = new RequestCopy();
  /** What policies may know of the request. */
  readonly pick: { hash: number | undefined; attempt: number } = { hash: undefined, attempt: 0 };
  /** Where the last attempt went. */
  cluster: Cluster | undefined;
  endpoint: Endpoint | undefined;
  attempts = 0;
  /** What was tried, when somebody wants to know. */
  trail: TrailEntry[] | undefined;
  /** An attempt may have reached an application. */
  maybeReached = false;
  /** It may become a tunnel, of which there must be one: such a request is not hedged. */
  offersUpgrade = false;

  private route!: Route;
  /** What keeps the request with an endpoint, if anything does. */
  private session: Session | undefined;
  private method: Method = Method.OTHER;
  private bodyComplete = false;
  /** When the caller stops waiting, in monotonic milliseconds. */
  deadlineAt = Infinity;
  /** How often it was sent again. */
  retries = 0;
  private readonly tried: Endpoint[] = [];
  private readonly first: Attempt;
  /** Runs beside the first; made when it is needed. */
  private second: Attempt | undefined;
  /** The attempt whose response is passed on. */
  private winner: Attempt | undefined;
  /** The one that the request's body goes to, or that is being listened to. */
  private current: Attempt;
  private wait: Cancel | undefined;
  /** Waits for the first endpoints; made when it is needed. */
  private expectant: Expectant | undefined;
  private expectsNothing = false;
  private hedged = false;
  private readonly hedgeDelay: Timeout;

  constructor(private readonly owner: UpstreamOwner, private readonly context: ServeContext) {
    this.first = new Attempt(this, context.clock);
    this.current = this.first;
    this.hedgeDelay = new Timeout(() => this.hedge());
  }

  /** It may be executed twice, by its method. */
  get idempotent(): boolean { return isIdempotent(this.method); }

  /** There is a connection that the request's body can be sent on. */
  get connected(): boolean { return this.current.connected; }

  /** Octets of the request that are kept, or wait for the endpoint to take them. */
  get heldOctets(): number { return this.copy.heldOctets + this.current.heldOctets; }

  /**
   * Sends the request that `copy` holds.
   *
   * @param complete   all of its body is there
   * @param deadlineAt when the caller stops waiting, in monotonic milliseconds
   */
  begin(route: Route, session: Session | undefined, method: Method, complete: boolean, deadlineAt: number): void {
    this.route = route;
    this.method = method;
    this.bodyComplete = complete;
    this.deadlineAt = deadlineAt;
    this.session = session;
    const home = session?.expected;
    if (home && this.awaitEndpoints(home)) return;
    const cluster = session?.cluster ?? route.choose(this.pick.hash);
    const kept = session?.endpoint;
    const endpoint = kept && cluster!.takes(kept) ? kept : cluster?.pick(this.pick);
    if (!cluster || !endpoint) {
      const expected = cluster ? undefined : route.expected();
      if (!expected || !this.awaitEndpoints(expected)) this.giveUpUnsent(cluster);
      return;
    }
    cluster.retryBudget.deposit();
    this.start(this.first, cluster, endpoint, false);
  }

  /** Forgets the request before this one. */
  reset(): void {
    this.cluster = undefined;
    this.endpoint = undefined;
    this.attempts = 0;
    this.trail = undefined;
    this.maybeReached = false;
    // Shortening an array by its length gives its memory back, and the next request takes it anew.
    while (this.tried.length > 0) this.tried.pop();
    this.retries = 0;
    this.winner = undefined;
    this.session = undefined;
    this.current = this.first;
    this.hedged = false;
    this.pick.attempt = 0;
    this.expectsNothing = false;
  }

  /**
   * Octets of the request's body, framed.
   *
   * @param lasting they are valid beyond this call
   * @returns false: hold back until `onWritable`
   */
  sendBody(data: Buffer, lasting: boolean): boolean {
    const { current, copy } = this;
    if (current.connected && !copy.keeps(data.length)) {
      copy.skip();
      return lasting ? current.sendBody(data) : current.sendCopy(data);
    }
    const piece = lasting ? data : owned(data);
    copy.add(piece);
    return current.connected && current.sendBody(piece);
  }

  /** All of the request's body is there. */
  completeBody(): void {
    this.bodyComplete = true;
    // All of it may come while a fault holds the request, before it has begun.
    if (this.winner !== undefined || this.attempts === 0) return;
    this.first.endWithin(this.route.tryTimeout);
    if (this.connected) this.armHedge();
  }

  pauseReading(): void { this.current.pauseReading(); }
  resumeReading(): void { this.current.resumeReading(); }

  /** Gives the socket that switches protocols to a tunnel. */
  detach(listener: OctetListener): ReturnType<Attempt['detach']> {
    return this.current.detach(listener);
  }

  /** The response is complete: its connection can carry another request. To be called after {@link conclude}. */
  release(): void {
    this.winner!.release(this.bodyComplete);
  }

  /** Breaks off whatever is under way. */
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
    this.expectant?.leave();
    if (this.wait) {
      this.wait();
      this.wait = undefined;
      this.cluster!.retryBudget.release();
    }
    this.end(this.first, outcome, failure, status);
    if (this.second) this.end(this.second, outcome, failure, status);
    this.copy.clear();
  }

  onConnected(attempt: Attempt): void {
    const open = this.copy.sendOn(attempt, this.method === Method.HEAD);
    if (!this.bodyComplete) {
      if (open) this.owner.onWritable();
    } else {
      this.armHedge();
    }
  }

  onUnconnected(attempt: Attempt, code: UnconnectedCode, detail: string): void {
    if (FAILURES[REASONS[code].failure].blames === 'endpoint' && attempt.endpoint === this.session?.endpoint) this.session?.onUnreachable();
    this.afterFailure(attempt, REASONS[code].failure, code, detail);
  }

  onBroken(attempt: Attempt, code: 'upstream_closed' | 'upstream_protocol_error', detail: string, limit: string | undefined): void {
    if (limit !== undefined) this.context.instruments.limitReached(limit);
    if (attempt === this.winner) this.owner.onResponseBroken(detail);
    else this.afterFailure(attempt, failureOfBreak(attempt.closedWhileIdle, attempt.idledOut, this.idempotent), code, detail);
  }

  onTryTimeout(attempt: Attempt): void {
    // While it waits for a connection of those that our own limits allow, the endpoint can't help it.
    const failure = attempt.awaitsTurn ? 'late_for_turn' : attempt.connected ? 'late' : 'late_unsent';
    attempt.drop();
    this.afterFailure(attempt, failure, 'try_timeout', 'the time for one attempt is over');
  }

  onInterim(_attempt: Attempt, buffer: Buffer, head: ResponseHead): void {
    if (!this.hedged) this.owner.onInterim(buffer, head);
  }

  onSwitch(attempt: Attempt, buffer: Buffer, head: ResponseHead, rest: Buffer): boolean {
    const before = this.current;
    this.current = attempt;
    this.cluster = attempt.cluster;
    this.endpoint = attempt.endpoint;
    if (!this.owner.onSwitch(buffer, head, rest)) {
      this.current = before;
      return false;
    }
    this.win(attempt);
    return true;
  }

  onResponseHead(attempt: Attempt, buffer: Buffer, head: ResponseHead, body: Buffer, complete: boolean): void {
    if (head.status >= 429) {
      attempt.retryAfterMs = retryAfterMs(buffer, head.fields);
      if (this.retriesResponse(attempt, head, complete)) return;
    }
    this.current = attempt;
    this.win(attempt);
    this.route.hedging?.record(attempt.firstOctetMs);
    this.owner.onResponseHead(buffer, head, body, complete);
  }

  onResponseData(_attempt: Attempt, data: Buffer): void {
    this.owner.onResponseData(data);
  }

  onResponseEnd(_attempt: Attempt, trailers: Buffer | undefined): void {
    this.owner.onResponseEnd(trailers);
  }

  onBackendDrain(_attempt: Attempt): void {
    if (!this.bodyComplete) this.owner.onWritable();
  }

  /** An attempt has ended without a response: the request is sent again, or given up, unless another attempt is under way. */
  private afterFailure(attempt: Attempt, failure: FailureKind, code: ReasonCode, detail: string): void {
    if (FAILURES[failure].reached === 'maybe') this.maybeReached = true;
    this.end(attempt, code, failure);
    if (!this.othersRun(attempt) && !this.tryAgain(failure, code)) this.owner.onGivenUp(code, detail);
  }

  /** Whether a response is thrown away for another attempt's, and if so, does it. */
  private retriesResponse(attempt: Attempt, { status, unsent }: ResponseHead, complete: boolean): boolean {
    const failure = failureOfAnswer(status, unsent);
    if (failure === undefined || !this.route.retry.repeats(failure, this)) return false;
    const cause = failure === 'turned_away' ? 'unsent' : `http_${status}`;
    if (!this.othersRun(attempt) && !this.tryAgain(failure, cause, attempt)) return false;
    if (FAILURES[failure].reached === 'maybe') this.maybeReached = true;
    this.end(attempt, status, undefined, status);
    if (complete) attempt.release(this.bodyComplete);
    else attempt.drop();
    return true;
  }

  /**
   * Sends the request again, now or after a while, if that may be and there is somebody to send it to.
   *
   * @param cause label of the metric of retries
   * @param over  the attempt that has an answer, and ends after this call
   */
  private tryAgain(failure: FailureKind, cause: string, over?: Attempt): boolean {
    const next = this.copy.atHand ? this.route.retry.afterFailure(failure, this, over?.retryAfterMs) : undefined;
    const target = next && this.other(next.sameEndpoint);
    if (!target || !(next.free ? this.takeFree(target) : this.take(target))) return false;
    this.retry(target, cause, next.waitMs, over);
    return true;
  }

  /** This attempt's response counts; another one that is under way is for nothing. */
  private win(attempt: Attempt): void {
    this.winner = attempt;
    this.cluster = attempt.cluster;
    this.endpoint = attempt.endpoint;
    this.hedgeDelay.stop();
    if (this.hedged) this.dropLoser(attempt === this.first ? this.second! : this.first);
  }

  /**
   * Where to go after a failure: another endpoint, one of another version when there is none, one of a fallback, or else the
   * same. Where nobody could be reached, the last attempt goes to a fallback: more of the same would most likely fail the same way.
   */
  private other(allowSame: boolean): Target | undefined {
    const { route, pick } = this;
    const cluster = this.cluster!;
    pick.attempt = this.attempts;
    const isLast = !allowSame && this.retries === route.retry.maxRetries - 1;
    const found = (isLast ? this.untried(route.chooseBehind(cluster, pick.hash)) : undefined)
      ?? (cluster.available ? this.untried(cluster) : undefined) ?? this.untried(route.chooseBeside(cluster, pick.hash))
      ?? this.untried(route.chooseBehind(cluster, pick.hash)) ?? this.untried(route.choose(pick.hash));
    if (found || !allowSame) return found;
    // Of its own version, or, when that has no endpoint any more, of whichever has.
    const again = cluster.usable ? cluster : route.choose(pick.hash);
    const same = again?.pick(pick);
    return again && same && { cluster: again, endpoint: same };
  }

  /** An endpoint of the cluster that was not tried. */
  private untried(cluster: Cluster | undefined): Target | undefined {
    const endpoint = cluster?.pickOther(this.tried, this.pick);
    return cluster && endpoint && { cluster, endpoint };
  }

  /** Waits for the first endpoints of a cluster, if there is room. Returns whether it does. */
  private awaitEndpoints({ firstEndpoints }: Cluster): boolean {
    if (this.expectsNothing) return false;
    this.expectant ??= new Expectant((inVain) => this.beginLate(inVain));
    return firstEndpoints.add(this.expectant);
  }

  private beginLate(inVain: boolean): void {
    const { route, deadlineAt } = this;
    this.expectsNothing = inVain;
    if (route.meshFields && deadlineAt !== Infinity) this.copy.rehead(deadlineField(deadlineAt - this.context.clock.now()));
    this.begin(route, this.session, this.method, this.bodyComplete, deadlineAt);
  }

  /** There was no endpoint to begin with, or the limits leave no room for another request. */
  private giveUpUnsent(cluster: Cluster | undefined): void {
    const code = cluster?.whyNone() ?? 'no_endpoints';
    if (code !== 'no_endpoints') this.cluster = cluster;
    this.owner.onGivenUp(code, code === 'no_endpoints' ? 'no endpoint is available' : 'as many requests are under way as may');
  }

  /** Takes a retry out of the budget. */
  private take({ cluster }: Target): boolean {
    const verdict = cluster.retryBudget.take();
    if (verdict === 'none') return true;
    cluster.instruments.retriesDenied(verdict).value += 1;
    return false;
  }

  private takeFree({ cluster }: Target): boolean {
    if (cluster.retryBudget.takeFree()) return true;
    cluster.instruments.retriesDenied('in_flight').value += 1;
    return false;
  }

  /** Sends the request again, after a while; the budget was asked. `over` is the attempt that is just ending. */
  private retry({ cluster, endpoint }: Target, cause: string, waitMs: number, over?: Attempt): void {
    this.retries += 1;
    this.copy.rewind();
    cluster.instruments.retries(cause).value += 1;
    // An attempt that delivers its response can't begin anew within that call.
    const afterMs = over && waitMs === 0 ? 1 : waitMs;
    if (afterMs === 0) {
      this.startAgain(this.first, cluster, endpoint);
      return;
    }
    this.cluster = cluster;
    this.wait = this.context.clock.after(afterMs, () => {
      this.wait = undefined;
      this.retryNow(cluster, endpoint);
    });
  }

  /** While a retry waited, its endpoint may have gone, or may have got as many requests as it may. */
  private retryNow(cluster: Cluster, chosen: Endpoint): void {
    if (chosen.available && cluster.takes(chosen)) {
      this.startAgain(this.first, cluster, chosen);
      return;
    }
    // What it took out of the budget holds for wherever it goes.
    cluster.retryBudget.release();
    const target = this.other(true);
    if (target && this.takeFree(target)) this.startAgain(this.first, target.cluster, target.endpoint);
    else this.giveUpUnsent(cluster);
  }

  private startAgain(attempt: Attempt, cluster: Cluster, endpoint: Endpoint): void {
    if (this.route.meshFields) {
      const deadline = this.deadlineAt === Infinity ? '' : deadlineField(this.deadlineAt - this.context.clock.now());
      this.copy.rehead(deadline + attemptField(this.attempts + 1));
    }
    this.start(attempt, cluster, endpoint, true);
  }

  private start(attempt: Attempt, cluster: Cluster, endpoint: Endpoint, isRetry: boolean): void {
    this.attempts += 1;
    this.cluster = cluster;
    this.endpoint = endpoint;
    this.tried.push(endpoint);
    const started = attempt.start(cluster, endpoint, isRetry, !isIdempotent(this.method));
    // How long a client takes to send its request is not the endpoint's doing.
    if (started && this.bodyComplete) attempt.endWithin(this.route.tryTimeout);
    // What is shed does not wait to try again: another endpoint may have a connection free.
    if (!started) this.afterFailure(attempt, 'no_room', 'pending_overflow', 'too many requests wait for a connection');
  }

  private armHedge(): void {
    const { hedging, silence } = this.route;
    if (this.hedged || this.offersUpgrade || !isIdempotent(this.method) || !this.copy.replayable) return;
    const delay = hedging ? hedging.delay() : silence;
    if (delay) this.hedgeDelay.start(delay);
  }

  /** The first attempt takes long, or its endpoint answers nobody: another one starts beside it. */
  private hedge(): void {
    const cluster = this.cluster!;
    const { hedging, silence } = this.route;
    if (this.winner || this.wait || !this.copy.replayable || !this.first.endpoint) return;
    const endpoint = cluster.pickOther(this.tried, this.pick);
    if (!endpoint) return;
    if (!hedging && !this.first.meetsSilence(endpoint)) {
      this.hedgeDelay.start(silence!);
      return;
    }
    if (!this.take({ cluster, endpoint })) return;
    cluster.instruments.hedges.value += 1;
    this.hedged = true;
    this.second ??= new Attempt(this, this.context.clock);
    this.startAgain(this.second, cluster, endpoint);
  }

  private othersRun(attempt: Attempt): boolean {
    const other = attempt === this.first ? this.second : this.first;
    return other?.endpoint !== undefined;
  }

  /** It took at least so long, which is all that is known of it. */
  private dropLoser(loser: Attempt): void {
    if (!loser.endpoint) return;
    this.note(loser, 'hedge_lost');
    const sent = loser.connected;
    loser.drop();
    if (sent) loser.leaveOutrun();
    else loser.leaveUnjudged();
  }

  /**
   * An attempt is over.
   *
   * @param failure how it failed; undefined when it was answered, with `status`
   */
  private end(attempt: Attempt, outcome: TrailEntry['outcome'], failure: FailureKind | undefined, status = 0): void {
    if (!attempt.endpoint) return;
    this.note(attempt, outcome);
    if (failure === undefined) attempt.leaveAnswered(status);
    else attempt.leaveFailed(failure);
  }

  private note(attempt: Attempt, outcome: TrailEntry['outcome']): void {
    this.trail?.push({ endpoint: attempt.endpoint!.key, outcome, milliseconds: attempt.elapsedMs });
  }
}
