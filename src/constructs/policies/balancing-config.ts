/**
 * Options of a policy on their way into the document: each prop with its field and range, the checks, and what is left out
 * because a default says it.
 */
import {
  ClusterConfig, DEFAULT_DYNAMIC_WEIGHTS, DEFAULT_POLICIES, DEFAULT_SLOW_START, DEFAULT_ZONE_AWARE, DynamicWeightsConfig, isPrime,
  LoadBalancingConfig, SlowStartConfig, ZoneAwareConfig,
} from '../../contract';
import { isA, refusalOfCopy } from '../synthesis/copies';
import { checkFailover, failoverConfig } from './failover';
import { HashKey } from './hash-key';
import {
  AdaptiveOptions, ClientSideWeightedRoundRobinOptions, DynamicWeightsOptions, HashBalancingOptions, LeastRequestOptions, MaglevOptions,
  RingHashOptions, SlowStartOptions, WeightedBalancingOptions, WeightSource, ZoneAwareOptions,
} from './load-balancing-options';
import { Mistakes } from '../props/mistakes';
import { checkQuantity, Quantity, withoutDefaults } from '../props/quantities';

/** Every option that any policy has. */
export type AnyOptions = WeightedBalancingOptions & LeastRequestOptions & AdaptiveOptions & HashBalancingOptions & RingHashOptions & MaglevOptions
  & ClientSideWeightedRoundRobinOptions;

/** How a cluster is balanced, as the document says it. */
export type BalancingFields = Pick<ClusterConfig, 'loadBalancing' | 'slowStart' | 'dynamicWeights' | 'zoneAware' | 'loadReports' | 'subset' | 'failover'>;

/** A prop that is a quantity, with the field that it becomes; or a number that need not be whole. */
type Field = Quantity | { readonly field: string; readonly unit: 'fraction'; readonly min: number; readonly max: number };
type Table<Props> = { readonly [Prop in keyof Props]?: Field };

const POLICY_FIELDS: Table<AnyOptions> = {
  choices: { field: 'choices', unit: 'number', min: 2, max: 10 },
  bias: { field: 'bias', unit: 'fraction', min: 0, max: 10 },
  decay: { field: 'decayMs', unit: 'time', min: 1 },
  failurePenalty: { field: 'failurePenaltyMs', unit: 'time', min: 0 },
  minimumDwell: { field: 'minimumDwellMs', unit: 'time', min: 0 },
  pointsPerEndpoint: { field: 'pointsPerEndpoint', unit: 'number', min: 1, max: 65_536 },
  maximumRingSize: { field: 'maximumRingSize', unit: 'number', min: 1_024, max: 8_388_608 },
  tableSize: { field: 'tableSize', unit: 'number', min: 3, max: 5_000_011 },
  blackout: { field: 'blackoutMs', unit: 'time', min: 0 },
  expiration: { field: 'expirationMs', unit: 'time', min: 1 },
  update: { field: 'updateMs', unit: 'time', min: 100 },
  errorPenalty: { field: 'errorPenalty', unit: 'fraction', min: 0, max: 1_000 },
  boundedLoadPercent: { field: 'boundedLoadPercent', unit: 'number', min: 100, max: 10_000 },
};
const SLOW_START_FIELDS: Table<SlowStartOptions> = {
  window: { field: 'windowMs', unit: 'time', min: 1 },
  aggression: { field: 'aggression', unit: 'fraction', min: 0.1, max: 10 },
  minimumPercent: { field: 'minimumPercent', unit: 'number', min: 1, max: 100 },
};
const DYNAMIC_WEIGHTS_FIELDS: Table<DynamicWeightsOptions> = {
  smoothing: { field: 'smoothingMs', unit: 'time', min: 1 },
  minimumPercent: { field: 'minimumPercent', unit: 'number', min: 1, max: 100 },
  maximumPercent: { field: 'maximumPercent', unit: 'number', min: 100, max: 10_000 },
};
const ZONE_AWARE_FIELDS: Table<ZoneAwareOptions> = {
  minimumEndpoints: { field: 'minimumEndpoints', unit: 'number', min: 0 },
  remotePercent: { field: 'remotePercent', unit: 'number', min: 0, max: 50 },
  tolerancePercent: { field: 'tolerancePercent', unit: 'number', min: 0, max: 100 },
  smoothing: { field: 'smoothingMs', unit: 'time', min: 1 },
};

