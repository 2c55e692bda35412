/**
 * What becomes of a request at the side that asks: where it is sent, what its caller learns of that, where it goes when an
 * attempt fails or takes long, and when it is given up. A caller feeds what it learns as the proxy does (src/proxy/serve/upstream/attempt.ts).
 */
import { Ending, endingOf, failureOfAnswer, failureOfBreak, FailureKind, FAILURES, isSilent, PickRequest } from '../balancing';
import type { Caller } from './caller';
import { Deadlines } from './deadlines';
import type { KnownEndpoint } from './known-endpoint';
import type { Failure, Measurements } from './measurements';
import type { Plan } from './plan';
import type { Requests } from './requests';
import { Retries } from './retries';
import type { Service } from './service';
import { NONE } from './slots';
import { Kind, Timeline } from './timeline';
import type { Tries } from './tries';

/** What an endpoint that fails answers. */
const REFUSAL = 503;

/** What all parts of a run share. */
export interface Run {
  readonly plan: Plan;
  readonly requests: Requests;
  readonly tries: Tries;
  readonly time: Timeline;
  readonly service: Service;
  readonly measurements: Measurements;
}

export class Attempts {
  /** Requests that have come and not ended. */
  live = 0;
  private readonly deadlines = new Deadlines();
  private readonly retries: Retries;
  private readonly pickRequest: { hash: number | undefined; attempt: number } = { hash: undefined, attempt: 0 };

  /** @param hashed requests carry the hash of their key, as on the routes of policies that go by it */
  constructor(private readonly run: Run, private readonly callers: readonly Caller[], private readonly hashed: boolean) {
    this.retries = new Retries(run.plan, run.requests, run.time, callers);
  }

  /** A request has come to its caller. */
  begin(request: number): void {
    const { plan, time } = this.run;
    this.live++;
    if (this.deadlines.size === 0) time.after(plan.timeoutMs, Kind.DEADLINE, 0);
    this.deadlines.add(time.now + plan.timeoutMs, request, time.now);
    const endpoint = this.callerOf(request).pick(this.asked(request, 0));
    if (!endpoint) {
      this.fail(request, 'noEndpoint');
      return;
    }
    this.retries.budgetOf(request).deposit();
    this.send(request, endpoint, false);
  }

  /** An answer has come. */
  answer(attempt: number): void {
    const { requests, tries, time, measurements, service } = this.run;
    const request = tries.request[attempt]!;
    const index = tries.endpoint[attempt]!;
    const caller = this.callerOf(request);
    const endpoint = caller.known[index]!;
    const backend = service.backends[index]!;
    const refused = tries.refused[attempt] === 1;
    this.release(attempt);
    caller.answered(endpoint);
    endpoint.stats.report(backend.currentReport(time.now), time.now);
    if (endpoint.available && backend.state === 'up') endpoint.idle++;
    const failure = refused ? failureOfAnswer(REFUSAL, false) : undefined;
    const again = failure !== undefined && this.retries.repeats(request, failure)
      && (this.otherOf(attempt) !== NONE || this.tryAgain(request, failure, endpoint, attempt));
    if (again) {
      this.leave(attempt, endingOf(REFUSAL, false));
      return;
    }
    this.dropOther(attempt);
    this.retries.record(request, time.now - tries.startedAt[attempt]!);
    const startedAt = requests.startedAt[request]!;
    this.leave(attempt, refused ? endingOf(REFUSAL, false) : Ending.ANSWERED);
    if (refused) {
      this.fail(request, 'status');
    } else {
      measurements.succeeded(startedAt, time.now);
      this.end(request);
    }
  }

  /** No connection could be made. */
  leaveUnconnected(attempt: number): void {
    this.afterFailure(attempt, 'unconnected', 'connect');
  }

  /** The connection broke. */
  leaveBroken(attempt: number): void {
    const { requests, tries } = this.run;
    const repeatable = requests.repeatable[tries.request[attempt]!] === 1;
    this.afterFailure(attempt, failureOfBreak(tries.reused[attempt] === 1, false, repeatable), 'broken');
  }

  /** The time for one attempt is over. */
  endTry(attempt: number): void {
    this.afterFailure(attempt, this.run.tries.isConnected(attempt) ? 'late' : 'late_unsent', 'timeout');
  }

