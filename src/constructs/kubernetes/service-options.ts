/** How the Service of a mesh service is reached from outside of the mesh. */
import { ServiceType, SessionAffinity, TrafficPolicy } from './service-type';

/**
 * Options of a Service for callers outside of the mesh.
 */
export interface ServiceOptions {
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
   * Which endpoints Kubernetes may route traffic from outside the cluster to, for the types NODE_PORT and LOAD_BALANCER. LOCAL preserves
   * the client's address.
   *
   * @default - any endpoint of the cluster
   */
  readonly externalTrafficPolicy?: TrafficPolicy;

  /**
   * Which endpoints Kubernetes may route traffic to that comes from inside the cluster, but outside of the mesh.
   *
   * @default - any endpoint of the cluster
   */
  readonly internalTrafficPolicy?: TrafficPolicy;

  /**
   * Whether the connections of one client go to the same pod, for traffic from outside of the mesh.
   *
   * @default SessionAffinity.none()
   */
  readonly sessionAffinity?: SessionAffinity;

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

/** Names of the options. */
export const SERVICE_OPTIONS = {
  type: true, nodePort: true, externalTrafficPolicy: true, internalTrafficPolicy: true, sessionAffinity: true, loadBalancerSourceRanges: true,
  serviceAnnotations: true,
} as const satisfies Record<keyof ServiceOptions, true>;
