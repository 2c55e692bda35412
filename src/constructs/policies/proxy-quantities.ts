/**
 * Limits and connections on their way into the document: each prop with its field and range, the checks, and what holds
 * when several constructs have a say.
 */
import { Duration } from 'cdk8s';
import { ClusterConfig, contradictionsOfConnections, DEFAULT_CLUSTER, DEFAULT_LIMITS, LimitsConfig } from '../../contract';
import { addContradictions, checkQuantities, Consequences, layered, millisecondsOf, Quantities, toConfig, withoutDefaults } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { ConnectionOptions } from './connection-options';
import { ProxyLimits } from './proxy-limits';

export const LIMIT_QUANTITIES: Quantities<ProxyLimits, LimitsConfig> = {
  // #region generated quantities of LimitsConfig
  maxConnections: { field: 'maxConnections', unit: 'number', min: 1 },
  maxStartLineSize: { field: 'maxStartLineBytes', unit: 'size', min: 16 },
  maxHeadSize: { field: 'maxHeadBytes', unit: 'size', min: 64, max: 1_048_576 },
  maxHeaderFields: { field: 'maxHeaderFields', unit: 'number', min: 1, max: 1_000 },
  maxBodySize: { field: 'maxBodyBytes', unit: 'size', min: 0 },
  maxRequestsPerConnection: { field: 'maxRequestsPerConnection', unit: 'number', min: 0 },
  maxConcurrentStreams: { field: 'maxConcurrentStreams', unit: 'number', min: 1, max: 65_536 },
  maxStreamResets: { field: 'maxStreamResets', unit: 'number', min: 10, max: 1_000_000 },
  maxIdleFrames: { field: 'maxIdleFrames', unit: 'number', min: 100, max: 1_000_000 },
  maxMirroredRequests: { field: 'maxMirroredRequests', unit: 'number', min: 0 },
  maxClientHelloSize: { field: 'maxClientHelloBytes', unit: 'size', min: 512, max: 65_536 },
  maxBufferedSize: { field: 'maxBufferedBytes', unit: 'size', min: 1_024 },
  idleTimeout: { field: 'idleTimeoutMs', unit: 'time', min: 1 },
  headTimeout: { field: 'headTimeoutMs', unit: 'time', min: 1 },
  bodyTimeout: { field: 'bodyTimeoutMs', unit: 'time', min: 1 },
  tunnelIdleTimeout: { field: 'tunnelIdleTimeoutMs', unit: 'time', min: 1 },
  pingInterval: { field: 'pingIntervalMs', unit: 'time', min: 0 },
  pingTimeout: { field: 'pingTimeoutMs', unit: 'time', min: 1 },
  tlsHandshakeTimeout: { field: 'tlsHandshakeTimeoutMs', unit: 'time', min: 1 },
  // #endregion
};

export const CONNECTION_QUANTITIES = {
  // #region generated quantities of ClusterConfig
  connectTimeout: { field: 'connectTimeoutMs', unit: 'time', min: 1 },
  idleTimeout: { field: 'idleTimeoutMs', unit: 'time', min: 1 },
  maxConnectionsPerEndpoint: { field: 'maxConnectionsPerEndpoint', unit: 'number', min: 1 },
  maxConnections: { field: 'maxConnections', unit: 'number', min: 0 },
  maxPendingRequests: { field: 'maxPendingRequests', unit: 'number', min: 0 },
  pendingTimeout: { field: 'pendingTimeoutMs', unit: 'time', min: 1 },
  maxRequests: { field: 'maxRequests', unit: 'number', min: 0 },
  maxRequestsPerEndpoint: { field: 'maxRequestsPerEndpoint', unit: 'number', min: 0 },
  // #endregion
} as const satisfies Quantities<ConnectionOptions, ClusterConfig>;

/** The fields of a cluster that are about its connections. */
export type ConnectionConfig = Pick<ClusterConfig, (typeof CONNECTION_QUANTITIES)[keyof ConnectionOptions]['field']>;

/** Checks limits as one construct states them. */
export function checkLimits(errors: ValidationErrors, prop: string, limits: ProxyLimits): void {
  checkQuantities(errors, prop, limits, LIMIT_QUANTITIES);
}

/** Checks limits once every Mesh was asked: a longer start line needs a head that it fits in. */
export function checkLimitsTogether(errors: ValidationErrors, prop: string, limits: ProxyLimits): void {
  const { maxStartLineBytes, maxHeadBytes = DEFAULT_LIMITS.maxHeadBytes } = toConfig(limits, LIMIT_QUANTITIES);
  if (maxStartLineBytes !== undefined && maxStartLineBytes > maxHeadBytes) {
    errors.add(`${prop}.maxStartLineSize`, `${maxStartLineBytes} bytes`,
      `it is a part of the head, which may have ${maxHeadBytes} bytes; raise '${prop}.maxHeadSize' to at least as much`);
  }
}

