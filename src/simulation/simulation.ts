/**
 * One plan run with one policy and what stands around it: a discrete-event simulation. Callers choose endpoints, eject them, and
 * decide about retries with the proxy's own code (src/balancing), and feed what they learn as the proxy does:
 *
 *   - a failed attempt is followed by what the table of failures says (src/balancing/retries/next-try.ts);
 *   - an attempt that takes long, or whose endpoint answers nobody, gets a second one beside it; the first answer that counts wins;
 *   - the timeout of a request counts as a failure of the endpoints that have it. An endpoint drops what still waits and is given
 *     up, and finishes what it has begun.
 *
 * Not simulated: limits on connections and on requests, the cost of the proxies themselves, and the closing of connections
 * that are idle for long.
 *
 * A run is a pure function of plan, balancing and seed.
 */
import type { BalancerReport, BalancingConfig } from '../balancing';
import { BY_HASH } from '../contract';
import { Attempts } from './attempts';
import { Callers } from './callers';
import { Measurements } from './measurements';
import { Change, durationOf, Plan } from './plan';
import { randomStream, Stream } from './random';
import { Requests } from './requests';
import { Service } from './service';
import { Kind, Timeline } from './timeline';
import { Phase, Tries } from './tries';

export class Simulation {
  readonly measurements: Measurements;
  /** Requests that have come. */
  arrived = 0;
  /** Events so far. */
  events = 0;

  private rateFactor = 1;
  private readonly requests = new Requests();
  private readonly tries = new Tries();
  private readonly time = new Timeline();
  private readonly service: Service;
  private readonly callers: Callers;
  private readonly attempts: Attempts;
  private readonly randomArrival: () => number;
  private measuring = false;

  /** @param balancing with its defaults filled in */
  constructor(private readonly plan: Plan, balancing: BalancingConfig, seed: number) {
    const { requests, tries, time } = this;
    const hashed = BY_HASH.includes(balancing.loadBalancing.type);
    this.measurements = new Measurements(plan);
    this.service = new Service(plan, tries, time);
    this.callers = new Callers(plan, requests, time, this.measurements, balancing, seed);
    this.attempts = new Attempts({ plan, requests, tries, time, service: this.service, measurements: this.measurements }, this.callers.all, hashed);
    this.randomArrival = randomStream(seed, Stream.ARRIVALS);
    plan.changes.forEach(({ atMs }, index) => time.after(atMs, Kind.CHANGE, index));
    this.scheduleArrival();
  }

  /** All requests have come and ended. */
  get finished(): boolean {
    return this.arrived === this.plan.requests && this.attempts.live === 0;
  }

  /** Part of the run that is over, 0 to 1. */
  get progress(): number {
    return this.arrived / this.plan.requests;
  }

  /** What each caller's balancer does at the moment. */
  get balancers(): readonly BalancerReport[] {
    return this.callers.all.map(({ report }) => report);
  }

  /** Goes on for at most so many events; true when it is finished. */
  step(events: number): boolean {
    const { time } = this;
    const measuredFrom = durationOf(this.plan) * this.plan.warmUp;
    for (let turn = 0; turn < events && !this.finished; turn++) {
      time.advance();
      this.events++;
      if (!this.measuring && time.now >= measuredFrom) this.startMeasuring();
      this.handle(time.queue.kind, time.queue.subject, time.queue.serial);
    }
    if (!this.finished) return false;
    this.service.conclude(this.measurements.endpoints);
    return true;
  }

  /** To the end, at once. */
  run(): Measurements {
    while (!this.step(1_000_000));
    return this.measurements;
  }

  private handle(kind: Kind, subject: number, serial: number): void {
    const { attempts, service } = this;
    switch (kind) {
      case Kind.ARRIVAL: this.arrive(); return;
      case Kind.DEADLINE: attempts.meetDeadlines(); return;
      case Kind.CHANGE: this.change(this.plan.changes[subject]!); return;
      case Kind.TASK: this.time.runTask(subject); return;
    }
    if (kind === Kind.RETRY) {
      if (this.requests.serial[subject] === serial) attempts.sendAgain(subject);
      return;
    }
    if (this.tries.serial[subject] !== serial) return;
    const forgotten = this.tries.phase[subject] === Phase.FORGOTTEN;
    switch (kind) {
      case Kind.REACHED: service.reach(subject); return;
      case Kind.DONE: service.done(subject); return;
      case Kind.ANSWER: attempts.answer(subject); return;
      case Kind.UNCONNECTED: attempts.leaveUnconnected(subject); return;
      case Kind.BROKEN: attempts.leaveBroken(subject); return;
      case Kind.TRY_TIMEOUT: if (!forgotten) attempts.endTry(subject); return;
      case Kind.HEDGE: if (!forgotten) attempts.hedge(subject); return;
    }
  }

  private scheduleArrival(): void {
    const meanMs = 1_000 / (this.plan.rps * this.rateFactor);
    this.time.after(this.plan.arrivals === 'even' ? meanMs : -Math.log1p(-this.randomArrival()) * meanMs, Kind.ARRIVAL, 0);
  }

  private arrive(): void {
    const turn = this.arrived++;
    if (this.arrived < this.plan.requests) this.scheduleArrival();
    else this.measurements.lastArrived(this.time.now);
    this.attempts.begin(this.callers.take(turn));
  }

  private change(change: Change): void {
    const { callers, service } = this;
    switch (change.type) {
      case 'rate': this.rateFactor = change.factor; return;
      case 'calling':
        callers.setCalling(change.caller, change.calls);
        if (!change.calls) this.attempts.loseCaller(change.caller);
        return;
      case 'counted': callers.setCounted(change.callers); return;
      case 'discovered': for (const caller of callers.all) caller.discover(change.endpoint, change.state); return;
      case 'judged': for (const caller of callers.all) caller.judge(change.endpoint, change.healthy); return;
    }
    service.change(change);
    if (change.type === 'stopped') callers.disconnect(change.endpoint);
  }

  private startMeasuring(): void {
    this.measuring = true;
    this.service.startMeasuring();
  }
}
