/**
 * A calling proxy: a picker over the endpoints that it knows, what it has learned of each, and the connections that it
 * holds. It does what the proxy's cluster does (src/proxy/cluster/cluster.ts), with the same pickers: ready endpoints are
 * used, those that drain when none is ready; a picker is built anew when endpoints change or when it asks for it.
 */
import { Balanced, createPicker, Learned, Learning, Picker, PickRequest, Surroundings } from '../balancing';
import type { LoadBalancingConfig } from '../contract';
import type { PlannedEndpoint } from './plan';

/** How often a policy is asked for another endpoint, as in the proxy. */
const REDRAWS = 2;

/** An endpoint as one caller knows it. */
export class KnownEndpoint implements Balanced {
  readonly key: string;
  readonly weight: number;
  readonly zone: string | undefined;
  since: number | undefined = undefined;
  state: 'ready' | 'draining' | 'gone';
  /** Connections on which no request is under way. */
  idle = 0;

  constructor(readonly index: number, { name, weight, zone, later }: PlannedEndpoint, readonly learned: Learned) {
    this.key = name;
    this.weight = weight;
    this.zone = zone;
    this.state = later ? 'gone' : 'ready';
  }
}

export class Caller {
  readonly known: readonly KnownEndpoint[];
  /** Goes up whenever a picker is put in force: what an earlier one asked for no longer counts. */
  generation = 0;
  private readonly learning = new Learning();
  private available: readonly KnownEndpoint[] = [];
  private picker: Picker<KnownEndpoint>;

  /** @param renewLater asks for {@link renew} with this generation after so many milliseconds */
  constructor(
    endpoints: readonly PlannedEndpoint[],
    private readonly policy: LoadBalancingConfig,
    private readonly surroundings: Surroundings,
    private readonly renewLater: (ms: number, generation: number) => void,
  ) {
    this.learning.follow(policy);
    this.known = endpoints.map((endpoint, index) => new KnownEndpoint(index, endpoint, new Learned(this.learning)));
    this.picker = createPicker<KnownEndpoint>([], policy, surroundings);
    this.rebuild();
  }

  pick(request: PickRequest): KnownEndpoint | undefined {
    return this.picker.pick(request);
  }

  /** Another endpoint than the one that failed: by the policy if it names one, else by chance. */
  pickOther(failed: KnownEndpoint, request: PickRequest): KnownEndpoint | undefined {
    for (let draw = 0; draw < REDRAWS; draw++) {
      const endpoint = this.picker.pick(request);
      if (endpoint !== failed) return endpoint;
    }
    const others = this.available.filter((endpoint) => endpoint !== failed);
    return others[Math.floor(this.surroundings.random() * others.length)];
  }

  /** Discovery has news of an endpoint. */
  discover(index: number, state: KnownEndpoint['state']): void {
    const endpoint = this.known[index]!;
    if (endpoint.state === 'gone') endpoint.since = this.surroundings.now();
    if (state !== 'ready') endpoint.idle = 0;
    endpoint.state = state;
    this.rebuild();
  }

  renew(generation: number): void {
    if (generation === this.generation) this.rebuild();
  }

  private rebuild(): void {
    const present = this.known.filter((endpoint) => endpoint.state !== 'gone');
    const ready = present.filter((endpoint) => endpoint.state === 'ready');
    this.available = ready.length > 0 ? ready : present;
    const picker = createPicker(this.available, this.policy, this.surroundings, { previous: this.picker });
    // The proxy does this in slices between requests.
    while (picker.prepare && !picker.prepare());
    this.picker = picker;
    this.generation++;
    if (picker.renewAfterMs !== undefined) this.renewLater(picker.renewAfterMs, this.generation);
  }
}
