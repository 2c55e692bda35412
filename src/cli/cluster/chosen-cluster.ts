/** The proxies in the cluster and the namespaces that the flags name. */
import { SIDECAR_CONTAINER } from '../../contract';
import type { Arguments } from '../command-line/command';
import { UserError } from '../command-line/errors';
import { ClusterProxies, MAX_FORWARDS } from './cluster-proxies';
import { Kubectl } from './kubectl';

/** Each look goes through the API server, so there are fewer than on one machine. */
export const CLUSTER_PERIOD_MS = 2_000;

export interface ChosenCluster {
  readonly source: ClusterProxies;
  readonly title: string;
  /** Pods with a sidecar that are looked at now. */
  readonly pods: number;
}

/** Fails when no pod there has a sidecar. */
export async function openCluster(args: Arguments): Promise<ChosenCluster> {
  const [namespace, context, kubeconfig] = ['namespace', 'context', 'kubeconfig'].map((flag) => args.text(flag));
  const all = args.has('all-namespaces');
  if (namespace !== undefined && all) throw new UserError('--namespace and --all-namespaces exclude each other');
  const scope = all ? ['--all-namespaces'] : namespace === undefined ? [] : ['--namespace', namespace];
  const flags = [...(context === undefined ? [] : ['--context', context]), ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig])];
  const source = new ClusterProxies(new Kubectl(flags), scope);
  const pods = (await source.proxies()).length;
  if (pods === 0) throw new UserError(`no pod there has the container '${SIDECAR_CONTAINER}'; choose another namespace with --namespace, or --all-namespaces`);
  if (source.left > 0) process.stderr.write(`${source.left} more pods are not looked at: ${MAX_FORWARDS} is the limit; choose a namespace\n`);
  return { source, pods, title: [context ?? 'cluster', namespace ?? (all ? 'all namespaces' : 'default namespace')].join(' · ') };
}
