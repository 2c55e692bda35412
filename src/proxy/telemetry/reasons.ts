/**
 * Why the proxy answered a request by itself or broke one off: the one table of reason codes. The code is in the
 * response, in the label `reason` of `mesh_requests_total`, in the access log and in `docs/reason-codes.md`, which is made
 * from this table.
 *
 * How statuses were chosen. References disagree where no connection could be made: RFC 9209 (section 2.3) recommends 502
 * for connection_refused and 504 for connection_timeout, and nginx does so; Envoy and HAProxy answer 503. Here 503 means
 * one thing: **no application has seen the request**, so it is safe to send again, whatever its method. 502 and 504 mean
 * that an application may have acted on it. A client that looks at nothing but the status can then tell the two apart,
 * which is what matters to it; the error type of RFC 9209 in `Proxy-Status` says the rest.
 */
import type { Reason } from './reason';

export type { Outcome, ProxyStatusError, Reason } from './reason';

/** Overload passes fast, or a moment later another endpoint has taken over; it is the least that Retry-After can say. */
const SOON = 1;

/** What holds of most reasons. */
const USUAL = { outcome: 'answered', failure: 'excused', caller: 'waits', app: 'there' } as const;

type Row = Omit<Reason, keyof typeof USUAL> & Partial<Reason>;