  /** A request has waited long enough. */
  sendAgain(request: number): void {
    const { requests } = this.run;
    requests.waits[request] = 0;
    const endpoint = this.retries.afterWait(request, this.callerOf(request), this.asked(request, requests.sent[request]!));
    if (endpoint) this.send(request, endpoint, true);
    else this.fail(request, 'noEndpoint');
  }

  /** The first attempt takes long, or its endpoint answers nobody: another one starts beside it. */
  hedge(attempt: number): void {
    const { requests, tries, time, measurements } = this.run;
    const request = tries.request[attempt]!;
    const caller = this.callerOf(request);
    const endpoint = caller.known[tries.endpoint[attempt]!]!;
    if (!tries.isConnected(attempt)) return;
    this.retries.keepTried(request, endpoint);
    const other = this.retries.other(request, caller, this.asked(request, requests.sent[request]! - 1));
    if (!other) return;
    if (!this.retries.hedging && !isSilent(endpoint, tries.answersBefore[attempt]!, time.now - tries.startedAt[attempt]!, other)) {
      time.afterOf(tries, attempt, this.retries.besideAfterMs(request)!, Kind.HEDGE);
      return;
    }
    if (this.retries.budgetOf(request).take() !== 'none') return;
    requests.hedged[request] = 1;
    measurements.hedges++;
    this.send(request, other, true);
  }

  meetDeadlines(): void {
    const { deadlines, run: { requests, time } } = this;
    while (deadlines.size > 0) {
      const request = deadlines.subject;
      const open = requests.open[request] === 1 && requests.startedAt[request] === deadlines.startedAt;
      if (open && deadlines.time > time.now) break;
      deadlines.drop();
      // The route's timeout is over.
      if (open) this.giveUp(request, 'timeout', Ending.GATEWAY_ERROR);
    }
    if (deadlines.size > 0) time.after(deadlines.time - time.now, Kind.DEADLINE, 0);
  }

  /** A caller is gone, and what it had under way is lost. */
  loseCaller(caller: number): void {
    const { requests } = this.run;
    for (let request = 0; request < requests.places; request++) {
      if (requests.caller[request] === caller && requests.open[request] === 1) this.giveUp(request, 'broken', undefined);
    }
  }

  /** Begins an attempt: the second one when another is under way. */
  private send(request: number, endpoint: KnownEndpoint, budgeted: boolean): void {
    const { requests, tries, time, plan, measurements } = this.run;
    const attempt = tries.begin(request, endpoint.index, time.now);
    const beside = requests.first[request] !== NONE;
    if (beside) requests.second[request] = attempt;
    else requests.first[request] = attempt;
    requests.sent[request]!++;
    this.retries.noteTried(request, endpoint);
    const reused = endpoint.idle > 0;
    if (reused) endpoint.idle--;
    tries.reused[attempt] = reused ? 1 : 0;
    tries.budgeted[attempt] = budgeted ? 1 : 0;
    tries.work[attempt] = requests.work[request]!;
    tries.answersBefore[attempt] = endpoint.outlier.answers;
    endpoint.stats.started();
    measurements.sent(requests.caller[request]!, endpoint.index, time.now);
    // A new connection is there and back before the request leaves.
    const connectMs = reused ? 0 : 2 * plan.networkMs;
    time.afterOf(tries, attempt, connectMs + plan.networkMs, Kind.REACHED);
    const { tryTimeoutMs } = this.retries;
    if (tryTimeoutMs > 0) time.afterOf(tries, attempt, tryTimeoutMs, Kind.TRY_TIMEOUT);
    const besideMs = beside ? undefined : this.retries.besideAfterMs(request);
    if (besideMs !== undefined && besideMs < plan.timeoutMs) time.afterOf(tries, attempt, connectMs + besideMs, Kind.HEDGE);
  }

  /** An attempt has ended without an answer: the request is sent again, or given up, unless another attempt is under way. */
  private afterFailure(attempt: number, kind: FailureKind, failure: Failure): void {
    const { tries } = this.run;
    const request = tries.request[attempt]!;
    const endpoint = this.callerOf(request).known[tries.endpoint[attempt]!]!;
    const alone = this.otherOf(attempt) === NONE;
    this.leave(attempt, FAILURES[kind].blames === 'endpoint' ? Ending.GATEWAY_ERROR : undefined);
    if (alone && !this.tryAgain(request, kind, endpoint)) this.fail(request, failure);
  }

