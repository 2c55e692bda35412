/** Labels by which the pods of a workload are found. Services select by one of them, so pods that take no requests have another in its place. */
import { PART_OF_LABEL, SERVICE_LABEL, VERSION_LABEL } from '../../contract';
import * as kplus from '../kubernetes/kplus';

/** Those that pods have in the end. */
export function podLabels(serviceName: string, version: string, serve: boolean): { readonly [label: string]: string } {
  return { [serve ? SERVICE_LABEL : PART_OF_LABEL]: serviceName, [VERSION_LABEL]: version };
}

/** Gives them to pods. It may be done again, when they are exposed after all. */
export function labelPods(pods: kplus.Workload, serviceName: string, version: string, serve: boolean): void {
  const labels: Record<string, string | undefined> = {
    [SERVICE_LABEL]: serve ? serviceName : undefined,
    [PART_OF_LABEL]: serve ? undefined : serviceName,
    [VERSION_LABEL]: version,
  };
  // A label without a value is not written. There is no other way to take one away.
  Object.entries(labels).forEach(([label, value]) => pods.podMetadata.addLabel(label, value as string));
}
