/** What the pools of a cluster and their connections go by, share and count. */
import type { LimitsConfig, ResolvedCluster } from '../../contract';
import type { HeadLimits } from '../http1/head-buffer';
import type { TimeoutQueue, TimeoutQueues } from '../runtime/timeouts';
import type { ClusterInstruments } from '../telemetry/instruments';
import type { Identity } from '../tls/identity';
import type { UpstreamSecurity } from '../tls/upstream-security';
import type { UnestablishedCode } from './connector';
import type { SharingPool } from './endpoint-pool';

/** What connections go by; a configuration reload replaces the values. */
export interface ConnectionSettings {
  connectTimeout: TimeoutQueue;
  /** From the first byte of a response's head to its last. */
  headTimeout: TimeoutQueue;
  limits: HeadLimits & { readonly maxBufferedBytes: number };
  /** Queues for idle times that endpoints state, and for pings. */
  readonly timeouts: Pick<TimeoutQueues, 'near' | 'of'>;
  readonly stats: { brokenInUse: number; certificateRefused: number };
  now(): number;
}

/** What all pools of a cluster share. A configuration reload replaces the values, not the object. */
export interface PoolDependencies extends ConnectionSettings {
  /** What its endpoints speak. */
  protocol: ResolvedCluster['protocol'];
  /** Its connections begin with a header of the PROXY protocol. */
  proxyProtocol: boolean;
  limits: Required<LimitsConfig>;
  idleTimeout: TimeoutQueue;
  pendingTimeout: TimeoutQueue;
  maxConnectionsPerEndpoint: number;
  /** A connection may carry several requests. */
  reuses: boolean;
  /** Of the cluster; 0 is no limit. */
  maxConnections: number;
  maxPending: number;
  /** Requests of the cluster that wait for a connection, or for the first endpoints. */
  pending: number;
  /** Who this proxy is, and who must be at endpoints of which discovery says nothing else; undefined: TLS is not asked for. */
  identity: Identity | undefined;
  security: UpstreamSecurity | undefined;
  readonly stats: PoolStats;
  readonly instruments: ClusterInstruments;
  /** The pools of the cluster's endpoints. */
  readonly pools: Set<SharingPool>;
  /** Those that could make no connection for their requests because the cluster has as many as it may. */
  readonly starving: Set<SharingPool>;
}

/** Counters of a cluster's connections; plain numbers, read when metrics are asked for. */
export interface PoolStats {
  opened: number;
  open: number;
  reused: number;
  connectFailed: number;
  connectTimedOut: number;
  /** Closed by the endpoint while a request was on it. */
  brokenInUse: number;
  /** By TLS: who is there did not prove to be the endpoint; there was no handshake. */
  serverUnverified: number;
  tlsFailed: number;
  /** This proxy can't prove who it is, by mutual TLS; the files of the cluster's TLS can't be used. */
  noIdentity: number;
  tlsUnusable: number;
  /** The endpoint has refused this proxy's certificate, with a request on the connection. */
  certificateRefused: number;
}

/** What counts a connection that could not be established. */
const FAILED: { readonly [Code in UnestablishedCode]: keyof PoolStats } = {
  connect_failed: 'connectFailed',
  connect_timeout: 'connectTimedOut',
  server_unverified: 'serverUnverified',
  tls_failed: 'tlsFailed',
  no_identity: 'noIdentity',
  tls_unusable: 'tlsUnusable',
};

export function newPoolStats(): PoolStats {
  return {
    opened: 0,
    open: 0,
    reused: 0,
    connectFailed: 0,
    connectTimedOut: 0,
    brokenInUse: 0,
    serverUnverified: 0,
    tlsFailed: 0,
    noIdentity: 0,
    tlsUnusable: 0,
    certificateRefused: 0,
  };
}

/** Counts a connection that could not be established. */
export function countUnestablished(stats: PoolStats, code: UnestablishedCode): void {
  stats.open -= 1;
  stats[FAILED[code]] += 1;
}
