/**
 * What plain TCP can't have: all that looks at requests. Each is refused with what there is instead, in the words of the props.
 */
import { TCP_POLICIES } from '../../contract';
import { ConnectionOptions } from '../policies/connection-options';
import { HealthCheck } from '../policies/health-check';
import { LoadBalancing } from '../policies/load-balancing';
import { OutlierDetection } from '../policies/outlier-detection';
import { Retry } from '../policies/retry';
import { SessionPersistence } from '../policies/session-persistence';
import { TcpOptions } from '../policies/tcp-options';
import { checkTcpOptions } from '../policies/tcp-quantities';
import { ValidationErrors } from '../props/validation-errors';
import { Identity } from '../identity/identity';
import { MutualTls } from '../identity/mutual-tls';
import { AppProtocol, factsOf } from './app-protocol';

/** What a service and its callers may say of calls. */
export interface CallPolicies {
  readonly loadBalancing?: LoadBalancing;
  readonly sessionPersistence?: SessionPersistence;
  readonly connections?: ConnectionOptions;
  readonly healthCheck?: HealthCheck;
  readonly outlierDetection?: OutlierDetection;
  readonly retry?: Retry;
}

const OF_RETRY: readonly string[] = ['maxRetries', 'backoffMs', 'maxBackoffMs'];
const OF_REQUESTS: Readonly<Partial<Record<keyof ConnectionOptions, string>>> = {
  idleTimeout: 'no connection is kept for the next request; \'tcp.idleTimeout\' of the service ends those on which nothing passes',
  maxRequests: 'use \'maxConnections\'',
  maxRequestsPerEndpoint: 'use \'maxConnectionsPerEndpoint\'',
};

/** Whether what a service speaks is passed on as bytes. */
export function isTcp(protocol: AppProtocol | undefined): boolean {
  return protocol === AppProtocol.TCP || isTls(protocol);
}

/** Whether the apps' own TLS passes through, of which the server name is read. */
export function isTls(protocol: AppProtocol | undefined): boolean {
  return protocol === AppProtocol.TLS;
}

/** Checks what a service says of TCP, or says though it is none. */
export function checkTcpService(errors: ValidationErrors, prefix: string, protocol: AppProtocol | undefined, tcp: TcpOptions | undefined): void {
  if (tcp === undefined) {
    return;
  }
  if (!isTcp(protocol)) {
    errors.add(`${prefix}tcp`, {}, `it is about services of TCP and TLS; say '${prefix}protocol: AppProtocol.TCP', or leave it out`);
  }
  checkTcpOptions(errors, `${prefix}tcp`, tcp);
}

/** Checks what the props of a service say that TCP can't have. */
export function checkTcpProps(
  errors: ValidationErrors, prefix: string,
  props: {
    readonly protocol?: AppProtocol; readonly port?: number; readonly tls?: unknown;
    readonly jwt?: unknown; readonly externalAuthorization?: unknown; readonly slo?: unknown; readonly admission?: unknown;
  },
): void {
  if (props.port === undefined) {
    errors.add(`${prefix}port`, undefined, `${factsOf(props.protocol).title} has no usual port; say the one that clients connect to`);
  }
  if (isTls(props.protocol) && props.tls !== undefined) {
    errors.add(`${prefix}tls`, {}, 'with AppProtocol.TLS, the clients\' own TLS passes through; leave it out, or say as \'protocol\' what is spoken within TLS');
  }
  refuseForTcp(errors, `${prefix}jwt`, props.jwt, 'leave it out; callers prove who they are by their identity');
  refuseForTcp(errors, `${prefix}externalAuthorization`, props.externalAuthorization, 'leave it out; callers prove who they are by their identity');
  refuseForTcp(errors, `${prefix}slo`, props.slo, 'leave it out; mesh_tcp_connections_closed_total tells why connections end');
  refuseForTcp(errors, `${prefix}admission`, props.admission, 'leave it out; \'connections.maxConnectionsPerEndpoint\' limits connections to a pod');
}

/** TLS of the mesh is told from plain by the first byte, and so the apps' own would be taken for it. */
export function checkPassThrough(
  errors: ValidationErrors, prop: string, protocol: AppProtocol | undefined,
  { identity, mutualTls }: { readonly identity: Identity; readonly mutualTls: MutualTls },
): void {
  if (isTls(protocol) && !identity._isNone && mutualTls._takesPlain) {
    errors.add(prop, protocol, 'mutual TLS lets in connections without it here, and tells them by their first byte, which is that of TLS for these apps, too; use MutualTls.STRICT');
  }
}

/** Notes a prop that can't be beside TCP, when it is set. */
export function refuseForTcp(errors: ValidationErrors, prop: string, value: unknown, remedy: string): void {
  if (value !== undefined) {
    errors.add(prop, typeof value === 'object' ? {} : value, `the proxy sees no requests in TCP or TLS, which this is about; ${remedy}`);
  }
}

/** Checks the policies of calls to a service of TCP. */
export function checkTcpPolicies(errors: ValidationErrors, prefix: string, policies: CallPolicies): void {
  const { loadBalancing, sessionPersistence, connections = {}, healthCheck, outlierDetection, retry } = policies;
  if (loadBalancing) {
    const { loadBalancing: policy, dynamicWeights } = loadBalancing._toClusterConfig(false);
    if (policy && !TCP_POLICIES.includes(policy.type)) {
      errors.add(`${prefix}loadBalancing`, policy.type, `it goes by responses, of which TCP has none; use one of ${TCP_POLICIES.join(', ')}`);
    }
    if (dynamicWeights) {
      errors.add(`${prefix}loadBalancing.dynamicWeights`, {}, 'it goes by responses, of which TCP has none; leave it out');
    }
    if (loadBalancing._hash().some(({ type }) => type !== 'sourceAddress')) {
      errors.add(`${prefix}loadBalancing`, loadBalancing._hash()[0].type, 'only requests have such a key; use HashKey.sourceAddress()');
    }
  }
  refuseForTcp(errors, `${prefix}sessionPersistence`, sessionPersistence, 'use LoadBalancing.maglev(HashKey.sourceAddress()) to keep a pod\'s connections together');
  for (const [prop, remedy] of Object.entries(OF_REQUESTS)) {
    refuseForTcp(errors, `${prefix}connections.${prop}`, connections[prop as keyof ConnectionOptions], remedy);
  }
  if (healthCheck && healthCheck._toConfig('').type !== 'tcp') {
    errors.add(`${prefix}healthCheck`, {}, 'it sends a request, which a service of TCP doesn\'t understand; use HealthCheck.tcp()');
  }
  if ((outlierDetection?._toConfig()?.latencyFactor ?? 0) > 0) {
    errors.add(`${prefix}outlierDetection.latencyFactor`, {}, 'TCP has no response times; leave it out. Endpoints are ejected when connections to them fail');
  }
  const { route: { retry: fields = {}, hedge } = {}, cluster: { retryBudget } = {} } = retry?._toFields() ?? {};
  const unfit = [...Object.keys(fields).filter((field) => !OF_RETRY.includes(field)), ...(hedge ? ['hedge'] : []), ...(retryBudget ? ['budget'] : [])];
  if (unfit.length > 0) {
    errors.add(`${prefix}retry`, unfit.join(', '), 'of TCP only connecting is tried again, as nobody can tell what a server has acted on; use \'maxRetries\' and \'backoff\', or Retry.none()');
  }
}
