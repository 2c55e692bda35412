/**
 * The load-balancing policies as a user chooses them. A policy is one factory here, one type in the contract and one
 * file in `src/balancing`; what a policy does is written there, with its source.
 */
import { Duration } from 'cdk8s';
import { DEFAULT_POLICIES, HashKeyConfig, LoadBalancingConfig } from '../contract';
import { HashKey } from './hash-key';
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
 * Options of `LoadBalancing.leastResponseTime`.
 */
export interface LeastResponseTimeOptions {
  /**
   * How many different endpoints are drawn for each request, 2 to 10.
   *
   * @default 2
   */
  readonly choices?: number;

  /**
   * How fast measurements are forgotten: time constant of the averages.
   *
   * @default Duration.seconds(10)
   */
  readonly decay?: Duration;

  /**
   * What a failed request counts as a latency, so that an endpoint which fails fast does not look fast. A Retry-After that
   * asks for more counts instead.
   *
   * @default Duration.seconds(5)
   */
  readonly failurePenalty?: Duration;
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

  /**
   * Of a few endpoints drawn by chance, the one that is expected to answer soonest: its latency, with the price of its
   * failures, times the requests in flight to it. Fits endpoints that differ in speed, or that turn slow or fail at times.
   */
  public static leastResponseTime(options: LeastResponseTimeOptions = {}): LoadBalancing {
    return new LoadBalancing({
      type: 'leastResponseTime',
      ...(options.choices !== undefined && { choices: options.choices }),
      ...(options.decay && { decayMs: options.decay.toMilliseconds() }),
      ...(options.failurePenalty && { failurePenaltyMs: options.failurePenalty.toMilliseconds() }),
    });
  }

  /**
   * Round robin, least request or least response time, whichever fits what the caller's proxy measures. Not yet the best
   * choice everywhere: see docs/simulation-results.md.
   */
  public static adaptive(): LoadBalancing {
    return new LoadBalancing({ type: 'adaptive' });
  }

  /**
   * Equal requests to one endpoint, found on a ring of points: when endpoints come or go, few requests move. The keys are
   * looked at in order, and what is found of them is combined; a request with none of them goes anywhere.
   */
  public static ringHash(...keys: HashKey[]): LoadBalancing {
    return new LoadBalancing({ type: 'ringHash' }, undefined, keys);
  }

  /**
   * Like `ringHash`, by a table: shares are more even, and about twice as many requests move when endpoints come or go.
   */
  public static maglev(...keys: HashKey[]): LoadBalancing {
    return new LoadBalancing({ type: 'maglev' }, undefined, keys);
  }

  /**
   * Like `ringHash`, with exact shares and none but the requests of the endpoint that came or went moving. Looks at every
   * endpoint for every request, so it fits up to some dozens of them.
   */
  public static rendezvous(...keys: HashKey[]): LoadBalancing {
    return new LoadBalancing({ type: 'rendezvous' }, undefined, keys);
  }

  private constructor(
    private readonly policy: LoadBalancingConfig,
    /** @internal */
    public readonly _zoneWeights?: { readonly [zone: string]: number },
    private readonly keys?: HashKey[],
  ) {}

  /**
   * What routes to the service hash by.
   *
   * @internal
   */
  public _hash(): HashKeyConfig[] {
    return (this.keys ?? []).map((key) => key._toConfig());
  }

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
    const { policy } = this;
    if ((policy.type === 'leastRequest' || policy.type === 'leastResponseTime') && policy.choices !== undefined) {
      mistakes.wholeNumber(`${prop}.choices`, policy.choices, 2, 10);
    }
    if (policy.type === 'leastResponseTime') {
      if (policy.decayMs !== undefined) {
        mistakes.wholeNumber(`${prop}.decay (in ms)`, policy.decayMs, 1, 3_600_000);
      }
      if (policy.failurePenaltyMs !== undefined) {
        mistakes.wholeNumber(`${prop}.failurePenalty (in ms)`, policy.failurePenaltyMs, 0, 3_600_000);
      }
    }
    if (this.keys) {
      if (this.keys.length === 0 || this.keys.length > 8) {
        mistakes.add(`${prop}.keys`, `${this.keys.length} keys`, 'give 1 to 8, for example HashKey.header(\'x-user\')');
      }
      this.keys.forEach((key, i) => key._check(mistakes, `${prop}.keys[${i}]`));
    }
    for (const [zone, weight] of Object.entries(this._zoneWeights ?? {})) {
      mistakes.wholeNumber(`${prop}.zoneWeights['${zone}']`, weight, 1, 65_535);
    }
  }
}
