/**
 * One plan run with one policy: a discrete-event simulation. Callers pick endpoints with the very pickers of the proxy and
 * feed what they learn as the proxy does (src/proxy/serve/exchange.ts):
 *
 *   - a connection that can't be made sends the request to another endpoint, up to three in all; one that breaks before an
 *     octet of the answer, having been used before, sends it to any;
 *   - an answer of 503 is passed on, and counts as a failure against its endpoint;
 *   - so does the route's timeout; the endpoint drops what still waits and finishes what it has begun.
 *
 * Not simulated: limits on connections and pending requests, the cost of the proxies themselves, and the closing of
 * connections that are idle for long.
 *
 * A run is a pure function of plan, policy and seed.
 */
import type { PickRequest } from '../balancing';
import type { LoadBalancingConfig } from '../contract';
import { Backend, NONE } from './backend';
import { Caller, KnownEndpoint } from './caller';
import { Deadlines } from './deadlines';
import { EventQueue } from './event-queue';
import { keyHashes } from './keys';
import { Failure, Measurements } from './measurements';
import { Change, durationOf, Plan } from './plan';
import { randomStream } from './random';
import { Phase, Requests } from './requests';

/** Most endpoints tried for one request, as in the proxy. */
const MAX_ATTEMPTS = 3;

/** Streams of chance; each caller has one more. */
const enum Stream { ARRIVALS, CALLERS, WORK, KEYS, FIRST_CALLER }

const enum Kind {
  ARRIVAL,
  /** A request comes to its endpoint. */
  REACHED,
  /** Work on a request is done. */
  DONE,
  /** An answer comes to its caller. */
  ANSWER,
  /** A connection could not be made, or broke. */
  UNCONNECTED,
  BROKEN,
  /** The earliest deadline is over. */
  DEADLINE,
  CHANGE,
  RENEWAL,
}

export class Simulation {
  readonly measurements: Measurements;
  /** Requests that have come. */
  arrived = 0;
  /** Events so far. */
  events = 0;

  private now = 0;
  private rateFactor = 1;
  private live = 0;
  private readonly queue = new EventQueue();
  private readonly deadlines = new Deadlines();
  private readonly requests = new Requests();
  private readonly backends: readonly Backend[];
  private readonly callers: readonly Caller[];
  private readonly random: { arrivals(): number; callers(): number; work(): number; keys(): number };
  private readonly hashOf: (share: number) => number;
  private readonly pickRequest: { hash: number | undefined; attempt: number } = { hash: undefined, attempt: 0 };
  private readonly waits: Float64Array;
  private readonly begun: Float64Array;
  private measuring = false;

  /** @param policy with its defaults filled in */
  constructor(private readonly plan: Plan, readonly policy: LoadBalancingConfig, seed: number) {
    this.measurements = new Measurements(plan);
    this.backends = plan.endpoints.map((endpoint) => new Backend(endpoint));
    this.random = {
      arrivals: randomStream(seed, Stream.ARRIVALS),
      callers: randomStream(seed, Stream.CALLERS),
      work: randomStream(seed, Stream.WORK),
      keys: randomStream(seed, Stream.KEYS),
    };
    this.hashOf = keyHashes(plan.keys, seed);
    this.waits = new Float64Array(plan.endpoints.length);
    this.begun = new Float64Array(plan.endpoints.length);
    this.callers = Array.from({ length: plan.callers }, (_, index) => new Caller(
      plan.endpoints, policy,
      { random: randomStream(seed, Stream.FIRST_CALLER + index), now: () => this.now },
      (ms, generation) => this.queue.schedule(this.now + ms, Kind.RENEWAL, index, generation),
    ));
    plan.changes.forEach(({ atMs }, index) => this.queue.schedule(atMs, Kind.CHANGE, index, 0));
    this.scheduleArrival();
  }

  /** All requests have come and ended. */
  get finished(): boolean {
    return this.arrived === this.plan.requests && this.live === 0;
  }

