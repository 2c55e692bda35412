/**
 * Limits on connections of TCP. A connection is to TCP what a request is to HTTP: it is chosen an endpoint for, and counts there while it lasts.
 * So the limits on requests, which are kept where endpoints are chosen, are those on connections under their own names.
 */
import type { RequestLimit, SelectorConfig } from '../../../balancing';
import type { ResolvedCluster } from '../../../contract';

const STATED = { maxRequests: 'maxConnections', maxRequestsPerEndpoint: 'maxConnectionsPerEndpoint' } as const;

/** By what the endpoints of a cluster are chosen. */
export function selectionOf(config: ResolvedCluster): SelectorConfig {
  if (config.protocol !== 'tcp') return config;
  return { ...config, maxRequests: config.maxConnections, maxRequestsPerEndpoint: config.maxConnectionsPerEndpoint };
}

/** The name of a limit in the configuration. */
export function statedLimit(limit: RequestLimit, { protocol }: ResolvedCluster): RequestLimit | (typeof STATED)[RequestLimit] {
  return protocol === 'tcp' ? STATED[limit] : limit;
}
