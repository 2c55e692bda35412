/**
 * Every metric family of the proxy: the one table that the code takes names and labels from and that `docs/metrics.md`
 * is made of. A family or label that isn't here can't be recorded.
 *
 * Names follow Prometheus: base units (seconds, bytes), `_total` on counters. Labels have few values: names out of the
 * configuration, known methods, status codes, reason codes. What varies with traffic (paths, addresses) is for the access log.
 * The proxy's own identity is not a label of every series but of `mesh_node_info`, to be joined when wanted.
 */
import { CONNECTION_DURATION_BUCKETS, DURATION_BUCKETS } from '../../contract';

export interface FamilyDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
  /** Upper bounds of a histogram's buckets; empty for other types. */
  readonly buckets: readonly number[];
}

/** Value of a label that does not apply. Never a name: those of clusters and listeners are names of Kubernetes or longer. */
export const NOT_APPLICABLE = '-';

/** Value of a label that most series don't have: it is not written, which is the same to Prometheus. */
export const ABSENT = '';

/** Value of a label that applies, but nobody can say. */
export const UNKNOWN = 'unknown';

const EDGE = ['listener', 'direction', 'cluster', 'route', 'caller'] as const;
/** Connections of TCP have one route. */
const TCP_EDGE = ['listener', 'direction', 'cluster', 'caller'] as const;

/** Makes families of one type. */
function familiesOf<T extends FamilyDefinition['type']>(type: T) {
  return <const Labels extends readonly string[]>(name: string, labels: Labels, help: string, buckets: readonly number[] = []) => (
    { name, type, labels, help, buckets }
  );
}
const counter = familiesOf('counter');
const gauge = familiesOf('gauge');
const histogram = familiesOf('histogram');

