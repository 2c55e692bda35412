/**
 * What becomes of a request at the side that asks: where it is sent, what its caller learns of that, where it goes when an
 * attempt fails, and when it is given up. A caller feeds what it learns as the proxy does (src/proxy/serve/exchange.ts).
 */
import type { PickRequest } from '../balancing';
import type { Caller, KnownEndpoint } from './caller';
import { Deadlines } from './deadlines';
import type { Failure, Measurements } from './measurements';
import type { Plan } from './plan';
import { Phase, Requests } from './requests';
import type { Service } from './service';
import { Kind, Timeline } from './timeline';

/** Most endpoints tried for one request, as in the proxy. */
const MAX_ATTEMPTS = 3;

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
  private readonly pickRequest: { hash: number | undefined; attempt: number } = { hash: undefined, attempt: 0 };

  /** @param hashed requests carry the hash of their key, as on the routes of policies that go by it */
  constructor(private readonly run: Run, private readonly callers: readonly Caller[], private readonly hashed: boolean) {}

  /** A request has come to its caller. */
  begin(request: number): void {
    const { plan, requests, time } = this.run;
    requests.startedAt[request] = time.now;
    requests.attempts[request] = 0;
    this.live++;
    if (this.deadlines.size === 0) time.after(plan.timeoutMs, Kind.DEADLINE, 0);
    this.deadlines.add(time.now + plan.timeoutMs, request, time.now);
    const endpoint = this.callerOf(request).pick(this.asked(request));
    if (endpoint) this.send(request, endpoint);
    else this.fail(request, 'noEndpoint');
  }

  answer(request: number): void {
    const { requests, time, measurements, service } = this.run;
    const index = requests.endpoint[request]!;
    const endpoint = this.callerOf(request).known[index]!;
    const backend = service.backends[index]!;
    const refused = requests.refused[request] === 1;
    endpoint.learned.finished(time.now - requests.attemptedAt[request]!, refused ? 'failure' : 'success', time.now);
    endpoint.learned.report(backend.currentReport(time.now), time.now);
    if (endpoint.state === 'ready' && backend.state === 'up') endpoint.idle++;
    if (refused) {
      measurements.endpoints[index]!.failed++;
      measurements.failedWith('status', requests.startedAt[request]!, time.now);
    } else {
      measurements.succeeded(requests.startedAt[request]!, time.now);
    }
    this.end(request);
  }

  /** Nothing of the request was sent: to another endpoint, while there is one. */
  leaveFailed(request: number): void {
    const { requests } = this.run;
    const caller = this.callerOf(request);
    // There are two at most, as the third attempt is the last.
    const tried = [this.blame(request), caller.known[requests.firstEndpoint[request]!]!];
    const other = requests.attempts[request]! < MAX_ATTEMPTS ? caller.pickOther(tried, this.asked(request)) : undefined;
    if (other) this.retry(request, other);
    else this.fail(request, 'connect');
  }

  /** The connection broke: to whichever endpoint when it had been used before, for then it was its end that came first. */
  leaveBroken(request: number): void {
    const { requests } = this.run;
    if (requests.reused[request] === 0 || requests.attempts[request]! >= MAX_ATTEMPTS) {
      this.blame(request);
      this.fail(request, 'broken');
      return;
    }
    const caller = this.callerOf(request);
    caller.known[requests.endpoint[request]!]!.learned.abandoned();
    const endpoint = caller.pick(this.asked(request));
    if (endpoint) this.retry(request, endpoint);
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
        this.blame(request);
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
    if (requests.attempts[request]! === 0) requests.firstEndpoint[request] = endpoint.index;
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

  private retry(request: number, endpoint: KnownEndpoint): void {
    this.run.requests.serial[request]!++;
    this.run.measurements.retries++;
    this.send(request, endpoint);
  }

  /** The attempt counts as a failure of its endpoint. */
  private blame(request: number): KnownEndpoint {
    const { requests, time, measurements } = this.run;
    const index = requests.endpoint[request]!;
    const endpoint = this.callerOf(request).known[index]!;
    endpoint.learned.finished(time.now - requests.attemptedAt[request]!, 'failure', time.now);
    measurements.endpoints[index]!.failed++;
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
    this.live--;
  }

  private end(request: number): void {
    this.live--;
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
