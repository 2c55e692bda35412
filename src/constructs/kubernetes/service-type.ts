/**
 * How the Service of a mesh service is reachable: types and traffic rules that cdk8s-plus has no props for.
 */
import { Duration } from 'cdk8s';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';

/**
 * Type of the Service that callers and load balancers use.
 */
export enum ServiceType {
  /** A virtual address inside the cluster. */
  CLUSTER_IP = 'ClusterIP',
  /**
   * A virtual address, and a port on every node.
   */
  NODE_PORT = 'NodePort',
  /**
   * A virtual address, a port on every node, and a load balancer of the cloud.
   */
  LOAD_BALANCER = 'LoadBalancer',
  /** No virtual address: the name resolves to the pods. */
  HEADLESS = 'Headless',
}

/**
 * Which endpoints Kubernetes may route traffic to.
 */
export enum TrafficPolicy {
  /** Any endpoint of the cluster. */
  CLUSTER = 'Cluster',
  /**
   * Only endpoints on the node where the traffic arrives.
   */
  LOCAL = 'Local',
}

/**
 * Options of `SessionAffinity.clientIp`.
 */
export interface ClientIpAffinityOptions {
  /**
   * How long a client stays with a pod after its last connection, 1 s to one day.
   *
   * @default Duration.hours(3)
   */
  readonly timeout?: Duration;
}

/**
 * Whether the connections of one client go to the same pod. This is Kubernetes' own affinity, for traffic that arrives at the Service's
 * virtual address. Callers in the mesh use their `LoadBalancing` instead.
 */
export class SessionAffinity {
  /**
   * Each connection may go to any pod.
   */
  public static none(): SessionAffinity {
    return new SessionAffinity();
  }

  /**
   * The connections of one client address go to the same pod.
   */
  public static clientIp(options: ClientIpAffinityOptions = {}): SessionAffinity {
    return new SessionAffinity(options.timeout ?? Duration.hours(3));
  }

  private constructor(private readonly timeout?: Duration) {}

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    if (this.timeout) {
      errors.wholeNumber(`${prop}.timeout (seconds)`, this.timeout.toSeconds({ integral: false }), 1, 86_400);
    }
  }

  /**
   * Fields of the Service.
   *
   * @internal
   */
  public _toKube(): Record<string, unknown> {
    return this.timeout
      ? { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIp: { timeoutSeconds: this.timeout.toSeconds() } } }
      : {};
  }
}

mark(SessionAffinity);
