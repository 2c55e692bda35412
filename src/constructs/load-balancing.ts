/**
 * The load-balancing policies as a user chooses them. A policy is one factory here, one type in the contract and one
 * file in `src/balancing`; what a policy does is written there, with its source.
 */
import { DEFAULT_POLICIES, LoadBalancingConfig } from '../contract';
import { Mistakes } from './mistakes';

/**
 * Options of `LoadBalancing.weightedRoundRobin`.
 */
export interface WeightedRoundRobinOptions {
  /**
   * Weights by availability zone, 1 to 65535, for example `{ 'eu-west-1a': 3, 'eu-west-1b': 1 }`. A zone that isn't
   * named has weight 1. An address with a weight of its own keeps that.
   *
   * @default - every endpoint has weight 1, or the weight that its source gives it
   */
  readonly zoneWeights?: { readonly [zone: string]: number };
}

/**
 * Options of `LoadBalancing.leastRequest`.
 */
export interface LeastRequestOptions {
  /**
   * How many different endpoints are drawn for each request, 2 to 10.
   *
   * @default 2
   */
  readonly choices?: number;
}

/**
 * How the proxy chooses among the endpoints of a service.
 */
export class LoadBalancing {
  /**
   * Each endpoint in turn. Fits requests that cost about the same on endpoints that are about as fast.
   */
  public static roundRobin(): LoadBalancing {
    return new LoadBalancing({ type: 'roundRobin' });
  }

  /**
   * Any endpoint, by chance. Keeps no order among callers, so many of them never beat in time.
   */
  public static random(): LoadBalancing {
    return new LoadBalancing({ type: 'random' });
  }

  /**
   * Each endpoint in turn, in proportion to weights, the heavy ones spread evenly between the others.
   */
  public static weightedRoundRobin(options: WeightedRoundRobinOptions = {}): LoadBalancing {
    return new LoadBalancing({ type: 'weightedRoundRobin' }, options.zoneWeights);
  }

  /**
   * Of a few endpoints drawn by chance, the one with the fewest requests in flight. Sends less to what is slow.
   */
  public static leastRequest(options: LeastRequestOptions = {}): LoadBalancing {
    return new LoadBalancing({ type: 'leastRequest', ...(options.choices !== undefined && { choices: options.choices }) });
  }

  private constructor(
    private readonly policy: LoadBalancingConfig,
    /** @internal */
    public readonly _zoneWeights?: { readonly [zone: string]: number },
  ) {}

  /**
   * The policy as the proxy reads it; nothing for the default.
   *
   * @internal
   */
  public _toConfig(): LoadBalancingConfig | undefined {
    if (this.policy.type === 'roundRobin') {
      return undefined;
    }
    return this.policy.type === 'leastRequest' && this.policy.choices === DEFAULT_POLICIES.leastRequest.choices ? { type: 'leastRequest' } : this.policy;
  }

  /** @internal */
  public _check(mistakes: Mistakes, prop: string): void {
    if (this.policy.type === 'leastRequest' && this.policy.choices !== undefined) {
      mistakes.wholeNumber(`${prop}.choices`, this.policy.choices, 2, 10);
    }
    for (const [zone, weight] of Object.entries(this._zoneWeights ?? {})) {
      mistakes.wholeNumber(`${prop}.zoneWeights['${zone}']`, weight, 1, 65_535);
    }
  }
}
