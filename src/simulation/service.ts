/**
 * The side that answers: what becomes of a request from when it comes to its endpoint to when the answer leaves, and what
 * happens to endpoints.
 */
import { Backend, NONE } from './backend';
import type { EndpointResult } from './measurements';
import type { Change, Plan } from './plan';
import { Phase, Requests } from './requests';
import { Kind, Timeline } from './timeline';

export class Service {
  readonly backends: readonly Backend[];
  private readonly waits: Float64Array;
  private readonly begun: Float64Array;

  constructor(private readonly plan: Plan, private readonly requests: Requests, private readonly time: Timeline) {
    this.backends = plan.endpoints.map((endpoint) => new Backend(endpoint));
    this.waits = new Float64Array(plan.endpoints.length);
    this.begun = new Float64Array(plan.endpoints.length);
  }

  /** A request comes to its endpoint. */
  reach(request: number): void {
    const { requests, time, plan } = this;
    const backend = this.backends[requests.endpoint[request]!]!;
    const reused = requests.reused[request] === 1;
    requests.reachedAt[request] = time.now;
    if (backend.state === 'stopped') {
      time.afterOf(request, plan.networkMs, reused ? Kind.BROKEN : Kind.UNCONNECTED);
    } else if (backend.state === 'vanished') {
      // On an open connection there is nothing to see until the route's timeout.
      if (!reused) time.afterOf(request, Math.max(0, requests.attemptedAt[request]! + plan.connectTimeoutMs - time.now), Kind.UNCONNECTED);
    } else if (backend.failsAfterMs !== undefined) {
      requests.refused[request] = 1;
      requests.phase[request] = Phase.ANSWERED;
      backend.fail(backend.failsAfterMs);
      time.afterOf(request, backend.failsAfterMs + plan.networkMs, Kind.ANSWER);
    } else if (backend.full) {
      requests.phase[request] = Phase.QUEUED;
      backend.enqueue(request, requests.next);
    } else {
      this.serve(request, backend);
    }
  }

  /** Work on a request is done. */
  done(request: number): void {
    const { requests, time } = this;
    const backend = this.backends[requests.endpoint[request]!]!;
    backend.end(time.now);
    if (requests.phase[request] === Phase.FORGOTTEN) {
      requests.release(request);
    } else {
      requests.phase[request] = Phase.ANSWERED;
      time.afterOf(request, this.plan.networkMs, Kind.ANSWER);
    }
    this.serveNext(backend);
  }

  /** Something happens to an endpoint. */
  change(change: Extract<Change, { readonly endpoint: number }>): void {
    const backend = this.backends[change.endpoint]!;
    switch (change.type) {
      case 'pace': backend.pace = change.factor; return;
      case 'failing': backend.failsAfterMs = change.answerMs; return;
      case 'started': backend.state = 'up'; return;
      case 'stopped':
      case 'vanished': this.lose(change.endpoint, change.type); return;
    }
  }

  startMeasuring(): void {
    for (const backend of this.backends) backend.busy.restart(this.time.now);
    this.waits.fill(0);
    this.begun.fill(0);
  }

  conclude(results: readonly EndpointResult[]): void {
    results.forEach((result, index) => {
      const backend = this.backends[index]!;
      result.utilization = backend.busy.mean(this.time.now) / backend.planned.concurrency;
      result.meanWaitMs = this.begun[index]! > 0 ? this.waits[index]! / this.begun[index]! : 0;
    });
  }

  private serve(request: number, backend: Backend): void {
    const { requests, time } = this;
    const endpoint = requests.endpoint[request]!;
    requests.phase[request] = Phase.SERVED;
    backend.begin(time.now);
    this.waits[endpoint]! += time.now - requests.reachedAt[request]!;
    this.begun[endpoint]!++;
    time.afterOf(request, backend.workMs(requests.work[request]!), Kind.DONE);
  }

  private serveNext(backend: Backend): void {
    const { requests } = this;
    while (!backend.full) {
      const request = backend.dequeue(requests.next);
      if (request === NONE) return;
      if (requests.phase[request] === Phase.FORGOTTEN) requests.release(request);
      else this.serve(request, backend);
    }
  }

  /** What an endpoint held is gone with it; callers of a process see their connections break, those of a machine see nothing. */
  private lose(endpoint: number, state: 'stopped' | 'vanished'): void {
    const { requests, time } = this;
    const backend = this.backends[endpoint]!;
    backend.state = state;
    backend.empty(time.now);
    for (let request = 0; request < requests.places; request++) {
      if (requests.endpoint[request] !== endpoint) continue;
      const phase = requests.phase[request]!;
      if (phase === Phase.FORGOTTEN) requests.release(request);
      if (phase !== Phase.QUEUED && phase !== Phase.SERVED) continue;
      // An event of work that is under way is not meant for it any more.
      requests.serial[request]!++;
      requests.phase[request] = Phase.SENT;
      if (state === 'stopped') time.afterOf(request, this.plan.networkMs, Kind.BROKEN);
    }
  }
}
