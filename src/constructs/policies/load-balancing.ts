/**
 * The load-balancing policies as a user chooses them. A policy is one factory here, one type in the contract and one
 * file in `src/balancing`; what a policy does is written there, with its source.
 */
import { HashKeyConfig, LoadBalancingConfig } from '../../contract';
import { AnyOptions, BalancingFields, balancingFields, checkBalancing } from './balancing-config';
import { mark } from '../synthesis/copies';
import { HashKey } from './hash-key';
import {
  AdaptiveOptions, ClientSideWeightedRoundRobinOptions, FreeBalancingOptions, HashBalancingOptions, LeastRequestOptions, LeastResponseTimeOptions,
  MaglevOptions, RingHashOptions, WeightedBalancingOptions,
} from './load-balancing-options';
import { Mistakes } from '../props/mistakes';

/**
 * How the proxy chooses among the endpoints of a service.
 *
 * When in doubt: `adaptive()`. When requests of one user, tenant or key should meet the same pod, for a cache in its memory
 * for example: `ringHash()` or `maglev()`.
 */
export class LoadBalancing {
  /**
   * Each endpoint in turn. Fits requests that cost about the same on endpoints that are about as fast: then nothing is more
   * even. A slow endpoint gets as much as the others, and its callers wait. Declared weights don't count.
   */
  public static roundRobin(options: FreeBalancingOptions = {}): LoadBalancing {
    return new LoadBalancing('roundRobin', options);
  }

  /**
   * Any endpoint, by chance, in proportion to weights. Keeps no order among callers, so many of them never beat in time; less
   * even than round robin.
   */
  public static random(options: WeightedBalancingOptions = {}): LoadBalancing {
    return new LoadBalancing('random', options);
  }

  /**
   * Each endpoint in turn, in proportion to weights, the heavy ones spread evenly between the others. Fits endpoints of
   * different size, when you know the sizes.
   */
  public static weightedRoundRobin(options: WeightedBalancingOptions = {}): LoadBalancing {
    return new LoadBalancing('weightedRoundRobin', options);
  }

  /**
   * Of a few endpoints drawn by chance, the one with the fewest requests in flight for its weight. Fits requests of which
   * some take much longer than others, on endpoints that are alike. An endpoint that fails at once is always idle, and so gets
   * more than its share: where that can happen, `leastResponseTime` fits better.
   */
  public static leastRequest(options: LeastRequestOptions = {}): LoadBalancing {
    return new LoadBalancing('leastRequest', options);
  }

  /**
   * Of a few endpoints drawn by chance, the one that is expected to answer soonest: its latency, plus the price of its
   * failures, times the requests that it holds. Fits endpoints that differ, or may come to differ: other machines, other
   * zones, a noisy neighbour, one that is broken.
   */
  public static leastResponseTime(options: LeastResponseTimeOptions = {}): LoadBalancing {
    return new LoadBalancing('leastResponseTime', options);
  }

  /**
   * Each endpoint in turn, in proportion to the work that it could do by its own reports: requests a second over utilization (gRPC's
   * client-side weighted round robin, Envoy's too). Fits pods of different size whose callers see little of each, since there
   * are many callers. The proxy beside the app reports what it sees; an app may report by itself, by the response field
   * `endpoint-load-metrics` (ORCA).
   */
  public static clientSideWeightedRoundRobin(options: ClientSideWeightedRoundRobinOptions = {}): LoadBalancing {
    return new LoadBalancing('clientSideWeightedRoundRobin', options);
  }

  /**
   * Round robin, least request or least response time, whichever fits what is measured: how much endpoints differ, how much
   * requests differ, how much is in flight. Fits when you don't know, or when it changes. The proxy tells what it chose, and why.
   */
  public static adaptive(options: AdaptiveOptions = {}): LoadBalancing {
    return new LoadBalancing('adaptive', options);
  }

  /**
   * Requests with equal keys go to the same pod, found on a ring: when a pod comes or goes, only the keys move that were or
   * become its own. Fits caches in memory, of up to some hundred pods. Shares stray by some percent.
   */
  public static ringHash(key: HashKey, options: RingHashOptions = {}): LoadBalancing {
    return new LoadBalancing('ringHash', options, [key, ...(options.otherKeys ?? [])]);
  }

  /**
   * Requests with equal keys go to the same pod, found in a table: shares are nearly exact, also of thousands of pods. When a
   * pod comes or goes, up to about twice as many keys move as have to.
   */
  public static maglev(key: HashKey, options: MaglevOptions = {}): LoadBalancing {
    return new LoadBalancing('maglev', options, [key, ...(options.otherKeys ?? [])]);
  }

  /**
   * Requests with equal keys go to the same pod, the one that wins a draw for that key: exact shares, and no key moves but
   * those of the pod that came or went, whatever the weights. Each request looks at each pod, so it fits up to some hundred.
   */
  public static rendezvous(key: HashKey, options: HashBalancingOptions = {}): LoadBalancing {
    return new LoadBalancing('rendezvous', options, [key, ...(options.otherKeys ?? [])]);
  }

  private constructor(
    private readonly type: LoadBalancingConfig['type'],
    private readonly options: AnyOptions,
    private readonly keys: readonly HashKey[] = [],
  ) {}

  /** @internal */
  public get _zoneWeights(): { readonly [zone: string]: number } | undefined {
    return this.options.zoneWeights;
  }

  /** @internal */
  public get _zoneAware(): boolean {
    return this.options.zoneAware !== undefined;
  }

  /**
   * What a cluster says of it; nothing for the default.
   *
   * @param fallsBack whether others take over what the cluster can't
   *
   * @internal
   */
  public _toClusterConfig(fallsBack: boolean): BalancingFields {
    return balancingFields(this.type, this.options, fallsBack);
  }

  /**
   * What routes to the service hash by.
   *
   * @internal
   */
  public _hash(): HashKeyConfig[] {
    return this.keys.map((key) => key._toConfig());
  }

  /** @internal */
  public _check(mistakes: Mistakes, prop: string): void {
    checkBalancing(mistakes, prop, this.type, this.options, this.keys);
  }
}

mark(LoadBalancing);
