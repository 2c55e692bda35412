/**
 * What becomes of a request at the side that asks: where it is sent, what its caller learns of that, where it goes when an
 * attempt fails, and when it is given up. A caller feeds what it learns as the proxy does (src/proxy/serve/exchange.ts).
 */
import { Ending, PickRequest } from '../balancing';
import type { Caller } from './caller';
import { Deadlines } from './deadlines';
import type { KnownEndpoint } from './known-endpoint';
import type { Failure, Measurements } from './measurements';
import type { Plan } from './plan';
import { Phase, Requests } from './requests';
import { Again, Retries } from './retries';
import type { Service } from './service';
import { Kind, Timeline } from './timeline';

/** What all parts of a run share. */
export interface Run {
  readonly plan: Plan;
  readonly requests: Requests;
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
    this.retries = new Retries(run.plan, run.requests, run.time);
  }

  /** A request has come to its caller. */
  begin(request: number): void {
    const { plan, requests, time } = this.run;
    requests.startedAt[request] = time.now;
    requests.attempts[request] = 0;
    this.live++;
    if (this.deadlines.size === 0) time.after(plan.timeoutMs, Kind.DEADLINE, 0);
    this.deadlines.add(time.now + plan.timeoutMs, request, time.now);
    const endpoint = this.callerOf(request).pick(this.asked(request));
    if (!endpoint) {
      this.fail(request, 'noEndpoint');
      return;
    }
    this.retries.deposit(request);
    this.send(request, endpoint);
  }

  answer(request: number): void {
    const { requests, time, measurements, service } = this.run;
    const index = requests.endpoint[request]!;
    const caller = this.callerOf(request);
    const endpoint = caller.known[index]!;
    const backend = service.backends[index]!;
    const refused = requests.refused[request] === 1;
    this.retries.release(request);
    caller.answered(endpoint);
    caller.ended(endpoint, refused ? Ending.GATEWAY_ERROR : Ending.ANSWERED, requests.attemptedAt[request]!);
    endpoint.learned.report(backend.currentReport(time.now), time.now);
    if (endpoint.available && backend.state === 'up') endpoint.idle++;
    if (!refused) {
      measurements.succeeded(requests.startedAt[request]!, time.now);
      this.end(request);
      return;
    }
    measurements.attemptFailed(index, time.now);
    if (this.retries.wants(request, 'gatewayError', 'serverError') && this.retry(request, endpoint, { same: true, free: false, atOnce: false })) return;
    this.fail(request, 'status');
  }

  /** Nothing of the request was sent: to another endpoint, while there is one; the first time at once. */
  leaveFailed(request: number): void {
    const atOnce = this.run.requests.attempts[request] === 1;
    if (!this.retry(request, this.blame(request), { same: false, free: true, atOnce })) this.fail(request, 'connect');
  }

  /** The connection broke; when it had been used before it was its end that came first, and the endpoint is not to blame. */
  leaveBroken(request: number): void {
    const { requests } = this.run;
    const idle = requests.reused[request] === 1 && requests.repeatable[request] === 1;
    const endpoint = idle ? this.excuse(request) : this.blame(request);
    if ((idle || this.retries.wants(request, 'closed')) && this.retry(request, endpoint, { same: true, free: idle, atOnce: idle })) return;
    this.fail(request, 'broken');
  }

  /** A request has waited long enough. */
  sendAgain(request: number): void {
    const endpoint = this.retries.afterWait(request, this.callerOf(request), this.asked(request));
    if (endpoint) this.send(request, endpoint);
    else this.fail(request, 'noEndpoint');
  }

  meetDeadlines(): void {
    const { deadlines, run: { requests, time } } = this;
    while (deadlines.size > 0) {
      const request = deadlines.subject;
      const open = this.isOpen(request) && requests.startedAt[request] === deadlines.startedAt;
      if (open && deadlines.time > time.now) break;
      deadlines.drop();
      // The route's timeout is over.
      if (open) {
        if (requests.phase[request] !== Phase.WAITING) this.blame(request);
        this.abandon(request, 'timeout');
      }
    }
    if (deadlines.size > 0) time.after(deadlines.time - time.now, Kind.DEADLINE, 0);
  }

  /** A caller is gone, and what it had under way is lost. */
  loseCaller(caller: number): void {
    const { requests } = this.run;
    for (let request = 0; request < requests.places; request++) {
      if (requests.caller[request] === caller && this.isOpen(request)) this.abandon(request, 'broken');
    }
  }

  private send(request: number, endpoint: KnownEndpoint): void {
    const { requests, time, plan, measurements } = this.run;
    const reused = endpoint.idle > 0;
    requests.phase[request] = Phase.SENT;
    requests.endpoint[request] = endpoint.index;
    requests.attempts[request]!++;
    requests.attemptedAt[request] = time.now;
    requests.refused[request] = 0;
    requests.reused[request] = reused ? 1 : 0;
    if (reused) endpoint.idle--;
    endpoint.learned.started();
    measurements.sent(requests.caller[request]!, endpoint.index, time.now);
    // A new connection is there and back before the request leaves.
    time.afterOf(request, reused ? plan.networkMs : 3 * plan.networkMs, Kind.REACHED);
  }

  /** Sends a request that failed at an endpoint to another one, now or after a while; false when it may not be, or there is none. */
  private retry(request: number, failedAt: KnownEndpoint, again: Again): boolean {
    const next = this.retries.next(request, failedAt, this.callerOf(request), this.asked(request), again);
    if (next === undefined) return false;
    this.run.measurements.retries++;
    if (next !== 'later') this.send(request, next);
    return true;
  }

  /** The attempt counts as a failure of its endpoint. */
  private blame(request: number): KnownEndpoint {
    const { requests, measurements } = this.run;
    const index = requests.endpoint[request]!;
    const caller = this.callerOf(request);
    const endpoint = caller.known[index]!;
    this.retries.release(request);
    caller.ended(endpoint, Ending.GATEWAY_ERROR, requests.attemptedAt[request]!);
    measurements.attemptFailed(index, this.run.time.now);
    return endpoint;
  }

  /** The attempt says nothing of its endpoint. */
  private excuse(request: number): KnownEndpoint {
    const { requests } = this.run;
    const caller = this.callerOf(request);
    const endpoint = caller.known[requests.endpoint[request]!]!;
    this.retries.release(request);
    caller.abandoned(endpoint, requests.attemptedAt[request]!);
    return endpoint;
  }

  private fail(request: number, failure: Failure): void {
    const { requests, time, measurements } = this.run;
    measurements.failedWith(failure, requests.startedAt[request]!, time.now);
    this.end(request);
  }

  /** Nobody waits for it any more; an endpoint that holds it doesn't know. */
  private abandon(request: number, failure: Failure): void {
    const { requests, time, measurements } = this.run;
    const phase = requests.phase[request]!;
    if (phase !== Phase.QUEUED && phase !== Phase.SERVED) {
      this.fail(request, failure);
      return;
    }
    measurements.failedWith(failure, requests.startedAt[request]!, time.now);
    requests.phase[request] = Phase.FORGOTTEN;
    this.retries.forget(request);
    this.live--;
  }

  private end(request: number): void {
    this.live--;
    this.retries.forget(request);
    this.run.requests.release(request);
  }

  private isOpen(request: number): boolean {
    const phase = this.run.requests.phase[request]!;
    return phase !== Phase.FREE && phase !== Phase.FORGOTTEN;
  }

  private callerOf(request: number): Caller {
    return this.callers[this.run.requests.caller[request]!]!;
  }

  private asked(request: number): PickRequest {
    const { requests } = this.run;
    this.pickRequest.hash = this.hashed ? requests.hash[request]! : undefined;
    this.pickRequest.attempt = requests.attempts[request]!;
    return this.pickRequest;
  }
}
