/**
 * Where connections are accepted and where their requests go.
 */
import type { AccessLogMode } from './access-log-config';
import type { AdmissionConfig } from './admission-config';
import type { AuthorizationConfig } from './authorization-config';
import type { CorsConfig } from './cors-config';
import type { EdgeConfig } from './edge-config';
import type { ExternalAuthorizationConfig } from './external-authorization-config';
import type { FallbackConfig } from './fallback-config';
import type { FaultConfig } from './fault-config';
import type { HashKeyConfig } from './hash-key-config';
import type { ListenerMutualTlsConfig } from './identity-config';
import type { HedgeConfig, RetryConfig } from './retry-config';
import type { JwtConfig } from './jwt-config';
import type { PathConfig } from './path-config';
import type { HeaderChanges, MirrorConfig, RedirectConfig, RespondConfig, RewriteConfig } from './route-action-config';
import type { RouteMatch } from './route-match-config';
import type { HostName, Integer } from './scalars';
import type { SessionConfig } from './session-config';
import type { TcpConfig } from './tcp-config';
import type { TlsConfig } from './tls-config';
import type { WeightedCluster } from './weighted-cluster';

/** Accepts connections and sends their requests down its route. */
export interface ListenerConfig extends EdgeConfig {
  /**
   * Unique name; a label of its metrics.
   * @minLength 1
   */
  readonly name: string;
  /**
   * `inbound`: from other pods to the app beside this proxy. `outbound`: to services, from that app, or, for a listener without `address`,
   * from the clients of a gateway.
   */
  readonly direction: 'inbound' | 'outbound';
  /**
   * Address to bind. Absent: the pod's own addresses (environment `POD_IPS`).
   * @minLength 2
   */
  readonly address?: string;
  /**
   * Binds 127.0.0.1 and, where the pod has it, ::1 as well: what `kubectl port-forward` connects to, and containers of the pod.
   * Absent: not.
   */
  readonly loopback?: boolean;
  /**
   * Port to bind.
   * @minimum 1
   * @maximum 65535
   */
  readonly port: Integer;
  /**
   * Names by which the app beside this proxy calls what the listener leads to. In a pod whose containers mount the proxy's hosts file
   * (environment `MESH_HOSTS_FILE`), the proxy writes them there with the listener's `address`; a pod that once had a name at another
   * address keeps that one, and the listener binds it. Absent: none.
   * @minItems 1
   */
  readonly hostnames?: HostName[];
  /**
   * What its clients speak: `http1` is HTTP/1.1, `http2` HTTP/2 from the first byte on (prior knowledge), as gRPC speaks it. With `alpn`, which
   * needs `tls`, the handshake agrees on either of them. `tcp` is anything else: bytes are passed on as they come. It is never guessed: a client
   * that speaks another version of HTTP is refused.
   * @default 'http1'
   */
  readonly protocol?: 'http1' | 'http2' | 'alpn' | 'tcp';
  /** Settings of its connections, with protocol `tcp`. Absent: as the defaults say. */
  readonly tcp?: TcpConfig;
  /** Its connections are TLS, which ends here. Absent: they are not. */
  readonly tls?: TlsConfig;
  /** Its clients, the sidecars of callers, have to prove who they are. For inbound listeners. Absent: they don't. */
  readonly mutualTls?: ListenerMutualTlsConfig;
  /**
   * Where its requests go. A request takes the route whose condition is the most specific, by the rules of the Gateway API: host, exact path,
   * longest prefix, then method, fields, query; the first of those that are alike. One that no route takes gets 404 (`no_route`). With protocol
   * `tcp`, where its connections go: one route without conditions, of which `split`, `fallback`, `hash` (by `sourceAddress`), `retry` and
   * `accessLog` apply; with `tcp.readServerName`, any number of routes, whose conditions have `hosts` and nothing else.
   * @minItems 1
   * @maxItems 5000
   */
  readonly routes: RouteConfig[];
  /** How paths of requests are normalised. Absent: as the defaults say. */
  readonly path?: PathConfig;
  /** Who may call what is behind it, and for what; of inbound listeners and of gateways. Absent: everybody, for everything. */
  readonly authorization?: AuthorizationConfig;
  /**
   * Issuers of the tokens (JWT) that its requests carry, whose claims rules of `authorization` can ask for. Absent: tokens are not looked at.
   * @minItems 1
   * @maxItems 16
   */
  readonly jwt?: JwtConfig[];
  /**
   * A service that is asked about each request that `authorization` and `jwt` let pass; of inbound listeners and of gateways. Absent: none.
   */
  readonly externalAuthorization?: ExternalAuthorizationConfig;
  /** How many of its requests are let in. Absent: all. */
  readonly admission?: AdmissionConfig;
}

