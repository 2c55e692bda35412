/**
 * Options of a policy on their way into the document: each prop with its field and range, the checks, and what is left out
 * because a default says it.
 */
import {
  ClusterConfig, contradictionsOfMaglev, DEFAULT_DYNAMIC_WEIGHTS, DEFAULT_POLICIES, DEFAULT_SLOW_START, DEFAULT_ZONE_AWARE, DynamicWeightsConfig,
  LoadBalancingConfig, SlowStartConfig, ZoneAwareConfig,
} from '../../contract';
import { checkQuantities, checkQuantity, checkValues, Quantities, Quantity, toConfig, withoutDefaults } from '../props/quantities';
import { isList, isText, TextRule } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { isA, refusalOfCopy } from '../synthesis/copies';
import { checkFailover, failoverConfig } from './failover';
import { HashKey } from './hash-key';
import {
  ClientSideWeightedRoundRobinOptions, DynamicWeightsOptions, HashBalancingOptions, LeastRequestOptions, SlowStartOptions,
  WeightedBalancingOptions, WeightSource, ZoneAwareOptions,
} from './load-balancing-options';

/** The options that are no number of a policy; numbers are known by the contract. */
export type AnyOptions = WeightedBalancingOptions & Pick<HashBalancingOptions, 'otherKeys'> & Pick<LeastRequestOptions, 'scanAll'>
  & Pick<ClientSideWeightedRoundRobinOptions, 'utilizationMetrics'>;

/** How a cluster is balanced, as the document says it. */
export type BalancingFields = Pick<ClusterConfig, 'loadBalancing' | 'slowStart' | 'dynamicWeights' | 'zoneAware' | 'loadReports' | 'subset' | 'failover'>;

/** The numbers of each policy that has any. */
const POLICY_QUANTITIES: { readonly [T in LoadBalancingConfig['type']]?: PolicyNumbers } = {
  // #region generated quantities of each LoadBalancingConfig
  leastRequest: {
    choices: { field: 'choices', unit: 'number', min: 2, max: 10 },
    bias: { field: 'bias', unit: 'fraction', min: 0, max: 10 },
  },
  leastResponseTime: {
    choices: { field: 'choices', unit: 'number', min: 2, max: 10 },
    decay: { field: 'decayMs', unit: 'time', min: 1 },
    failurePenalty: { field: 'failurePenaltyMs', unit: 'time', min: 0 },
  },
  ringHash: {
    pointsPerEndpoint: { field: 'pointsPerEndpoint', unit: 'number', min: 1, max: 65_536 },
    maximumRingSize: { field: 'maximumRingSize', unit: 'number', min: 1_024, max: 8_388_608 },
    boundedLoadPercent: { field: 'boundedLoadPercent', unit: 'number', min: 100, max: 10_000 },
  },
  maglev: {
    tableSize: { field: 'tableSize', unit: 'number', min: 3, max: 5_000_011 },
    boundedLoadPercent: { field: 'boundedLoadPercent', unit: 'number', min: 100, max: 10_000 },
  },
  rendezvous: {
    boundedLoadPercent: { field: 'boundedLoadPercent', unit: 'number', min: 100, max: 10_000 },
  },
  clientSideWeightedRoundRobin: {
    blackout: { field: 'blackoutMs', unit: 'time', min: 0 },
    expiration: { field: 'expirationMs', unit: 'time', min: 1 },
    update: { field: 'updateMs', unit: 'time', min: 100 },
    errorPenalty: { field: 'errorPenalty', unit: 'fraction', min: 0, max: 1_000 },
  },
  adaptive: {
    choices: { field: 'choices', unit: 'number', min: 2, max: 10 },
    decay: { field: 'decayMs', unit: 'time', min: 1 },
    failurePenalty: { field: 'failurePenaltyMs', unit: 'time', min: 0 },
    minimumDwell: { field: 'minimumDwellMs', unit: 'time', min: 0 },
  },
  // #endregion
};
type PolicyNumbers = Readonly<Record<string, Quantity>>;
const SLOW_START_QUANTITIES: Quantities<SlowStartOptions, SlowStartConfig> = {
  // #region generated quantities of SlowStartConfig
  window: { field: 'windowMs', unit: 'time', min: 1 },
  aggression: { field: 'aggression', unit: 'fraction', min: 0.1, max: 10 },
  minimumPercent: { field: 'minimumPercent', unit: 'number', min: 1, max: 100 },
  // #endregion
};
const DYNAMIC_WEIGHTS_QUANTITIES: Quantities<Omit<DynamicWeightsOptions, 'source'>, DynamicWeightsConfig> = {
  // #region generated quantities of DynamicWeightsConfig but updateMs
  smoothing: { field: 'smoothingMs', unit: 'time', min: 1 },
  minimumPercent: { field: 'minimumPercent', unit: 'number', min: 1, max: 100 },
  maximumPercent: { field: 'maximumPercent', unit: 'number', min: 100, max: 10_000 },
  // #endregion
};
const ZONE_AWARE_QUANTITIES: Quantities<ZoneAwareOptions, ZoneAwareConfig> = {
  // #region generated quantities of ZoneAwareConfig but updateMs, expirationMs
  minimumEndpoints: { field: 'minimumEndpoints', unit: 'number', min: 0 },
  remotePercent: { field: 'remotePercent', unit: 'number', min: 0, max: 50 },
  tolerancePercent: { field: 'tolerancePercent', unit: 'number', min: 0, max: 100 },
  smoothing: { field: 'smoothingMs', unit: 'time', min: 1 },
  // #endregion
};