/** Limits of a head: a caller's proxy has to let pass what the proxies do that it calls, or their limits are never reached. */
const LIMITS_OF_HEADS = ['maxStartLineBytes', 'maxHeadBytes', 'maxHeaderFields'] as const;

/**
 * The document's limits; nothing when all are the defaults.
 *
 * @param called those of the proxies that are called
 */
export function limitsConfig(limits: ProxyLimits, called: readonly ProxyLimits[] = []): LimitsConfig | undefined {
  const own: LimitsConfig = toConfig(limits, LIMIT_QUANTITIES);
  const heads = Object.fromEntries(LIMITS_OF_HEADS.map((field) => [field, Math.max(
    own[field] ?? DEFAULT_LIMITS[field], ...called.map((each) => toConfig<ProxyLimits, LimitsConfig>(each, LIMIT_QUANTITIES)[field] ?? 0),
  )]));
  const config = withoutDefaults<LimitsConfig>({ ...own, ...heads }, DEFAULT_LIMITS);
  return Object.keys(config).length > 0 ? config : undefined;
}

/** When a proxy with these limits closes an idle connection. */
export function closesIdleAfterMs(limits: ProxyLimits): number {
  return toConfig(limits, LIMIT_QUANTITIES).idleTimeoutMs ?? DEFAULT_LIMITS.idleTimeoutMs;
}

/**
 * Checks what one construct says of connections. `closesAfterMs` is when the proxy at the other end closes an idle one;
 * absent where there is no proxy of the mesh.
 */
export function checkConnections(errors: ValidationErrors, prop: string, connections: ConnectionOptions, closesAfterMs: number = Infinity): void {
  checkQuantities<ConnectionOptions, ConnectionConfig>(errors, prop, connections, CONNECTION_QUANTITIES, contradictionsOfConnections);
  const idleTimeoutMs = millisecondsOf(connections?.idleTimeout);
  if (idleTimeoutMs !== undefined && idleTimeoutMs >= closesAfterMs) {
    errors.add(`${prop}.idleTimeout`, `${idleTimeoutMs} ms`, `the service called closes a connection that is idle for ${closesAfterMs} ms ('limits.idleTimeout'), `
      + 'so requests would be sent on connections that are just being closed; stay well below that, or leave it out');
  }
}

/** Checks what a caller and the service called say together. What the caller says alone has been checked. */
export function checkConnectionsTogether(
  errors: ValidationErrors, prop: string, caller: ConnectionOptions = {}, callee: ConnectionOptions = {},
): void {
  if (contradictionsOfConnections(toConfig<ConnectionOptions, ConnectionConfig>(caller, CONNECTION_QUANTITIES)).length > 0) return;
  const together = toConfig<ConnectionOptions, ConnectionConfig>(layered(caller, callee), CONNECTION_QUANTITIES);
  addContradictions(errors, prop, CONNECTION_QUANTITIES, contradictionsOfConnections(together));
}

/** What comes of connections that may take as long as a call. */
export const CONNECTION_WAITS: Consequences<ConnectionOptions> = {
  connectTimeout: 'another pod is never asked when one drops what is sent to it',
  pendingTimeout: 'the call is over before that',
};

/**
 * What holds for connections to the app beside a sidecar unless said otherwise: shorter than the 5 s after which Node's HTTP
 * server, the most impatient of the usual ones, closes an idle connection. A request that meets the close fails, unless its
 * method is idempotent.
 */
export const APP_CONNECTIONS: ConnectionOptions = { idleTimeout: Duration.seconds(4) };

/**
 * The document's fields for a cluster, the first of `said` uppermost; empty when all are the defaults. A time to connect that somebody
 * said is never left out: the default depends on the routes.
 */
export function connectionConfig(said: readonly (ConnectionOptions | undefined)[], closesAfterMs: number = Infinity): Partial<ConnectionConfig> {
  const { connectTimeoutMs, idleTimeoutMs, ...config } = toConfig<ConnectionOptions, ConnectionConfig>(layered(...said), CONNECTION_QUANTITIES);
  const unsaidMs = Math.min(DEFAULT_CLUSTER.idleTimeoutMs, Math.max(1, Math.floor(closesAfterMs / 2)));
  return {
    ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
    ...withoutDefaults<ConnectionConfig>({ ...config, idleTimeoutMs: idleTimeoutMs ?? unsaidMs }, DEFAULT_CLUSTER),
  };
}
