/**
 * The balancer of one cluster. It puts a policy together with the stages around it,
 *
 *     priority levels -> zones -> subset -> weights (declared, slow start, dynamic) -> policy
 *
 * each stage over the part of the endpoints that the one before it chose. `pick()` is the hot side. All else is cold and
 * builds the picker anew, when members or the configuration change and when {@link Balancer.renewAfterMs} have passed.
 *
 * A picker that takes long to build is prepared in slices, one each `renew()` or change; until it is done the one before goes on,
 * and what that one picks of endpoints that are no longer used is replaced. Endpoints that change meanwhile wait: the picker
 * is finished and put in force first, and then the next begun from the newest. If each change
 * began it anew, changes that come faster than a picker is built would keep it from ever being done.
 */
import type { BalancingStages, LoadBalancingConfig } from '../../contract';
import { rulesOf, weightsOfReports } from '../policies/client-side-weighted-round-robin';
import { DynamicWeight, DynamicWeights } from '../stages/dynamic-weights';
import { hashText } from '../tables/hash';
import { ClusterStats } from '../endpoints/endpoint-stats';
import { SinglePicker } from '../policies/single-picker';
import type { Balanced, Picker, PickRequest, PolicyChoice, Runtime } from '../endpoints/picker';
import { byPriority, Chosen, LevelReport } from '../stages/priority';
import { createPicker, ownWeights } from '../policies/registry';
import { ReportState, reportState } from '../endpoints/reported-weight';
import { slowStartFactor, slowStartStepMs } from '../stages/slow-start';
import { sanitizedWeights } from '../endpoints/sanitized-weights';
import { subsetOf } from '../stages/subset';
import { byZone, Locality, WeightFactors, ZoneReport, zonesOf } from '../stages/zone-aware';

/** How a cluster is balanced, with all defaults filled in. */
export interface BalancingConfig extends BalancingStages {
  readonly loadBalancing: LoadBalancingConfig;
}

/** The proxy that balances, and where it runs. */
export interface LocalNode extends Locality {
  /** Its name among all that balance over the same endpoints, for example the pod's; chooses the subset. */
  readonly identity: string;
}

/** The share of an endpoint, and where it comes from. */
export interface WeightReport {
  readonly key: string;
  /** What the policy goes by. */
  readonly weight: number;
  readonly declared: number;
  /** What slow start leaves of it, 0 to 1. */
  readonly slowStart: number;
  /** Undefined when weights are not dynamic. */
  readonly dynamic: DynamicWeight | undefined;
  /** What its load reports are worth to a policy that goes by them; undefined for the others. */
  readonly reports: ReportState | undefined;
}

/** The present state of a balancer, for people. */
export interface BalancerReport {
  readonly policy: LoadBalancingConfig['type'];
  /** What a policy that chooses among others has chosen. */
  readonly choice: PolicyChoice | undefined;
  readonly levels: readonly LevelReport[];
  /** Where this is, when that is known. */
  readonly localZone: string | undefined;
  /** Of the first level that takes requests; none when zones don't matter. */
  readonly zones: readonly ZoneReport[];
  /** The endpoints that are used, with their weights. */
  readonly endpoints: readonly WeightReport[];
}

export class Balancer<E extends Balanced> {
  /** What the endpoints share; give it to each one's `EndpointStats`. */
  readonly clusterStats = new ClusterStats();
  /** Milliseconds after which {@link renew} wants to be called; undefined when it need not be. */
  renewAfterMs: number | undefined = undefined;
  private members: readonly E[] = [];
  private isAvailable: (member: E) => boolean = () => true;
  private dynamicWeights: DynamicWeights | undefined;
  private picker: Picker<E> = new SinglePicker([]);
  /** The picker that is being prepared to replace it. */
  private next: Picker<E> | undefined = undefined;
  /** Endpoints have changed since {@link next} was begun. */
  private changed = false;
  /** The picker is made of the endpoints that are used; else it may pick others. */
  private settled = true;
  private used: readonly E[] = [];
  private usedSet: ReadonlySet<E> = new Set();
  private inUse: readonly E[] = [];
  private levels: readonly LevelReport[] = [];
  private zones: readonly ZoneReport[] = [];

  constructor(private config: BalancingConfig, private readonly runtime: Runtime, private node: LocalNode) {
    this.dynamicWeights = dynamicWeightsOf(config);
    this.clusterStats.follow(config.loadBalancing, config.zoneAware);
  }

  /** The endpoint for one request; undefined when there is none. */
  pick(request?: PickRequest): E | undefined {
    const picked = this.picker.pick(request);
    if (this.settled || (picked !== undefined && this.usedSet.has(picked))) return picked;
    const hash = request?.hash;
    const index = hash === undefined ? Math.floor(this.runtime.random() * this.used.length) : (hash >>> 0) % this.used.length;
    return this.used[index];
  }

  /**
   * The set of endpoints, or what is known of one, has changed.
   *
   * @param members     all endpoints that may take requests now; those that are draining belong here only when nothing else is
   *   left
   * @param isAvailable whether one is believed to work; asked whenever the picker is built
   */
  update(members: readonly E[], isAvailable: (member: E) => boolean = () => true): void {
    this.members = members;
    this.isAvailable = isAvailable;
    this.follow();
  }

  /** Another configuration: takes effect with the next pick, and what was learned of endpoints stays with them. */
  reconfigure(config: BalancingConfig): void {
    if (JSON.stringify(config.dynamicWeights) !== JSON.stringify(this.config.dynamicWeights)) this.dynamicWeights = dynamicWeightsOf(config);
    this.config = config;
    this.clusterStats.follow(config.loadBalancing, config.zoneAware);
    this.rebuild();
  }

