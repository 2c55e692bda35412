/** What stands around the policy: as the YAML has it, unless a flag says otherwise, and in words. */
import type { BalancingConfig } from '../../balancing';
import { BY_HASH, DynamicWeightsConfig, SlowStartConfig, SubsetConfig, withBalancingDefaults, ZoneAwareConfig } from '../../contract';
import type { PlannedEndpoint, BasePlan } from '../../simulation';
import type { Arguments } from '../command-line/command';
import { UserError } from '../command-line/errors';
import { parseLatency } from '../stand-in/behaviour';
import { wholeNumber } from './whole-number';

const OFF = 'off';

/** Flags of stages that would move what a policy by hash keeps at one endpoint. */
const MOVING = ['zone-aware', 'slow-start', 'dynamic-weights'];

export function readStages(args: Arguments, own: BalancingConfig): BalancingConfig {
  const { type } = own.loadBalancing;
  const moving = BY_HASH.includes(type) ? MOVING.find((flag) => args.has(flag) && args.text(flag) !== OFF) : undefined;
  if (moving !== undefined) throw new UserError(`--${moving} would move keys that ${type} keeps at one pod; leave it out, or name another policy with --policy`);
  // A stage's own parameters stay when a flag says only one of them.
  const read = <C>(flag: string, stated: C | undefined, reader: (text: string, stated: C | undefined) => C): C | undefined => {
    const text = args.text(flag);
    return text === undefined ? stated : text === OFF ? undefined : reader(text, stated);
  };
  const slowStart = read<SlowStartConfig>('slow-start', own.slowStart, (text, stated) => ({ ...stated, windowMs: windowOf(text) }));
  const zoneAware = read<ZoneAwareConfig>('zone-aware', own.zoneAware, (text, stated) => {
    if (text !== 'on') throw new UserError(`--zone-aware must be on or off, got '${text}'`);
    return stated ?? {};
  });
  const subset = read<SubsetConfig>('subset', own.subset, () => ({ size: wholeNumber(args, 'subset', 1, 10_000)! }));
  const dynamicWeights = read<DynamicWeightsConfig>('dynamic-weights', own.dynamicWeights, (text, stated) => {
    if (text !== 'reports' && text !== 'observed') throw new UserError(`--dynamic-weights must be reports, observed or off, got '${text}'`);
    return { ...stated, source: text };
  });
  return withBalancingDefaults({
    loadBalancing: own.loadBalancing,
    failover: own.failover,
    ...(slowStart && { slowStart }),
    ...(zoneAware && { zoneAware }),
    ...(subset && { subset }),
    ...(dynamicWeights && { dynamicWeights }),
  });
}

function windowOf(text: string): number {
  const window = parseLatency(text);
  if (window.type !== 'fixed' || window.ms < 1) throw new UserError(`--slow-start must be a time such as 30s, or off, got '${text}'`);
  return Math.round(window.ms);
}

/** What is in effect, in one line. */
export function stagesInText([chosen, ...others]: readonly BalancingConfig[], base: BasePlan): string {
  const { slowStart, dynamicWeights, zoneAware, subset, failover } = chosen!;
  const { endpoints, healthCheck } = base;
  const levels = [...new Set(endpoints.map(({ priority }) => priority ?? 0))].sort((a, b) => a - b);
  const stages = [
    ...(levels.length > 1 ? [`priority levels ${levels.join(', ')}, of which an available endpoint counts for ${failover.overprovisioningPercent} %`] : []),
    ...(zoneAware ? [zonesInText(zoneAware, base)] : []),
    ...(subset ? [subsetInText(subset.size, zoneAware !== undefined && zoneAwareOffReason(zoneAware, base) === undefined, endpoints)] : []),
    ...(slowStart ? [`slow start over ${seconds(slowStart.windowMs)}`] : []),
    ...(dynamicWeights ? [`weights ${dynamicWeights.source === 'reports' ? 'from load reports' : 'by what callers observe'}`] : []),
    ...(healthCheck ? [`health checks every ${seconds(healthCheck.intervalMs)}, panic below ${failover.panicPercent} %`] : []),
  ];
  const moves = zoneAware ?? slowStart ?? dynamicWeights;
  const exempt = moves && others.some(({ loadBalancing }) => BY_HASH.includes(loadBalancing.type)) ? ' (policies by hash go without what moves keys)' : '';
  return `around the policy: ${stages.length > 0 ? stages.join('; ') : 'nothing'}${exempt}`;
}

type ZoneAware = NonNullable<BalancingConfig['zoneAware']>;

function zonesInText(zoneAware: ZoneAware, base: BasePlan): string {
  const why = zoneAwareOffReason(zoneAware, base);
  return why === undefined
    ? `own zone first of ${zonesOf(base.endpoints).join(', ')}, at least ${zoneAware.remotePercent} % elsewhere`
    : `zones don't matter, for ${why}`;
}

/** As in src/balancing/stages/zone-aware.ts. */
function zoneAwareOffReason({ minimumEndpoints }: ZoneAware, { endpoints, callers }: BasePlan): string | undefined {
  if (callers.every(({ zone }) => zone === undefined)) return 'callers don\'t know theirs';
  if (new Set(endpoints.map(({ zone }) => zone)).size < 2) return 'all pods are in one';
  return endpoints.length < minimumEndpoints ? `there are fewer than ${minimumEndpoints} pods` : undefined;
}

/** Subsets are made of each zone by itself where zones matter. */
function subsetInText(size: number, ofZones: boolean, endpoints: readonly PlannedEndpoint[]): string {
  const sizes = ofZones ? zonesOf(endpoints).map((own) => endpoints.filter(({ zone }) => zone === own).length) : [endpoints.length];
  return `a subset of ${size}${ofZones ? ' in each zone' : ''}${size >= Math.max(...sizes) ? ', which is all' : ''}`;
}

function zonesOf(endpoints: readonly PlannedEndpoint[]): string[] {
  return [...new Set(endpoints.map(({ zone }) => zone))].filter((zone) => zone !== undefined).sort();
}

function seconds(ms: number): string {
  return `${Number((ms / 1_000).toPrecision(3))} s`;
}
