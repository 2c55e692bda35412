/**
 * Options for the calls to a service. They are the same for a service of the mesh, an exposed workload, and a service outside of the mesh.
 */
import { PathConfig } from '../../contract';
import { DEFAULT_PATH_OPTIONS } from '../../routing';
import { ConnectionOptions } from '../policies/connection-options';
import { HealthCheck } from '../policies/health-check';
import { checkHealth } from '../policies/health-options';
import { LoadBalancing } from '../policies/load-balancing';
import { OutlierDetection } from '../policies/outlier-detection';
import { checkConnections } from '../policies/proxy-quantities';
import { Retry } from '../policies/retry';
import { SessionPersistence } from '../policies/session-persistence';
import { TcpOptions } from '../policies/tcp-options';
import { ValidationErrors } from '../props/validation-errors';
import { EncodedSlashes } from '../routes/encoded-slashes';
import { AppProtocol, factsOf } from './app-protocol';
import { DestinationInfo } from './destination-info';
import { checkTcpPolicies, checkTcpService, isTcp, refuseForTcp } from './tcp-checks';

/**
 * How callers call a service. A caller can override each option except the protocol and what becomes of paths.
 */
export interface DestinationOptions {
  /**
   * Protocol that apps speak at its ports, both its own and those that call it. Synthesis refuses ports that are known for another protocol
   * until it is set, because the sidecar would break the other protocol.
   *
   * @default AppProtocol.HTTP
   */
  readonly protocol?: AppProtocol;

  /**
   * Connections of a service whose protocol is `AppProtocol.TCP`. A caller can't override it.
   *
   * @default - the defaults of `TcpOptions`
   */
  readonly tcp?: TcpOptions;

  /**
   * How callers choose among its endpoints; for a service with versions, among the pods of a version.
   *
   * @default LoadBalancing.roundRobin()
   */
  readonly loadBalancing?: LoadBalancing;

  /**
   * Whether the requests of a session go to the same endpoint. A caller can override it.
   *
   * @default SessionPersistence.none()
   */
  readonly sessionPersistence?: SessionPersistence;

  /**
   * Connections of callers to its endpoints. A caller can override them.
   *
   * @default - the defaults of `ConnectionOptions`
   */
  readonly connections?: ConnectionOptions;

  /**
   * Active health checks of callers, in addition to the readiness that Kubernetes reports. A caller can override them.
   *
   * @default - no active health checks
   */
  readonly healthCheck?: HealthCheck;

  /**
   * How callers eject endpoints that fail or are slow while the others are not. A caller can override it.
   *
   * @default OutlierDetection.eject()
   */
  readonly outlierDetection?: OutlierDetection;

  /**
   * When callers retry a request. A caller can override it.
   *
   * @default Retry.idempotent()
   */
  readonly retry?: Retry;

  /**
   * What becomes of requests whose path has an encoded slash (`%2F`). A caller can't override it.
   *
   * @default EncodedSlashes.REFUSE
   */
  readonly encodedSlashes?: EncodedSlashes;

  /**
   * Whether several slashes in a row in a path are made one. Set it for apps that take them so; for those that don't, the path would be
   * another one. A caller can't override it.
   *
   * @default false
   */
  readonly mergeSlashes?: boolean;
}

/** Names of the options. */
export const DESTINATION_OPTIONS = {
  protocol: true, tcp: true, loadBalancing: true, sessionPersistence: true, connections: true, healthCheck: true, outlierDetection: true, retry: true,
  encodedSlashes: true, mergeSlashes: true,
} as const satisfies Record<keyof DestinationOptions, true>;

/** The options that callers must know. */
export type DestinationPolicies = Pick<
  DestinationInfo, 'protocol' | 'tcp' | 'loadBalancing' | 'sessionPersistence' | 'connections' | 'health' | 'retry' | 'path'
>;

/** The policies that were chosen, or the defaults. */
export function policiesOf(
  {
    protocol, tcp, loadBalancing = LoadBalancing.roundRobin(), sessionPersistence, connections, healthCheck, outlierDetection, retry,
    encodedSlashes, mergeSlashes,
  }: DestinationOptions,
): DestinationPolicies {
  const path = pathConfig(encodedSlashes, mergeSlashes);
  const health = { healthCheck, outlierDetection };
  return { ...(protocol && { protocol }), ...(tcp && { tcp }), loadBalancing, sessionPersistence, connections, health, retry, ...(path && { path }) };
}

/** What listeners say of paths; undefined for the defaults. */
export function pathConfig(encodedSlashes = EncodedSlashes.REFUSE, mergeSlashes = DEFAULT_PATH_OPTIONS.mergeSlashes): PathConfig | undefined {
  const path: PathConfig = {
    ...(encodedSlashes !== EncodedSlashes.REFUSE && { encodedSlashes }),
    ...(mergeSlashes !== DEFAULT_PATH_OPTIONS.mergeSlashes && { mergeSlashes }),
  };
  return Object.keys(path).length > 0 ? path : undefined;
}

/**
 * Checks the policies of a destination.
 *
 * @param prefix what stands before the name of a prop
 * @param closesIdleAfterMs when its proxies close an idle connection; absent where it has none
 */
export function checkPolicies(errors: ValidationErrors, prefix: string, policies: DestinationPolicies, closesIdleAfterMs?: number): void {
  const { protocol, tcp, loadBalancing, sessionPersistence, connections, health, retry, path } = policies;
  if (protocol !== undefined && !Object.values(AppProtocol).includes(protocol)) {
    errors.add(`${prefix}protocol`, protocol, `use AppProtocol.${Object.keys(AppProtocol).join(', ')}`);
  }
  checkTcpService(errors, prefix, protocol, tcp);
  if (isTcp(protocol)) {
    checkTcpPolicies(errors, prefix, { loadBalancing, sessionPersistence, connections, ...health, retry });
    refuseForTcp(errors, `${prefix}encodedSlashes`, path?.encodedSlashes, 'leave it out');
    refuseForTcp(errors, `${prefix}mergeSlashes`, path?.mergeSlashes, 'leave it out');
  }
  loadBalancing._check(errors, `${prefix}loadBalancing`);
  sessionPersistence?._check(errors, `${prefix}sessionPersistence`);
  sessionPersistence?._checkBeside(errors, `${prefix}sessionPersistence`, loadBalancing);
  checkHealth(errors, prefix, health, factsOf(protocol).wire?.protocol);
  retry?._check(errors, `${prefix}retry`, 0);
  if (connections !== undefined) {
    checkConnections(errors, `${prefix}connections`, connections, closesIdleAfterMs);
  }
}