/** Most metrics that utilization is made of, and how they are called. */
const MAX_METRICS = 8;
const METRIC_NAME = /^[!-+\-.-9;-<>-~]{1,128}$/;

const ANY = ['failover', 'subset'] as const;
const SPREAD = [...ANY, 'slowStart', 'zoneAware'] as const;
const FREE = [...SPREAD, 'dynamicWeights'] as const;
const WEIGHTED = [...FREE, 'zoneWeights'] as const;
const MEASURED = [...WEIGHTED, 'choices', 'decay', 'failurePenalty'] as const;
const BY_HASH = [...ANY, 'zoneWeights', 'otherKeys', 'boundedLoadPercent'] as const;

/** The options of each policy. */
const OPTIONS: { readonly [T in LoadBalancingConfig['type']]: readonly (keyof AnyOptions)[] } = {
  roundRobin: FREE,
  random: WEIGHTED,
  weightedRoundRobin: WEIGHTED,
  leastRequest: [...WEIGHTED, 'choices', 'scanAll', 'bias'],
  leastResponseTime: MEASURED,
  clientSideWeightedRoundRobin: [...SPREAD, 'zoneWeights', 'blackout', 'expiration', 'update', 'errorPenalty', 'utilizationMetrics'],
  adaptive: [...MEASURED, 'minimumDwell'],
  ringHash: [...BY_HASH, 'pointsPerEndpoint', 'maximumRingSize'],
  maglev: [...BY_HASH, 'tableSize'],
  rendezvous: BY_HASH,
};

/** Checks the options of a policy, those that it doesn't have included. */
export function checkBalancing(mistakes: Mistakes, prop: string, type: LoadBalancingConfig['type'], options: AnyOptions, keys: readonly HashKey[]): void {
  mistakes.unknownProps(options, Object.fromEntries(OPTIONS[type].map((name) => [name, true])), `${prop}.`);
  checkFields(mistakes, prop, options, POLICY_FIELDS);
  const { tableSize, failover, subset, slowStart, dynamicWeights, zoneAware, utilizationMetrics, zoneWeights = {} } = options;
  if (tableSize !== undefined && Number.isInteger(tableSize) && tableSize >= 3 && tableSize <= 5_000_011 && !isPrime(tableSize)) {
    let next = tableSize;
    while (!isPrime(next)) {
      next++;
    }
    mistakes.add(`${prop}.tableSize`, tableSize, `use a prime number, such as ${next}`);
  }
  if (failover !== undefined) {
    checkFailover(mistakes, `${prop}.failover`, failover);
  }
  if (subset !== undefined) {
    mistakes.wholeNumber(`${prop}.subset`, subset, 1);
  }
  if (slowStart !== undefined) {
    checkStruct(mistakes, `${prop}.slowStart`, slowStart, SLOW_START_FIELDS);
    if (slowStart?.window === undefined) {
      mistakes.add(`${prop}.slowStart.window`, undefined, 'say how long a new pod takes, such as Duration.seconds(60)');
    }
  }
  if (dynamicWeights !== undefined) {
    const { source, ...numbers } = dynamicWeights ?? {};
    checkStruct(mistakes, `${prop}.dynamicWeights`, dynamicWeights && numbers, DYNAMIC_WEIGHTS_FIELDS);
    if (source !== undefined && !Object.values(WeightSource).includes(source)) {
      mistakes.add(`${prop}.dynamicWeights.source`, source, 'use WeightSource.OBSERVED or WeightSource.REPORTS');
    }
  }
  if (zoneAware !== undefined) {
    checkStruct(mistakes, `${prop}.zoneAware`, zoneAware, ZONE_AWARE_FIELDS);
  }
  if (utilizationMetrics !== undefined) {
    checkMetrics(mistakes, `${prop}.utilizationMetrics`, utilizationMetrics);
  }
  for (const [zone, weight] of Object.entries(zoneWeights)) {
    mistakes.wholeNumber(`${prop}.zoneWeights['${zone}']`, weight, 1, 65_535);
  }
  keys.forEach((key, index) => {
    const name = index === 0 ? `${prop}.key` : `${prop}.otherKeys[${index - 1}]`;
    if (isA(HashKey, key)) {
      key._check(mistakes, name);
    } else {
      mistakes.add(name, key, refusalOfCopy(HashKey, key) ?? 'make it with HashKey.cookie(\'session\'), for example');
    }
  });
  if (keys.length > 8) {
    mistakes.add(`${prop}.otherKeys`, keys.length - 1, 'use at most 7 keys besides the first');
  }
}

