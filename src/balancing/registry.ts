/**
 * From the policy in the configuration to its algorithm. A policy without a line here does not compile; a new algorithm
 * is its own file, its type in the contract, and one line.
 */
import type { LoadBalancingConfig } from '../contract';
import { leastRequest } from './least-request';
import type { Balanced, Picker, PickerFactory, Surroundings } from './picker';
import { random } from './random';
import { roundRobin } from './round-robin';
import { weightedRoundRobin } from './weighted-round-robin';

type Factories = { readonly [T in LoadBalancingConfig['type']]: PickerFactory<Extract<LoadBalancingConfig, { readonly type: T }>> };

const FACTORIES: Factories = {
  roundRobin,
  random,
  weightedRoundRobin,
  leastRequest,
};

/** Names of all policies. */
export const POLICIES = Object.keys(FACTORIES) as readonly LoadBalancingConfig['type'][];

/**
 * Builds the picker of a policy.
 *
 * @param endpoints the available endpoints; weights are finite and more than 0
 * @param config    the policy with its defaults filled in; throws when one is missing
 * @param surroundings time and chance
 */
export function createPicker<E extends Balanced>(
  endpoints: readonly E[], config: LoadBalancingConfig, surroundings: Surroundings,
): Picker<E> {
  // Each factory takes its own member of the union, and `type` is what selects both.
  return (FACTORIES[config.type] as PickerFactory)(endpoints, config, surroundings);
}
