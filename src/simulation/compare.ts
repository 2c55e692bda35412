/** Which policies are run beside one that was chosen: all that there are, each with its defaults. */
import { POLICIES } from '../balancing';
import { LoadBalancingConfig, withPolicyDefaults } from '../contract';

/** The chosen policy first, then the others in the order of the registry, or those named. */
export function policiesBeside(chosen: LoadBalancingConfig, names: readonly LoadBalancingConfig['type'][] = POLICIES): LoadBalancingConfig[] {
  const others = names.filter((name) => name !== chosen.type);
  return [withPolicyDefaults(chosen), ...others.map((type) => withPolicyDefaults({ type } as LoadBalancingConfig))];
}
