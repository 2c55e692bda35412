/**
 * A synthesized stack: what `up` would run of it, and what there is to be said of its workloads besides (replicas, budgets,
 * NetworkPolicies), each workload with both.
 */
import { ClusterConfig, ResolvedProxyConfig, withDefaults } from '../../contract';
import type { MeshInfo, Range, WorkloadInfo } from '../../planning/lints';
import { infoOf } from '../check/info';
import { UserError } from '../command-line/errors';
import { workloadsOf as workloadsOfCluster } from '../model/callees';
import type { Manifest } from '../model/manifests';
import type { MeshModel, Workload } from '../model/model';
import { namedWorkloads } from '../model/named-workloads';
import { readModel } from '../model/read-model';

const NOTHING_EXPECTED = { zones: undefined, requestsPerSecond: new Map<string, number>(), latencyMs: new Map<string, number>() };

export class Stack {
  readonly model: MeshModel;
  readonly info: MeshInfo;
  private readonly infos: ReadonlyMap<Workload, WorkloadInfo>;
  private readonly documents = new Map<Workload, ResolvedProxyConfig>();
  private readonly answering = new Map<Pick<ClusterConfig, 'discovery'>, readonly Workload[]>();

  /** @param source what the manifests were read from, for messages */
  static of(manifests: readonly Manifest[], source: string): Stack {
    return new Stack(manifests, source);
  }

  private constructor(readonly manifests: readonly Manifest[], source: string) {
    this.model = readModel(manifests, source);
    this.info = infoOf(manifests, this.model, NOTHING_EXPECTED);
    this.infos = new Map(this.model.workloads.map((workload, index) => [workload, this.info.workloads[index]!]));
  }

  infoOf(workload: Workload): WorkloadInfo {
    return this.infos.get(workload)!;
  }

  /** Its document with all defaults. */
  documentOf(workload: Workload): ResolvedProxyConfig {
    let document = this.documents.get(workload);
    if (!document) this.documents.set(workload, document = withDefaults(workload.config));
    return document;
  }

  /** How many pods it has; undefined when nobody can tell. */
  replicasOf(workload: Workload): Range | undefined {
    return this.infoOf(workload).replicas;
  }

  /** The workloads that answer what is sent to a cluster of a document. */
  behind(cluster: Pick<ClusterConfig, 'discovery'>): readonly Workload[] {
    let workloads = this.answering.get(cluster);
    if (!workloads) this.answering.set(cluster, workloads = workloadsOfCluster(cluster, this.model));
    return workloads;
  }

  /**
   * The workloads of a service.
   *
   * @param name `catalog`, `catalog.shop`, `catalog@v2`
   * @param subject what names it, for messages: `--from`
   */
  workloadsNamed(name: string, subject: string): Workload[] {
    const [service, version] = name.split('@') as [string, string?];
    const found = namedWorkloads(this.model, service, subject);
    const namespaces = [...new Set(found.map(({ namespace }) => namespace))];
    if (namespaces.length > 1) {
      throw new UserError(`${subject} names '${service}', which is in the namespaces ${namespaces.join(' and ')}; say which, as in ${service}.${namespaces[0]}`);
    }
    const chosen = version === undefined ? found : found.filter((workload) => workload.version === version);
    if (chosen.length === 0) {
      throw new UserError(`${subject} names version '${version}' of '${service}', which it has not. It has ${found.map((workload) => workload.version).join(', ')}`);
    }
    return chosen;
  }
}
