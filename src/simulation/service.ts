/**
 * The side that answers: what becomes of an attempt from when it comes to its endpoint to when the answer leaves, and what
 * happens to endpoints.
 */
import { Backend } from './backend';
import type { EndpointResult } from './measurements';
import type { Change, Plan } from './plan';
import { NONE } from './slots';
import { Kind, Timeline } from './timeline';
import { Phase, Tries } from './tries';

export class Service {
  readonly backends: readonly Backend[];
  private readonly waits: Float64Array;
  private readonly begun: Float64Array;

  constructor(private readonly plan: Plan, private readonly tries: Tries, private readonly time: Timeline) {
    this.backends = plan.endpoints.map((endpoint) => new Backend(endpoint));
    this.waits = new Float64Array(plan.endpoints.length);
    this.begun = new Float64Array(plan.endpoints.length);
  }

  /** An attempt comes to its endpoint. */
  reach(attempt: number): void {
    const { tries, time, plan } = this;
    const backend = this.backends[tries.endpoint[attempt]!]!;
    const reused = tries.reused[attempt] === 1;
    if (backend.state === 'up') tries.reachedAt[attempt] = time.now;
    if (backend.state === 'stopped') {
      time.afterOf(tries, attempt, plan.networkMs, reused ? Kind.BROKEN : Kind.UNCONNECTED);
    } else if (backend.state === 'vanished') {
      // On an open connection there is nothing to see until the route's timeout.
      if (!reused) time.afterOf(tries, attempt, Math.max(0, tries.startedAt[attempt]! + plan.connectTimeoutMs - time.now), Kind.UNCONNECTED);
    } else if (backend.failsAfterMs !== undefined) {
      tries.refused[attempt] = 1;
      tries.phase[attempt] = Phase.ANSWERED;
      backend.fail(backend.failsAfterMs);
      time.afterOf(tries, attempt, backend.failsAfterMs + plan.networkMs, Kind.ANSWER);
    } else if (backend.full) {
      tries.phase[attempt] = Phase.QUEUED;
      backend.enqueue(attempt, tries.next);
    } else {
      this.serve(attempt, backend);
    }
  }

  /** Work on an attempt is done. */
  done(attempt: number): void {
    const { tries, time } = this;
    const phase = tries.phase[attempt];
    // Its endpoint has been lost meanwhile, and the work with it.
    if (phase !== Phase.SERVED && phase !== Phase.FORGOTTEN) return;
    const backend = this.backends[tries.endpoint[attempt]!]!;
    backend.end(time.now);
    if (phase === Phase.FORGOTTEN) {
      tries.release(attempt);
    } else {
      tries.phase[attempt] = Phase.ANSWERED;
      time.afterOf(tries, attempt, this.plan.networkMs, Kind.ANSWER);
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

  private serve(attempt: number, backend: Backend): void {
    const { tries, time } = this;
    const endpoint = tries.endpoint[attempt]!;
    tries.phase[attempt] = Phase.SERVED;
    backend.begin(time.now);
    this.waits[endpoint]! += time.now - tries.reachedAt[attempt]!;
    this.begun[endpoint]!++;
    time.afterOf(tries, attempt, backend.workMs(tries.work[attempt]!), Kind.DONE);
  }

  private serveNext(backend: Backend): void {
    const { tries } = this;
    while (!backend.full) {
      const attempt = backend.dequeue(tries.next);
      if (attempt === NONE) return;
      if (tries.phase[attempt] === Phase.FORGOTTEN) tries.release(attempt);
      else this.serve(attempt, backend);
    }
  }

  /** The work that an endpoint held is lost. When a process ends, callers see their connections break; when a machine is gone, they see nothing. */
  private lose(endpoint: number, state: 'stopped' | 'vanished'): void {
    const { tries, time } = this;
    const backend = this.backends[endpoint]!;
    backend.state = state;
    backend.empty(time.now);
    for (let attempt = 0; attempt < tries.places; attempt++) {
      if (tries.endpoint[attempt] !== endpoint) continue;
      const phase = tries.phase[attempt]!;
      if (phase === Phase.FORGOTTEN) tries.release(attempt);
      if (phase !== Phase.QUEUED && phase !== Phase.SERVED) continue;
      tries.phase[attempt] = Phase.SENT;
      if (state === 'stopped') time.afterOf(tries, attempt, this.plan.networkMs, Kind.BROKEN);
    }
  }
}
