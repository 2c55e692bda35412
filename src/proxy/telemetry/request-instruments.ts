/**
 * What is recorded of requests that are over: the rate, errors and durations of each edge of the call graph, by listener, cluster, route
 * and caller. Method, status and reason are not known in advance, so their series are bound the first time that they are seen. After
 * that a request costs a few look-ups in small maps and no memory.
 */
import { BoundedLabel, LABEL_LIMITS, LabelLimit } from './bounded-label';
import { ABSENT, FAMILIES, NOT_APPLICABLE, UNKNOWN } from './catalog';
import type { Counter, Histogram } from './metrics';
import type { ReasonCode } from './reasons';
import { MetricRegistry, OTHER } from './registry';

/** Takes what requests to a removed cluster still record of it; bounded like any registry, and never read. */
export const UNREPORTED = new MetricRegistry();

/** The highest status of gRPC (google/rpc/code.proto). */
const MAX_GRPC_STATUS = 16;

/** A request between two parties. */
export interface EdgeLabels {
  readonly listener: string;
  readonly direction: string;
  readonly cluster: string;
  readonly route: string;
  readonly caller: string;
}

/** What the edges of one listener share. */
interface Edges {
  readonly codes: BoundedLabel;
  wallSeconds(): number;
}

/** Requests of one caller, on one route, to one cluster. */
export class RequestInstruments {
  /** By the first digit of the status. */
  private readonly durations: (Histogram | undefined)[] = [];
  /** By reason, `-` for responses of endpoints; then by method; then by status and status of gRPC: {@link keyOf}. */
  private readonly counters = new Map<string, Map<string, Map<number, Counter>>>();

  constructor(private readonly registry: MetricRegistry, private readonly labels: EdgeLabels, private readonly edges: Edges) {}

  /**
   * Records a request that is over.
   *
   * @param method  one of the known methods, or `_OTHER`
   * @param status  as sent to the client; three digits
   * @param grpcStatus of a gRPC call, whatever number it is; -1 when it is none
   * @param reason  why the proxy answered or broke off by itself; undefined when the response is the endpoint's
   * @param seconds from its head to the end of the response
   * @param traceId of a trace that is sampled
   */
  record(method: string, status: number, grpcStatus: number, reason: ReasonCode | undefined, seconds: number, traceId?: string): void {
    const counters = this.countersOf(reason ?? NOT_APPLICABLE, method);
    const counter = counters.get(keyOf(status, grpcStatus)) ?? this.bind(counters, method, status, grpcStatus, reason ?? NOT_APPLICABLE);
    counter.value += 1;
    const duration = this.durationOf(Math.floor(status / 100));
    duration.record(seconds);
    if (traceId !== undefined) duration.exemplify({ traceId, value: seconds, timestamp: this.edges.wallSeconds() });
  }

  /** The durations of requests whose status begins with this digit. */
  private durationOf(digit: number): Histogram {
    return this.durations[digit] ??= this.registry.histogram(FAMILIES.requestDuration, { ...this.labels, class: classOf(digit) });
  }

  private countersOf(reason: string, method: string): Map<number, Counter> {
    let byMethod = this.counters.get(reason);
    if (!byMethod) this.counters.set(reason, byMethod = new Map());
    let byStatus = byMethod.get(method);
    if (!byStatus) byMethod.set(method, byStatus = new Map());
    return byStatus;
  }

  private bind(counters: Map<number, Counter>, method: string, status: number, grpcStatus: number, reason: string): Counter {
    const digit = Math.floor(status / 100);
    const code = this.edges.codes.of(String(status), classOf(digit));
    // Statuses above the limit share the counter of their first digit.
    const key = keyOf(code === classOf(digit) ? digit : status, grpcStatus);
    let counter = counters.get(key);
    if (!counter) {
      const labels = { ...this.labels, method, code, reason, grpc_response_status: grpcLabel(grpcStatus) };
      counters.set(key, counter = this.registry.counter(FAMILIES.requests, labels));
    }
    return counter;
  }
}

