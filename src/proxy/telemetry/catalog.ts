/**
 * Every metric family of the proxy: the one table that the code takes names and labels from and that `docs/metrics.md`
 * is made of. A family or label that isn't here can't be recorded.
 *
 * Names follow Prometheus: base units (seconds, bytes), `_total` on counters. Labels have few values: names out of the
 * configuration, status codes, reason codes. What varies with traffic (paths, addresses, methods) is for the access log.
 * The proxy's own identity is not a label of every series but of `mesh_node_info`, to be joined when wanted.
 */
import { DURATION_BUCKETS } from './metrics';

export interface FamilyDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

/** Value of a label that does not apply. Never a name: those of clusters and listeners are names of Kubernetes or longer. */
export const NOT_APPLICABLE = '-';

export const FAMILIES = {
  requests: {
    name: 'mesh_requests_total', type: 'counter', labels: ['listener', 'direction', 'cluster', 'code', 'reason'],
    help: 'Requests that are over. `code`: status sent to the client, 499 when it went away before one was. `reason`: '
      + 'why the proxy answered or broke off by itself, `-` when the response is the endpoint\'s. `cluster`: `-` when none was chosen.',
  },
  requestDuration: {
    name: 'mesh_request_duration_seconds', type: 'histogram', labels: ['listener', 'cluster'], buckets: DURATION_BUCKETS,
    help: 'Time from the head of a request to the end of its response, for requests that are over; to the beginning of the tunnel, '
      + 'for those that switched protocols.',
  },
  requestsInFlight: {
    name: 'mesh_requests_in_flight', type: 'gauge', labels: ['listener'],
    help: 'Requests under way.',
  },
  admissionLimit: {
    name: 'mesh_admission_limit', type: 'gauge', labels: ['listener'],
    help: 'Most requests that the app beside the proxy is given at a time, as it is right now. What was refused for it has the reason `overloaded` in '
      + '`mesh_requests_total`, and what came too fast `rate_limited`.',
  },
  admissionInFlight: {
    name: 'mesh_admission_in_flight', type: 'gauge', labels: ['listener'],
    help: 'Requests that count for that limit: they were let in, their body is there or has not been on its way for longer than a second, their response has not begun, and their path is not exempt.',
  },
  downstreamConnections: {
    name: 'mesh_downstream_connections_total', type: 'counter', labels: ['listener'],
    help: 'Connections accepted from clients.',
  },
  downstreamConnectionsOpen: {
    name: 'mesh_downstream_connections_open', type: 'gauge', labels: ['listener'],
    help: 'Open connections from clients.',
  },
  tlsHandshakes: {
    name: 'mesh_tls_handshakes_total', type: 'counter', labels: ['listener'],
    help: 'TLS handshakes that were completed.',
  },
  tlsHandshakeFailures: {
    name: 'mesh_tls_handshake_failures_total', type: 'counter', labels: ['listener', 'kind'],
    help: 'Connections that ended before their TLS handshake did. `kind`: `closed` (by the client), `timeout`, `plain_http` (HTTP without TLS), '
      + '`version`, `cipher` or `alpn` (no common version, cipher or protocol), `sni` (no host name, or an unknown one, and `requireSni`), `alert` (the client refused, for example the certificate), `other`.',
  },
  tlsCertificateReloads: {
    name: 'mesh_tls_certificate_reloads_total', type: 'counter', labels: ['listener', 'result'],
    help: 'Changes of certificate files. `result`: `applied`, or `rejected` (the certificate before stays in use). With workers, each counts.',
  },
  tlsCertificateExpiry: {
    name: 'mesh_tls_certificate_expiry_timestamp_seconds', type: 'gauge', labels: ['listener'],
    help: 'When the certificate in use expires, in seconds since 1970; of several, the one that expires first.',
  },
  certificateSecondsToExpiry: {
    name: 'mesh_certificate_seconds_to_expiry', type: 'gauge', labels: ['listener', 'certificate'],
    help: 'Time until a certificate in use expires; below 0 it has. `certificate`: its file.',
  },
  certificateProblem: {
    name: 'mesh_certificate_problem', type: 'gauge', labels: ['listener', 'certificate', 'problem'],
    help: '1 while a certificate in use has the problem, else 0. `problem`: `expired`; `not_yet_valid`; `rejected` (its files have changed and can\'t be used, for '
      + 'example because the key is that of another certificate; the pair before stays in use). `certificate`: its file.',
  },
  bypassingRequests: {
    name: 'mesh_bypassing_requests_total', type: 'counter', labels: ['listener'],
    help: 'Requests without a sidecar\'s mark from addresses that sidecars have sent requests from in the last five minutes: their apps passed '
      + 'their sidecars by. `/endpoints` has the addresses. Their connections are ended after five to ten seconds.',
  },
  straightConnections: {
    name: 'mesh_straight_connections', type: 'gauge', labels: ['listener'],
    help: 'Connections that the app beside this proxy has straight to a service that this outbound listener would take it to. Looked for once a '
      + 'minute; absent while there are none. `/endpoints` has the addresses.',
  },
  tunnels: {
    name: 'mesh_tunnels_total', type: 'counter', labels: ['listener'],
    help: 'Requests that switched protocols (status 101, as for WebSocket).',
  },
  tunnelsOpen: {
    name: 'mesh_tunnels_open', type: 'gauge', labels: ['listener'],
    help: 'Open tunnels: connections that switched protocols.',
  },
  receivedBytes: {
    name: 'mesh_received_bytes_total', type: 'counter', labels: ['listener'],
    help: 'Bytes received in the bodies of requests and in tunnels.',
  },
  sentBytes: {
    name: 'mesh_sent_bytes_total', type: 'counter', labels: ['listener'],
    help: 'Bytes sent in the bodies of responses and in tunnels.',
  },
  attempts: {
    name: 'mesh_upstream_attempts_total', type: 'counter', labels: ['cluster'],
    help: 'Endpoints tried for requests: one per request plus one per retry.',
  },
  retries: {
    name: 'mesh_retries_total', type: 'counter', labels: ['cluster', 'reason'],
    help: 'Requests sent again to another endpoint or on another connection, by what failed before: a reason code, `http_` and '
      + 'the status of the response, or `unsent` when a callee\'s sidecar said that no application had seen the request.',
  },
  retriesDenied: {
    name: 'mesh_retries_denied_total', type: 'counter', labels: ['cluster', 'cause'],
    help: 'Retries and hedges that did not take place. `cause`: `budget` (the cluster\'s retry budget was used up) or `in_flight` '
      + '(as many retries as may were under way).',
  },
  hedges: {
    name: 'mesh_hedges_total', type: 'counter', labels: ['cluster'],
    help: 'Second requests sent beside a first one that took long, or whose endpoint had fallen silent.',
  },
  sessionResponses: {
    name: 'mesh_session_responses_total', type: 'counter', labels: ['listener', 'session'],
    help: 'Responses of endpoints on routes that keep sessions. `session`: `kept` (of the endpoint that the cookie names), `new` and `moved` '
      + '(with a cookie, the latter since the endpoint of the old one is gone or can\'t be connected to), `strayed` (of another endpoint, '
      + 'after a retry; the cookie stays), `none` (of a draining endpoint, where no session begins).',
  },
  sessionCookiesRefused: {
    name: 'mesh_session_cookies_refused_total', type: 'counter', labels: ['listener', 'cause'],
    help: 'Session cookies that were not believed, so that their requests went anywhere. `cause`: `malformed` (no such cookie is made), '
      + '`too_long`, `forged` (changed, or made with a key that is not in the file), `expired`, `foreign` (of a cluster that the route does not have).',
  },
  sessionKeyReloads: {
    name: 'mesh_session_key_reloads_total', type: 'counter', labels: ['result'],
    help: 'Files with the keys of session cookies that were read after the first time. `result`: `applied`, or `rejected` (the keys before stay).',
  },
  upstreamConnections: {
    name: 'mesh_upstream_connections_total', type: 'counter', labels: ['cluster'],
    help: 'Connections to endpoints that were begun.',
  },
  upstreamConnectionsOpen: {
    name: 'mesh_upstream_connections_open', type: 'gauge', labels: ['cluster'],
    help: 'Connections to endpoints that are open or being made.',
  },
  upstreamConnectionsReused: {
    name: 'mesh_upstream_connections_reused_total', type: 'counter', labels: ['cluster'],
    help: 'Requests that found a connection to their endpoint already open.',
  },
  upstreamConnectionFailures: {
    name: 'mesh_upstream_connection_failures_total', type: 'counter', labels: ['cluster', 'kind'],
    help: 'Connections to endpoints that failed. `kind`: `refused` (could not be made), `timeout` (not made in time), '
      + '`broken` (closed by the endpoint with a request on it).',
  },
  pendingRequests: {
    name: 'mesh_pending_requests', type: 'gauge', labels: ['cluster'],
    help: 'Requests that wait for a connection to their endpoint, or for discovery to find the first endpoints.',
  },
  upstreamRequestsInFlight: {
    name: 'mesh_upstream_requests_in_flight', type: 'gauge', labels: ['cluster'],
    help: 'Requests under way to endpoints, those that wait for a connection included.',
  },
  upstreamLimitReached: {
    name: 'mesh_upstream_limit_reached_total', type: 'counter', labels: ['cluster', 'limit'],
    help: 'How often a limit of a cluster was reached, by its name in the configuration. `maxRequestsPerEndpoint` counts requests that the policy '
      + 'would have sent to an endpoint with as many, whether or not another took them; `maxConnections` and `maxConnectionsPerEndpoint` those that '
      + 'had to wait; the others, requests that were refused.',
  },
  endpoints: {
    name: 'mesh_endpoints', type: 'gauge', labels: ['cluster', 'state'],
    help: 'Endpoints of a cluster. `state`: `ready`; `probing` (was ejected, and gets one request to prove itself by); `unhealthy` '
      + '(health checks fail); `ejected` (an outlier); `draining` (going away; used when none is ready). The first that applies of '
      + '`draining`, `unhealthy` and the others. /endpoints says why. With workers, each judges for itself: the highest of their numbers.',
  },
  outliersDetected: {
    name: 'mesh_outliers_detected_total', type: 'counter', labels: ['cluster', 'rule'],
    help: 'Endpoints found to be outliers, ejected or not. `rule`: `consecutive_gateway_errors`, `consecutive_server_errors`, `success_rate`, '
      + '`failure_percentage`, `latency`, `unresponsive` (answers none of its requests), `relapse` (failed when it was taken back).',
  },
  outliersEjected: {
    name: 'mesh_outliers_ejected_total', type: 'counter', labels: ['cluster', 'rule'],
    help: 'Endpoints ejected for it. It is less than what was detected in a dry run, at the cap on ejected endpoints, and when no other works.',
  },
  healthChecks: {
    name: 'mesh_health_checks_total', type: 'counter', labels: ['cluster', 'result'],
    help: 'Health checks of endpoints. `result`: `passed`, `failed`, or `busy` (turned away by the sidecar, for there was too much work; changes nothing).',
  },
  balancingPolicy: {
    name: 'mesh_balancing_policy', type: 'gauge', labels: ['cluster', 'policy'],
    help: '1 for the policy that chooses endpoints at the moment, 0 for the others that it is chosen among (`adaptive`). `/endpoints` has the reason.',
  },
  balancingPolicyChanges: {
    name: 'mesh_balancing_policy_changes_total', type: 'counter', labels: ['cluster'],
    help: 'How often another policy was chosen, by `adaptive` or by the configuration. The first one is not counted.',
  },
  endpointWeight: {
    name: 'mesh_endpoint_weight_ratio', type: 'gauge', labels: ['cluster', 'bound'],
    help: 'Least and greatest weight of an endpoint, `bound` `min` and `max`, over the mean, where weights move (load reports, '
      + 'dynamic weights, slow start). Those of each endpoint are in `/endpoints`: as series they would come and go with every pod.',
  },
  loadReports: {
    name: 'mesh_load_reports_total', type: 'counter', labels: ['cluster', 'result'],
    help: 'Load reports of endpoints. `result`: `used`; `empty` (says nothing of work or utilization, and changes nothing); '
      + '`implausible` (a utilization above 10, which is no part of a capacity: most likely in percent), `malformed`, `too_long` (ignored). Those that come within 0.1 s of another one of the same endpoint are neither read nor counted.',
  },
  localZone: {
    name: 'mesh_local_zone_info', type: 'gauge', labels: ['zone'],
    help: 'Always 1; the zone of this proxy, once it is known.',
  },
  localZoneShare: {
    name: 'mesh_local_zone_share', type: 'gauge', labels: ['cluster'],
    help: 'Part of the requests that stays in the proxy\'s zone, 0 to 1, of a cluster that is zone-aware; NaN while zones don\'t matter.',
  },
  discoverySynced: {
    name: 'mesh_discovery_synced', type: 'gauge', labels: ['cluster'],
    help: '1 when the endpoints of the cluster were found at least once, else 0.',
  },
  discoveryAge: {
    name: 'mesh_discovery_age_seconds', type: 'gauge', labels: ['cluster'],
    help: 'Time since the endpoints were last known to be up to date; NaN before the first time.',
  },
  discoveryFailures: {
    name: 'mesh_discovery_consecutive_failures', type: 'gauge', labels: ['cluster'],
    help: 'Failures of discovery in a row; 0 when all is well. The last known endpoints stay in use.',
  },
  discoveryFallback: {
    name: 'mesh_discovery_fallback', type: 'gauge', labels: ['cluster'],
    help: '1 while the endpoints of the cluster come from DNS because the Kubernetes API could not be asked since the start, else 0.',
  },
  fallbackShare: {
    name: 'mesh_fallback_share', type: 'gauge', labels: ['listener', 'level'],
    help: 'Part of the requests that goes to a fallback of the route at the moment, 0 to 1. `level`: `1` is the first fallback.',
  },
  faultsInjected: {
    name: 'mesh_faults_injected_total', type: 'counter', labels: ['listener', 'kind'],
    help: 'Faults injected into requests, as the configuration asks for. `kind`: `delay` or `abort`.',
  },
  failovers: {
    name: 'mesh_failovers_total', type: 'counter', labels: ['listener'],
    help: 'How often requests began to go to a fallback because too few endpoints of the route\'s own clusters were available.',
  },
  configInfo: {
    name: 'mesh_config_info', type: 'gauge', labels: ['hash'],
    help: 'Always 1; `hash` is that of the configuration in force.',
  },
  configReloads: {
    name: 'mesh_config_reloads_total', type: 'counter', labels: ['result'],
    help: 'Configurations read after the first. `result`: `applied`, or `rejected` (the one before stays in force).',
  },
  configIgnoredFields: {
    name: 'mesh_config_ignored_fields', type: 'gauge', labels: [],
    help: 'Places of the configuration in force that this proxy has left out, because it is older than the document. Above 0 for longer than a '
      + 'rollout takes, the image is too old for what the document says.',
  },
  configApplied: {
    name: 'mesh_config_last_applied_timestamp_seconds', type: 'gauge', labels: [],
    help: 'When the configuration in force was applied, in seconds since 1970.',
  },
  limitReached: {
    name: 'mesh_limit_reached_total', type: 'counter', labels: ['limit'],
    help: 'How often a limit was reached, by its name: those of `limits` in the configuration, `metricSeries` (label sets '
      + 'of one family), `repeatedEvents` (log lines of one event), `recentSessions` (cookies remembered as good), `adminConnections` (of the admin port: the '
      + 'oldest is closed for a new one), `podSockets` (bytes read of the kernel\'s list), `sidecarAddresses` and `bypassingAddresses` (of pods, remembered by an inbound listener) and `hostsFileBytes` (documents refused because the names of their listeners don\'t fit into the pod\'s hosts file).',
  },
  hostNames: {
    name: 'mesh_host_names', type: 'gauge', labels: ['state'],
    help: 'Host names of outbound listeners, where the proxy keeps the pod\'s hosts file. `state`: `written` (lead to a listener); `waiting` (not in '
      + 'the file yet: endpoints are waited for, or it can\'t be written; requests pass the proxy by); `taken` (the pod\'s own hosts file gives them '
      + 'to something else; requests pass the proxy by); `stale` (in the file, but no listener has them any more; connections are refused).',
  },
  memoryLevel: {
    name: 'mesh_memory_level', type: 'gauge', labels: [],
    help: 'How short of memory the proxy is, by the limit of its container: 0 not at all, 1 collects garbage early, 2 takes no new connections, '
      + '3 takes no new requests and breaks off those that hold most. Absent without a limit. With workers, the highest of theirs.',
  },
  memoryActions: {
    name: 'mesh_memory_actions_total', type: 'counter', labels: ['action'],
    help: 'What was done for want of memory. `action`: `collect` (garbage), `refuse_connection`, `close_idle`, `drop_backlog` (requests that a client '
      + 'had sent ahead of their turn), `refuse_request`, `break_off`.',
  },
  logLinesDropped: {
    name: 'mesh_log_lines_dropped_total', type: 'counter', labels: [],
    help: 'Log lines dropped because standard output took no more and the buffer was full.',
  },
  ready: {
    name: 'mesh_ready', type: 'gauge', labels: [],
    help: '1 when /ready answers 200, else 0.',
  },
  terminating: {
    name: 'mesh_terminating', type: 'gauge', labels: [],
    help: '1 from the notice on that the pod is being terminated (`/terminating`, asked for by the sidecar\'s preStop), else 0.',
  },
  terminationNotices: {
    name: 'mesh_termination_notices_total', type: 'counter', labels: ['result'],
    help: 'Notices that the pod is being terminated. `result`: `taken`; `repeated` (changes nothing); `taken_back` (the process was still there well '
      + 'after the grace period, so the notice was wrong).',
  },
  eventLoopDelay: {
    name: 'mesh_event_loop_delay_seconds', type: 'gauge', labels: ['quantile'],
    help: 'How much later than planned the proxy got to its work, since the last time metrics were read. `quantile`: 0.5, 0.99, 1.',
  },
  buildInfo: {
    name: 'mesh_build_info', type: 'gauge', labels: ['version', 'runtime'],
    help: 'Always 1; the version of the proxy and of the runtime it runs on.',
  },
  nodeInfo: {
    name: 'mesh_node_info', type: 'gauge', labels: ['service', 'namespace', 'version'],
    help: 'Always 1; the workload that this proxy belongs to.',
  },
  processCpu: {
    name: 'process_cpu_seconds_total', type: 'counter', labels: [],
    help: 'User and system CPU time spent.',
  },
  processMemory: {
    name: 'process_resident_memory_bytes', type: 'gauge', labels: [],
    help: 'Resident memory.',
  },
  processDeaths: {
    name: 'mesh_process_deaths_total', type: 'counter', labels: [],
    help: 'How often the proxy\'s process has died in this container and was started again by the supervisor of the image. The log event `process_died` has the cause.',
  },
  processStart: {
    name: 'process_start_time_seconds', type: 'gauge', labels: [],
    help: 'When the process started, in seconds since 1970.',
  },
} as const satisfies Record<string, FamilyDefinition>;

type Families = typeof FAMILIES;
/** A family of the table. */
export type Family = Families[keyof Families];
/** A family of the table with this type. */
export type FamilyOf<T extends FamilyDefinition['type']> = Extract<Family, { readonly type: T }>;

/** The labels that a family needs, and no others. */
export type LabelsOf<F extends FamilyDefinition> = { readonly [Name in F['labels'][number]]: string };
