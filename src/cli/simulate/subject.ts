/**
 * What is simulated, out of synthesized YAML: who calls a service, by which policy, and how many pods answer. A service with
 * versions is balanced version by version, each with its part of the requests, so one version is simulated.
 */
import { DEFAULT_CLUSTER, DEFAULT_ROUTE, LoadBalancingConfig, withDefaults } from '../../contract';
import { UserError } from '../errors';
import { Callee, calleesOf } from '../up/callees';
import { workloadsOf } from '../up/flow';
import { MeshModel, titleOf, Workload } from '../up/model';

/** A service as far as a simulation goes. */
export interface Subject {
  /** `catalog v1`. */
  readonly title: string;
  readonly endpoints: number;
  readonly callers: number;
  /** Who calls, for the title. */
  readonly calledBy: string;
  readonly policy: LoadBalancingConfig;
  /** Part of the service's requests that come here. */
  readonly share: number;
  readonly zoneWeights: Readonly<Record<string, number>>;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
}

interface Call {
  readonly caller: Workload;
  readonly callee: Callee;
}

/** @param name `catalog`, `catalog.shop` or `catalog@v2` */
export function subjectOf(model: MeshModel, name: string, from: string | undefined): Subject {
  const [service, version] = name.split('@') as [string, string?];
  workloadsOf(model, service, 'service');
  const callers = from === undefined ? model.workloads : workloadsOf(model, from, 'from');
  const calls = callers.flatMap((caller): Call[] => calleesOf(caller.config, model)
    .filter((callee) => service === callee.service || service === `${callee.service}.${callee.namespace}`)
    .map((callee) => ({ caller, callee })));
  const [first] = calls;
  if (!first) throw new UserError(notCalled(model, service, from));

  const shares = first.callee.shares.filter(({ workloads }) => workloads.length > 0);
  const weights = shares.reduce((sum, { weight }) => sum + weight, 0);
  const chosen = version === undefined
    ? [...shares].sort((a, b) => b.weight - a.weight)[0]!
    : shares.find(({ workloads }) => workloads.some((workload) => workload.version === version));
  if (!chosen) {
    const versions = shares.flatMap(({ workloads }) => workloads.map((workload) => workload.version));
    throw new UserError(`--service names version '${version}' of '${service}', which ${titleOf(first.caller)} does not call. It calls ${versions.join(', ')}`);
  }

  const document = withDefaults(first.caller.config);
  const cluster = document.clusters.find(({ name: candidate }) => candidate === chosen.cluster);
  const listener = document.listeners.find(({ name: candidate }) => candidate === first.callee.listener.name);
  return {
    title: chosen.workloads.map(titleOf).join(', '),
    endpoints: chosen.workloads.reduce((sum, { replicas }) => sum + replicas, 0),
    callers: calls.reduce((sum, { caller }) => sum + caller.replicas * (caller.config.workers ?? 1), 0),
    calledBy: [...new Set(calls.map(({ caller }) => caller.service))].join(', '),
    policy: chosen.loadBalancing,
    share: weights > 0 ? chosen.weight / weights : 1,
    zoneWeights: chosen.zoneWeights,
    timeoutMs: listener?.routes[0]?.timeoutMs ?? DEFAULT_ROUTE.timeoutMs,
    connectTimeoutMs: cluster?.connectTimeoutMs ?? DEFAULT_CLUSTER.connectTimeoutMs,
  };
}

function notCalled(model: MeshModel, service: string, from: string | undefined): string {
  const called = [...new Set(model.workloads.flatMap((workload) => calleesOf(workload.config, model).map((callee) => callee.service)))];
  const others = called.length > 0 ? `. Called are ${called.join(', ')}` : '';
  return from === undefined
    ? `no service of the YAML calls '${service}', so no proxy balances its requests${others}`
    : `'${from}' does not call '${service}' by the YAML${others}`;
}
