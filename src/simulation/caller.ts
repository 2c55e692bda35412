/**
 * A calling proxy: the endpoints that it knows, what it has learned of each, the connections that it holds, and the
 * balancer of the proxy itself, which puts policy and stages together (src/balancing/balancer.ts). Around it stands what the
 * proxy's cluster does (src/proxy/cluster/cluster.ts): ready endpoints are used, those that drain when none is ready; and the
 * balancer is renewed when it asks for it.
 */
import { Balanced, Balancer, BalancerReport, BalancingConfig, Learned, PickRequest, Place, Surroundings } from '../balancing';
import type { PlannedEndpoint } from './plan';

/** How often a policy is asked for another endpoint, as in the proxy. */
const REDRAWS = 2;

/** An endpoint as one caller knows it. */
export class KnownEndpoint implements Balanced {
  readonly key: string;
  readonly weight: number;
  readonly zone: string | undefined;
  readonly priority: number | undefined;
  since: number | undefined = undefined;
  state: 'ready' | 'draining' | 'gone';
  /** Health checks don't complain of it. */
  healthy = true;
  /** Connections on which no request is under way. */
  idle = 0;

  constructor(readonly index: number, { name, weight, zone, priority, later }: PlannedEndpoint, readonly learned: Learned) {
    this.key = name;
    this.weight = weight;
    this.zone = zone;
    this.priority = priority;
    this.state = later ? 'gone' : 'ready';
  }
}

export class Caller {
  readonly known: readonly KnownEndpoint[];
  /** Goes up whenever the balancer has another picker: what was asked for before no longer counts. */
  private generation = 0;
  private readonly balancer: Balancer<KnownEndpoint>;
  private available: readonly KnownEndpoint[] = [];

  /**
   * @param identity   tells it from the other callers
   * @param place      where it is, as far as it knows
   * @param renewLater asks for {@link renew} with this generation after so many milliseconds
   */
  constructor(
    private readonly identity: string,
    private readonly place: Place,
    endpoints: readonly PlannedEndpoint[],
    private readonly balancing: BalancingConfig,
    private readonly surroundings: Surroundings,
    private readonly renewLater: (ms: number, generation: number) => void,
  ) {
    this.balancer = new Balancer(balancing, surroundings, { identity, ...place });
    this.known = endpoints.map((endpoint, index) => new KnownEndpoint(index, endpoint, new Learned(this.balancer.learning)));
    this.update();
  }

  /** What it does at the moment. */
  get report(): BalancerReport {
    return this.balancer.report();
  }

  pick(request: PickRequest): KnownEndpoint | undefined {
    return this.balancer.pick(request);
  }

  /** Another endpoint than those that were tried: by the policy if it names one, else by chance. */
  pickOther(tried: readonly KnownEndpoint[], request: PickRequest): KnownEndpoint | undefined {
    for (let draw = 0; draw < REDRAWS; draw++) {
      const endpoint = this.balancer.pick(request);
      if (endpoint && !tried.includes(endpoint)) return endpoint;
    }
    const others = this.available.filter((endpoint) => !tried.includes(endpoint));
    return others[Math.floor(this.surroundings.random() * others.length)];
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

  private update(): void {
    const present = this.known.filter(({ state }) => state !== 'gone');
    const ready = present.filter(({ state }) => state === 'ready');
    const healthy = ready.filter((endpoint) => endpoint.healthy);
    const lastResort = ready.length === 0 ? present : this.balancing.failover.panicPercent > 0 ? ready : [];
    this.available = healthy.length > 0 ? healthy : lastResort;
    if (ready.length > 0) this.balancer.update(ready, (endpoint) => endpoint.healthy);
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
