/**
 * What a sidecar's container gets of CPU and memory when nobody says, and the flags by which Node keeps to the memory that it
 * has; the arithmetic is in planning.
 */
import { Size, SizeRoundingBehavior } from 'cdk8s';
import { defaultProxyMemory, explainProxyMemory, imageNodeOptions, leastProxyMemoryMib, nodeOptions, proxyHeap } from '../../planning/proxy-memory';
import * as kplus from '../kubernetes/kplus';
import { ContainerManifest } from '../kubernetes/patches';
import { MeshSettings } from '../mesh/mesh-settings';
import { ValidationErrors } from '../props/validation-errors';

/** Annotation of pods with several workers: a change of their number must make new pods, as no running proxy can follow it. */
const WORKERS_ANNOTATION = 'cdk8s-mesh/workers';

/** Node's own environment variable for flags. */
export const NODE_OPTIONS = 'NODE_OPTIONS';

/** Space for logs: what kubelet keeps of a container's by default, five files of 10 MiB, and some more. */
const LOG_SPACE = '64Mi';

/** CPU that each worker requests where no plan says how much. */
const WORKER_CPU_MILLIS = 100;

type Sizing = Pick<MeshSettings, 'proxyResources' | 'proxyCpuMillis' | 'workers'>;

/** Writes the number of workers into pods, where there are several. */
export function noteWorkers({ podMetadata }: kplus.Workload, { workers }: Pick<MeshSettings, 'workers'>): void {
  if (workers > 1) {
    podMetadata.addAnnotation(WORKERS_ANNOTATION, String(workers));
  }
}

/** The resources of a sidecar: the user's, or as much as its workers need. No limit on CPU, for throttling delays every request. */
export function sidecarResources({ proxyResources, workers, proxyCpuMillis = WORKER_CPU_MILLIS * workers }: Sizing): kplus.ContainerResources {
  if (proxyResources) {
    return proxyResources;
  }
  const { requestMib, limitMib } = defaultProxyMemory(workers);
  return {
    cpu: { request: kplus.Cpu.millis(proxyCpuMillis) },
    memory: { request: Size.mebibytes(requestMib), limit: Size.mebibytes(limitMib) },
  };
}

/**
 * Requests space for the sidecar's logs, unless the user says otherwise. On the manifest, as cdk8s-plus writes whole GiB only. No limit:
 * kubelet takes the sum of a pod's limits for all that the pod writes, so a limit of the sidecar alone would be the app's.
 */
export function requestLogSpace(sidecar: ContainerManifest, { proxyResources }: Sizing): void {
  if (!proxyResources) {
    sidecar.resources = { ...sidecar.resources, requests: { ...sidecar.resources?.requests, 'ephemeral-storage': LOG_SPACE } };
  }
}

/** Value of `NODE_OPTIONS` for a sidecar; nothing without a limit on memory, and with the usual one, where the flags of the image hold. */
export function sidecarNodeOptions(sizing: Sizing): string | undefined {
  const limitMib = memoryLimitMib(sizing);
  const heap = limitMib === undefined ? undefined : proxyHeap(limitMib, sizing.workers);
  const options = heap && nodeOptions(heap);
  return options === imageNodeOptions() ? undefined : options;
}

/** Checks that the memory is enough for the heaps of all processes. @param prop that says the resources */
export function checkProxyMemory(errors: ValidationErrors, prop: string, sizing: Sizing): void {
  const { workers } = sizing;
  const limitMib = memoryLimitMib(sizing);
  if (limitMib !== undefined && !proxyHeap(limitMib, workers)) {
    errors.add(`${prop}.memory.limit`, `${limitMib}Mi`,
      `${explainProxyMemory(limitMib, workers)}; use at least ${leastProxyMemoryMib(workers)}Mi${workers > 1 ? ', or fewer workers' : ''}`);
  }
}

function memoryLimitMib(sizing: Sizing): number | undefined {
  return sidecarResources(sizing).memory?.limit?.toMebibytes({ rounding: SizeRoundingBehavior.FLOOR });
}
