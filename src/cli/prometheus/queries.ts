/**
 * What is asked of a Prometheus for a picture of the mesh: rates of what the proxies count, added up as far as the picture needs. Series have the
 * labels that PodMonitors of the constructs give them.
 */
import { SERVICE_LABEL, VERSION_LABEL } from '../../contract';
import type { PromSample } from './client';

/** How Prometheus writes labels of pods. */
export const LABELS = { namespace: 'namespace', service: seriesLabel(SERVICE_LABEL), version: seriesLabel(VERSION_LABEL), pod: 'pod' } as const;

const CALLER = [LABELS.namespace, LABELS.service];
const VERSION = [...CALLER, LABELS.version];

/** The answers, by what they are of. */
export type Answers = { readonly [Name in keyof ReturnType<typeof queriesFor>]: readonly PromSample[] };

/** Whether any requests were counted, now or before. */
export function requestsOf(namespace: string | undefined): string {
  return `count(mesh_requests_total{${selectorOf(namespace)}}) > 0`;
}

/**
 * @param namespace the only one that counts; absent: all
 * @param seconds over how long rates are
 */
export function queriesFor(namespace: string | undefined, seconds: number) {
  const own = selectorOf(namespace);
  const rate = (metric: string): string => `rate(${metric}{${own}}[${seconds}s])`;
  const sum = (by: readonly string[], expr: string): string => `sum by (${by.join(', ')}) (${expr})`;
  return {
    requests: sum([...VERSION, 'direction', 'listener', 'cluster', 'code', 'reason'], rate('mesh_requests_total')),
    durations: sum([...VERSION, 'direction', 'listener', 'cluster', 'le'], rate('mesh_request_duration_seconds_bucket')),
    perPod: sum([...VERSION, LABELS.pod, 'direction', 'listener', 'code'], rate('mesh_requests_total')),
    retries: sum([...CALLER, 'cluster'], rate('mesh_retries_total')),
    hedges: sum([...CALLER, 'cluster'], rate('mesh_hedges_total')),
    denied: sum([...CALLER, 'cluster'], rate('mesh_retries_denied_total')),
    ready: `max by (${[...VERSION, LABELS.pod].join(', ')}) (mesh_ready{${own}})`,
    outOfService: `max by (${[...CALLER, 'cluster', 'state'].join(', ')}) (mesh_endpoints{${[own, 'state!="ready"'].filter((part) => part !== '').join(',')}}) > 0`,
  };
}

function selectorOf(namespace: string | undefined): string {
  return namespace === undefined ? '' : `${LABELS.namespace}=${JSON.stringify(namespace)}`;
}

function seriesLabel(podLabel: string): string {
  return podLabel.replace(/[^a-zA-Z0-9_]/g, '_');
}
