/** Recording rules that give dashboards made for Istio the series that they read. docs/metric-names.md has the mapping. */
import { Rule } from './burn-rates';
import { GatewayCallee, RuledService } from './subjects';

/** @param of labels that select the series of the service's proxies */
export function istioRules(of: string, { namespace, service, callees }: Pick<RuledService, 'namespace' | 'service' | 'callees'>): Rule[] {
  const inbound = { destination_service_name: service, destination_service_namespace: namespace, reporter: 'destination' };
  const outbound = { source_workload: service, source_workload_namespace: namespace, reporter: 'source' };
  const destinations = callees ? callees.flatMap(ofGateway) : OF_LISTENER;
  const rule = (record: string, name: string, kept: readonly string[]): Rule[] => [
    // What comes to a gateway is outbound, too: it has no app beside it.
    ...(callees ? [] : [{
      record, expr: renamed(`sum by (${['caller', ...kept].join(', ')}) (${name}{${of},direction="inbound"})`, INBOUND), labels: inbound,
    }]),
    {
      record, labels: outbound,
      expr: renamed(`sum by (${['cluster', 'listener', ...kept].join(', ')}) (${name}{${of},direction="outbound"})`, [...OUTBOUND, ...destinations]),
    },
  ];
  return [
    rule('istio_requests_total', 'mesh_requests_total', ['code', 'reason', 'grpc_response_status']),
    ...['bucket', 'sum', 'count'].map((part) => rule(
      `istio_request_duration_seconds_${part}`, `mesh_request_duration_seconds_${part}`, ['class', ...(part === 'bucket' ? ['le'] : [])])),
  ].flat();
}

/** A label of Istio, what it becomes, the label that it is made of, and the pattern that this must fit. */
type Renaming = readonly [to: string, value: string, from: string, pattern: string];

const COMMON: readonly Renaming[] = [['response_code', '$1', 'code', '(.*)'], ['response_flags', '$1', 'reason', '(.*)']];
const INBOUND: readonly Renaming[] = [...COMMON, ['source_principal', '$1', 'caller', '(.*)']];
const OUTBOUND: readonly Renaming[] = [...COMMON, ['destination_workload', '$1', 'cluster', '.*/(.*)']];
const OF_LISTENER: readonly Renaming[] = [
  ['destination_service_namespace', '$1', 'listener', 'outbound/(.*)/.*'], ['destination_service_name', '$1', 'listener', 'outbound/.*/(.*):.*'],
];

function ofGateway({ name, namespace, clusters }: GatewayCallee): Renaming[] {
  const pattern = clusters.map((cluster) => cluster.replace(/[.\\]/g, '\\\\$&')).join('|');
  return [['destination_service_namespace', namespace, 'cluster', pattern], ['destination_service_name', name, 'cluster', pattern]];
}

function renamed(expr: string, renamings: readonly Renaming[]): string {
  return renamings.reduce((inner, [to, value, from, pattern]) => `label_replace(${inner}, "${to}", "${value}", "${from}", "${pattern}")`, expr);
}