/** Whether its requests come from outside of the pod, and not from the app beside the proxy. */
export function comesFromOutside({ direction, address }: Pick<ListenerConfig, 'direction' | 'address'>): boolean {
  return direction === 'inbound' || address === undefined;
}

/** Whether it is a gateway's: from outside of the pod, to services. */
export function isOfGateway({ direction, address }: Pick<ListenerConfig, 'direction' | 'address'>): boolean {
  return direction === 'outbound' && address === undefined;
}

/** Where requests go. */
export interface RouteConfig {
  /**
   * Unique name within the listener.
   * @minLength 1
   */
  readonly name: string;
  /**
   * Conditions of its requests, any of which must hold. Absent: it takes every request.
   * @minItems 1
   * @maxItems 64
   */
  readonly matches?: RouteMatch[];
  /**
   * Clusters and their shares. A cluster without an available endpoint, one that is ready and believed to work, leaves its share to
   * the others. A request that has a hash is given its cluster by it and stays there while shares don't change. Absent: the route answers
   * by itself, with `redirect` or `respond`.
   * @minItems 1
   */
  readonly split?: WeightedCluster[];
  /**
   * Where requests go when the clusters of the split can't take all of them, in this order.
   * @maxItems 8
   * @default []
   */
  readonly fallback?: FallbackConfig[];
  /**
   * Faults that are injected, the first one that strikes a request.
   * @maxItems 8
   * @default []
   */
  readonly faults?: FaultConfig[];
  /**
   * Timeout from the request's head to the last byte of the response; for a streaming response (`text/event-stream`, `application/x-ndjson`
   * and similar types), to its head. 0 turns it off, as for long downloads.
   *
   * @default 15000
   */
  readonly timeoutMs?: Integer;
  /**
   * What the hashing policies of its clusters balance by, in order: values found are combined. Empty: nothing, so requests go
   * anywhere.
   * @maxItems 8
   * @default []
   */
  readonly hash?: HashKeyConfig[];
  /** How sessions stay with their endpoints, also at a version of weight 0. Absent: they don't. */
  readonly session?: SessionConfig;
  /**
   * When a request is sent again. Absent: as the defaults say on outbound listeners; on inbound ones only requests that
   * no application can have seen.
   */
  readonly retry?: RetryConfig;
  /** Whether a second request is sent when the first takes long. Absent: never. */
  readonly hedge?: HedgeConfig;
  /**
   * Whether fields for the callee's sidecar and app are added: `x-mesh-via`, which sidecars a request has passed,
   * `x-mesh-deadline-ms`, how long the caller still waits, and `x-mesh-attempt` on retries. Clusters whose own `meshFields` is false get
   * none of them in any case.
   * @default true
   */
  readonly meshFields?: boolean;
  /** Changes of the fields of requests that are sent on. Conditions, hashes and sessions go by what came. Absent: none. */
  readonly requestHeaders?: HeaderChanges;
  /** Changes of the fields of responses: of endpoints, and of the route's own. Absent: none. */
  readonly responseHeaders?: HeaderChanges;
  /** Changes of path and host of requests that are sent on. Absent: none. */
  readonly rewrite?: RewriteConfig;
  /** Requests are answered by a redirect. Absent: they aren't. */
  readonly redirect?: RedirectConfig;
  /** Requests are answered by this response. Absent: they aren't. */
  readonly respond?: RespondConfig;
  /**
   * Pages of other origins may use its responses, in place of what the listener's `cors` says. A preflight request takes the route of the
   * request that it asks about, as far as host, path, query and method tell. Absent: as the listener says.
   */
  readonly cors?: CorsConfig;
  /**
   * Where copies of requests are sent besides.
   * @maxItems 4
   * @default []
   */
  readonly mirror?: MirrorConfig[];
  /**
   * Whether the service of the listener's `externalAuthorization` is asked about its requests.
   * @default true
   */
  readonly externalAuthorization?: boolean;
  /** Which of its requests are in the access log. Absent: as the document's `accessLog` says. */
  readonly accessLog?: AccessLogMode;
}
