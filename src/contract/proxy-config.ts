/**
 * The one document that the two halves share: the constructs write it into a ConfigMap, the proxy reads it from there.
 *
 * These types are the only source of its form. The JSON Schema in `schema/` and the validator inside the proxy are
 * generated from them, so a field that is not here does not exist, and a rule stated here (`@minimum`, `@pattern`) is
 * enforced there. `@default` is what an absent field means; the constants in `defaults.ts` and the options of the constructs are
 * filled from it (`scripts/settings.mjs`). What can't be said in a type is in `contradictions.ts` (fields that don't go together) and
 * `references.ts` (a route that names a cluster which isn't there).
 *
 * Names are the field's: a *listener* accepts connections, a *route* chooses among *clusters* by weight, a *cluster* is
 * a set of *endpoints* found by one discovery source and balanced by one policy.
 *
 * All durations are whole milliseconds, all sizes bytes.
 */
import type { AccessLogConfig } from './access-log-config';
import type { ClusterConfig } from './cluster-config';
import type { LocalClusterConfig } from './discovery-config';
import type { IdentityConfig, MetricsMutualTlsConfig } from './identity-config';
import type { ListenerConfig } from './listener-config';
import type { Integer } from './scalars';
import type { TracingConfig } from './tracing-config';

/** Everything one sidecar knows. One document a workload; all its pods read the same one. */
export interface ProxyConfig {
  /** Version of this document's form. */
  readonly version: 'v1';
  /**
   * Minor version of the form that the document was written for. What a proxy of an older minor version doesn't know is left out, where
   * that does no harm. Absent: 0.
   */
  readonly minor?: Integer;
  /**
   * Parts that a proxy must know to run this document, by name; one that it doesn't know refuses the document. Known are
   * `admission`, `authorization`, `clients`, `externalAuthorization`, `forwarded`, `httpsRedirect`, `jwt`, `metricsMutualTls`, `mutualTls`,
   * `protocol`, `proxyProtocol`, `readServerName`, `routeCors`, `routes`, `tls` and `upstreamTls`.
   */
  readonly requires?: string[];
  /** Whose sidecar this is. */
  readonly node: NodeIdentity;
  /** By what the proxy proves who it is, where mutual TLS is asked for. Absent: it can't, and nothing may ask for it. */
  readonly identity?: IdentityConfig;
  /** Where metrics and health are served. */
  readonly admin?: AdminConfig;
  /** Where connections are accepted. */
  readonly listeners: ListenerConfig[];
  /** Where requests can go. */
  readonly clusters: ClusterConfig[];
  /**
   * Where the proxy finds its own address, and so its zone and how many like it are in each zone; for clusters that are zone-aware.
   * Absent: its zone is not known, and zones don't matter.
   */
  readonly localCluster?: LocalClusterConfig;
  /** How the Kubernetes API is reached; needed when a cluster uses EndpointSlices. */
  readonly kubernetes?: KubernetesApiConfig;
  /** What one connection or request may use up at most. */
  readonly limits?: LimitsConfig;
  /** How long the parts of stopping the pod take. */
  readonly shutdown?: ShutdownConfig;
  /**
   * Whether requests that are passed on get a `Via` (RFC 9110 section 7.6.3), which tells loops also where one leads over a proxy
   * outside of the mesh. Servers may answer such a request otherwise: nginx doesn't compress for it by default.
   * @default false
   */
  readonly via?: boolean;
  /**
   * What is logged of each request.
   * @default { mode: 'off' }
   */
  readonly accessLog?: AccessLogConfig;
  /** Which requests are traced, and who collects their spans. Absent: none are. */
  readonly tracing?: TracingConfig;
  /**
   * Number of processes that serve requests. Set more than one to use more than one core. The sidecar then has one more process that
   * supervises them. Limits on connections and on waiting requests apply to each worker. A change needs a restart.
   *
   * @minimum 1
   * @maximum 64
   * @default 1
   */
  readonly workers?: Integer;
}

/** The workload that a sidecar belongs to; labels of its metrics and log lines. */
export interface NodeIdentity {
  /**
   * Name of the service.
   * @minLength 1
   */
  readonly service: string;
  /**
   * Namespace of the service.
   * @minLength 1
   */
  readonly namespace: string;
  /**
   * Version of the service that this workload runs.
   * @minLength 1
   */
  readonly version: string;
}

/** The admin listener. */
export interface AdminConfig {
  /**
   * Port, on the pod's addresses and on loopback.
   * @minimum 1
   * @maximum 65535
   */
  readonly port?: Integer;
  /**
   * Loopback address where everything is served; on the pod's addresses only `/ready`, `/live`, `/metrics` and `/terminating` are.
   * @minLength 2
   * @default 127.0.0.1
   */
  readonly loopbackAddress?: string;
  /**
   * Metrics by mutual TLS, at a port of their own. On the pod's addresses they can then be had by nothing else; on loopback they stay as they are.
   * Absent: `/metrics` is on the pod's addresses, for everybody.
   */
  readonly metricsMutualTls?: MetricsMutualTlsConfig;
}

/** The Kubernetes API as seen from the sidecar. */
export interface KubernetesApiConfig {
  /** Base URL. Absent: `https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT`. */
  readonly server?: string;
  /**
   * File with the bearer token; read again as the kubelet renews it.
   * @minLength 1
   */
  readonly tokenFile: string;
  /**
   * File with the certificate authorities that the API server's certificate is checked against.
   * @minLength 1
   */
  readonly caFile: string;
}

