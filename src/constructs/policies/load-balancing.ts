/**
 * The load-balancing policies as a user chooses them. A policy is one factory here, one type in the contract and one
 * file in `src/balancing`; what a policy does is written there, with its source.
 */
import { HashKeyConfig } from '../../contract';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';
import { Balancing, BalancingFields, balancingFields, checkBalancing, FREE, HASHED, SPREAD, WEIGHTED } from './balancing-config';
import { HashKey } from './hash-key';
import {
  AdaptiveOptions, ClientSideWeightedRoundRobinOptions, FreeBalancingOptions, HashBalancingOptions, LeastRequestOptions, LeastResponseTimeOptions,
  MaglevOptions, RingHashOptions, WeightedBalancingOptions,
} from './load-balancing-options';

/**
 * How the proxy chooses among the endpoints of a service. When in doubt, use `adaptive()`. When requests of one user, tenant or key should
 * reach the same pod, for example for an in-memory cache, use `ringHash()` or `maglev()`.
 */
export class LoadBalancing {
  /**
   * Each endpoint in turn. Use it when requests cost about the same and endpoints are about equally fast: no policy is more even then. A
   * slow endpoint gets as many requests as the others, and its callers wait. Declared weights are ignored.
   */
  public static roundRobin(options: FreeBalancingOptions = {}): LoadBalancing {
    return new LoadBalancing({ type: 'roundRobin', options, takes: FREE, keys: [] });
  }

  /**
   * A random endpoint, in proportion to weights. Less even than round robin, but many callers never synchronize on the same endpoint.
   */
  public static random(options: WeightedBalancingOptions = {}): LoadBalancing {
    return new LoadBalancing({ type: 'random', options, takes: WEIGHTED, keys: [] });
  }

  /**
   * Each endpoint in turn, in proportion to weights. Requests to heavy endpoints are interleaved with those to the others. Use it for
   * endpoints of different size, when you know the sizes.
   */
  public static weightedRoundRobin(options: WeightedBalancingOptions = {}): LoadBalancing {
    return new LoadBalancing({ type: 'weightedRoundRobin', options, takes: WEIGHTED, keys: [] });
  }

  /**
   * Draws a few random endpoints and picks the one with the fewest active requests for its weight. Use it when some requests take much
   * longer than others and endpoints are alike. An endpoint that fails fast looks idle and attracts requests; if that can happen, use
   * `leastResponseTime`.
   */
  public static leastRequest(options: LeastRequestOptions = {}): LoadBalancing {
    return new LoadBalancing({ type: 'leastRequest', options, takes: [...WEIGHTED, 'scanAll'], keys: [] });
  }

  /**
   * Draws a few random endpoints and picks the one with the lowest expected response time: its latency plus a penalty for its failures,
   * times its active requests. Use it when endpoints differ, or may come to differ: other machines, other zones, noisy neighbours, a broken
   * pod.
   */
  public static leastResponseTime(options: LeastResponseTimeOptions = {}): LoadBalancing {
    return new LoadBalancing({ type: 'leastResponseTime', options, takes: WEIGHTED, keys: [] });
  }

  /**
   * Each endpoint in turn, in proportion to the capacity that it reports: requests per second divided by utilization (client-side weighted
   * round robin of gRPC and Envoy). Use it for pods of different size with many callers, each of which sees little of a pod. The sidecar
   * reports what it measures; an app can report its own metrics in the response header `endpoint-load-metrics` (ORCA).
   */
  public static clientSideWeightedRoundRobin(options: ClientSideWeightedRoundRobinOptions = {}): LoadBalancing {
    return new LoadBalancing({ type: 'clientSideWeightedRoundRobin', options, takes: [...SPREAD, 'zoneWeights', 'utilizationMetrics'], keys: [] });
  }

  /**
   * Switches between round robin, least request and least response time, depending on what the proxy measures: how much endpoints differ,
   * how much requests differ, and how many requests are active. Use it when you do not know which policy fits, or when that changes. The
   * proxy reports its choice and the reason.
   */
  public static adaptive(options: AdaptiveOptions = {}): LoadBalancing {
    return new LoadBalancing({ type: 'adaptive', options, takes: WEIGHTED, keys: [] });
  }

  /**
   * Sends requests with equal keys to the same pod, using a hash ring. When a pod comes or goes, only its own keys move. Use it for
   * in-memory caches with up to some hundred pods. Shares deviate by a few percent.
   */
  public static ringHash(key: HashKey, options: RingHashOptions = {}): LoadBalancing {
    return new LoadBalancing({ type: 'ringHash', options, takes: HASHED, keys: [key, ...(options.otherKeys ?? [])] });
  }

  /**
   * Sends requests with equal keys to the same pod, using a lookup table. Shares are nearly exact, even with thousands of pods. When a pod
   * comes or goes, up to about twice as many keys move as necessary.
   */
  public static maglev(key: HashKey, options: MaglevOptions = {}): LoadBalancing {
    return new LoadBalancing({ type: 'maglev', options, takes: HASHED, keys: [key, ...(options.otherKeys ?? [])] });
  }

  /**
   * Sends requests with equal keys to the pod with the highest score for that key. Shares are exact, and only the keys of a pod that comes
   * or goes move, whatever the weights. Each request computes a score for each pod, so use it with up to some hundred pods.
   */
  public static rendezvous(key: HashKey, options: HashBalancingOptions = {}): LoadBalancing {
    return new LoadBalancing({ type: 'rendezvous', options, takes: HASHED, keys: [key, ...(options.otherKeys ?? [])] });
  }

  private constructor(private readonly balancing: Balancing) {}

  /** @internal */
  public get _zoneWeights(): { readonly [zone: string]: number } | undefined {
    return this.balancing.options.zoneWeights;
  }

  /** @internal */
  public get _zoneAware(): boolean {
    return this.balancing.options.zoneAware !== undefined;
  }

  /**
   * What a cluster says of it; nothing for the default.
   *
   * @param fallsBack whether others take over what the cluster can't
   *
   * @internal
   */
  public _toClusterConfig(fallsBack: boolean): BalancingFields {
    return balancingFields(this.balancing, fallsBack);
  }

  /**
   * What routes to the service hash by.
   *
   * @internal
   */
  public _hash(): HashKeyConfig[] {
    return this.balancing.keys.map((key) => key._toConfig());
  }

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    checkBalancing(errors, prop, this.balancing);
  }
}

mark(LoadBalancing);
