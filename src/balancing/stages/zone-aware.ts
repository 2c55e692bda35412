/**
 * Zone-aware choice: first a zone, by the shares of zone-shares.ts, then an endpoint in it by the policy. Utilization and
 * shares move with a time constant, so that traffic doesn't swing between zones as each begins and ends to look free.
 *
 * The utilization of a zone is the mean of what its endpoints report, each bounded: one alone counts as full at most, and as more
 * only where most of the zone say so. One that lies, or has gone mad, then doesn't empty its zone.
 */
import type { ZoneAwareConfig } from '../../contract';
import { AliasTable } from '../tables/alias-table';
import { Build, Composite } from './composite';
import type { Balanced, Picker, PickRequest, Runtime } from '../endpoints/picker';
import { sanitizedWeights } from '../endpoints/sanitized-weights';
import { ZoneState, zoneShares } from './zone-shares';

/** Where a proxy is. */
export interface Locality {
  /** Its zone, when it is known. */
  readonly zone?: string | undefined;
  /** How many callers like it are in each zone, when that is known. */
  readonly callers?: ReadonlyMap<string, number> | undefined;
}

/** A zone as it is used. */
export interface ZoneReport extends ZoneState {
  /** Part of the requests, 0 to 1. */
  readonly share: number;
}

/** What an endpoint's weight is multiplied by before it counts as capacity. */
export interface WeightFactors<E extends Balanced> {
  /** What slow start leaves, 0 to 1. */
  slowStart(endpoint: E): number;
  /** What measurements make of it. */
  dynamic(endpoint: E): number;
}

/** Smallest share that a table of shares can hold. */
const LEAST_SHARE = 1e-9;

class ByZone<E extends Balanced> extends Composite<E> {
  private readonly table: AliasTable;

  constructor(parts: readonly Picker<E>[], readonly zones: readonly ZoneReport[], readonly at: number, runtime: Runtime) {
    super(parts);
    this.table = new AliasTable(zones.map(({ share }) => Math.max(share, LEAST_SHARE)), () => runtime.random());
  }

  pick(request?: PickRequest): E | undefined {
    return this.parts[this.table.draw()]!.pick(request);
  }

  partOf(zone: string): Picker<E> | undefined {
    return this.parts[this.zones.findIndex((report) => report.zone === zone)];
  }
}

/** The zones of a picker that was built by {@link byZone}; none when zones don't matter to it. */
export function zonesOf(picker: Picker<Balanced>): readonly ZoneReport[] {
  return picker instanceof ByZone ? picker.zones : [];
}

export function byZone<E extends Balanced>(
  endpoints: readonly E[],
  locality: Locality,
  config: Required<ZoneAwareConfig>,
  runtime: Runtime,
  previous: Picker<E> | undefined,
  factors: WeightFactors<E>,
  build: Build<E>,
): Picker<E> {
  const before = previous instanceof ByZone ? previous as ByZone<E> : undefined;
  const groups = new Map<string, E[]>();
  for (const endpoint of endpoints) {
    const group = groups.get(endpoint.zone ?? '');
    if (group) group.push(endpoint);
    else groups.set(endpoint.zone ?? '', [endpoint]);
  }
  const own = locality.zone;
  if (own === undefined || !groups.has(own) || groups.size < 2 || endpoints.length < config.minimumEndpoints) {
    return build(endpoints, before === undefined ? previous : before.partOf(own ?? ''));
  }

  const now = runtime.now();
  const moved = before === undefined ? 1 : 1 - Math.exp(Math.min(0, before.at - now) / config.smoothingMs);
  const last = (zone: string): ZoneReport | undefined => before?.zones.find((report) => report.zone === zone);
  const callers = sum([...groups.keys()].map((zone) => locality.callers?.get(zone) ?? 0));
  const states = [...groups].map(([zone, members]) => {
    // How full a zone is can only be told from endpoints that know their capacity.
    const reporting = members.filter(({ stats: { reported } }) => (
      reported !== undefined && !reported.relative && now - reported.at < config.expirationMs
    ));
    const utilization = boundedMean(reporting.map(({ stats }) => stats.reported!.utilization));
    const known = last(zone)?.utilization ?? utilization;
    const weights = sanitizedWeights(members.map(({ weight }) => weight)).map((weight, index) => weight * factors.dynamic(members[index]!));
    const capacity = sum(weights.map((weight, index) => weight * factors.slowStart(members[index]!)));
    return {
      zone,
      capacity,
      warmth: capacity / sum(weights),
      utilization: reporting.length === 0 ? undefined : known + (utilization - known) * moved,
      callers: callers === 0 ? undefined : (locality.callers?.get(zone) ?? 0) / callers,
    };
  });
  const targets = zoneShares(states, own, config);
  // A zone that comes or goes changes the shares at once: there is nothing to average with.
  const same = before !== undefined && before.zones.length === states.length && states.every(({ zone }) => last(zone) !== undefined);
  const zones = states.map((state, index) => {
    const from = same ? last(state.zone)!.share : targets[index]!;
    return { ...state, share: from + (targets[index]! - from) * moved };
  });
  const parts = zones.map(({ zone }) => build(groups.get(zone)!, before?.partOf(zone)));
  return new ByZone(parts, zones, now, runtime);
}

/** Each counts as full at most, or as much as most of them. */
function boundedMean(utilizations: readonly number[]): number {
  const median = [...utilizations].sort((a, b) => a - b)[(utilizations.length - 1) >>> 1]!;
  const bound = Math.max(1, median);
  return sum(utilizations.map((utilization) => Math.min(utilization, bound))) / utilizations.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
