/**
 * A snapshot out of what a Prometheus answers. It has what is counted, and not what is in the proxies' documents: no routes with declared weights, no
 * addresses of endpoints, no policies, and nothing of single requests.
 */
import { NOT_APPLICABLE } from '../../proxy/telemetry/catalog';
import { Sum, Sums } from '../live/figures';
import type { EdgeView, MeshEvent, PodView, ServiceId, ServiceView, Snapshot, UnavailableView } from '../live';
import type { PromSample } from './client';
import { Answers, LABELS } from './queries';

const keyOf = (...parts: readonly string[]): string => parts.join('\n');

/** Listeners of sidecars for calls have such names; those of gateways don't. */
const CALLS = 'outbound/';

/** A version of a service, as its pods are labelled. */
interface Workload {
  readonly service: ServiceId;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
}

export function pictureOf(answers: Answers, at: number, seconds: number): Snapshot {
  const workloads = new Map<string, Workload>();
  for (const { labels } of [...answers.ready, ...answers.requests]) {
    const workload = workloadOf(labels);
    if (workload) workloads.set(`${workload.namespace}/${workload.name}-${workload.version}`, workload);
  }
  const totals = totalsOf(answers, workloads);
  const edges = edgesOf(answers, totals, workloads);
  const outside = [...new Set(edges.map(({ to }) => to))].filter((id) => ![...workloads.values()].some(({ service }) => service === id));
  return {
    at, seconds,
    services: [...servicesOf(answers, totals, workloads), ...outside.map((id): ServiceView => {
      const sum = totals.edges.total(edges.filter(({ to }) => to === id).map(({ from }) => keyOf(from, id)));
      return { id, name: id, kind: 'outside', figures: sum.figures, distribution: sum.distribution, failures: sum.failures, versions: [], pods: [] };
    })].sort((a, b) => compare(a.id, b.id)),
    edges, routes: [], endpoints: [], silent: [],
  };
}