  /**
   * Sends a request again, now or after a while; false when it may not be, or there is nobody to send it to.
   *
   * @param over the attempt that has an answer, and ends after this call
   */
  private tryAgain(request: number, kind: FailureKind, failedAt: KnownEndpoint, over = NONE): boolean {
    const { requests, time, measurements } = this.run;
    this.retries.keepTried(request, failedAt);
    const again = this.retries.next(request, kind, this.callerOf(request), this.asked(request, requests.sent[request]!));
    if (!again) return false;
    measurements.retries++;
    requests.retries[request]!++;
    if (over !== NONE) this.forgetAttempt(request, over);
    if (again.waitMs === 0) {
      this.send(request, again.target, true);
    } else {
      requests.target[request] = again.target.index;
      requests.waits[request] = 1;
      time.afterOf(requests, request, again.waitMs, Kind.RETRY);
    }
    return true;
  }

  /** An attempt is over. `ending` undefined: nothing is said of its endpoint. */
  private leave(attempt: number, ending: Ending | undefined): void {
    const { tries, time, measurements } = this.run;
    const request = tries.request[attempt]!;
    const index = tries.endpoint[attempt]!;
    const caller = this.callerOf(request);
    const startedAt = tries.startedAt[attempt]!;
    this.release(attempt);
    if (ending === undefined) caller.abandoned(caller.known[index]!, startedAt);
    else caller.ended(caller.known[index]!, ending, startedAt);
    if (ending !== undefined && ending !== Ending.ANSWERED) measurements.attemptFailed(index, time.now);
    this.forgetAttempt(request, attempt);
    tries.drop(attempt);
  }

  /** An attempt's answer counts; another one that is under way is for nothing: it took at least so long, which is all that is known of it. */
  private dropOther(attempt: number): void {
    const { tries } = this.run;
    const other = this.otherOf(attempt);
    if (other === NONE) return;
    const request = tries.request[other]!;
    const caller = this.callerOf(request);
    const endpoint = caller.known[tries.endpoint[other]!]!;
    this.release(other);
    if (tries.isConnected(other)) caller.outrun(endpoint, tries.startedAt[other]!);
    else caller.abandoned(endpoint, tries.startedAt[other]!);
    this.forgetAttempt(request, other);
    tries.drop(other);
  }

  /** The other attempt at the same request that is under way. */
  private otherOf(attempt: number): number {
    const { requests, tries } = this.run;
    const request = tries.request[attempt]!;
    return requests.first[request] === attempt ? requests.second[request]! : requests.first[request]!;
  }

  private forgetAttempt(request: number, attempt: number): void {
    const { requests } = this.run;
    if (requests.first[request] === attempt) requests.first[request] = NONE;
    else if (requests.second[request] === attempt) requests.second[request] = NONE;
  }

  /** The attempt is over, or its answer has begun: it is no retry under way any more. */
  private release(attempt: number): void {
    const { tries } = this.run;
    if (tries.budgeted[attempt] === 0) return;
    tries.budgeted[attempt] = 0;
    this.retries.budgetOf(tries.request[attempt]!).release();
  }

  /** Ends a request with all of its attempts. */
  private giveUp(request: number, failure: Failure, ending: Ending | undefined): void {
    const { requests } = this.run;
    const [first, second] = [requests.first[request]!, requests.second[request]!];
    if (first !== NONE) this.leave(first, ending);
    if (second !== NONE) this.leave(second, ending);
    this.fail(request, failure);
  }

  private fail(request: number, failure: Failure): void {
    const { requests, time, measurements } = this.run;
    measurements.failedWith(failure, requests.startedAt[request]!, time.now);
    this.end(request);
  }

  private end(request: number): void {
    const { requests } = this.run;
    this.live--;
    if (requests.waits[request] === 1) this.retries.budgetOf(request).release();
    this.retries.forget(request);
    requests.release(request);
  }

  private callerOf(request: number): Caller {
    return this.callers[this.run.requests.caller[request]!]!;
  }

  private asked(request: number, attempt: number): PickRequest {
    this.pickRequest.hash = this.hashed ? this.run.requests.hash[request]! : undefined;
    this.pickRequest.attempt = attempt;
    return this.pickRequest;
  }
}
