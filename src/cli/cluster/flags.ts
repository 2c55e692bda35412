/** Flags that say which cluster and namespaces a command looks at. They are those of kubectl. */
import type { Arguments, Flag } from '../command-line/command';

export const CLUSTER_FLAGS = {
  'namespace': { value: 'NAME', short: 'n', help: 'namespace of the pods; default that of the context of kubectl' },
  'all-namespaces': { short: 'A', help: 'the pods of all namespaces' },
  'context': { value: 'NAME', help: 'context of kubectl' },
  'kubeconfig': { value: 'FILE', help: 'file that says how the cluster is reached; default that of kubectl' },
} as const satisfies Readonly<Record<string, Flag>>;

/** The flag by which a cluster is meant, if there is one. */
export function clusterFlag(args: Arguments): string | undefined {
  return Object.keys(CLUSTER_FLAGS).find((flag) => args.has(flag));
}