/** Endpoints that have gone out of service, or come back, since the picture before. */
export function changesBetween(before: Snapshot, after: Snapshot): MeshEvent[] {
  const counts = ({ edges }: Snapshot): Map<string, { readonly edge: EdgeView; readonly one: UnavailableView }> => (
    new Map(edges.flatMap((edge) => (edge.unavailable ?? []).map((one) => [keyOf(edge.from, one.cluster, one.state), { edge, one }]))));
  const [old, now] = [counts(before), counts(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((key): MeshEvent[] => {
    const was = old.get(key)?.one.count ?? 0;
    const is = now.get(key)?.one.count ?? 0;
    const { edge, one } = (now.get(key) ?? old.get(key))!;
    return was === is ? [] : [{
      at: after.at, kind: 'endpoint', severity: is > was ? 'bad' : 'good', service: edge.to,
      text: `${edge.from} has ${is === 0 ? 'none' : is} of ${one.cluster} ${one.state}, and had ${was === 0 ? 'none' : was}`,
    }];
  });
}

/** What was counted, by service, version, pod, edge and cluster. */
interface Totals {
  readonly received: Sums;
  readonly edges: Sums;
  readonly clusters: Sums;
}

function totalsOf({ requests, durations, perPod }: Answers, workloads: ReadonlyMap<string, Workload>): Totals {
  const totals: Totals = { received: new Sums(), edges: new Sums(), clusters: new Sums() };
  const each = (samples: readonly PromSample[], put: (sum: Sum, sample: PromSample) => void): void => {
    for (const sample of samples) for (const sum of sumsOf(sample, totals, workloads)) put(sum, sample);
  };
  each(requests, (sum, { labels, value }) => sum.addRequests(labels, value));
  each(durations, (sum, { labels, value }) => sum.addDuration(labels, value));
  for (const { labels, value } of perPod) {
    const workload = workloadOf(labels);
    if (workload && isReceived(labels)) totals.received.of(keyOf(workload.service, '', labels[LABELS.pod] ?? '')).addRequests(labels, value);
  }
  return totals;
}

function sumsOf({ labels }: PromSample, { received, edges, clusters }: Totals, workloads: ReadonlyMap<string, Workload>): Sum[] {
  const workload = workloadOf(labels);
  if (!workload) return [];
  const { service, version } = workload;
  const sums = isReceived(labels) ? [received.of(service), received.of(keyOf(service, version))] : [];
  const cluster = labels['cluster'] ?? NOT_APPLICABLE;
  if (labels['direction'] !== 'outbound' || cluster === NOT_APPLICABLE) return sums;
  return [...sums, edges.of(keyOf(service, calleeOf(cluster, workloads))), clusters.of(keyOf(service, cluster))];
}

/** A sidecar counts a request at both of its ends. A gateway has no callee's side: what it sends on is what came in. */
function isReceived({ direction, listener = '' }: PromSample['labels']): boolean {
  return direction === 'inbound' || (direction === 'outbound' && !listener.startsWith(CALLS));
}

/** A cluster goes by the name of its namespace, service and version; what is called otherwise is outside of the mesh. */
function calleeOf(cluster: string, workloads: ReadonlyMap<string, Workload>): ServiceId {
  return workloads.get(cluster)?.service ?? cluster;
}

function edgesOf(
  { requests, retries, hedges, denied, outOfService }: Answers, { edges, clusters }: Totals, workloads: ReadonlyMap<string, Workload>,
): EdgeView[] {
  const called = new Map<ServiceId, Set<string>>();
  const note = ({ labels: { cluster = NOT_APPLICABLE, ...labels } }: PromSample): void => {
    const workload = workloadOf(labels);
    // The app beside a proxy is a cluster of it, too, and nobody's callee.
    if (workload && cluster !== NOT_APPLICABLE) called.set(workload.service, (called.get(workload.service) ?? new Set()).add(cluster));
  };
  requests.filter(({ labels: { direction } }) => direction === 'outbound').forEach(note);
  const of = (samples: readonly PromSample[], from: ServiceId, own: readonly string[]): PromSample[] => (
    samples.filter(({ labels }) => serviceOf(labels) === from && own.includes(labels['cluster'] ?? '')));
  const rate = (samples: readonly PromSample[]): number => samples.reduce((sum, { value }) => sum + value, 0);
  return [...called].flatMap(([from, names]) => {
    const callees = [...new Set([...names].map((cluster) => calleeOf(cluster, workloads)))].sort();
    return callees.map((to): EdgeView => {
      const own = [...names].filter((cluster) => calleeOf(cluster, workloads) === to).sort();
      const sum = edges.of(keyOf(from, to));
      const unavailable = of(outOfService, from, own)
        .map(({ labels: { cluster = '', state = '' }, value }): UnavailableView => ({ cluster, state, count: value }));
      return {
        from, to,
        figures: sum.figures,
        failures: sum.failures,
        versions: own.map((cluster) => {
          const version = workloads.get(cluster)?.version;
          return { cluster, ...(version !== undefined && { version }), figures: clusters.figuresOf(keyOf(from, cluster)) };
        }),
        retries: rate(of(retries, from, own)), hedges: rate(of(hedges, from, own)), retriesDenied: rate(of(denied, from, own)),
        ...(unavailable.length > 0 && { unavailable }),
      };
    });
  }).sort((a, b) => compare(keyOf(a.from, a.to), keyOf(b.from, b.to)));
}

function servicesOf({ ready, requests }: Answers, { received }: Totals, workloads: ReadonlyMap<string, Workload>): ServiceView[] {
  const gateways = new Set(requests.filter(({ labels: { direction, listener = '' } }) => direction === 'outbound' && !listener.startsWith(CALLS))
    .map(({ labels }) => serviceOf(labels)));
  const ids = [...new Set([...workloads.values()].map(({ service }) => service))];
  return ids.map((id): ServiceView => {
    const versions = [...workloads.values()].filter(({ service }) => service === id).sort((a, b) => compare(a.version, b.version));
    const pods = ready.filter(({ labels }) => serviceOf(labels) === id).map(({ labels, value }): PodView => {
      const pod = labels[LABELS.pod] ?? '';
      return {
        pod, version: labels[LABELS.version] ?? '', figures: received.figuresOf(keyOf(id, '', pod)), ready: value === 1, configHash: '', discovery: [], permissive: [],
      };
    }).sort((a, b) => compare(a.pod, b.pod));
    const sum = received.of(id);
    return {
      id, name: versions[0]!.name, namespace: versions[0]!.namespace,
      kind: gateways.has(id) ? 'gateway' : 'service',
      figures: sum.figures, distribution: sum.distribution, failures: sum.failures,
      versions: versions.map(({ version }) => (
        { version, pods: pods.filter((pod) => pod.version === version).length, figures: received.figuresOf(keyOf(id, version)) })),
      pods,
    };
  });
}

function workloadOf(labels: PromSample['labels']): Workload | undefined {
  const { [LABELS.namespace]: namespace, [LABELS.service]: name, [LABELS.version]: version } = labels;
  return namespace !== undefined && name !== undefined ? { service: `${namespace}/${name}`, namespace, name, version: version ?? '' } : undefined;
}

function serviceOf(labels: PromSample['labels']): ServiceId | undefined {
  const { [LABELS.namespace]: namespace, [LABELS.service]: name } = labels;
  return namespace !== undefined && name !== undefined ? `${namespace}/${name}` : undefined;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
