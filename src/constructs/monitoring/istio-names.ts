/** Recording rules that give dashboards made for Istio the series that they read. docs/metric-names.md has the mapping. */
import { Rule } from './burn-rates';

/** @param of labels that select the series of the service's proxies */
export function istioRules(of: string, namespace: string, service: string): Rule[] {
  const inbound = { destination_service_name: service, destination_service_namespace: namespace, reporter: 'destination' };
  const outbound = { source_workload: service, source_workload_namespace: namespace, reporter: 'source' };
  return [
    rule('istio_requests_total', 'mesh_requests_total', of, ['code', 'reason'], inbound, outbound),
    ...['bucket', 'sum', 'count'].map((part) => rule(
      `istio_request_duration_seconds_${part}`, `mesh_request_duration_seconds_${part}`, of, ['class', ...(part === 'bucket' ? ['le'] : [])], inbound, outbound)),
  ].flat();
}

function rule(
  record: string, name: string, of: string, kept: readonly string[], inbound: Record<string, string>, outbound: Record<string, string>,
): Rule[] {
  return [
    { record, expr: renamed(`sum by (${['caller', ...kept].join(', ')}) (${name}{${of},direction="inbound"})`, INBOUND), labels: inbound },
    { record, expr: renamed(`sum by (${['cluster', 'listener', ...kept].join(', ')}) (${name}{${of},direction="outbound"})`, OUTBOUND), labels: outbound },
  ];
}

/** A label of Istio, the label that it is made of, and the part of that which counts. */
type Renaming = readonly [to: string, from: string, pattern: string];

const COMMON: readonly Renaming[] = [['response_code', 'code', '(.*)'], ['response_flags', 'reason', '(.*)']];
const INBOUND: readonly Renaming[] = [...COMMON, ['source_principal', 'caller', '(.*)']];
const OUTBOUND: readonly Renaming[] = [
  ...COMMON, ['destination_workload', 'cluster', '.*/(.*)'], ['destination_service_namespace', 'listener', 'outbound/(.*)/.*'],
  ['destination_service_name', 'listener', 'outbound/.*/(.*):.*'],
];

function renamed(expr: string, renamings: readonly Renaming[]): string {
  return renamings.reduce((inner, [to, from, pattern]) => `label_replace(${inner}, "${to}", "$1", "${from}", "${pattern}")`, expr);
}
