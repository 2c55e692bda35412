/** What can be said of a gateway. */
import { Duration } from 'cdk8s';
import { Allow } from '../identity/allow';
import { ExternalAuthorization } from '../destinations/external-authorization';
import { Authorization } from '../identity/authorization';
import { Identity } from '../identity/identity';
import { Jwt } from '../identity/jwt';
import { AppProtocol } from '../destinations/app-protocol';
import { TlsVersion } from '../inbound/tls-options';
import { DisruptionBudget } from '../kubernetes/disruption-budget';
import * as kplus from '../kubernetes/kplus';
import { Scaling } from '../kubernetes/scaling';
import { ServiceType, TrafficPolicy } from '../kubernetes/service-type';
import { AccessLogOptions } from '../mesh/access-log-options';
import { AccessLog } from '../policies/access-log';
import { ProxyImage } from '../mesh/proxy-image';
import { ProxyPorts } from '../mesh/proxy-ports';
import { ProxyUser } from '../mesh/proxy-user';
import { Tracing } from '../mesh/tracing';
import { Monitoring } from '../monitoring/monitoring';
import { Slo } from '../monitoring/slo';
import { ProxyLimits } from '../policies/proxy-limits';
import { CorsOptions } from '../routes/cors-options';
import { EncodedSlashes } from '../routes/encoded-slashes';
import { ErrorPage, HstsOptions } from './browser-options';
import { ClientOptions, ForwardedOptions, ProxyProtocolOptions } from './client-options';
import { GatewayCertificate } from './gateway-certificate';

/**
 * How clients reach a gateway: its Service.
 */
export interface GatewayServiceProps {
  /**
   * Port for HTTP, or with `AppProtocol.TLS` for that.
   *
   * @default - 80, or 443 with `AppProtocol.TLS`
   */
  readonly port?: number;

  /**
   * Port for HTTPS. It is open when there is a certificate.
   *
   * @default 443
   */
  readonly httpsPort?: number;

  /**
   * Type of the Service.
   *
   * @default ServiceType.LOAD_BALANCER
   */
  readonly type?: ServiceType;

  /**
   * Port for HTTP on every node, for the types NODE_PORT and LOAD_BALANCER.
   *
   * @default - Kubernetes chooses one
   */
  readonly nodePort?: number;

  /**
   * Port for HTTPS on every node, for the types NODE_PORT and LOAD_BALANCER.
   *
   * @default - Kubernetes chooses one
   */
  readonly httpsNodePort?: number;

  /**
   * Which pods a node sends what it gets from outside to. LOCAL keeps the address of the client, and nodes without a pod get nothing.
   *
   * @default TrafficPolicy.LOCAL, for the types NODE_PORT and LOAD_BALANCER
   */
  readonly externalTrafficPolicy?: TrafficPolicy;

  /**
   * Class of the load balancer, for the type LOAD_BALANCER, such as `service.k8s.aws/nlb`.
   *
   * @default - that of the cluster
   */
  readonly loadBalancerClass?: string;

  /**
   * Client addresses that may use the load balancer, as CIDRs, for the type LOAD_BALANCER.
   *
   * @default - all
   */
  readonly loadBalancerSourceRanges?: string[];

  /**
   * Annotations of the Service, for example for the cloud's load balancer.
   *
   * @default - none
   */
  readonly serviceAnnotations?: { readonly [name: string]: string };
}

/**
 * Props of `Gateway`.
 */
export interface GatewayProps extends GatewayServiceProps {
  /**
   * Name of the gateway and of its objects. A DNS label that starts with a letter.
   *
   * @default - the construct's id in lower case
   */
  readonly name?: string;

