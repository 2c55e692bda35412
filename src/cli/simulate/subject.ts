/**
 * What is simulated, out of synthesized YAML: who calls a service, how its endpoints are balanced, and what answers. A service
 * with versions is balanced version by version, each with its part of the requests, so one version is simulated.
 */
import type { BalancingConfig } from '../../balancing';
import {
  ClusterConfig, DEFAULT_CLUSTER, DEFAULT_HEDGE, DEFAULT_OUTLIER_DETECTION, DEFAULT_RETRY, DEFAULT_RETRY_BUDGET, DEFAULT_ROUTE, DEFAULT_WORKERS,
  HedgeConfig, OutlierDetectionConfig, RetryBudgetConfig, RetryConfig, withBalancingDefaults, withHealthCheckDefaults,
} from '../../contract';
import type { PlannedHealthCheck } from '../../simulation';
import { UserError } from '../command-line/errors';
import { Callee, calleesOf, CalleeShare } from '../model/callees';
import { namedWorkloads } from '../model/named-workloads';
import { MeshModel, titleOf, Workload } from '../model/model';

/** An endpoint as far as something is said of it. */
export interface StatedEndpoint {
  readonly name?: string | undefined;
  readonly weight?: number | undefined;
  readonly zone?: string | undefined;
  readonly priority?: number | undefined;
}

/** A calling proxy; those of one pod have its number. */
export interface StatedCaller {
  readonly pod: number;
  readonly zone?: string | undefined;
}

/** A service as far as a simulation goes. */
export interface Subject {
  /** `catalog v1`. */
  readonly title: string;
  readonly endpoints: readonly StatedEndpoint[];
  readonly callers: readonly StatedCaller[];
  /** Who calls, for the title. */
  readonly calledBy: string;
  /** Policy and stages, with their defaults. */
  readonly balancing: BalancingConfig;
  readonly healthCheck: PlannedHealthCheck | undefined;
  readonly outlierDetection: Required<OutlierDetectionConfig>;
  readonly retry: Required<RetryConfig>;
  readonly retryBudget: Required<RetryBudgetConfig>;
  /** Undefined when requests are not hedged. */
  readonly hedge: Required<HedgeConfig> | undefined;
  /** Part of the service's requests that come here. */
  readonly share: number;
  /** Weights by zone of endpoints of which none is stated. */
  readonly zoneWeights: Readonly<Record<string, number>>;
  /** Discovery tells zones, also of endpoints of which none is stated. */
  readonly zoned: boolean;
  /** Callers find out where they are, or it doesn't matter to them. */
  readonly placed: boolean;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
}

interface Call {
  readonly caller: Workload;
  readonly callee: Callee;
}

/** @param name `catalog`, `catalog.shop`, `catalog@v2`, or the host name of a service outside of the mesh */
export function subjectOf(model: MeshModel, name: string, from: string | undefined): Subject {
  const [service, version] = name.split('@') as [string, string?];
  const callers = from === undefined ? model.workloads : namedWorkloads(model, from, '--from');
  const calls = callers.flatMap((caller): Call[] => calleesOf(caller.config, model)
    .filter((callee) => isNamed(callee, service))
    .map((callee) => ({ caller, callee })));
  const [first] = calls;
  if (!first) {
    namedWorkloads(model, service, '--service');
    throw new UserError(notCalled(model, service, from));
  }

  const { caller: { config }, callee } = first;
  const shares = known(callee.shares);
  const weights = shares.reduce((sum, { weight }) => sum + weight, 0);
  const chosen = version === undefined
    ? [...shares].sort((a, b) => b.weight - a.weight)[0]!
    : shares.find(({ workloads }) => workloads.some((workload) => workload.version === version));
  if (!chosen) {
    const versions = shares.flatMap(({ workloads }) => workloads.map((workload) => workload.version));
    throw new UserError(`--service names version '${version}' of '${service}', which ${titleOf(first.caller)} does not call. It calls ${versions.join(', ')}`);
  }

  const cluster = config.clusters.find(({ name: candidate }) => candidate === chosen.cluster)!;
  const hedge = callee.route.hedge;
  return {
    title: chosen.workloads.length > 0 ? chosen.workloads.map(titleOf).join(', ') : service,
    endpoints: cluster.discovery.type === 'static'
      ? cluster.discovery.endpoints.map(({ address, port, ...stated }) => ({ ...stated, name: `${address}:${port}` }))
      : chosen.workloads.flatMap(podsOf),
    callers: callersOf(calls),
    calledBy: [...new Set(calls.map(({ caller }) => caller.service))].join(', '),
    balancing: withBalancingDefaults(cluster),
    healthCheck: healthCheckOf(cluster),
    outlierDetection: { ...DEFAULT_OUTLIER_DETECTION, ...cluster.outlierDetection },
    retry: { ...DEFAULT_RETRY, ...callee.route.retry },
    retryBudget: { ...DEFAULT_RETRY_BUDGET, ...cluster.retryBudget },
    hedge: hedge && { ...DEFAULT_HEDGE, ...hedge },
    share: weights > 0 ? chosen.weight / weights : 1,
    zoneWeights: chosen.zoneWeights,
    zoned: cluster.discovery.type === 'endpointSlice',
    placed: cluster.zoneAware === undefined || config.localCluster !== undefined,
    timeoutMs: callee.route.timeoutMs ?? DEFAULT_ROUTE.timeoutMs,
    connectTimeoutMs: cluster.connectTimeoutMs ?? DEFAULT_CLUSTER.connectTimeoutMs,
  };
}

function isNamed({ service, namespace, listener }: Callee, name: string): boolean {
  return name === service || name === `${service}.${namespace}` || (listener.hostnames ?? []).includes(name);
}

/** Those of which it is known what answers; all when it isn't of any. */
function known(shares: readonly CalleeShare[]): readonly CalleeShare[] {
  const answered = shares.filter(({ workloads }) => workloads.length > 0);
  return answered.length > 0 ? answered : shares;
}

/** The pods of a workload, spread over the zones that they are bound to, if they are. */
function podsOf({ replicas, zones }: Workload): { readonly zone?: string | undefined }[] {
  return Array.from({ length: replicas }, (_, index) => ({ zone: zones[index % zones.length] }));
}

/** Each worker of a calling pod has its own balancer. */
function callersOf(calls: readonly Call[]): StatedCaller[] {
  const pods = calls.flatMap(({ caller }) => podsOf(caller).map((pod) => ({ ...pod, workers: caller.config.workers ?? DEFAULT_WORKERS })));
  return pods.flatMap(({ zone, workers }, pod) => Array.from({ length: workers }, () => ({ pod, zone })));
}

function healthCheckOf({ healthCheck }: ClusterConfig): PlannedHealthCheck | undefined {
  if (!healthCheck) return undefined;
  const { type, intervalMs, timeoutMs, healthyThreshold, unhealthyThreshold } = withHealthCheckDefaults(healthCheck);
  return { type, intervalMs, timeoutMs, healthyThreshold, unhealthyThreshold };
}

function notCalled(model: MeshModel, service: string, from: string | undefined): string {
  const called = [...new Set(model.workloads.flatMap((workload) => calleesOf(workload.config, model).map((callee) => callee.service)))];
  const others = called.length > 0 ? `. Called are ${called.join(', ')}` : '';
  return from === undefined
    ? `no service of the YAML calls '${service}', so no proxy balances its requests${others}`
    : `'${from}' does not call '${service}' by the YAML${others}`;
}
