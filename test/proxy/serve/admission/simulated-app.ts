/**
 * An app behind a limit, simulated event by event: so many requests are worked on at a time, the others wait in the app in
 * order. Requests come whether or not those before are answered (open loop). A client gives up after its patience; the app
 * does not notice and works on for nobody, which is what makes an overload without a limit collapse. A request may hang: it is
 * never answered, nobody sees its client go, and it keeps none of the app's workers.
 */
import { EventQueue } from '../../../../src/simulation/event-queue';
import { randomStream } from '../../../../src/simulation/random';

/** What decides who gets in. */
export interface Door {
  allows(inFlight: number, now: number): boolean;
  enter(inFlight: number, now: number): number;
  end(ticket: number, latencyMs: number, heldMs: number, givenUp: boolean, now: number): void;
}

export const OPEN_DOOR: Door = { allows: () => true, enter: () => 0, end: () => {} };

export interface Phase {
  readonly untilMs: number;
  readonly perSecond: number;
  /** Requests that the app can work on at a time. */
  readonly concurrency: number;
  /** Time that one takes. */
  readonly serviceMs: (random: () => number) => number;
  /** Time from the head of a request to the end of its body. Absent: it comes with the head. */
  readonly bodyMs?: number;
  /** So many of those that are let in hang, the first ones. */
  readonly hanging?: number;
}

export interface Run {
  readonly phases: readonly Phase[];
  readonly patienceMs: number;
  readonly seed?: number;
  readonly door: Door;
}

/** What came of the requests that arrived in a stretch of time. */
export interface Outcome {
  readonly offered: number;
  readonly refused: number;
  readonly givenUp: number;
  /** Answered in time, per second. */
  readonly goodput: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export const fixed = (ms: number) => (): number => ms;
export const exponential = (meanMs: number) => (random: () => number): number => -Math.log(1 - random()) * meanMs;
/** Some quick requests and some slow ones. */
export function mixed(quickMs: number, slowMs: number, slowShare: number): (random: () => number) => number {
  return (random) => (random() < slowShare ? slowMs : quickMs);
}

const enum Event { ARRIVAL = 0, COMPLETE, DONE, PATIENCE }

interface Request {
  readonly arrivedAt: number;
  completeAt: number;
  ticket: number;
  endedAt: number;
  state: 'refused' | 'hangs' | 'in' | 'answered' | 'givenUp';
}

export class Simulated {
  readonly requests: Request[] = [];

  constructor({ phases, patienceMs, seed = 1, door }: Run) {
    const arrivals = randomStream(seed, 1);
    const sizes = randomStream(seed, 2);
    const events = new EventQueue();
    const queue: number[] = [];
    let head = 0;
    let busy = 0;
    let inFlight = 0;
    const hung = new Map<Phase, number>();
    const end = phases.at(-1)!.untilMs;
    const phaseAt = (now: number): Phase => phases.find(({ untilMs }) => now < untilMs) ?? phases.at(-1)!;
    const work = (now: number): void => {
      const phase = phaseAt(now);
      while (busy < phase.concurrency && head < queue.length) {
        busy += 1;
        events.schedule(now + phase.serviceMs(sizes), Event.DONE, queue[head++]!, 0);
      }
    };
    events.schedule(0, Event.ARRIVAL, 0, 0);
    while (events.next()) {
      const { time: now, subject } = events;
      if (now > end + patienceMs) break;
      if (events.kind === Event.ARRIVAL) {
        if (now < end) events.schedule(now + exponential(1_000 / phaseAt(now).perSecond)(arrivals), Event.ARRIVAL, 0, 0);
        const request: Request = { arrivedAt: now, completeAt: Infinity, ticket: 0, endedAt: now, state: 'refused' };
        const index = this.requests.push(request) - 1;
        if (!door.allows(inFlight, now)) continue;
        inFlight += 1;
        request.ticket = door.enter(inFlight, now);
        const phase = phaseAt(now);
        const hanging = hung.get(phase) ?? 0;
        if (hanging < (phase.hanging ?? 0)) {
          hung.set(phase, hanging + 1);
          request.state = 'hangs';
          continue;
        }
        request.state = 'in';
        events.schedule(now + patienceMs, Event.PATIENCE, index, 0);
        events.schedule(now + (phase.bodyMs ?? 0), Event.COMPLETE, index, 0);
        continue;
      }
      const request = this.requests[subject]!;
      if (events.kind === Event.COMPLETE) {
        request.completeAt = now;
        queue.push(subject);
        work(now);
        continue;
      }
      if (events.kind === Event.DONE) busy -= 1;
      if (request.state === 'in') {
        request.state = events.kind === Event.DONE ? 'answered' : 'givenUp';
        request.endedAt = now;
        inFlight -= 1;
        door.end(request.ticket, Math.max(0, now - request.completeAt), now - request.arrivedAt, request.state === 'givenUp', now);
      }
      work(now);
    }
  }

  between(fromMs: number, toMs: number): Outcome {
    const some = this.requests.filter(({ arrivedAt }) => arrivedAt >= fromMs && arrivedAt < toMs);
    const answered = some.filter(({ state }) => state === 'answered');
    const latencies = answered.map(({ arrivedAt, endedAt }) => endedAt - arrivedAt).sort((a, b) => a - b);
    const quantile = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? NaN;
    return {
      offered: some.length,
      refused: some.filter(({ state }) => state === 'refused').length,
      givenUp: some.filter(({ state }) => state === 'givenUp').length,
      goodput: (answered.length * 1_000) / (toMs - fromMs),
      p50Ms: quantile(0.5),
      p99Ms: quantile(0.99),
    };
  }
}