  /** The proxy's locality, or what is known of it, has changed. */
  move(node: LocalNode): void {
    this.node = node;
    this.follow();
  }

  /** Does what is due after {@link renewAfterMs}. */
  renew(): void {
    if (this.next === undefined) this.rebuild();
    else this.advance(this.next);
  }

  /** What a policy that chooses among others has chosen; undefined for one that doesn't. */
  get choice(): PolicyChoice | undefined {
    return this.picker.choice;
  }

  /** Whether weights are anything but what was declared. */
  get weighs(): boolean {
    const { loadBalancing, slowStart, dynamicWeights } = this.config;
    return loadBalancing.type === 'clientSideWeightedRoundRobin' || slowStart !== undefined || dynamicWeights !== undefined;
  }

  report(): BalancerReport {
    const now = this.runtime.now();
    const { loadBalancing } = this.config;
    const weights = this.weightsInForce(now);
    const factors = this.factorsAt(now);
    const rules = loadBalancing.type === 'clientSideWeightedRoundRobin' ? rulesOf(loadBalancing) : undefined;
    return {
      policy: this.config.loadBalancing.type,
      choice: this.choice,
      levels: this.levels,
      localZone: this.node.zone,
      zones: this.zones,
      endpoints: this.inUse.map((endpoint, index) => ({
        key: endpoint.key,
        weight: weights[index]!,
        declared: endpoint.weight,
        slowStart: factors.slowStart(endpoint),
        dynamic: this.dynamicWeights?.of(endpoint),
        reports: rules && reportState(endpoint.stats, now, rules),
      })),
    };
  }

  /** Applies a change at once, or when the picker that is being prepared is done. */
  private follow(): void {
    if (this.next === undefined || this.members.length === 0) {
      this.rebuild();
      return;
    }
    this.changed = true;
    const nobody = new SinglePicker<E>([]);
    this.use(byPriority(this.members, this.isAvailable, this.config.failover, this.runtime, undefined, () => nobody));
    this.advance(this.next);
  }

  private rebuild(): void {
    const { config, runtime, node } = this;
    const now = runtime.now();
    this.dynamicWeights?.update(this.members, now);
    const inUse: E[] = [];
    const seed = hashText(node.identity);
    const leaf = (endpoints: readonly E[], previous: Picker<E> | undefined): Picker<E> => {
      const subset = config.subset === undefined ? endpoints : subsetOf(endpoints, config.subset.size, seed);
      inUse.push(...subset);
      return createPicker(subset, config.loadBalancing, runtime, { weights: this.weightsOf(subset, now), previous });
    };
    let zones: readonly ZoneReport[] | undefined;
    const chosen = byPriority(this.members, this.isAvailable, config.failover, runtime, this.picker, (endpoints, previous) => {
      if (config.zoneAware === undefined) return leaf(endpoints, previous);
      const zoned = byZone(endpoints, node, config.zoneAware, runtime, previous, this.factorsAt(now), leaf);
      zones ??= zonesOf(zoned);
      return zoned;
    });
    this.zones = zones ?? [];
    this.inUse = inUse;
    this.changed = false;
    this.use(chosen);
    this.advance(chosen.picker);
  }

  private use({ levels, used }: Pick<Chosen<E>, 'levels' | 'used'>): void {
    this.levels = levels;
    this.used = used;
    this.usedSet = new Set(used);
    this.settled = false;
  }

  /** Prepares another slice of the picker, and puts it in force when it is done. */
  private advance(picker: Picker<E>): void {
    const ready = picker.prepare?.() ?? true;
    this.next = ready ? undefined : picker;
    if (ready) {
      this.picker = picker;
      this.settled = !this.changed;
    }
    this.renewAfterMs = this.settled ? this.ageOf(picker) : 0;
  }

  private ageOf(picker: Picker<E>): number | undefined {
    const { slowStart, dynamicWeights, zoneAware } = this.config;
    const ages = [
      picker.renewAfterMs,
      slowStart && slowStartStepMs(this.inUse, this.runtime.now(), slowStart),
      dynamicWeights?.updateMs,
      zoneAware?.updateMs,
    ].filter((age) => age !== undefined);
    return ages.length === 0 || this.members.length === 0 ? undefined : Math.min(...ages);
  }

  /** The weights that the policy uses, reports included. It computes them for each zone and level separately, where they may differ by a factor. */
  private weightsInForce(now: number): readonly number[] {
    const { loadBalancing } = this.config;
    const weights = this.weightsOf(this.inUse, now);
    const reported = loadBalancing.type === 'clientSideWeightedRoundRobin' ? weightsOfReports(this.inUse, loadBalancing, now) : undefined;
    return reported === undefined ? weights : sanitizedWeights(reported).map((weight, index) => weight * weights[index]!);
  }

  private weightsOf(endpoints: readonly E[], now: number): readonly number[] {
    const factors = this.factorsAt(now);
    return sanitizedWeights(ownWeights(endpoints, this.config.loadBalancing)).map((weight, index) => (
      weight * factors.slowStart(endpoints[index]!) * factors.dynamic(endpoints[index]!)
    ));
  }

  private factorsAt(now: number): WeightFactors<E> {
    const { dynamicWeights, config: { slowStart } } = this;
    return {
      slowStart: ({ since }) => (slowStart === undefined ? 1 : slowStartFactor(since, now, slowStart)),
      dynamic: (endpoint) => dynamicWeights?.of(endpoint).factor ?? 1,
    };
  }
}

function dynamicWeightsOf({ dynamicWeights }: BalancingConfig): DynamicWeights | undefined {
  return dynamicWeights && new DynamicWeights(dynamicWeights);
}
