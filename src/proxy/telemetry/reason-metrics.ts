/**
 * Where each reason is counted, for `docs/reason-codes.md`: what an alert or a graph is made of. Every request that is over counts in
 * `mesh_requests_total`, every connection of TCP in `mesh_tcp_connections_closed_total`; what a limit ended, or a connection that failed, counts in
 * another family as well, by its own label.
 */
import type { LimitsConfig, TcpConfig } from '../../contract';
import { FAMILIES, FamilyDefinition, LabelsOf } from './catalog';
import type { ClusterLimit } from './instruments';
import type { ReasonCode } from './reasons';

/** A label of a family, with the value by which it counts a reason. */
export interface Count {
  readonly family: FamilyDefinition;
  readonly label: Readonly<Record<string, string>>;
}

const by = <F extends FamilyDefinition>(family: F, label: Partial<LabelsOf<F>>): Count => ({ family, label: label as Count['label'] });
const limit = (name: keyof LimitsConfig | `tcp.${keyof TcpConfig}`): Count => by(FAMILIES.limitReached, { limit: name });
const clusterLimit = (name: ClusterLimit): Count => by(FAMILIES.upstreamLimitReached, { limit: name });
const connection = (kind: 'refused' | 'timeout' | 'broken'): Count => by(FAMILIES.upstreamConnectionFailures, { kind });

/** Reasons that only connections of TCP end for, and those that they end for as requests do. */
const OF_TCP: readonly ReasonCode[] = ['tcp_idle_timeout', 'tcp_max_duration', 'tcp_client_reset', 'tcp_endpoint_reset', 'tcp_connection_limit'];
const ALSO_OF_TCP: readonly ReasonCode[] = [
  'no_endpoints', 'no_backend', 'connect_failed', 'connect_timeout', 'server_unverified', 'tls_failed', 'identity_refused', 'no_identity', 'tls_unusable', 'caller_unverified',
  'mutual_tls_required', 'pending_overflow', 'connection_limit', 'client_connection_limit', 'memory_limit', 'memory_shed', 'terminating', 'shutting_down', 'address_denied',
  'not_authorized', 'no_route', 'wrong_protocol', 'head_too_large', 'client_timeout',
];

/** Reasons that come before there is a request. */
const WITHOUT_REQUEST: readonly ReasonCode[] = ['connection_limit', 'client_connection_limit'];

/** What counts a reason besides. Several: whichever was the cause. */
const BESIDES: { readonly [Code in ReasonCode]?: readonly Count[] } = {
  connect_failed: [connection('refused')],
  connect_timeout: [connection('timeout')],
  upstream_closed: [connection('broken')],
  upstream_protocol_error: [limit('maxStartLineBytes'), limit('maxHeadBytes'), limit('maxHeaderFields')],
  upstream_broken_body: [connection('broken')],
  body_timeout: [limit('bodyTimeoutMs')],
  client_timeout: [limit('headTimeoutMs'), limit('bodyTimeoutMs')],
  pending_overflow: [clusterLimit('maxPendingRequests')],
  pending_timeout: [clusterLimit('pendingTimeoutMs')],
  request_limit: [clusterLimit('maxRequests')],
  endpoint_limit: [clusterLimit('maxRequestsPerEndpoint')],
  connection_limit: [limit('maxConnections')],
  address_denied: [by(FAMILIES.connectionsRefused, { reason: 'address_denied' })],
  ext_authz_denied: [by(FAMILIES.externalAuthorizations, { result: 'denied' })],
  ext_authz_failed: [by(FAMILIES.externalAuthorizations, { result: 'failed' })],
  not_authorized: [by(FAMILIES.authorizationDecisions, { decision: 'denied' })],
  client_connection_limit: [by(FAMILIES.connectionsRefused, { reason: 'client_connection_limit' })],
  bad_request: [limit('maxHeadBytes')],
  head_too_large: [limit('maxHeadBytes'), limit('maxHeaderFields'), limit('maxClientHelloBytes')],
  uri_too_long: [limit('maxStartLineBytes')],
  body_too_large: [limit('maxBodyBytes')],
  tunnel_timeout: [limit('tunnelIdleTimeoutMs')],
  tcp_idle_timeout: [limit('tcp.idleTimeoutMs')],
  tcp_max_duration: [limit('tcp.maxDurationMs')],
  tcp_connection_limit: [clusterLimit('maxConnections'), clusterLimit('maxConnectionsPerEndpoint')],
  fault_injected: [by(FAMILIES.faultsInjected, { kind: 'abort' })],
};

/** Every family that counts a reason, and how. */
export function metricsOf(reason: ReasonCode): readonly Count[] {
  return [
    ...(WITHOUT_REQUEST.includes(reason) || OF_TCP.includes(reason) ? [] : [by(FAMILIES.requests, { reason })]),
    ...(OF_TCP.includes(reason) || ALSO_OF_TCP.includes(reason) ? [by(FAMILIES.tcpConnectionsClosed, { reason })] : []),
    ...BESIDES[reason] ?? [],
  ];
}
