/**
 * From the policy in the configuration to its algorithm: the export of the policy's name, in the file of that name. The lists are
 * generated from the contract (scripts/settings.mjs); a policy without its file does not compile.
 */
import type { LoadBalancingConfig } from '../../contract';
import type { Balanced, Candidates, Picker, PickerFactory, Runtime } from '../endpoints/picker';
import { sanitizedWeights } from '../endpoints/sanitized-weights';
// #region generated imports of each LoadBalancingConfig
import { roundRobin } from './round-robin';
import { random } from './random';
import { weightedRoundRobin } from './weighted-round-robin';
import { leastRequest } from './least-request';
import { leastResponseTime } from './least-response-time';
import { ringHash } from './ring-hash';
import { maglev } from './maglev';
import { rendezvous } from './rendezvous';
import { clientSideWeightedRoundRobin } from './client-side-weighted-round-robin';
import { adaptive } from './adaptive';
// #endregion

type Factories = { readonly [T in LoadBalancingConfig['type']]: PickerFactory<Extract<LoadBalancingConfig, { readonly type: T }>> };

const FACTORIES: Factories = {
  // #region generated names of each LoadBalancingConfig
  roundRobin,
  random,
  weightedRoundRobin,
  leastRequest,
  leastResponseTime,
  ringHash,
  maglev,
  rendezvous,
  clientSideWeightedRoundRobin,
  adaptive,
  // #endregion
};

/** Names of all policies. */
export const POLICIES = Object.keys(FACTORIES) as readonly LoadBalancingConfig['type'][];

/**
 * Builds the picker of a policy.
 *
 * @param endpoints the available endpoints
 * @param config    the policy with its defaults filled in; throws when one is missing
 * @param runtime time and chance
 * @param given     weights other than the endpoints' own, and the picker that is replaced
 */
export function createPicker<E extends Balanced>(
  endpoints: readonly E[], config: LoadBalancingConfig, runtime: Runtime, given: Partial<Omit<Candidates<E>, 'endpoints'>> = {},
): Picker<E> {
  const weights = sanitizedWeights(given.weights ?? ownWeights(endpoints, config));
  // Each factory takes its own member of the union, and `type` is what selects both.
  return (FACTORIES[config.type] as PickerFactory)({ endpoints, weights, previous: given.previous }, config, runtime);
}

/** The weights that a policy begins with: round robin is the one that doesn't look at what was declared. */
export function ownWeights(endpoints: readonly Balanced[], config: LoadBalancingConfig): readonly number[] {
  return endpoints.map((endpoint) => (config.type === 'roundRobin' ? 1 : endpoint.weight));
}