  /**
   * Protocol that clients speak at `port`, where there is no TLS. `HTTP2` and `GRPC` are HTTP/2 from the first byte on (prior knowledge),
   * and clients of HTTP/1.1 get 400 there. At `httpsPort`, clients and the gateway agree on HTTP/2 or HTTP/1.1, whatever this says. With
   * `TLS`, clients' TLS passes through at `port` to services of `AppProtocol.TLS`, by the host name that they ask for (SNI): routes have a host
   * and no conditions, and the gateway no certificates. `TCP` is not possible.
   *
   * @default AppProtocol.HTTP
   */
  readonly protocol?: AppProtocol;

  /**
   * Certificates, up to 64. A client gets the one for the host that it asks for, and the first one when there is none for it.
   *
   * @default - no TLS
   */
  readonly tls?: GatewayCertificate[];

  /**
   * Minimum TLS version.
   *
   * @default TlsVersion.TLS_1_2
   */
  readonly minimumTlsVersion?: TlsVersion;

  /**
   * Whether requests by HTTP are redirected to HTTPS, with 308. Requests that a trusted proxy got by HTTPS are served. Not possible with the
   * protocols `HTTP2` and `GRPC`: their clients don't follow redirects.
   *
   * @default true with `tls` and the protocol `HTTP`, otherwise false
   */
  readonly httpsRedirect?: boolean;

  /**
   * Whether browsers are told to use HTTPS alone.
   *
   * @default - they are not
   */
  readonly hsts?: HstsOptions;

  /**
   * The fields that say where a request comes from.
   *
   * @default - no proxy in front is trusted: the client is the other end of the connection
   */
  readonly forwarded?: ForwardedOptions;

  /**
   * Load balancers that tell the client's address by the PROXY protocol.
   *
   * @default - none
   */
  readonly proxyProtocol?: ProxyProtocolOptions;

  /**
   * Which clients are let in, and how much each may ask for.
   *
   * @default - all, and anything
   */
  readonly clients?: ClientOptions;

  /**
   * Issuers of tokens (JWT), 1 to 16. Requests without a good token of one of them are refused, unless tokens are `optional`. Routes can ask for
   * claims.
   *
   * @default - tokens are not looked at
   */
  readonly jwt?: Jwt[];

  /**
   * What clients may ask for: requests that one of these allows. All others are refused with 403.
   *
   * @default - everything, with `jwt` by a good token
   */
  readonly allow?: Allow[];

  /**
   * What becomes of requests that `jwt` or `allow` refuse. That of a Mesh doesn't count here.
   *
   * @default Authorization.enforce()
   */
  readonly authorization?: Authorization;

  /**
   * A service that is asked about each request that `jwt` and `allow` lets pass, before anything of it goes on.
   *
   * @default - none
   */
  readonly externalAuthorization?: ExternalAuthorization;

  /**
   * Which pages of other origins may use responses.
   *
   * @default - what apps say of it is passed through
   */
  readonly cors?: CorsOptions;

  /**
   * Pages in place of the words about what went wrong, up to 16.
   *
   * @default - none
   */
  readonly errorPages?: ErrorPage[];

  /**
   * What becomes of requests whose path has an encoded slash (`%2F`).
   *
   * @default EncodedSlashes.REFUSE
   */
  readonly encodedSlashes?: EncodedSlashes;

  /**
   * Whether several slashes in a row in a path are one, as most servers take them.
   *
   * @default true
   */
  readonly mergeSlashes?: boolean;

  /**
   * Limits on what one client can make the proxy hold. Fields that are not set here come from the nearest Mesh that sets them.
   *
   * @default - those of the Meshes up the tree, or those of `ProxyLimits`
   */
  readonly limits?: ProxyLimits;

  /**
   * Number of replicas, or the range of an autoscaler.
   *
   * @default Scaling.between(2, 10)
   */
  readonly scaling?: Scaling;

  /**
   * How many pods may be evicted at once.
   *
   * @default DisruptionBudget.maxUnavailable(1)
   */
  readonly disruptionBudget?: DisruptionBudget;

