/**
 * The port between whoever balances (the proxy, the simulator) and the algorithms.
 *
 * Cold and hot are apart: a factory builds a picker whenever the set of available endpoints or their weights change;
 * `pick()` runs once a request, allocates nothing, and reads time and chance only from what the factory was given.
 * Health is not an algorithm's business: the list it gets holds available endpoints only.
 */
import type { LoadBalancingConfig } from '../contract';

/** What an algorithm may see of an endpoint. Whoever balances keeps these objects across rebuilds. */
export interface Balanced {
  /** Stable identity, for example `10.1.2.3:15006`. */
  readonly key: string;
  /** Relative share, more than 0. */
  readonly weight: number;
  /** Requests in flight to it right now; kept by whoever balances. */
  readonly inFlight: number;
}

/** A momentary state of a load balancer over one set of endpoints; replaced, never changed, when the set changes. */
export interface Picker<E extends Balanced> {
  /** The endpoint for one request, or undefined when the set is empty. */
  pick(): E | undefined;
}

/** What surrounds an algorithm, injected so that tests and the simulator repeat exactly. */
export interface Surroundings {
  /** Uniform in [0, 1). */
  random(): number;
  /** Monotonic milliseconds. */
  now(): number;
}

/**
 * Builds a picker.
 *
 * @param endpoints the available endpoints; not changed by either side afterwards
 * @param config    the policy, with its defaults filled in
 * @param surroundings time and chance
 */
export type PickerFactory<C extends LoadBalancingConfig = LoadBalancingConfig> =
  <E extends Balanced>(endpoints: readonly E[], config: C, surroundings: Surroundings) => Picker<E>;