const TABLE = {
  no_route: {
    status: 404, phrase: 'Not Found', proxyStatus: 'http_request_error', reached: 'no',
    meaning: 'no route of the listener takes such a request, or, of TLS that passes through, the server name that its client asks for',
    remedy: 'compare method, path, host and fields of the request, or the server name (SNI), with the conditions of the routes; a route without conditions takes what '
      + 'the others leave',
  },
  path_refused: {
    outcome: 'answered', status: 400, phrase: 'Bad Request', proxyStatus: 'http_request_error', reached: 'no',
    failure: 'excused', caller: 'waits', app: 'there',
    meaning: 'the request\'s path is malformed, or one that servers read in different ways, so a rule for it could be got round',
    remedy: 'the response says which part; correct the client, or allow %2F by path.encodedSlashes of the listener where the app tells it from a slash',
  },
  no_backend: {
    status: 500, phrase: 'Internal Server Error', proxyStatus: 'destination_not_found', reached: 'no',
    meaning: 'the clusters of the route all have the weight 0',
    remedy: 'give one of them a weight above 0',
  },
  redirect: {
    status: 302, phrase: 'Found', proxyStatus: 'proxy_internal_response', reached: 'maybe',
    meaning: 'the route redirects its requests, or the listener to HTTPS; the status is the one that they say',
    remedy: 'nothing is wrong: follow Location',
  },
  direct_response: {
    status: 200, phrase: 'OK', proxyStatus: 'proxy_internal_response', reached: 'maybe',
    meaning: 'the route answers its requests by itself; status and body are the ones that it says',
    remedy: 'nothing is wrong but on purpose; to end it, remove respond from the route',
  },
  no_endpoints: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'destination_unavailable', reached: 'no', app: 'gone',
    meaning: 'no endpoint of the service is ready, or discovery has not found any yet',
    remedy: 'see /endpoints and mesh_discovery_synced; check that the callee\'s pods are ready and that its Service selects them',
  },
  connect_failed: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'connection_refused', reached: 'no', failure: 'unconnected', app: 'gone',
    meaning: 'no connection to an endpoint could be made: it was refused, reset or has no route',
    remedy: 'check that the app listens on the port of its container, and that no NetworkPolicy rejects the caller',
  },
  connect_timeout: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'connection_timeout', reached: 'no', failure: 'unconnected', app: 'gone',
    meaning: 'an endpoint did not accept a connection in time',
    remedy: 'look for packets being dropped (NetworkPolicy, node under load); raise connectTimeoutMs (prop connections.connectTimeout) when the way is far',
  },
  server_unverified: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'tls_certificate_error', reached: 'no', failure: 'unconnected',
    meaning: 'an endpoint did not prove to be one of those that may serve the called service, by mutual TLS in the mesh or by TLS outside of it, so nothing was sent to it',
    remedy: 'the detail says who is there, or what is wrong with its certificate. In the mesh, correct mutualTls.serverIds of the cluster; outside, correct trustBundleFile, '
      + 'serverName or pins of its tls (prop tls of ExternalService); or look for who has taken the address. Where a certificate has expired, compare the clocks and look at '
      + 'what should have renewed it',
  },
  tls_failed: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'tls_protocol_error', reached: 'no', failure: 'unconnected',
    meaning: 'an endpoint was to be reached by TLS, and the handshake failed',
    remedy: 'the detail has the error. In the mesh, check that the endpoint has a sidecar whose inbound listener has mutualTls; outside, check that the port speaks TLS, in a '
      + 'version from minimumVersion on, and whether it asks for a certificate of the client',
  },
  identity_refused: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'tls_alert_received', reached: 'no', failure: 'unconnected',
    meaning: 'an endpoint refused this proxy\'s certificate, or that it showed none, before it answered anything',
    remedy: 'the detail has the alert; check that the endpoint trusts the root of this proxy\'s certificate, that the certificate has not expired, and the clocks',
  },
  stream_refused: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'connection_limit_reached', reached: 'no', failure: 'unprocessed',
    meaning: 'an endpoint that is called by HTTP/2 refused the request before it looked at it, and so did those that it was sent to again',
    remedy: 'look at how many requests at a time the service takes (SETTINGS_MAX_CONCURRENT_STREAMS), and whether it is closing its connections (GOAWAY)',
  },
  no_identity: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'proxy_internal_response', reached: 'no', failure: 'unable',
    meaning: 'the endpoints are to be reached by mutual TLS, and this proxy can\'t prove who it is: its certificate has expired, or its files can\'t be used',
    remedy: 'see /ready or the log for the cause; look at what should have renewed the files of identity',
  },
  tls_unusable: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'proxy_internal_response', reached: 'no', failure: 'unable',
    meaning: 'the endpoints are outside of the mesh and to be reached by TLS, and the files for that can\'t be used, or the client certificate in them has expired',
    remedy: 'the detail and the log event upstream_tls_rejected say which file and why; correct the ConfigMap or Secret, and look at what should have renewed the certificate',
  },
  caller_unverified: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'proxy_internal_response', reached: 'no',
    meaning: 'the caller did not prove who it is (mutual TLS)',
    remedy: 'the detail says what is wrong with the caller\'s certificate; check who issues it, its trust domain, and the clocks',
  },
  mutual_tls_required: {
    status: 403, phrase: 'Forbidden', proxyStatus: 'http_request_denied', reached: 'no',
    meaning: 'the connection was without TLS, and this listener asks for mutual TLS',
    remedy: 'let the caller go through its sidecar, with mutualTls for this service; until all do, set mutualTls.mode of this listener to permissive',
  },
  upstream_closed: {
    status: 502, phrase: 'Bad Gateway', proxyStatus: 'connection_terminated', reached: 'maybe', failure: 'broken',
    meaning: 'the endpoint closed the connection before the head of its response was complete',
    remedy: 'look for crashes or restarts of the callee; its idle time must be longer than idleTimeoutMs (prop connections.idleTimeout; to the app beside the proxy, appConnections.idleTimeout)',
  },
  upstream_protocol_error: {
    status: 502, phrase: 'Bad Gateway', proxyStatus: 'http_protocol_error', reached: 'maybe', failure: 'broken',
    meaning: 'the endpoint\'s response is not valid HTTP, or its head is larger than the limit',
    remedy: 'the log has the detail; check that the port speaks HTTP and not TLS or something else',
  },
  upstream_broken_body: {
    outcome: 'cut', status: 0, phrase: '', proxyStatus: 'http_response_incomplete', reached: 'maybe', failure: 'unfinished',
    meaning: 'the endpoint broke off in the middle of its response\'s body',
    remedy: 'look for crashes or timeouts of the callee; the client has to treat what it got as incomplete',
  },
  request_timeout: {
    status: 504, phrase: 'Gateway Timeout', proxyStatus: 'http_response_timeout', reached: 'maybe', failure: 'unfinished', caller: 'left',
    meaning: 'the response was not complete within the route\'s timeout; if its head had been sent, the connection was cut',
    remedy: 'see mesh_request_duration_seconds of the callee; raise the route\'s timeoutMs (prop timeout of calls()) if that is how long it takes',
  },
  try_timeout: {
    status: 504, phrase: 'Gateway Timeout', proxyStatus: 'http_response_timeout', reached: 'maybe', failure: 'late',
    meaning: 'no attempt had a response within the time for one attempt, and the request was not to be sent again',
    remedy: 'see x-mesh-attempts or the access log for what was tried; raise retry.tryTimeoutMs (prop retry.tryTimeout) if that is how long it takes',
  },
  deadline_exceeded: {
    status: 504, phrase: 'Gateway Timeout', proxyStatus: 'http_response_timeout', reached: 'maybe', caller: 'left',
    meaning: 'the time that the caller gave, in x-mesh-deadline-ms, was over before the response was complete',
    remedy: 'the caller has stopped waiting, so this is to spare work: see the timeout of the caller\'s calls() along the chain',
  },
  body_timeout: {
    outcome: 'cut', status: 0, phrase: '', proxyStatus: 'connection_read_timeout', reached: 'maybe',
    meaning: 'the response\'s body made no progress: the endpoint sent nothing more, or the client took nothing more',
    remedy: 'look for a stuck callee or client; raise limits.bodyTimeoutMs (prop limits.bodyTimeout) for streams that pause',
  },
  client_timeout: {
    status: 408, phrase: 'Request Timeout', proxyStatus: 'http_request_error', reached: 'maybe',
    meaning: 'the client did not send the rest of its request in time, or, where TLS passes through, its ClientHello',
    remedy: 'look for a stuck client or a lossy network; raise limits.headTimeoutMs (prop limits.headTimeout) or limits.bodyTimeoutMs (prop limits.bodyTimeout) for slow uploads',
  },
  pending_overflow: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'connection_limit_reached', reached: 'no', retryAfterSeconds: SOON, failure: 'no_room',
    meaning: 'all connections to the endpoint were in use, and the queue of requests that wait for one was full',
    remedy: 'the callee is too slow or too small for this traffic; scale it, or raise maxPendingRequests (prop connections.maxPendingRequests) or '
      + 'maxConnectionsPerEndpoint (prop connections.maxConnectionsPerEndpoint); to the app beside the proxy, they are in the prop appConnections',
  },
  pending_timeout: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'connection_limit_reached', reached: 'no', retryAfterSeconds: SOON, failure: 'no_turn',
    meaning: 'all connections to the endpoint were in use, and none became free in time',
    remedy: 'the callee is too slow or too small for this traffic; scale it, or raise maxConnectionsPerEndpoint (prop connections.maxConnectionsPerEndpoint), '
      + 'maxConnections (prop connections.maxConnections) or pendingTimeoutMs (prop connections.pendingTimeout)',
  },
  request_limit: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'connection_limit_reached', reached: 'no', retryAfterSeconds: SOON,
    meaning: 'the service had the most requests that it may have at once',
    remedy: 'the callee is too slow or too small for this traffic; scale it, or raise maxRequests (prop connections.maxRequests)',
  },
  endpoint_limit: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'connection_limit_reached', reached: 'no', retryAfterSeconds: SOON,
    meaning: 'every endpoint of the service had the most requests that it may have at once',
    remedy: 'the callee is too slow or has too few pods for this traffic; scale it, or raise maxRequestsPerEndpoint (prop connections.maxRequestsPerEndpoint)',
  },
  connection_limit: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'proxy_internal_response', reached: 'no', retryAfterSeconds: SOON,
    meaning: 'the proxy had the most client connections that it may have at once',
    remedy: 'look for clients that open connections without closing them; raise limits.maxConnections (prop limits.maxConnections) with the memory for it (prop proxyResources)',
  },
  memory_limit: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'proxy_internal_response', reached: 'no', retryAfterSeconds: SOON,
    meaning: 'the proxy was close to the memory limit of its container (mesh_memory_level), and took no new connections or requests',
    remedy: 'look for clients that open many connections, send ahead, or do not take their responses, and for a callee that does not take uploads; '
      + 'raise the memory limit (prop proxyResources), or lower limits.maxBufferedBytes (prop limits.maxBufferedSize)',
  },
  memory_shed: {
    status: 502, phrase: 'Bad Gateway', proxyStatus: 'connection_terminated', reached: 'maybe',
    meaning: 'the proxy was about to reach the memory limit of its container, and this request held more than others; if the head of a response had '
      + 'been sent, or the request had become a tunnel, its connection was cut',
    remedy: 'as for memory_limit; what is broken off is a response that its client does not take, or an upload that the callee does not take',
  },
  overloaded: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'proxy_internal_response', reached: 'no', retryAfterSeconds: SOON,
    meaning: 'the app beside the proxy had as many requests as it can work on (mesh_admission_limit)',
    remedy: 'scale the service; if the app is not busy, make paths that it holds open on purpose exempt by exemptPaths (prop admission.exemptPaths), or raise min or max of '
      + 'admission.concurrency (prop admission.concurrency)',
  },
  late_body: {
    status: 408, phrase: 'Request Timeout', proxyStatus: 'http_request_error', reached: 'maybe', retryAfterSeconds: SOON,
    meaning: 'the request\'s body took so long to come that its place at the app was given to others, and none was free when the body was complete '
      + '(mesh_admission_limit)',
    remedy: 'scale the service; look for slow clients; raise admission.concurrency (prop admission.concurrency), or make paths of long uploads exempt by exemptPaths '
      + '(prop admission.exemptPaths)',
  },
  rate_limited: {
    status: 429, phrase: 'Too Many Requests', proxyStatus: 'http_request_denied', reached: 'no', retryAfterSeconds: SOON,
    meaning: 'more requests came than this proxy lets in',
    remedy: 'send less, or wait as Retry-After says; raise admission.rateLimit (prop admission.rateLimit) if the app can take more',
  },
  bad_request: {
    status: 400, phrase: 'Bad Request', proxyStatus: 'http_request_error', reached: 'maybe',
    meaning: 'the request is not valid HTTP, or is valid in a way that two parsers could read differently',
    remedy: 'the log has the detail; correct the client',
  },
  wrong_protocol: {
    status: 400, phrase: 'Bad Request', proxyStatus: 'http_request_error', reached: 'no',
    meaning: 'what the client sent is another protocol than the declared one: no HTTP, but TLS, SSH or that of a database; or, where TLS passes through, no valid '
      + 'ClientHello',
    remedy: 'the log has what it is; let the client speak plain HTTP/1.1 to this port, or, if the service is not called by HTTP, say so '
      + '(AppProtocol.TCP); where it is declared as TLS, let the client begin with TLS',
  },
  head_too_large: {
    status: 431, phrase: 'Request Header Fields Too Large', proxyStatus: 'http_request_error', reached: 'no',
    meaning: 'the request\'s head is larger than the limit or has too many fields; or, where TLS passes through, the ClientHello is larger than the limit',
    remedy: 'look for cookies that grow; raise limits.maxHeadBytes (prop limits.maxHeadSize) or limits.maxHeaderFields (prop limits.maxHeaderFields); for TLS '
      + 'limits.maxClientHelloBytes (prop limits.maxClientHelloSize)',
  },
  uri_too_long: {
    status: 414, phrase: 'URI Too Long', proxyStatus: 'http_request_error', reached: 'no',
    meaning: 'the request line is longer than the limit',
    remedy: 'send long queries in a body, or raise limits.maxStartLineBytes (prop limits.maxStartLineSize)',
  },
  body_too_large: {
    status: 413, phrase: 'Content Too Large', proxyStatus: 'http_request_error', reached: 'maybe',
    meaning: 'the request\'s body is longer than the limit; without a Content-Length the first part of it had been sent on',
    remedy: 'raise limits.maxBodyBytes (prop limits.maxBodySize) if such bodies are meant to pass',
  },
  unsupported_transfer_coding: {
    status: 501, phrase: 'Not Implemented', proxyStatus: 'http_request_error', reached: 'no',
    meaning: 'the request has a Transfer-Encoding other than chunked',
    remedy: 'let the client send chunked or a Content-Length',
  },
  expectation_failed: {
    status: 417, phrase: 'Expectation Failed', proxyStatus: 'http_request_error', reached: 'no',
    meaning: 'the request has an Expect other than 100-continue',
    remedy: 'let the client expect nothing else: no other expectation was ever defined',
  },
  version_not_supported: {
    status: 505, phrase: 'HTTP Version Not Supported', proxyStatus: 'http_request_error', reached: 'no',
    meaning: 'the request is neither HTTP/1.1 nor HTTP/1.0',
    remedy: 'let the client speak HTTP/1.1; HTTP/2 without TLS ("prior knowledge") is refused, too',
  },
  connect_method_refused: {
    status: 501, phrase: 'Not Implemented', proxyStatus: 'http_request_error', reached: 'no',
    meaning: 'the method is CONNECT: the proxy opens tunnels for nobody (501 rather than 405, as no resource here allows it)',
    remedy: 'do not set this address as HTTP proxy (http_proxy, https_proxy); call the service by its name',
  },
  upgrade_ignored: {
    status: 400, phrase: 'Bad Request', proxyStatus: 'http_request_error', reached: 'maybe',
    meaning: 'the client asked for a WebSocket by HTTP/2 (extended CONNECT), and the endpoint answered with success, but did not switch to it (400 rather than 502: any client can ask for it, and no endpoint is to blame)',
    remedy: 'check that the path is one where the app speaks WebSocket, and, where the app speaks HTTP/2, that it takes extended CONNECT (RFC 8441)',
  },
  tunnel_timeout: {
    outcome: 'cut', status: 0, phrase: '', proxyStatus: 'connection_read_timeout', reached: 'maybe',
    meaning: 'nothing passed through a tunnel (a connection that switched protocols, as for WebSocket) for too long',
    remedy: 'let one side send pings; raise limits.tunnelIdleTimeoutMs (prop limits.tunnelIdleTimeout) for protocols that are silent for longer',
  },
  fault_injected: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'proxy_internal_response', reached: 'no',
    meaning: 'the configuration asks for faults, and this request was chosen; its status is the one that the fault says',
    remedy: 'nothing is wrong but on purpose; to end it, remove faults (prop faults of calls()) from the route',
  },
  terminating: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'destination_unavailable', reached: 'no', retryAfterSeconds: SOON,
    meaning: 'the pod is being terminated, and its app takes no more requests: its port is closed, or its time to end is over',
    remedy: 'nothing is wrong for callers that send it again; if there are many, clients learn too late of pods that go away: raise '
      + 'shutdown.endpointPropagationMs (prop endpointPropagation)',
  },
  shutting_down: {
    status: 502, phrase: 'Bad Gateway', proxyStatus: 'connection_terminated', reached: 'maybe',
    meaning: 'the proxy was told to stop, and the request was not over when its time to drain was nearly; a tunnel, or a response whose head '
      + 'had been sent, was ended',
    remedy: 'raise shutdown.drainMs (prop proxyDrain; prop appDrain for what the app itself still does) if requests are meant to take that long; let '
      + 'clients of long streams connect again',
  },
  address_denied: {
    status: 403, phrase: 'Forbidden', proxyStatus: 'http_request_denied', reached: 'no',
    meaning: 'the client\'s address is not let in at this listener; under TLS its connection was closed before the handshake, unless the address was known by '
      + 'the request only; or a trusted proxy in front has put no address of the client into X-Forwarded-For',
    remedy: 'see client in the access log for who it is taken for; correct clients.allow or clients.deny, or forwarded.trustedHops',
  },
  not_authorized: {
    status: 403, phrase: 'Forbidden', proxyStatus: 'http_request_denied', reached: 'no',
    meaning: 'no rule of the listener\'s authorization lets the caller send such a request',
    remedy: 'see the log event authorization, and cause in mesh_authorization_decisions_total: no_identity is a caller without mutual TLS, unknown_caller one that '
      + 'no rule names, no_match a request beyond what its rules say; add or widen a rule of authorization if it is meant to pass',
  },
  token_invalid: {
    status: 401, phrase: 'Unauthorized', proxyStatus: 'http_request_denied', reached: 'no',
    meaning: 'the request has a token (JWT) that is not good: malformed, of an issuer or with a key that is not known, not for this audience, or not at its time',
    remedy: 'see result in mesh_jwt_tokens_total; let the client get a new token, or correct jwt of the listener or its file of keys',
  },
  ext_authz_denied: {
    status: 403, phrase: 'Forbidden', proxyStatus: 'http_request_denied', reached: 'no',
    meaning: 'the service that the listener asks (externalAuthorization) does not let the request pass; status, fields and content are the ones that it says',
    remedy: 'ask that service why; a 404 may mean that pathPrefix or path (of ExternalAuthorization) is not one of its own',
  },
  ext_authz_failed: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'proxy_internal_response', reached: 'no',
    meaning: 'the service that the listener asks (externalAuthorization) gave no answer, so the request was refused; the status is statusOnError, if that says another',
    remedy: 'see cause in mesh_external_authorization_requests_total, and the service\'s own health; give ExternalAuthorization a longer timeout, '
      + 'or let more requests wait for it, if that is how long it takes',
  },
  client_rate_limited: {
    status: 429, phrase: 'Too Many Requests', proxyStatus: 'http_request_denied', reached: 'no', retryAfterSeconds: SOON,
    meaning: 'more requests came from one client address than it may send',
    remedy: 'send less, or wait as Retry-After says; raise clients.rateLimit, or set forwarded.trustedHops if one proxy sends the requests of many clients',
  },
  client_connection_limit: {
    status: 429, phrase: 'Too Many Requests', proxyStatus: 'http_request_denied', reached: 'no', retryAfterSeconds: SOON,
    meaning: 'one client address had the most connections that it may have at once; under TLS the connection was closed before the handshake',
    remedy: 'use connections again rather than many; raise clients.maxConnections',
  },
  cors_preflight: {
    status: 200, phrase: 'OK', proxyStatus: 'proxy_internal_response', reached: 'maybe',
    meaning: 'a browser asks whether a page of another origin may send a request (CORS preflight), which the listener or a route answers itself',
    remedy: 'nothing is wrong; if the browser then refuses, compare its origin, method and fields with cors of the route, or of the listener',
  },
  misdirected_request: {
    status: 421, phrase: 'Misdirected Request', proxyStatus: 'http_request_error', reached: 'no',
    meaning: 'the request came by a connection that was shown another certificate than the one for its host, as when a browser uses one for two names',
    remedy: 'nothing is wrong for clients that send it again by a connection of its own, as browsers do; let clients ask for the host of their requests '
      + '(SNI), or set tls.requireHostMatch to false',
  },
  max_forwards: {
    status: 200, phrase: 'OK', proxyStatus: 'proxy_internal_response', reached: 'no',
    meaning: 'the request was OPTIONS or TRACE with Max-Forwards 0, which the proxy has to answer itself',
    remedy: 'nothing is wrong: send it with a larger Max-Forwards to get further',
  },
  client_abort: {
    outcome: 'gone', status: 499, phrase: '', proxyStatus: 'http_request_error', reached: 'maybe', caller: 'left',
    meaning: 'the client closed its connection before the response was complete',
    remedy: 'compare the client\'s timeout with mesh_request_duration_seconds',
  },
  tcp_idle_timeout: {
    outcome: 'cut', status: 0, phrase: '', proxyStatus: 'connection_read_timeout', reached: 'maybe',
    meaning: 'nothing passed on a TCP connection, in either direction, for too long, so both sides were ended',
    remedy: 'nothing is wrong for clients that connect again; let one side send keepalives, or raise tcp.idleTimeoutMs (prop tcp.idleTimeout) for protocols that are silent for longer',
  },
  tcp_max_duration: {
    outcome: 'cut', status: 0, phrase: '', proxyStatus: 'connection_terminated', reached: 'maybe',
    meaning: 'a TCP connection had lasted as long as it may, so both sides were ended',
    remedy: 'nothing is wrong for clients that connect again; raise tcp.maxDurationMs (prop tcp.maxDuration), or set it to 0, for clients that can\'t',
  },
  tcp_client_reset: {
    outcome: 'cut', status: 0, phrase: '', proxyStatus: 'connection_terminated', reached: 'maybe', caller: 'left',
    meaning: 'the client of a TCP connection reset it, or closed it while the endpoint was still sending; the endpoint\'s side was reset, too',
    remedy: 'look for timeouts and crashes of the client; some clients close their connections so on purpose',
  },
  tcp_endpoint_reset: {
    outcome: 'cut', status: 0, phrase: '', proxyStatus: 'connection_terminated', reached: 'maybe', failure: 'unfinished',
    meaning: 'the endpoint of a TCP connection reset it, or closed it while the client was still sending; the client\'s side was reset, too',
    remedy: 'look for crashes, restarts and limits on connections of the callee; without mutual TLS, this is also how a callee\'s sidecar says that its app could not be connected to',
  },
  tcp_connection_limit: {
    status: 503, phrase: 'Service Unavailable', proxyStatus: 'connection_limit_reached', reached: 'no', retryAfterSeconds: SOON,
    meaning: 'the service, or every endpoint of it, had the most TCP connections that it may have at once, and another one was closed',
    remedy: 'look for clients that open connections without closing them; raise maxConnections (prop connections.maxConnections) or maxConnectionsPerEndpoint '
      + '(prop connections.maxConnectionsPerEndpoint)',
  },
  loop_detected: {
    status: 502, phrase: 'Bad Gateway', proxyStatus: 'proxy_loop_detected', reached: 'no',
    meaning: 'the request has passed this listener of this proxy several times before, by its x-mesh-via or Via',
    remedy: 'the service names itself as its own callee, or its name resolves to its own sidecar; correct the name',
  },
} as const satisfies Record<string, Row>;

/** Name of a reason. */
export type ReasonCode = keyof typeof TABLE;

/** Every reason by its code. */
export const REASONS = Object.fromEntries(
  Object.entries<Row>(TABLE).map(([code, row]) => [code, { ...USUAL, ...row }]),
) as { readonly [Code in ReasonCode]: Reason };

/** All codes, in the order of the table. */
export const REASON_CODES = Object.keys(TABLE) as readonly ReasonCode[];
