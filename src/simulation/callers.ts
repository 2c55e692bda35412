/** Who asks: the calling proxies, which of them requests come to, and what a request brings along. */
import type { BalancingConfig } from '../balancing';
import { Caller } from './caller';
import { keyHashes } from './keys';
import type { Measurements } from './measurements';
import type { Plan } from './plan';
import { randomStream, Stream } from './random';
import type { Requests } from './requests';
import type { Timeline } from './timeline';

export class Callers {
  readonly all: readonly Caller[];
  /** Those that requests come to, by index. */
  private calling: readonly number[];
  private readonly random: { callers(): number; work(): number; keys(): number; methods(): number };
  private readonly hashOf: (share: number) => number;

  constructor(
    private readonly plan: Plan, private readonly requests: Requests, private readonly time: Timeline, measurements: Measurements,
    balancing: BalancingConfig, seed: number,
  ) {
    this.random = {
      callers: randomStream(seed, Stream.CALLERS), work: randomStream(seed, Stream.WORK), keys: randomStream(seed, Stream.KEYS),
      methods: randomStream(seed, Stream.METHODS),
    };
    this.hashOf = keyHashes(plan.keys, seed);
    this.calling = plan.callers.flatMap(({ later }, index) => (later ? [] : [index]));
    const callers = this.perZone(this.calling);
    this.all = plan.callers.map(({ zone }, index) => new Caller(
      `${seed}-${index}`, zone === undefined ? {} : { zone, callers }, plan, balancing,
      { random: randomStream(seed, Stream.FIRST_CALLER + index), now: () => time.now, after: (ms, task) => time.callAfter(ms, task) },
      () => { measurements.ejections++; },
    ));
  }

  /** A request comes, the so many-th. */
  take(turn: number): number {
    const { calling, random, requests, plan } = this;
    const caller = calling[plan.arrivals === 'even' ? turn % calling.length : Math.floor(random.callers() * calling.length)]!;
    const request = requests.begin(caller, this.time.now);
    requests.work[request] = random.work();
    requests.hash[request] = this.hashOf(random.keys());
    requests.repeatable[request] = plan.idempotent === undefined || random.methods() < plan.idempotent ? 1 : 0;
    return request;
  }

  /** Requests come to a caller from now on, or no longer. */
  setCalling(caller: number, calls: boolean): void {
    this.calling = calls ? [...this.calling, caller] : this.calling.filter((other) => other !== caller);
    if (calls) this.all[caller]!.start();
  }

  /** Discovery tells all callers which of them there are. */
  setCounted(present: readonly number[]): void {
    const callers = this.perZone(present);
    for (const caller of this.all) caller.count(callers);
  }

  /** A process has ended, and its connections with it. */
  disconnect(endpoint: number): void {
    for (const caller of this.all) caller.known[endpoint]!.idle = 0;
  }

  private perZone(present: readonly number[]): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const index of present) {
      const { zone } = this.plan.callers[index]!;
      if (zone !== undefined) counts.set(zone, (counts.get(zone) ?? 0) + 1);
    }
    return counts;
  }
}
