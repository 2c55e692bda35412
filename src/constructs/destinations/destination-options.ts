/**
 * What a service says of the calls to it, the same for all that can be called: a service of the mesh, a workload that is exposed, a
 * service outside of the mesh.
 */
import { ConnectionOptions } from '../policies/connection-options';
import { HealthCheck } from '../policies/health-check';
import { checkHealth } from '../policies/health-options';
import { LoadBalancing } from '../policies/load-balancing';
import { OutlierDetection } from '../policies/outlier-detection';
import { checkConnections } from '../policies/proxy-quantities';
import { Retry } from '../policies/retry';
import { SessionPersistence } from '../policies/session-persistence';
import { ValidationErrors } from '../props/validation-errors';
import { AppProtocol } from './app-protocol';
import { DestinationInfo } from './destination-info';

/**
 * How a service is called. A caller may choose differently, but for the protocol.
 */
export interface DestinationOptions {
  /**
   * What apps speak at its ports. To be said where a port or its name is known for another protocol: synthesis refuses those otherwise,
   * since the sidecar would break them.
   *
   * @default AppProtocol.HTTP
   */
  readonly protocol?: AppProtocol;

  /**
   * How callers choose among its endpoints; of a service with versions, among the pods of a version.
   *
   * @default LoadBalancing.roundRobin()
   */
  readonly loadBalancing?: LoadBalancing;

  /**
   * Whether the requests of a session go to one endpoint. A caller may choose differently.
   *
   * @default SessionPersistence.none()
   */
  readonly sessionPersistence?: SessionPersistence;

  /**
   * Connections of callers to its endpoints. A caller may choose differently.
   *
   * @default - the defaults of `ConnectionOptions`
   */
  readonly connections?: ConnectionOptions;

  /**
   * How callers ask its endpoints whether they work, besides the readiness that Kubernetes knows of. A caller may choose differently.
   *
   * @default - they don't ask
   */
  readonly healthCheck?: HealthCheck;

  /**
   * How callers keep requests from endpoints that fail or dawdle unlike the others. A caller may choose differently.
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
}

/** Names of the options. */
export const DESTINATION_OPTIONS = {
  protocol: true, loadBalancing: true, sessionPersistence: true, connections: true, healthCheck: true, outlierDetection: true, retry: true,
} as const satisfies Record<keyof DestinationOptions, true>;

/** What of the options callers must know. */
export type DestinationPolicies = Pick<DestinationInfo, 'loadBalancing' | 'sessionPersistence' | 'connections' | 'health' | 'retry'>;

/** The policies that somebody chose, or the defaults. */
export function policiesOf(
  { loadBalancing = LoadBalancing.roundRobin(), sessionPersistence, connections, healthCheck, outlierDetection, retry }: DestinationOptions,
): DestinationPolicies {
  return { loadBalancing, sessionPersistence, connections, health: { healthCheck, outlierDetection }, retry };
}

/**
 * Checks the policies of a destination.
 *
 * @param prefix what stands before the name of a prop
 * @param closesIdleAfterMs when its proxies close an idle connection; absent where it has none
 */
export function checkPolicies(errors: ValidationErrors, prefix: string, policies: DestinationPolicies, closesIdleAfterMs?: number): void {
  const { loadBalancing, sessionPersistence, connections, health, retry } = policies;
  loadBalancing._check(errors, `${prefix}loadBalancing`);
  sessionPersistence?._check(errors, `${prefix}sessionPersistence`);
  sessionPersistence?._checkBeside(errors, `${prefix}sessionPersistence`, loadBalancing);
  checkHealth(errors, prefix, health);
  retry?._check(errors, `${prefix}retry`, 0);
  if (connections !== undefined) {
    checkConnections(errors, `${prefix}connections`, connections, closesIdleAfterMs);
  }
}