const SUBSET = {
  // #region generated quantities of SubsetConfig
  size: { field: 'size', unit: 'number', min: 1 },
  // #endregion
} as const satisfies Record<string, Quantity>;
const ENDPOINT = {
  // #region generated quantities of StaticEndpoint: weight
  weight: { field: 'weight', unit: 'number', min: 1, max: 65_535 },
  // #endregion
} as const satisfies Record<string, Quantity>;
const METRICS = {
  // #region generated lists of LoadReportsConfig
  utilizationMetrics: { least: 1, most: 8 },
  // #endregion
};
const METRIC_NAME: TextRule = {
  // #region generated text of MetricName
  form: /^[!-+\-.-9;-<>-~]+$/,
  longest: 128,
  // #endregion
};
const KEYS = {
  // #region generated lists of RouteConfig: hash
  hash: { least: 0, most: 8 },
  // #endregion
};

/** Options of any policy that stand around its own: those of a policy that may go anywhere, that also weighs, and that goes by a hash. */
const ANY = ['failover', 'subset'] as const;
export const SPREAD = [...ANY, 'slowStart', 'zoneAware'] as const;
export const FREE = [...SPREAD, 'dynamicWeights'] as const;
export const WEIGHTED = [...FREE, 'zoneWeights'] as const;
export const HASHED = [...ANY, 'zoneWeights', 'otherKeys'] as const;

/** A policy as its factory makes it. */
export interface Balancing {
  readonly type: LoadBalancingConfig['type'];
  readonly options: AnyOptions;
  /** Options that the policy takes besides its own numbers. */
  readonly takes: readonly (keyof AnyOptions)[];
  readonly keys: readonly HashKey[];
}