/** Bounds of what a peer can make the proxy hold. Reaching one is counted in `mesh_limit_reached_total`. */
export interface LimitsConfig {
  /**
   * Maximum number of connections that the proxy accepts, from other pods and from its app. Applies to each worker.
   *
   * @minimum 1
   * @default 10000
   */
  readonly maxConnections?: Integer;
  /**
   * Maximum length of a request or status line, which is part of the head.
   *
   * @minimum 16
   * @default 8192
   */
  readonly maxStartLineBytes?: Integer;
  /**
   * Maximum size of a message head: start line and all fields. It also limits chunk extensions and trailers.
   *
   * @minimum 64
   * @maximum 1048576
   * @default 16384
   */
  readonly maxHeadBytes?: Integer;
  /**
   * Maximum number of header fields of a message.
   *
   * @minimum 1
   * @maximum 1000
   * @default 100
   */
  readonly maxHeaderFields?: Integer;
  /**
   * Maximum size of a request body; 0 means no limit.
   *
   * @default 0
   */
  readonly maxBodyBytes?: Integer;
  /**
   * Maximum number of requests on one client connection, which is closed after the last; 0 means no limit.
   *
   * @default 0
   */
  readonly maxRequestsPerConnection?: Integer;
  /**
   * Maximum number of requests at a time on one client connection of HTTP/2. Further ones are refused, and the client sends them again when
   * others are over. 100 is what RFC 9113 advises at least.
   *
   * @minimum 1
   * @maximum 65536
   * @default 100
   */
  readonly maxConcurrentStreams?: Integer;
  /**
   * How many streams of one connection of HTTP/2 may come to nothing in a burst: reset by the client, or by the proxy because of what the client
   * did. 33 more are allowed each second. Beyond, the connection is closed. This is what stops rapid resets (CVE-2023-44487, CVE-2025-8671).
   *
   * @minimum 10
   * @maximum 1000000
   * @default 1000
   */
  readonly maxStreamResets?: Integer;
  /**
   * How many frames of HTTP/2 that carry nothing (settings, pings, priorities, empty data, credit that nothing was sent for) one connection may
   * send in a burst. 33 more are allowed each second. Beyond, the connection is closed.
   *
   * @minimum 100
   * @maximum 1000000
   * @default 1000
   */
  readonly maxIdleFrames?: Integer;
  /**
   * Maximum number of copies of requests (`mirror` of a route) under way at a time. Further ones are left out. Applies to each worker.
   *
   * @default 256
   */
  readonly maxMirroredRequests?: Integer;
  /**
   * Maximum size of the first message of TLS (ClientHello), with the headers of its records, on connections that pass through by their server
   * name. Those of today's clients have 250 to 2000 bytes; nginx and HAProxy take 16 KiB as well.
   *
   * @minimum 512
   * @maximum 65536
   * @default 16384
   */
  readonly maxClientHelloBytes?: Integer;
  /**
   * How much is buffered for a peer that reads slower than the other side sends, per connection and direction.
   *
   * @minimum 1024
   * @default 262144
   */
  readonly maxBufferedBytes?: Integer;
  /**
   * How long a connection that the proxy has accepted may be idle between requests.
   * @minimum 1
   * @default 60000
   */
  readonly idleTimeoutMs?: Integer;
  /**
   * Timeout of a message head, from its first byte to its last. A ClientHello that a route is chosen by has as long from the connection on.
   *
   * @minimum 1
   * @default 10000
   */
  readonly headTimeoutMs?: Integer;
  /**
   * How long a body may make no progress, in either direction. A peer that reads less than `maxBufferedBytes` in this time counts as
   * stalled.
   *
   * @minimum 1
   * @default 60000
   */
  readonly bodyTimeoutMs?: Integer;
  /**
   * How long a tunnel may be idle, that is, a connection after a protocol switch (WebSocket), and how long a streaming response
   * (`text/event-stream`, `application/x-ndjson` and similar types) may be silent.
   *
   * @minimum 1
   * @default 300000
   */
  readonly tunnelIdleTimeoutMs?: Integer;
  /**
   * How long nothing may come on a connection of HTTP/2 with requests under way, before the proxy asks by a ping whether its peer is there. 0:
   * it never asks. Servers of gRPC close connections of clients that ask more than once in five minutes, unless they are told otherwise.
   *
   * @default 330000
   */
  readonly pingIntervalMs?: Integer;
  /**
   * How long the peer has to answer a ping. Then the connection is closed, and its requests have failed.
   *
   * @minimum 1
   * @default 20000
   */
  readonly pingTimeoutMs?: Integer;
  /**
   * Timeout of a TLS handshake, from the connection of the client to its end.
   *
   * @minimum 1
   * @default 10000
   */
  readonly tlsHandshakeTimeoutMs?: Integer;
}

/**
 * The parts of stopping the pod. The first two count from the notice that the pod is being terminated (`/terminating` of the admin
 * port, which the sidecar's `preStop` asks for); without a notice the proxy knows of neither.
 */
export interface ShutdownConfig {
  /**
   * Time for callers to learn that a pod is terminating, before its app is told to stop: the sleep in the app's preStop hook. In this time
   * the proxy also asks clients outside of the mesh to close their kept connections.
   *
   * @default 5000
   */
  readonly endpointPropagationMs?: Integer;
  /**
   * Time for the app to finish after it was told to stop. When it is over, the app gets no new requests, even if it still runs.
   *
   * @default 20000
   */
  readonly appDrainMs?: Integer;
  /**
   * How long requests in flight may take before they are cut off: from SIGTERM on, or from the end of the app's time.
   * @default 15000
   */
  readonly drainMs?: Integer;
}
