/**
 * Whether an endpoint takes requests, and why not. This is the one place that decides it. The balancer, the panic threshold, the
 * connection pool, `/endpoints` and `mesh_endpoints` all go by this.
 *
 * Three sources are asked, and the first that objects is named: discovery (the endpoint is going or gone), active health
 * checks, and outlier detection.
 */
import type { OutlierStatus } from '../outliers';

/** States of an endpoint of a cluster; those that take requests come first. */
export const ENDPOINT_STATES = ['ready', 'probing', 'unhealthy', 'ejected', 'draining'] as const;

export type EndpointState = typeof ENDPOINT_STATES[number]
  /** No longer in the cluster; finishes what it has. */
  | 'gone';

/** What discovery says of an endpoint. */
export type Presence = 'ready' | 'draining' | 'gone';

/** What the state of an endpoint is derived from. */
export interface StateSources {
  readonly presence: Presence;
  /** Health checks have failed. */
  readonly unhealthy: boolean;
  readonly status: OutlierStatus;
}

export function stateOf({ presence, unhealthy, status }: StateSources): EndpointState {
  if (presence !== 'ready') return presence;
  if (unhealthy) return 'unhealthy';
  return status === 'ejected' || status === 'probing' ? status : 'ready';
}

/** Whether an endpoint in this state takes requests. One that is draining does so only when nothing else is left. */
export function takesRequests(state: EndpointState): boolean {
  return state === 'ready' || state === 'probing';
}