  /** Part of the run that is over, 0 to 1. */
  get progress(): number {
    return this.arrived / this.plan.requests;
  }

  /** Goes on for at most so many events; true when it is finished. */
  step(events: number): boolean {
    const { queue } = this;
    const measuredFrom = durationOf(this.plan) * this.plan.warmUp;
    for (let turn = 0; turn < events && !this.finished; turn++) {
      queue.next();
      this.now = queue.time;
      this.events++;
      if (!this.measuring && this.now >= measuredFrom) this.startMeasuring();
      this.handle(queue.kind, queue.subject, queue.serial);
    }
    if (!this.finished) return false;
    this.conclude();
    return true;
  }

  /** To the end, at once. */
  run(): Measurements {
    while (!this.step(1_000_000));
    return this.measurements;
  }

  private handle(kind: Kind, subject: number, serial: number): void {
    switch (kind) {
      case Kind.ARRIVAL: this.arrive(); return;
      case Kind.DEADLINE: this.meetDeadlines(); return;
      case Kind.CHANGE: this.change(this.plan.changes[subject]!); return;
      case Kind.RENEWAL: this.callers[subject]!.renew(serial); return;
    }
    if (this.requests.serial[subject] !== serial) return;
    switch (kind) {
      case Kind.REACHED: this.reach(subject); return;
      case Kind.DONE: this.done(subject); return;
      case Kind.ANSWER: this.answer(subject); return;
      case Kind.UNCONNECTED: this.leaveFailed(subject, true); return;
      case Kind.BROKEN: this.leaveBroken(subject); return;
    }
  }

  private scheduleArrival(): void {
    const meanMs = 1_000 / (this.plan.rps * this.rateFactor);
    const gapMs = this.plan.arrivals === 'even' ? meanMs : -Math.log1p(-this.random.arrivals()) * meanMs;
    this.queue.schedule(this.now + gapMs, Kind.ARRIVAL, 0, 0);
  }

  private arrive(): void {
    const { requests, plan, random, now } = this;
    const request = requests.take();
    requests.caller[request] = plan.arrivals === 'even' ? this.arrived % plan.callers : Math.floor(random.callers() * plan.callers);
    requests.work[request] = random.work();
    requests.hash[request] = this.hashOf(random.keys());
    requests.startedAt[request] = now;
    requests.attempts[request] = 0;
    this.arrived++;
    this.live++;
    if (this.arrived < plan.requests) this.scheduleArrival();
    else this.measurements.lastArrived(now);
    if (this.deadlines.size === 0) this.queue.schedule(now + plan.timeoutMs, Kind.DEADLINE, 0, 0);
    this.deadlines.add(now + plan.timeoutMs, request, now);
    const endpoint = this.callers[requests.caller[request]!]!.pick(this.asked(request));
    if (endpoint) this.send(request, endpoint);
    else this.fail(request, 'noEndpoint');
  }

  private asked(request: number): PickRequest {
    this.pickRequest.hash = this.requests.hash[request]!;
    this.pickRequest.attempt = this.requests.attempts[request]!;
    return this.pickRequest;
  }

  private send(request: number, endpoint: KnownEndpoint): void {
    const { requests, now } = this;
    const { networkMs } = this.plan;
    requests.phase[request] = Phase.SENT;
    requests.endpoint[request] = endpoint.index;
    requests.attempts[request]!++;
    requests.attemptedAt[request] = now;
    requests.refused[request] = 0;
    requests.reused[request] = endpoint.idle > 0 ? 1 : 0;
    if (endpoint.idle > 0) endpoint.idle--;
    endpoint.learned.started();
    this.measurements.sent(endpoint.index, now);
    // A new connection is there and back before the request leaves.
    this.after(requests.reused[request] === 1 ? networkMs : 3 * networkMs, Kind.REACHED, request);
  }