export const FAMILIES = {
  requests: counter('mesh_requests_total', [...EDGE, 'method', 'code', 'reason', 'grpc_response_status'],
    'Finished requests. `cluster`: where they went, a version of a service; `-` when none was chosen. `route`: `-` when none took the request. '
      + '`caller`: the SPIFFE id by which an inbound caller proved who it is, `unknown` without one (of a listener whose mutual TLS is permissive: requests without TLS); `-` on outbound listeners, where it is the app '
      + 'beside the proxy. `method`: `_OTHER` for unknown ones. `code`: status sent to the client, 499 when it went away before one was; of a gRPC call, the HTTP status that stands for its own. `reason`: '
      + 'why the proxy answered or broke off by itself, `-` when the response is the endpoint\'s. `grpc_response_status`: of gRPC calls only, the number of the status of gRPC, 0 to 16; `other` for what is none of these. '
      + 'A call without one has the number that its client makes of its HTTP status, and 1 (CANCELLED) when the client went away.'),
  requestDuration: histogram('mesh_request_duration_seconds', [...EDGE, 'class'],
    'Time from the head of a request to the end of its response, for requests that are over; to the beginning of the tunnel, '
      + 'for those that switched protocols. `class`: that of the status, such as `5xx`; the other labels are those of `mesh_requests_total`.', DURATION_BUCKETS),
  requestsInFlight: gauge('mesh_requests_in_flight', ['listener'], 'Requests under way.'),
  admissionLimit: gauge('mesh_admission_limit', ['listener'],
    'Most requests that the app beside the proxy is given at a time, as it is right now. What was refused for it has the reason `overloaded` in '
      + '`mesh_requests_total`, and what came too fast `rate_limited`.'),
  admissionInFlight: gauge('mesh_admission_in_flight', ['listener'],
    'Requests that count for that limit: they were let in, their body is there or has not been on its way for longer than a second, their response has not begun, and their path is not exempt.'),
  authorizationDecisions: counter('mesh_authorization_decisions_total', ['listener', 'decision', 'rule', 'cause'],
    'Requests for which the rules of an inbound listener or a gateway were asked. `decision`: `allowed`, with the name of the `rule`; `denied`, with its `cause`; or '
      + '`would_deny`, where a dry run let it pass. `cause`: `no_identity` (the caller has none, and no rule is `plain`), `unknown_caller` (no rule is for it), '
      + '`no_match` (there are rules for it, but none for such a request).'),
  jwtTokens: counter('mesh_jwt_tokens_total', ['listener', 'result'],
    'Tokens of requests, where `jwt` of a listener names issuers. `result`: `verified`; `remembered` (was verified before); or why it is not good: `ambiguous` (several '
      + 'fields), `too_long`, `malformed`, `unknown_issuer`, `unknown_key` (no key has its `kid`), `algorithm` (not the one of that key), `signature`, `audience`, `expired`, `not_yet_valid`.'),
  jwksReloads: counter('mesh_jwks_reloads_total', ['result'],
    'Files with the keys of issuers that were read after the first time. `result`: `applied`, or `rejected` (the keys before stay).'),
  externalAuthorizations: counter('mesh_external_authorization_requests_total', ['listener', 'result', 'cause'],
    'Requests that the service of `externalAuthorization` was to be asked about. `result`: `allowed`; `denied`; `failed` (no answer, so they were refused); or '
      + '`failure_mode_allowed` (no answer, and `failureModeAllow` let them pass). `cause` of the last two: `timeout`, `limit` (`maxPendingRequests`), `status` (5xx), '
      + '`proxy` (a proxy on the way refused the question), or the reason code of why the service could not be asked.'),
  externalAuthorizationsPending: gauge('mesh_external_authorization_pending', ['listener'], 'Requests that wait for an answer of the service of `externalAuthorization`.'),
  externalAuthorizationDuration: histogram('mesh_external_authorization_duration_seconds', ['listener'],
    'Time that requests waited for an answer of the service of `externalAuthorization`, or for none.', DURATION_BUCKETS),
  downstreamConnections: counter('mesh_downstream_connections_total', ['listener'], 'Connections accepted from clients.'),
  downstreamConnectionsOpen: gauge('mesh_downstream_connections_open', ['listener'], 'Open connections from clients.'),
  connectionsRefused: counter('mesh_downstream_connections_refused_total', ['listener', 'reason'],
    'Connections refused for the client that they come from, before there was a request. `reason`: `address_denied` or `client_connection_limit`.'),
  proxyHeaders: counter('mesh_proxy_protocol_headers_total', ['listener', 'result'],
    'Headers of the PROXY protocol, where they are required. `result`: `v1`, `v2`, `local` (has no address, as of a balancer\'s own checks), or, and then '
      + 'the connection was broken off, `malformed` (or none), `timeout`, `closed` (by the other end).'),
  http2Faults: counter('mesh_http2_connections_failed_total', ['listener', 'code'],
    'Connections of HTTP/2 that were closed because of what the client did. `code`: the error code of RFC 9113 that it was told, such as `ENHANCE_YOUR_CALM` '
      + '(a flood: `mesh_limit_reached_total` tells which limit) or `PROTOCOL_ERROR`; `PREFACE`, when it did not begin as HTTP/2 does.'),
  tlsHandshakes: counter('mesh_tls_handshakes_total', ['listener'], 'TLS handshakes that were completed.'),
  tlsHandshakeFailures: counter('mesh_tls_handshake_failures_total', ['listener', 'kind'],
    'Connections that ended before their TLS handshake did. `kind`: `closed` (by the client), `timeout`, `plain_http` (HTTP without TLS), '
      + '`version`, `cipher` or `alpn` (no common version, cipher or protocol), `sni` (no host name, or an unknown one, and `requireSni`), `alert` (the client refused, for example the certificate), `no_identity` (with mutual TLS: the proxy itself can\'t prove who it is), `other`.'),
  tlsCertificateReloads: counter('mesh_tls_certificate_reloads_total', ['listener', 'result'],
    'Changes of certificate files. `result`: `applied`, or `rejected` (the certificate before stays in use). With workers, each counts.'),
  tlsCertificateExpiry: gauge('mesh_tls_certificate_expiry_timestamp_seconds', ['listener'],
    'When the certificate in use expires, in seconds since 1970; of several, the one that expires first.'),
  certificateSecondsToExpiry: gauge('mesh_certificate_seconds_to_expiry', ['listener', 'certificate'],
    'Time until a certificate in use expires; below 0 it has. `certificate`: its file.'),
  certificateProblem: gauge('mesh_certificate_problem', ['listener', 'certificate', 'problem'],
    '1 while a certificate in use has the problem, else 0. `problem`: `expired`; `not_yet_valid`; `rejected` (its files have changed and can\'t be used, for '
      + 'example because the key is that of another certificate; the pair before stays in use). `certificate`: its file.'),
  callersRefused: counter('mesh_mutual_tls_callers_refused_total', ['listener', 'fault'],
    'TLS connections whose client did not prove who it is, and that were refused after their handshake. `fault`: `no_certificate`, `untrusted` (no chain to a root of '
      + 'the trust bundle), `expired`, `not_yet_valid`, `spiffe` (proves no id of the trust domain), `alpn` (not the protocol of sidecars), `other_id` (of `metrics` alone: may not read them). '
      + '`listener`: `metrics` is the port for metrics by mutual TLS, here and in `mesh_tls_handshakes_total` and `mesh_tls_handshake_failures_total`.'),
  plainRefused: counter('mesh_plain_connections_refused_total', ['listener'],
    'Connections without TLS that were refused because the listener asks for mutual TLS.'),
  identityExpiry: gauge('mesh_identity_expiration_timestamp_seconds', ['file'],
    'When the proxy\'s identity in use expires, in seconds since 1970. `file`: `certificate`; `trust_bundle`, of which the root that expires last counts.'),
  identityUsable: gauge('mesh_identity_usable', [],
    '1 while the proxy can prove who it is, else 0: it has got nothing that can be used, or its certificate has expired. Then it is not ready, and neither accepts nor opens connections with '
      + 'mutual TLS. Absent without an identity.'),
  identityRejected: gauge('mesh_identity_rejected', [],
    '1 while the files of the identity can\'t be used, for example because the key is that of another certificate, or its agent (SPIRE) gives nothing that can be used; what was there '
      + 'before stays in use.'),
  identityTrusted: gauge('mesh_identity_trusted', [],
    '1 while the proxy\'s certificate in use leads to a root of the trust bundle in use, else 0: a root was taken out of the bundle before the certificate was issued anew. '
      + 'Peers that have the same bundle refuse it.'),
  identityReloads: counter('mesh_identity_reloads_total', ['result'],
    'Changes of the identity in its files, or by its agent. `result`: `applied`, or `rejected`. With workers, each counts.'),
  workloadApiOpen: gauge('mesh_workload_api_open', [],
    '1 while the agent that the identity comes from (SPIRE) keeps the proxy up to date: its last answer could be used, and the call is open. Else 0; what it said before stays in '
      + 'use. Absent where the identity comes from files.'),
  workloadApiFailures: counter('mesh_workload_api_failures_total', ['cause'],
    'Calls of the Workload API that failed. `cause`: `unreachable` (no connection to its socket), `denied` (the workload is not registered), `ended` (by the agent, or it broke), '
      + '`unusable` (an answer without the identity that the proxy must have, or whose certificate can\'t be used). With workers, each counts.'),
  upstreamTlsExpiry: gauge('mesh_upstream_tls_expiration_timestamp_seconds', ['cluster', 'file'],
    'When what a cluster\'s TLS to the outside goes by expires, in seconds since 1970. `file`: `certificate`, the one shown to endpoints; `trust_bundle`, of which the root '
      + 'that expires last counts. NaN for what it does not have.'),
  upstreamTlsUsable: gauge('mesh_upstream_tls_usable', ['cluster'],
    '1 while a cluster\'s TLS to the outside can be used, else 0: its files can\'t be used, or its certificate has expired. Then its requests get `tls_unusable`.'),
  upstreamTlsRejected: gauge('mesh_upstream_tls_rejected', ['cluster'],
    '1 while the files of a cluster\'s TLS to the outside can\'t be used, for example because the key is that of another certificate; what was read before stays in use.'),
  upstreamTlsReloads: counter('mesh_upstream_tls_reloads_total', ['cluster', 'result'],
    'Changes of the files of a cluster\'s TLS to the outside. `result`: `applied`, or `rejected`. With workers, each counts.'),
  bypassingRequests: counter('mesh_bypassing_requests_total', ['listener'],
    'Requests without a sidecar\'s mark from addresses that sidecars have sent requests from in the last five minutes: their apps bypassed '
      + 'their sidecars. `/endpoints` has the addresses. Their connections are ended after five to ten seconds.'),
  straightConnections: gauge('mesh_straight_connections', ['listener'],
    'Connections that the app beside this proxy has straight to a service that this outbound listener would take it to. Looked for once a '
      + 'minute; absent while there are none. `/endpoints` has the addresses.'),
  tunnels: counter('mesh_tunnels_total', ['listener'], 'Requests that switched protocols (status 101, as for WebSocket).'),
  tunnelsOpen: gauge('mesh_tunnels_open', ['listener'], 'Open tunnels: connections that switched protocols.'),
  tcpConnectionsOpened: counter('mesh_tcp_connections_opened_total', TCP_EDGE,
    'Connections of TCP for which there was a connection to an endpoint. The labels are those of `mesh_requests_total`.'),
  tcpConnectionsClosed: counter('mesh_tcp_connections_closed_total', [...TCP_EDGE, 'reason'],
    'Connections of TCP that are over, those included for which there never was an endpoint. `cluster`: `-` when none was chosen. `reason`: why the proxy closed it, or which '
      + 'side broke it; `-` when both sides have ended it in order.'),
  tcpConnectionsOpen: gauge('mesh_tcp_connections_open', TCP_EDGE, 'Connections of TCP that are open to an endpoint.'),
  tcpReceivedBytes: counter('mesh_tcp_received_bytes_total', TCP_EDGE, 'Bytes received from clients on connections of TCP, and passed on to the cluster.'),
  tcpSentBytes: counter('mesh_tcp_sent_bytes_total', TCP_EDGE, 'Bytes sent to clients on connections of TCP, from the cluster.'),
  tcpConnectionDuration: histogram('mesh_tcp_connection_duration_seconds', TCP_EDGE,
    'How long connections of TCP lasted that are over, from when they were accepted.', CONNECTION_DURATION_BUCKETS),
  receivedBytes: counter('mesh_received_bytes_total', ['listener'], 'Bytes received in the bodies of requests and in tunnels.'),
  sentBytes: counter('mesh_sent_bytes_total', ['listener'], 'Bytes sent in the bodies of responses and in tunnels.'),
  attempts: counter('mesh_upstream_attempts_total', ['cluster'], 'Endpoints tried for requests: one per request plus one per retry.'),
  retries: counter('mesh_retries_total', ['cluster', 'reason'],
    'Requests sent again to another endpoint or on another connection, by what failed before: a reason code, `http_` and '
      + 'the status of the response, or `unsent` when a callee\'s sidecar said that no application had seen the request.'),
  retriesDenied: counter('mesh_retries_denied_total', ['cluster', 'cause'],
    'Retries and hedges that did not take place. `cause`: `budget` (the cluster\'s retry budget was used up) or `in_flight` '
      + '(the limit on retries in flight was reached).'),
  hedges: counter('mesh_hedges_total', ['cluster'], 'Second requests sent beside a first one that took long, or whose endpoint had stopped answering.'),
  sessionResponses: counter('mesh_session_responses_total', ['listener', 'session'],
    'Responses of endpoints on routes that keep sessions. `session`: `kept` (of the endpoint that the cookie names), `new` and `moved` '
      + '(with a cookie, the latter since the endpoint of the old one is gone or can\'t be connected to), `strayed` (of another endpoint, '
      + 'after a retry; the cookie stays), `none` (of a draining endpoint, where no session begins).'),
  sessionCookiesRefused: counter('mesh_session_cookies_refused_total', ['listener', 'cause'],
    'Session cookies that were not valid; their requests went to any endpoint. `cause`: `malformed` (no such cookie is made), '
      + '`too_long`, `forged` (changed, or made with a key that is not in the file), `expired`, `foreign` (of a cluster that the route does not have).'),
  sessionKeyReloads: counter('mesh_session_key_reloads_total', ['result'],
    'Files with the keys of session cookies that were read after the first time. `result`: `applied`, or `rejected` (the keys before stay).'),
  upstreamConnections: counter('mesh_upstream_connections_total', ['cluster'], 'Connections to endpoints that were begun.'),
  upstreamConnectionsOpen: gauge('mesh_upstream_connections_open', ['cluster'], 'Connections to endpoints that are open or being made.'),
  upstreamConnectionsReused: counter('mesh_upstream_connections_reused_total', ['cluster'],
    'Requests that found a connection to their endpoint already open.'),
  upstreamConnectionFailures: counter('mesh_upstream_connection_failures_total', ['cluster', 'kind'],
    'Connections to endpoints that failed. `kind`: `refused` (could not be made), `timeout` (not made in time), '
      + '`broken` (closed by the endpoint with a request on it), `server_unverified` (the endpoint did not prove to be who it must be), `tls` (no TLS '
      + 'handshake), `certificate_refused` (the endpoint refused this proxy\'s certificate), `no_identity` (this proxy can\'t prove who it is), `tls_unusable` (the '
      + 'files of the cluster\'s TLS can\'t be used).'),
  pendingRequests: gauge('mesh_pending_requests', ['cluster'],
    'Requests that wait for a connection to their endpoint, or for discovery to find the first endpoints.'),
  upstreamRequestsInFlight: gauge('mesh_upstream_requests_in_flight', ['cluster'],
    'Requests under way to endpoints, those that wait for a connection included.'),
  upstreamLimitReached: counter('mesh_upstream_limit_reached_total', ['cluster', 'limit'],
    'How often a limit of a cluster was reached, by its name in the configuration. `maxRequestsPerEndpoint` counts requests that the policy '
      + 'would have sent to an endpoint with as many, whether or not another took them; `maxConnections` and `maxConnectionsPerEndpoint` those that '
      + 'had to wait, or connections of TCP that went elsewhere or were refused; `concurrentHealthChecks` (16, fixed) health checks that had to wait; `pingTimeoutMs` connections of HTTP/2 that were closed; the others, requests that were refused.'),
  endpoints: gauge('mesh_endpoints', ['cluster', 'state'],
    'Endpoints of a cluster. `state`: `ready`; `probing` (was ejected, and gets one request to prove itself by); `unhealthy` '
      + '(health checks fail); `ejected` (an outlier); `draining` (going away; used when none is ready). The first that applies of '
      + '`draining`, `unhealthy` and the others. /endpoints says why. With workers, each judges for itself: the highest of their numbers.'),
  outliersDetected: counter('mesh_outliers_detected_total', ['cluster', 'rule'],
    'Endpoints found to be outliers, ejected or not. `rule`: `consecutive_gateway_errors`, `consecutive_server_errors`, `success_rate`, '
      + '`failure_percentage`, `latency`, `unresponsive` (answers none of its requests), `relapse` (failed when it was taken back).'),
  outliersEjected: counter('mesh_outliers_ejected_total', ['cluster', 'rule'],
    'Outliers that were ejected. It is less than what was detected in a dry run, at the cap on ejected endpoints, and when no other works.'),
  healthChecks: counter('mesh_health_checks_total', ['cluster', 'result'],
    'Health checks of endpoints. `result`: `passed`, `failed`, or `busy` (refused by the sidecar, which was overloaded; changes nothing).'),
  balancingPolicy: gauge('mesh_balancing_policy', ['cluster', 'policy'],
    '1 for the policy that chooses endpoints at the moment, 0 for the others that it is chosen among (`adaptive`). `/endpoints` has the reason.'),
  balancingPolicyChanges: counter('mesh_balancing_policy_changes_total', ['cluster'],
    'How often another policy was chosen, by `adaptive` or by the configuration. The first one is not counted.'),
  endpointWeight: gauge('mesh_endpoint_weight_ratio', ['cluster', 'bound'],
    'Least and greatest weight of an endpoint, `bound` `min` and `max`, over the mean, where weights move (load reports, '
      + 'dynamic weights, slow start). Those of each endpoint are in `/endpoints`: as series they would come and go with every pod.'),
  loadReports: counter('mesh_load_reports_total', ['cluster', 'result'],
    'Load reports of endpoints. `result`: `used`; `empty` (says nothing of work or utilization, and changes nothing); '
      + '`implausible` (a utilization above 10, which is no part of a capacity: most likely in percent), `malformed`, `too_long` (ignored). Those that come within 0.1 s of another one of the same endpoint are neither read nor counted.'),
  localZone: gauge('mesh_local_zone_info', ['zone'], 'Always 1; the zone of this proxy, once it is known.'),
  localZoneShare: gauge('mesh_local_zone_share', ['cluster'],
    'Part of the requests that stays in the proxy\'s zone, 0 to 1, of a cluster that is zone-aware; NaN while zones don\'t matter.'),
  discoverySynced: gauge('mesh_discovery_synced', ['cluster'], '1 when the endpoints of the cluster were found at least once, else 0.'),
  discoveryAge: gauge('mesh_discovery_age_seconds', ['cluster'],
    'Time since the endpoints were last known to be up to date; NaN before the first time.'),
  discoveryFailures: gauge('mesh_discovery_consecutive_failures', ['cluster'],
    'Failures of discovery in a row; 0 when all is well. The last known endpoints stay in use.'),
  discoveryFallback: gauge('mesh_discovery_fallback', ['cluster'],
    '1 while the endpoints of the cluster come from DNS because the Kubernetes API could not be asked since the start, else 0.'),
  fallbackShare: gauge('mesh_fallback_share', ['listener', 'route', 'level'],
    'Part of the requests that goes to a fallback of the route at the moment, 0 to 1. `level`: `1` is the first fallback.'),
  mirroredRequests: counter('mesh_mirrored_requests_total', ['cluster', 'result'],
    'Copies of requests for the cluster. `result`: `answered`, `failed` (no response came), or why there was none: `body_too_large`, `incomplete` '
      + '(the request ended early), `upgrade` (it offered another protocol), `memory` (it was short) and `limit` (maxMirroredRequests).'),
  mirroredInFlight: gauge('mesh_mirrored_requests_in_flight', [], 'Copies of requests under way.'),
  faultsInjected: counter('mesh_faults_injected_total', ['listener', 'kind'],
    'Faults injected into requests, as the configuration asks for. `kind`: `delay` or `abort`.'),
  failovers: counter('mesh_failovers_total', ['listener', 'route'],
    'How often requests began to go to a fallback because too few endpoints of the route\'s own clusters were available.'),
  configInfo: gauge('mesh_config_info', ['hash'], 'Always 1; `hash` is that of the configuration in force.'),
  configReloads: counter('mesh_config_reloads_total', ['result'],
    'Configurations read after the first. `result`: `applied`, or `rejected` (the previous one stays in force).'),
  configIgnoredFields: gauge('mesh_config_ignored_fields', [],
    'Places of the configuration in force that this proxy has left out, because it is older than the document. Above 0 for longer than a '
      + 'rollout takes, the image is too old for what the document says.'),
  configApplied: gauge('mesh_config_last_applied_timestamp_seconds', [], 'When the configuration in force was applied, in seconds since 1970.'),
  limitReached: counter('mesh_limit_reached_total', ['limit'],
    'How often a limit was reached, by its name: those of `limits` in the configuration, `tcp.idleTimeoutMs`, `tcp.maxDurationMs`, `externalAuthorization.maxPendingRequests` and `externalAuthorization.maxResponseBytes` of listeners, `metricSeries` (label sets '
      + 'of one family), `metricCallers`, `metricRoutes` and `metricCodes` (values of a label of one listener), `recordedFailures` (failed and slow requests that are traced though their trace is not sampled, 20 a second), `repeatedEvents` (log lines of one event), `recentSessions` (cookies remembered as good), `recentTokens` (tokens remembered as good), `auditLines` (denials of one listener that are logged in a second, 50; the others are counted only), `recentRequests` (requests of one second, beyond 100, that the admin page `/requests` leaves out while somebody reads it), `adminConnections` (of the admin port, or of that for metrics by mutual TLS: the '
      + 'oldest is closed for a new one), `maxAddresses` (clients remembered for `clients.rateLimit`: some were forgotten), `podSockets` (bytes read of the kernel\'s list), `sidecarAddresses` and `bypassingAddresses` (of pods, remembered by an inbound listener), `serviceLookups` (names of services that DNS is '
      + 'asked for at one look at the pod\'s sockets, 16; the others wait for the next look), `hostAliases` (host aliases of the pod that lead to no listener and are looked up, 64; the others lead nowhere) and `hostsFileBytes` (documents refused because the names of their listeners don\'t fit into the pod\'s hosts file).'),
  hostNames: gauge('mesh_host_names', ['state'],
    'Host names of outbound listeners, where the proxy keeps the pod\'s hosts file. `state`: `written` (lead to a listener); `waiting` (not in '
      + 'the file yet: endpoints are waited for, or it can\'t be written; requests pass the proxy by); `taken` (the pod\'s own hosts file gives them '
      + 'to something else; requests pass the proxy by); `stale` (in the file, but no listener has them any more; connections are refused).'),
  memoryLevel: gauge('mesh_memory_level', [],
    'How short of memory the proxy is, by the limit of its container: 0 not at all, 1 collects garbage early, 2 takes no new connections, '
      + '3 takes no new requests and breaks off those that hold most. Absent without a limit. With workers, the highest of theirs.'),
  memoryActions: counter('mesh_memory_actions_total', ['action'],
    'What was done because memory was short. `action`: `collect` (garbage), `refuse_connection`, `close_idle`, `drop_backlog` (requests that a client '
      + 'had sent ahead of their turn), `refuse_request`, `break_off`.'),
  spans: counter('mesh_spans_total', ['result'],
    'Spans of traced requests. `result`: `exported`, `queue_full` (dropped: `maxQueuedSpans`), `rejected` (the collector did not take them), `undelivered` '
      + '(given up after 5 tries, or at the end of the process).'),
  spansQueued: gauge('mesh_spans_queued', [], 'Spans that wait to be exported, or are under way.'),
  logLinesDropped: counter('mesh_log_lines_dropped_total', [], 'Log lines dropped because standard output took no more and the buffer was full.'),
  ready: gauge('mesh_ready', [], '1 when /ready answers 200, else 0.'),
  terminating: gauge('mesh_terminating', [],
    '1 from the notice on that the pod is being terminated (`/terminating`, asked for by the sidecar\'s preStop), else 0.'),
  terminationNotices: counter('mesh_termination_notices_total', ['result'],
    'Notices that the pod is being terminated. `result`: `taken`; `repeated` (changes nothing); `taken_back` (the process was still there well '
      + 'after the grace period, so the notice was wrong).'),
  eventLoopDelay: gauge('mesh_event_loop_delay_seconds', ['percentile'],
    'Event loop lag since the last time metrics were read: how much later than planned the proxy did its work. `percentile`: 50, 99, 100.'),
  buildInfo: gauge('mesh_build_info', ['version', 'runtime'], 'Always 1; the version of the proxy and of the runtime it runs on.'),
  nodeInfo: gauge('mesh_node_info', ['service', 'namespace', 'version'], 'Always 1; the workload that this proxy belongs to.'),
  processCpu: counter('process_cpu_seconds_total', [], 'User and system CPU time spent.'),
  processMemory: gauge('process_resident_memory_bytes', [], 'Resident memory.'),
  processDeaths: counter('mesh_process_deaths_total', [],
    'How often the proxy\'s process has died in this container and was started again by the supervisor of the image. The log event `process_died` has the cause.'),
  processStart: gauge('process_start_time_seconds', [], 'When the process started, in seconds since 1970.'),
} satisfies Record<string, FamilyDefinition>;

type Families = typeof FAMILIES;
/** A family of the table. */
export type Family = Families[keyof Families];
/** A family of the table with this type. */
export type FamilyOf<T extends FamilyDefinition['type']> = Extract<Family, { readonly type: T }>;

/** The labels that a family needs, and no others. */
export type LabelsOf<F extends FamilyDefinition> = { readonly [Name in F['labels'][number]]: string };
