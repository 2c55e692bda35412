/**
 * Whether an endpoint takes requests, and why not: the one place that says it. The balancer, the panic threshold, the
 * connection pool, `/endpoints` and `mesh_endpoints` all go by this.
 *
 * Three parties have a say, and the first that objects is named: discovery (the endpoint is going or gone), active health
 * checks, and outlier detection.
 */
import type { Standing } from '../../balancing';

/** States of an endpoint of a cluster; those that take requests come first. */
export const ENDPOINT_STATES = ['ready', 'probing', 'unhealthy', 'ejected', 'draining'] as const;

export type EndpointState = typeof ENDPOINT_STATES[number]
  /** No longer in the cluster; finishes what it has. */
  | 'gone';

/** What discovery says of an endpoint. */
export type Presence = 'ready' | 'draining' | 'gone';

/** What is known of an endpoint. */
export interface Facts {
  readonly presence: Presence;
  /** Health checks have failed. */
  readonly unhealthy: boolean;
  readonly standing: Standing;
}

export function stateOf({ presence, unhealthy, standing }: Facts): EndpointState {
  if (presence !== 'ready') return presence;
  if (unhealthy) return 'unhealthy';
  return standing === 'ejected' || standing === 'probing' ? standing : 'ready';
}

/** Whether an endpoint in this state takes requests. One that is draining does so only when nothing else is left. */
export function takesRequests(state: EndpointState): boolean {
  return state === 'ready' || state === 'probing';
}