  private reach(request: number): void {
    const { requests, now, plan } = this;
    const backend = this.backends[requests.endpoint[request]!]!;
    const reused = requests.reused[request] === 1;
    requests.reachedAt[request] = now;
    if (backend.state === 'stopped') {
      this.after(plan.networkMs, reused ? Kind.BROKEN : Kind.UNCONNECTED, request);
    } else if (backend.state === 'vanished') {
      // On an open connection there is nothing to see until the route's timeout.
      if (!reused) this.after(Math.max(0, requests.attemptedAt[request]! + plan.connectTimeoutMs - now), Kind.UNCONNECTED, request);
    } else if (backend.failsAfterMs !== undefined) {
      requests.refused[request] = 1;
      requests.phase[request] = Phase.ANSWERED;
      backend.fail(backend.failsAfterMs);
      this.after(backend.failsAfterMs + plan.networkMs, Kind.ANSWER, request);
    } else if (backend.full) {
      requests.phase[request] = Phase.QUEUED;
      backend.enqueue(request, requests.next);
    } else {
      this.serve(request, backend);
    }
  }

  private serve(request: number, backend: Backend): void {
    const { requests, now } = this;
    const endpoint = requests.endpoint[request]!;
    requests.phase[request] = Phase.SERVED;
    backend.begin(now);
    this.waits[endpoint]! += now - requests.reachedAt[request]!;
    this.begun[endpoint]!++;
    this.after(backend.workMs(requests.work[request]!), Kind.DONE, request);
  }