/** All edges of one listener. */
export class ListenerRequests {
  /** By cluster, then by caller, then by route. */
  private readonly byCluster = new Map<string, Map<string, Map<string, RequestInstruments>>>();
  /** Clusters that are gone from the configuration, while requests to them still end. */
  private readonly retired = new Set<string>();
  private readonly callers: BoundedLabel;
  private readonly routes: BoundedLabel;
  private readonly edges: Edges;

  constructor(
    private readonly registry: MetricRegistry, private readonly listener: string, private readonly direction: 'inbound' | 'outbound',
    onLimit: (limit: LabelLimit) => void, wallSeconds: () => number = () => 0,
  ) {
    const label = (limit: LabelLimit): BoundedLabel => new BoundedLabel(LABEL_LIMITS[limit], () => onLimit(limit));
    this.callers = label('metricCallers');
    this.routes = label('metricRoutes');
    this.edges = { codes: label('metricCodes'), wallSeconds };
  }

  /**
   * Those of one edge.
   *
   * @param cluster undefined for requests that never got to one
   * @param route   undefined for requests that no route has taken
   * @param caller  who sent them, if that was proven
   */
  of(cluster: string | undefined, route: string | undefined, caller: string | undefined): RequestInstruments {
    const clusterName = cluster ?? NOT_APPLICABLE;
    const routeName = route ?? NOT_APPLICABLE;
    const callerName = caller ?? (this.direction === 'inbound' ? UNKNOWN : NOT_APPLICABLE);
    return this.byCluster.get(clusterName)?.get(callerName)?.get(routeName) ?? this.bind(clusterName, routeName, callerName);
  }

  /** The cluster is gone: requests to it that still end are recorded where nobody looks. */
  retire(cluster: string): void {
    this.retired.add(cluster);
    this.byCluster.delete(cluster);
  }

  /** A cluster of this name is there, perhaps again. */
  revive(cluster: string): void {
    if (this.retired.delete(cluster)) this.byCluster.delete(cluster);
  }

  /** These are the listener's routes now: series of others go. */
  keepRoutes(names: ReadonlySet<string>): void {
    for (const route of this.routes.forget((name) => name !== NOT_APPLICABLE && !names.has(name))) {
      for (const byCaller of this.byCluster.values()) for (const byRoute of byCaller.values()) byRoute.delete(route);
      for (const family of [FAMILIES.requests, FAMILIES.requestDuration]) this.registry.removeFrom(family, { listener: this.listener, route });
    }
  }

  private bind(cluster: string, route: string, caller: string): RequestInstruments {
    const { listener, direction, edges } = this;
    const labels = { listener, direction, cluster, route: this.routes.of(route, OTHER), caller: this.callers.of(caller, OTHER) };
    let byCaller = this.byCluster.get(cluster);
    if (!byCaller) this.byCluster.set(cluster, byCaller = new Map());
    let byRoute = byCaller.get(labels.caller);
    if (!byRoute) byCaller.set(labels.caller, byRoute = new Map());
    let requests = byRoute.get(labels.route);
    if (!requests) {
      requests = new RequestInstruments(this.retired.has(cluster) ? UNREPORTED : this.registry, labels, edges);
      byRoute.set(labels.route, requests);
    }
    return requests;
  }
}

/** One number for both statuses. Those of gRPC have {@link MAX_GRPC_STATUS} + 3 values: none, 0 to 16, and one for all others. */
function keyOf(status: number, grpcStatus: number): number {
  return status * (MAX_GRPC_STATUS + 3) + (grpcStatus > MAX_GRPC_STATUS ? MAX_GRPC_STATUS + 1 : grpcStatus) + 1;
}

function grpcLabel(grpcStatus: number): string {
  if (grpcStatus < 0) return ABSENT;
  return grpcStatus > MAX_GRPC_STATUS ? OTHER : String(grpcStatus);
}

function classOf(digit: number): string {
  return `${digit}xx`;
}
