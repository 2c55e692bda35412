/** What is run beside a balancing that was chosen: the same stages around every other policy, each with its defaults. */
import { BalancingConfig, POLICIES } from '../balancing';
import { LoadBalancingConfig, withPolicyDefaults } from '../contract';

/** The chosen policy first, then the others in the order of the registry, or those named. */
export function balancingsBeside(chosen: BalancingConfig, names: readonly LoadBalancingConfig['type'][] = POLICIES): BalancingConfig[] {
  const others = names.filter((name) => name !== chosen.loadBalancing.type);
  return [chosen, ...others.map((type) => ({ ...chosen, loadBalancing: withPolicyDefaults({ type } as LoadBalancingConfig) }))];
}