/**
 * The fields of a cluster; none that a default says. All options must have passed their check.
 *
 * @param fallsBack whether others take over what the cluster can't
 */
export function balancingFields(type: LoadBalancingConfig['type'], options: AnyOptions, fallsBack: boolean): BalancingFields {
  const defaults: { readonly [type: string]: object } = DEFAULT_POLICIES;
  const own = { ...fieldsOf(options, POLICY_FIELDS), ...(options.scanAll && { scan: 'all' }) };
  const policy = { type, ...withoutDefaults<Record<string, unknown>>(own, (defaults[type] ?? {}) as Record<string, unknown>) } as LoadBalancingConfig;
  const { slowStart, dynamicWeights, zoneAware, utilizationMetrics, subset } = options;
  const failover = failoverConfig(options.failover, fallsBack);
  return {
    ...((type !== 'roundRobin') && { loadBalancing: policy }),
    ...(slowStart && { slowStart: withoutDefaults(fieldsOf(slowStart, SLOW_START_FIELDS), DEFAULT_SLOW_START) as unknown as SlowStartConfig }),
    ...(dynamicWeights && {
      dynamicWeights: {
        source: dynamicWeights.source ?? WeightSource.OBSERVED,
        ...withoutDefaults<Record<string, unknown>>(fieldsOf(dynamicWeights, DYNAMIC_WEIGHTS_FIELDS), { ...DEFAULT_DYNAMIC_WEIGHTS }),
      } as DynamicWeightsConfig,
    }),
    ...(zoneAware && { zoneAware: withoutDefaults(fieldsOf(zoneAware, ZONE_AWARE_FIELDS), DEFAULT_ZONE_AWARE) as ZoneAwareConfig }),
    ...(utilizationMetrics && { loadReports: { utilizationMetrics: [...utilizationMetrics] } }),
    ...(subset !== undefined && { subset: { size: subset } }),
    ...(failover && { failover }),
  };
}

function checkMetrics(mistakes: Mistakes, prop: string, metrics: string[]): void {
  if (!Array.isArray(metrics) || metrics.length === 0 || metrics.length > MAX_METRICS) {
    mistakes.add(prop, metrics, `name 1 to ${MAX_METRICS} metrics, such as ['named_metrics.queue'], or leave it out`);
    return;
  }
  metrics.forEach((name, index) => {
    if (typeof name !== 'string' || !METRIC_NAME.test(name)) {
      mistakes.add(`${prop}[${index}]`, name, 'use up to 128 visible characters without comma, colon and equals sign');
    }
  });
}

function checkStruct<Props extends object>(mistakes: Mistakes, prop: string, props: Props, table: Table<Props>): void {
  if (typeof props !== 'object' || props === null) {
    mistakes.add(prop, props, `use an object with any of ${Object.keys(table).sort().join(', ')}`);
    return;
  }
  mistakes.unknownProps(props, Object.fromEntries(Object.keys(table).map((name) => [name, true])), `${prop}.`);
  checkFields(mistakes, prop, props, table);
}

function checkFields<Props extends object>(mistakes: Mistakes, prop: string, props: Props, table: Table<Props>): void {
  for (const [name, field] of Object.entries(table) as [keyof Props & string, Field][]) {
    const value: unknown = props?.[name];
    if (value === undefined) {
      continue;
    }
    if (field.unit !== 'fraction') {
      checkQuantity(mistakes, `${prop}.${name}`, value, field);
    } else if (!(typeof value === 'number' && value >= field.min && value <= field.max)) {
      mistakes.add(`${prop}.${name}`, value, `use a number from ${field.min} to ${field.max}`);
    }
  }
}

/** Durations become milliseconds. */
function fieldsOf<Props extends object>(props: Props, table: Table<Props>): Record<string, unknown> {
  const said = (Object.entries(table) as [keyof Props & string, Field][]).filter(([name]) => props[name] !== undefined);
  return Object.fromEntries(said.map(([name, { field, unit }]) => [
    field, unit === 'time' ? (props[name] as unknown as { toMilliseconds(): number }).toMilliseconds() : props[name],
  ]));
}