  private done(request: number): void {
    const { requests, now } = this;
    const backend = this.backends[requests.endpoint[request]!]!;
    backend.end(now);
    if (requests.phase[request] === Phase.FORGOTTEN) {
      requests.release(request);
    } else {
      requests.phase[request] = Phase.ANSWERED;
      this.after(this.plan.networkMs, Kind.ANSWER, request);
    }
    this.serveNext(backend);
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

  private answer(request: number): void {
    const { requests, now, measurements } = this;
    const index = requests.endpoint[request]!;
    const endpoint = this.callers[requests.caller[request]!]!.known[index]!;
    const backend = this.backends[index]!;
    const refused = requests.refused[request] === 1;
    endpoint.learned.finished(now - requests.attemptedAt[request]!, refused ? 'failure' : 'success', now);
    endpoint.learned.report(backend.currentReport(now), now);
    if (endpoint.state === 'ready' && backend.state === 'up') endpoint.idle++;
    if (refused) {
      measurements.endpoints[index]!.failed++;
      measurements.failedWith('status', requests.startedAt[request]!, now);
    } else {
      measurements.succeeded(requests.startedAt[request]!, now);
    }
    this.end(request);
  }

  /** Nothing of the request was sent: to another endpoint, while there is one. */
  private leaveFailed(request: number, tryOther: boolean): void {
    const { requests } = this;
    const caller = this.callers[requests.caller[request]!]!;
    const endpoint = this.blame(request);
    const other = tryOther && requests.attempts[request]! < MAX_ATTEMPTS ? caller.pickOther(endpoint, this.asked(request)) : undefined;
    if (other) this.retry(request, other);
    else this.fail(request, 'connect');
  }

  /** The connection broke: to whichever endpoint when it had been used before, for then it was its end that came first. */
  private leaveBroken(request: number): void {
    const { requests } = this;
    const caller = this.callers[requests.caller[request]!]!;
    if (requests.reused[request] === 0 || requests.attempts[request]! >= MAX_ATTEMPTS) {
      this.blame(request);
      this.fail(request, 'broken');
      return;
    }
    caller.known[requests.endpoint[request]!]!.learned.abandoned();
    const endpoint = caller.pick(this.asked(request));
    if (endpoint) this.retry(request, endpoint);
    else this.fail(request, 'noEndpoint');
  }

  private retry(request: number, endpoint: KnownEndpoint): void {
    this.requests.serial[request]!++;
    this.measurements.retries++;
    this.send(request, endpoint);
  }

  /** The attempt counts as a failure of its endpoint. */
  private blame(request: number): KnownEndpoint {
    const { requests, now } = this;
    const index = requests.endpoint[request]!;
    const endpoint = this.callers[requests.caller[request]!]!.known[index]!;
    endpoint.learned.finished(now - requests.attemptedAt[request]!, 'failure', now);
    this.measurements.endpoints[index]!.failed++;
    return endpoint;
  }

  private fail(request: number, failure: Failure): void {
    this.measurements.failedWith(failure, this.requests.startedAt[request]!, this.now);
    this.end(request);
  }

  private end(request: number): void {
    this.live--;
    this.requests.release(request);
  }

  private meetDeadlines(): void {
    const { deadlines, requests, now } = this;
    while (deadlines.size > 0) {
      const request = deadlines.subject;
      const phase = requests.phase[request]!;
      const open = phase !== Phase.FREE && phase !== Phase.FORGOTTEN && requests.startedAt[request] === deadlines.startedAt;
      if (open && deadlines.time > now) break;
      deadlines.drop();
      if (open) this.giveUp(request, phase);
    }
    if (deadlines.size > 0) this.queue.schedule(deadlines.time, Kind.DEADLINE, 0, 0);
  }

  /** The route's timeout is over. */
  private giveUp(request: number, phase: Phase): void {
    const { requests, now, measurements } = this;
    this.blame(request);
    measurements.failedWith('timeout', requests.startedAt[request]!, now);
    if (phase === Phase.QUEUED || phase === Phase.SERVED) {
      requests.phase[request] = Phase.FORGOTTEN;
      this.live--;
    } else {
      this.end(request);
    }
  }

  private change(change: Change): void {
    if (change.type === 'rate') {
      this.rateFactor = change.factor;
      return;
    }
    const backend = this.backends[change.endpoint]!;
    switch (change.type) {
      case 'pace': backend.pace = change.factor; return;
      case 'failing': backend.failsAfterMs = change.answerMs; return;
      case 'started': backend.state = 'up'; return;
      case 'stopped': this.lose(change.endpoint, 'stopped'); return;
      case 'vanished': this.lose(change.endpoint, 'vanished'); return;
      case 'discovered':
        for (const caller of this.callers) caller.discover(change.endpoint, change.state);
    }
  }

  /** What an endpoint held is gone with it; callers of a process see their connections break, those of a machine see nothing. */
  private lose(endpoint: number, state: 'stopped' | 'vanished'): void {
    const { requests, plan } = this;
    const backend = this.backends[endpoint]!;
    backend.state = state;
    backend.empty(this.now);
    for (let request = 0; request < requests.places; request++) {
      if (requests.endpoint[request] !== endpoint) continue;
      const phase = requests.phase[request]!;
      if (phase === Phase.FORGOTTEN) requests.release(request);
      if (phase !== Phase.QUEUED && phase !== Phase.SERVED) continue;
      // An event of work that is under way is not meant for it any more.
      requests.serial[request]!++;
      requests.phase[request] = Phase.SENT;
      if (state === 'stopped') this.after(plan.networkMs, Kind.BROKEN, request);
    }
    if (state === 'stopped') for (const caller of this.callers) caller.known[endpoint]!.idle = 0;
  }

  private after(ms: number, kind: Kind, request: number): void {
    this.queue.schedule(this.now + ms, kind, request, this.requests.serial[request]!);
  }

  private startMeasuring(): void {
    this.measuring = true;
    for (const backend of this.backends) backend.busy.restart(this.now);
    this.waits.fill(0);
    this.begun.fill(0);
  }

  private conclude(): void {
    this.measurements.endpoints.forEach((result, index) => {
      const backend = this.backends[index]!;
      result.utilization = backend.busy.mean(this.now) / backend.planned.concurrency;
      result.meanWaitMs = this.begun[index]! > 0 ? this.waits[index]! / this.begun[index]! : 0;
    });
  }
}
