/** What is run beside a balancing that was chosen: every other policy, each with its defaults, in the same stages. */
import { BalancingConfig, POLICIES } from '../balancing';
import { BY_HASH, LoadBalancingConfig, withPolicyDefaults } from '../contract';

/** The chosen policy first, then the others in the order of the registry, or those named. */
export function balancingsBeside(chosen: BalancingConfig, names: readonly LoadBalancingConfig['type'][] = POLICIES): BalancingConfig[] {
  return [chosen, ...names.filter((name) => name !== chosen.loadBalancing.type).map((name) => withPolicy(chosen, name))];
}

/** Another policy in the same stages, or in those that it can have. */
export function withPolicy({ loadBalancing, ...stages }: BalancingConfig, type: LoadBalancingConfig['type']): BalancingConfig {
  const { failover, subset } = stages;
  const around = BY_HASH.includes(type) ? { failover, ...(subset && { subset }) } : stages;
  return { ...around, loadBalancing: loadBalancing.type === type ? loadBalancing : withPolicyDefaults({ type } as LoadBalancingConfig) };
}
