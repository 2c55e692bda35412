/**
 * A calling proxy: the endpoints that it knows, what it has learned of each, the connections that it holds, the balancer of
 * the proxy itself, which puts policy and stages together (src/balancing/balancer.ts), and its very outlier detection. Around them
 * stands what the proxy's cluster does (src/proxy/cluster/cluster.ts): ready endpoints are used, those that drain when none is
 * ready; one that proves itself gets one request; and the balancer is renewed when it asks for it.
 */
import { Balancer, BalancerReport, BalancingConfig, Ending, Learned, OutlierDetector, PickRequest, Place, Surroundings } from '../balancing';
import { KnownEndpoint } from './known-endpoint';
import type { Plan } from './plan';

/** How often a policy is asked for another endpoint, as in the proxy. */
const REDRAWS = 2;

export class Caller {
  readonly known: readonly KnownEndpoint[];
  /** Goes up whenever the balancer has another picker: what was asked for before no longer counts. */
  private generation = 0;
  private readonly balancer: Balancer<KnownEndpoint>;
  private readonly detector: OutlierDetector<KnownEndpoint> | undefined;
  private available: readonly KnownEndpoint[] = [];
  /** The detector has another opinion of an endpoint, which the balancer doesn't know yet. */
  private rejudged = false;

  /**
   * @param identity   tells it from the other callers
   * @param place      where it is, as far as it knows
   * @param renewLater asks for {@link renew} with this generation after so many milliseconds
   * @param onEjected  an endpoint is ejected
   */
  constructor(
    private readonly identity: string,
    private readonly place: Place,
    { endpoints, outlierDetection }: Pick<Plan, 'endpoints' | 'outlierDetection'>,
    private readonly balancing: BalancingConfig,
    private readonly surroundings: Surroundings,
    private readonly renewLater: (ms: number, generation: number) => void,
    onEjected: () => void,
  ) {
    this.balancer = new Balancer(balancing, surroundings, { identity, ...place });
    this.known = endpoints.map((endpoint, index) => new KnownEndpoint(index, endpoint, new Learned(this.balancer.learning)));
    if (outlierDetection && outlierDetection.mode !== 'off') {
      this.detector = new OutlierDetector(outlierDetection, surroundings, {
        onOutlier: (_suspect, _rule, ejected) => { if (ejected) onEjected(); },
        onStanding: (endpoint) => {
          if (endpoint.conduct.standing === 'ejected') endpoint.idle = 0;
          this.rejudged = true;
        },
      });
    }
    this.update();
  }

  /** How often it looks at how its endpoints did; undefined when it doesn't. */
  get lookMs(): number | undefined {
    return this.detector?.intervalMs;
  }

  /** What it does at the moment. */
  get report(): BalancerReport {
    return this.balancer.report();
  }

  pick(request: PickRequest): KnownEndpoint | undefined {
    const endpoint = this.balancer.pick(request);
    return endpoint?.conduct.standing === 'probing' ? this.pickProbing(endpoint, request) : endpoint;
  }

  /** Whether it may send a request there. */
  uses(endpoint: KnownEndpoint): boolean {
    return this.available.includes(endpoint);
  }

  /** A number from 0 to 1. */
  chance(): number {
    return this.surroundings.random();
  }

  /** Another endpoint than those that were tried: by the policy if it names one, else by chance, one that works if there is one. */
  pickOther(tried: readonly KnownEndpoint[], request: PickRequest): KnownEndpoint | undefined {
    for (let draw = 0; draw < REDRAWS; draw++) {
      const endpoint = this.balancer.pick(request);
      if (endpoint && !tried.includes(endpoint) && endpoint.sound) return endpoint;
    }
    const others = this.available.filter((endpoint) => !tried.includes(endpoint));
    const sound = others.filter((endpoint) => endpoint.sound);
    const choice = sound.length > 0 ? sound : others;
    return choice[Math.floor(this.surroundings.random() * choice.length)];
  }

  /** An endpoint has begun to answer. */
  answered(endpoint: KnownEndpoint): void {
    endpoint.conduct.answers++;
  }

  /** A request that was sent at `startedAt` ended. */
  ended(endpoint: KnownEndpoint, ending: Ending, startedAt: number): void {
    const now = this.surroundings.now();
    endpoint.learned.finished(now - startedAt, ending === Ending.ANSWERED ? 'success' : 'failure', now);
    this.detector?.ended(endpoint, ending, startedAt);
    this.heed();
  }

  /** The same of one that says nothing of the endpoint. */
  abandoned(endpoint: KnownEndpoint, startedAt: number): void {
    endpoint.learned.abandoned();
    this.detector?.abandoned(endpoint, startedAt);
  }

  /** Looks at how its endpoints did. */
  look(): void {
    this.detector?.look();
    this.heed();
  }

  /** The proxy starts now: to it, no endpoint is new. */
  start(): void {
    for (const endpoint of this.known) endpoint.since = undefined;
    this.update();
  }

  /** Discovery has news of an endpoint. */
  discover(index: number, state: KnownEndpoint['state']): void {
    const endpoint = this.known[index]!;
    if (endpoint.state === 'gone') endpoint.since = this.surroundings.now();
    if (state !== 'ready') endpoint.idle = 0;
    endpoint.state = state;
    this.update();
  }

  /** Health checks say of an endpoint whether it works. */
  judge(index: number, healthy: boolean): void {
    this.known[index]!.healthy = healthy;
    this.update();
  }

  /** Discovery has news of how many callers are in each zone. */
  count(callers: ReadonlyMap<string, number>): void {
    if (this.place.zone === undefined) return;
    this.balancer.move({ identity: this.identity, ...this.place, callers });
    this.settle();
  }

  renew(generation: number): void {
    if (generation !== this.generation) return;
    this.balancer.renew();
    this.settle();
  }

  /** One that was ejected gets one request to prove itself by: the first try of one, so that it can be tried elsewhere. */
  private pickProbing(endpoint: KnownEndpoint, request: PickRequest): KnownEndpoint {
    const isFirst = (request.attempt ?? 0) === 0;
    return isFirst && this.detector!.claim(endpoint) ? endpoint : this.pickOther([endpoint], request) ?? endpoint;
  }

  private update(): void {
    this.detector?.update(this.present);
    this.rebuild();
  }

  /** Goes by what the detector makes of endpoints. */
  private heed(): void {
    if (this.rejudged) this.rebuild();
  }

  private get present(): readonly KnownEndpoint[] {
    return this.known.filter(({ state }) => state !== 'gone');
  }

  private rebuild(): void {
    this.rejudged = false;
    const { present } = this;
    const ready = present.filter(({ state }) => state === 'ready');
    const available = ready.filter((endpoint) => endpoint.available);
    const lastResort = ready.length === 0 ? present : this.balancing.failover.panicPercent > 0 ? ready : [];
    this.available = available.length > 0 ? available : lastResort;
    if (ready.length > 0) this.balancer.update(ready, (endpoint) => endpoint.available);
    else this.balancer.update(present);
    this.settle();
  }

  private settle(): void {
    // The proxy does this in slices between requests.
    while (this.balancer.renewAfterMs === 0) this.balancer.renew();
    this.generation++;
    if (this.balancer.renewAfterMs !== undefined) this.renewLater(this.balancer.renewAfterMs, this.generation);
  }
}