  /**
   * Resources of a pod. There is no CPU limit by default, because throttling a proxy delays every request through it.
   *
   * @default - requests of 500m CPU for each worker, and memory for 10000 connections: 128Mi requested and 256Mi at most, and as much
   * for each further worker
   */
  readonly resources?: kplus.ContainerResources;

  /**
   * Number of processes that serve requests in a pod. A change needs a restart. From 1 to 64.
   *
   * @default - that of the nearest Mesh, or 1
   */
  readonly workers?: number;

  /**
   * Image of the proxy.
   *
   * @default - that of the nearest Mesh, or ProxyImage.released()
   */
  readonly proxyImage?: ProxyImage;

  /**
   * User and group that the proxy runs as. On OpenShift use `ProxyUser.assigned()`.
   *
   * @default - that of the nearest Mesh, or ProxyUser.image()
   */
  readonly proxyUser?: ProxyUser;

  /**
   * Ports that the proxy listens on in its pod: `inbound` for HTTP, `inboundTls` for HTTPS, and `admin`.
   *
   * @default - those of the Meshes up the tree, or those of `ProxyPorts`
   */
  readonly proxyPorts?: ProxyPorts;

  /**
   * Where the gateway gets the certificate by which it proves who it is to the services that it calls.
   *
   * @default - that of the nearest Mesh, or Identity.none()
   */
  readonly identity?: Identity;

  /**
   * Which requests the proxy logs.
   *
   * @default - that of the nearest Mesh, or AccessLog.OFF
   */
  readonly accessLog?: AccessLog;

  /**
   * Form of the access log, and which requests are logged besides errors. It applies while `accessLog` is on.
   *
   * @default - that of the nearest Mesh, or JSON, and no requests besides
   */
  readonly accessLogOptions?: AccessLogOptions;

  /**
   * How the proxy is monitored.
   *
   * @default - that of the nearest Mesh, or Monitoring.none()
   */
  readonly monitoring?: Monitoring;

  /**
   * Which requests are traced, and where their spans are sent. Clients don't decide whether their requests are sampled.
   *
   * @default - that of the nearest Mesh, or Tracing.off()
   */
  readonly tracing?: Tracing;

  /**
   * Service level objectives of all requests that clients send to the gateway. With `monitoring`, alerts tell when their error budgets are
   * used up too fast.
   *
   * @default - none
   */
  readonly slo?: Slo;

  /**
   * Whether the proxy adds `Via` to the requests that it forwards.
   *
   * @default - that of the nearest Mesh, or false
   */
  readonly via?: boolean;

  /**
   * Time for load balancers to learn that a pod goes away. In this time the pod is not ready and serves all requests. Make it longer than the
   * deregistration delay or health check of the load balancer.
   *
   * @default Duration.seconds(15)
   */
  readonly deregistrationDelay?: Duration;

  /**
   * Time for requests and WebSockets to end after `deregistrationDelay`.
   *
   * @default Duration.seconds(30)
   */
  readonly drain?: Duration;
}

/** Names of the props. */
export const GATEWAY_PROPS = {
  port: true, httpsPort: true, type: true, nodePort: true, httpsNodePort: true, externalTrafficPolicy: true, loadBalancerClass: true,
  loadBalancerSourceRanges: true, serviceAnnotations: true, name: true, protocol: true, tls: true, minimumTlsVersion: true, httpsRedirect: true,
  hsts: true, forwarded: true, proxyProtocol: true, clients: true, jwt: true, allow: true, authorization: true, cors: true, errorPages: true,
  externalAuthorization: true, encodedSlashes: true, mergeSlashes: true, limits: true,
  scaling: true, disruptionBudget: true, resources: true, workers: true, proxyImage: true, proxyUser: true, proxyPorts: true, identity: true,
  accessLog: true, accessLogOptions: true, monitoring: true, tracing: true, slo: true, via: true, deregistrationDelay: true, drain: true,
} as const satisfies Record<keyof GatewayProps, true>;
