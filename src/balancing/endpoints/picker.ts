/**
 * The port between the algorithms and their callers: the proxy and the simulator.
 *
 * Cold and hot are apart: a factory builds a picker whenever the set of available endpoints or their weights change;
 * `pick()` runs once a request, allocates nothing, and reads time and chance only from what the factory was given.
 * Health is not an algorithm's business: the list it gets holds available endpoints only.
 */
import type { LoadBalancingConfig } from '../../contract';
import type { EndpointStats } from './endpoint-stats';

/** What algorithms see of an endpoint. The caller keeps these objects across rebuilds. */
export interface Balanced {
  /** Stable identity, for example `10.1.2.3:15006`. */
  readonly key: string;
  /** Relative share. A value that is not above 0 is unknown and counts as the mean of the known ones. */
  readonly weight: number;
  /** Availability zone, when it is known. */
  readonly zone?: string | undefined;
  /** Priority level, 0 first; absent is 0. */
  readonly priority?: number | undefined;
  /** Monotonic milliseconds since when it takes requests; absent when it was there from the beginning. */
  readonly since?: number | undefined;
  /** Statistics of its requests. The caller keeps and updates them. */
  readonly stats: EndpointStats;
}

/** What an algorithm knows of a request. The caller may reuse the object. */
export interface PickRequest {
  /** Hash of what the request is to stay with its endpoint by, a whole number whose low 32 bits count; undefined for none. */
  readonly hash: number | undefined;
  /** How many endpoints were tried for it already; absent is 0. A hash then leads to another one, the same each time. */
  readonly attempt?: number | undefined;
}

/** A momentary state of a load balancer over one set of endpoints; replaced, never changed, when the set changes. */
export interface Picker<E extends Balanced> {
  /** The endpoint for one request, or undefined when the set is empty. */
  pick(request?: PickRequest): E | undefined;
  /** A picker made from what time changes (reports, slow start) asks to be built anew after this many milliseconds. */
  readonly renewAfterMs?: number | undefined;
  /**
   * Does a slice of the work that must be done before the first `pick()`, about a millisecond's; true when all is done.
   * Absent when there is none.
   */
  prepare?(): boolean;
  /** What a policy that chooses among others has chosen; absent for one that doesn't. */
  readonly choice?: PolicyChoice | undefined;
}

/** The policy that is used at the moment, and why. */
export interface PolicyChoice {
  readonly policy: LoadBalancingConfig['type'];
  /** One sentence, with the numbers that decided. */
  readonly reason: string;
  /** Monotonic milliseconds. */
  readonly since: number;
}

/** Time and chance, injected so that tests and the simulator repeat exactly. */
export interface Runtime {
  /** Uniform in [0, 1). */
  random(): number;
  /** Monotonic milliseconds. */
  now(): number;
}

/** The same for what also acts at a later time. */
export interface Scheduler extends Runtime {
  /** Calls `task` once after so many milliseconds, unless it is cancelled before by what this returns. */
  after(ms: number, task: () => void): () => void;
}

/** What a picker is built over; not changed by either side afterwards. */
export interface Candidates<E extends Balanced> {
  /** The available endpoints. */
  readonly endpoints: readonly E[];
  /** Their shares relative to each other, in the same order: finite and more than 0. All 1 for a policy that doesn't weigh. */
  readonly weights: readonly number[];
  /** The picker that this one replaces, for the state that it may take over. */
  readonly previous?: Picker<E> | undefined;
}

/**
 * Builds a picker.
 *
 * @param candidates  what it chooses from
 * @param config      the policy, with its defaults filled in
 * @param runtime time and chance
 */
export type PickerFactory<C extends LoadBalancingConfig = LoadBalancingConfig> =
  <E extends Balanced>(candidates: Candidates<E>, config: C, runtime: Runtime) => Picker<E>;
