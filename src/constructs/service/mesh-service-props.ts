/**
 * What can be said of a service and of each of its versions.
 */
import { AppProtocol } from '../destinations/app-protocol';
import { TlsOptions } from '../inbound/tls-options';
import { DisruptionBudget } from '../kubernetes/disruption-budget';
import * as kplus from '../kubernetes/kplus';
import { Scaling } from '../kubernetes/scaling';
import { ServiceType, SessionAffinity, TrafficPolicy } from '../kubernetes/service-type';
import { Discovery } from '../mesh/discovery';
import { ProxyOptions } from '../mesh/mesh-props';
import { ConnectionOptions } from '../policies/connection-options';
import { HealthCheck } from '../policies/health-check';
import { LoadBalancing } from '../policies/load-balancing';
import { OutlierDetection } from '../policies/outlier-detection';
import { Retry } from '../policies/retry';
import { SessionPersistence } from '../policies/session-persistence';

/**
 * What can be said of each version of a service.
 */
export interface VersionProps {
  /**
   * The containers, as in cdk8s-plus. The first one is the app; its first port takes the requests.
   */
  readonly containers: kplus.ContainerProps[];

  /**
   * Share of the service's requests, relative to the weights of its other versions; 0 takes none.
   *
   * @default - for the first version what the others leave of 100, for any other 0
   */
  readonly weight?: number;

  /**
   * Number of replicas, or range for an autoscaler.
   *
   * @default - for the first version Scaling.replicas(2), for any other the same as the first
   */
  readonly scaling?: Scaling;

  /**
   * How many pods may be evicted at once.
   *
   * @default - for the first version DisruptionBudget.maxUnavailable(1), for any other the same as the first
   */
  readonly disruptionBudget?: DisruptionBudget;
}

/**
 * Props of `MeshService`.
 */
export interface MeshServiceProps extends VersionProps, ProxyOptions {
  /**
   * Name of the service, by which it is called. A DNS label that starts with a letter.
   *
   * @default - the construct's id in lower case
   */
  readonly name?: string;

  /**
   * Name of the first version.
   *
   * @default 'v1'
   */
  readonly version?: string;

  /**
   * Port at which it is called.
   *
   * @default 80
   */
  readonly port?: number;

  /**
   * Name of that port.
   *
   * @default 'http'
   */
  readonly portName?: string;

  /**
   * What apps speak at `port`, and at the port of the first container. To be said where a port or its name is known for
   * another protocol: synthesis refuses those otherwise, since the sidecar would break them.
   *
   * @default AppProtocol.HTTP
   */
  readonly protocol?: AppProtocol;

  /**
   * TLS for clients from outside of the mesh, at a port of its own. Callers in the mesh come to `port`, without TLS.
   *
   * @default - none
   */
  readonly tls?: TlsOptions;

  /**
   * Type of the Service.
   *
   * @default ServiceType.CLUSTER_IP
   */
  readonly type?: ServiceType;

  /**
   * Port on every node, for the types NODE_PORT and LOAD_BALANCER.
   *
   * @default - Kubernetes chooses one
   */
  readonly nodePort?: number;

  /**
   * Which endpoints traffic from outside the cluster may be sent to, for the types NODE_PORT and LOAD_BALANCER. LOCAL
   * keeps the client's address.
   *
   * @default - any endpoint of the cluster
   */
  readonly externalTrafficPolicy?: TrafficPolicy;

  /**
   * Which endpoints traffic from inside the cluster, but outside of the mesh, may be sent to.
   *
   * @default - any endpoint of the cluster
   */
  readonly internalTrafficPolicy?: TrafficPolicy;

  /**
   * Whether the connections of one client go to one pod, for traffic from outside of the mesh.
   *
   * @default SessionAffinity.none()
   */
  readonly sessionAffinity?: SessionAffinity;

  /**
   * Which addresses may use the load balancer, as CIDRs, for the type LOAD_BALANCER.
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

  /**
   * How callers choose among the pods of a version.
   *
   * @default LoadBalancing.roundRobin()
   */
  readonly loadBalancing?: LoadBalancing;

  /**
   * Whether the requests of a session go to one pod. A caller may choose differently.
   *
   * @default SessionPersistence.none()
   */
  readonly sessionPersistence?: SessionPersistence;

  /**
   * Connections of callers to the pods. A caller may choose differently.
   *
   * @default - the defaults of `ConnectionOptions`
   */
  readonly connections?: ConnectionOptions;

  /**
   * How callers ask its pods whether they work, besides the readiness that Kubernetes knows of. A caller may choose differently.
   *
   * @default - they don't ask
   */
  readonly healthCheck?: HealthCheck;

  /**
   * How callers keep requests from pods that fail or dawdle unlike the others. A caller may choose differently.
   *
   * @default OutlierDetection.eject()
   */
  readonly outlierDetection?: OutlierDetection;

  /**
   * When callers send a request again. A caller may choose differently.
   *
   * @default Retry.idempotent()
   */
  readonly retry?: Retry;

  /**
   * How callers find the pods.
   *
   * @default - that of the nearest Mesh, or Discovery.endpointSlices()
   */
  readonly discovery?: Discovery;
}