/** Checks the options of a policy, those that it doesn't have included. */
export function checkBalancing(errors: ValidationErrors, prop: string, { type, options, takes, keys }: Balancing): void {
  const numbers = POLICY_QUANTITIES[type] ?? {};
  errors.unknownProps(options, Object.fromEntries([...takes, ...Object.keys(numbers)].map((name) => [name, true])), `${prop}.`);
  checkValues<Record<string, unknown>, Record<string, unknown>>(errors, prop, { ...options }, numbers, contradictionsOfMaglev);
  const { failover, subset, slowStart, dynamicWeights, zoneAware, utilizationMetrics, zoneWeights = {} } = options;
  if (failover !== undefined) {
    checkFailover(errors, `${prop}.failover`, failover);
  }
  if (subset !== undefined) {
    checkQuantity(errors, `${prop}.subset`, subset, SUBSET.size);
  }
  if (slowStart !== undefined) {
    checkQuantities(errors, `${prop}.slowStart`, slowStart, SLOW_START_QUANTITIES);
    if (slowStart?.window === undefined) {
      errors.add(`${prop}.slowStart.window`, undefined, 'say how long a new pod takes, such as Duration.seconds(60)');
    }
  }
  if (dynamicWeights !== undefined) {
    const { source, ...numbers } = dynamicWeights ?? {};
    checkQuantities(errors, `${prop}.dynamicWeights`, dynamicWeights && numbers, DYNAMIC_WEIGHTS_QUANTITIES);
    if (source !== undefined && !Object.values(WeightSource).includes(source)) {
      errors.add(`${prop}.dynamicWeights.source`, source, 'use WeightSource.OBSERVED or WeightSource.REPORTS');
    }
  }
  if (zoneAware !== undefined) {
    checkQuantities(errors, `${prop}.zoneAware`, zoneAware, ZONE_AWARE_QUANTITIES);
  }
  if (utilizationMetrics !== undefined) {
    checkMetrics(errors, `${prop}.utilizationMetrics`, utilizationMetrics);
  }
  for (const [zone, weight] of Object.entries(zoneWeights)) {
    checkQuantity(errors, `${prop}.zoneWeights['${zone}']`, weight, ENDPOINT.weight);
  }
  keys.forEach((key, index) => {
    const name = index === 0 ? `${prop}.key` : `${prop}.otherKeys[${index - 1}]`;
    if (isA(HashKey, key)) {
      key._check(errors, name);
    } else {
      errors.add(name, key, refusalOfCopy(HashKey, key) ?? 'make it with HashKey.cookie(\'session\'), for example');
    }
  });
  if (!isList(KEYS.hash, keys)) {
    errors.add(`${prop}.otherKeys`, keys.length - 1, `use at most ${KEYS.hash.most - 1} keys besides the first`);
  }
}

/**
 * The fields of a cluster; none that a default says. All options must have passed their check.
 *
 * @param fallsBack whether others take over what the cluster can't
 */
export function balancingFields({ type, options }: Pick<Balancing, 'type' | 'options'>, fallsBack: boolean): BalancingFields {
  const defaults: { readonly [type: string]: object } = DEFAULT_POLICIES;
  const own = { ...toConfig<Record<string, unknown>, Record<string, unknown>>({ ...options }, POLICY_QUANTITIES[type] ?? {}), ...(options.scanAll && { scan: 'all' }) };
  const policy = { type, ...withoutDefaults<Record<string, unknown>>(own, (defaults[type] ?? {}) as Record<string, unknown>) } as LoadBalancingConfig;
  const { slowStart, dynamicWeights, zoneAware, utilizationMetrics, subset } = options;
  const failover = failoverConfig(options.failover, fallsBack);
  return {
    ...((type !== 'roundRobin') && { loadBalancing: policy }),
    ...(slowStart && {
      slowStart: withoutDefaults<Partial<SlowStartConfig>>(
        toConfig(slowStart, SLOW_START_QUANTITIES), DEFAULT_SLOW_START as Required<SlowStartConfig>,
      ) as SlowStartConfig,
    }),
    ...(dynamicWeights && {
      dynamicWeights: {
        source: dynamicWeights.source ?? WeightSource.OBSERVED,
        ...withoutDefaults<Record<string, unknown>>(toConfig(dynamicWeights, DYNAMIC_WEIGHTS_QUANTITIES), { ...DEFAULT_DYNAMIC_WEIGHTS }),
      } as DynamicWeightsConfig,
    }),
    ...(zoneAware && { zoneAware: withoutDefaults<ZoneAwareConfig>(toConfig(zoneAware, ZONE_AWARE_QUANTITIES), DEFAULT_ZONE_AWARE) }),
    ...(utilizationMetrics && { loadReports: { utilizationMetrics: [...utilizationMetrics] } }),
    ...(subset !== undefined && { subset: { size: subset } }),
    ...(failover && { failover }),
  };
}

function checkMetrics(errors: ValidationErrors, prop: string, metrics: string[]): void {
  const { least, most } = METRICS.utilizationMetrics;
  if (!isList(METRICS.utilizationMetrics, metrics)) {
    errors.add(prop, metrics, `name ${least} to ${most} metrics, such as ['named_metrics.queue'], or leave it out`);
    return;
  }
  metrics.forEach((name, index) => {
    if (!isText(METRIC_NAME, name)) {
      errors.add(`${prop}[${index}]`, name, `use up to ${METRIC_NAME.longest} visible characters without comma, colon and equals sign`);
    }
  });
}
