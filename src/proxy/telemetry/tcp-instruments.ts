/**
 * What is recorded of connections of TCP: the counterpart of request-instruments.ts. Connections last long, so bytes are counted as they pass.
 */
import { BoundedLabel, LABEL_LIMITS } from './bounded-label';
import { FAMILIES, NOT_APPLICABLE, UNKNOWN } from './catalog';
import type { Counter, Gauge, Histogram } from './metrics';
import type { ReasonCode } from './reasons';
import { MetricRegistry, OTHER } from './registry';
import { UNREPORTED } from './request-instruments';

interface TcpLabels {
  readonly listener: string;
  readonly direction: string;
  readonly cluster: string;
  readonly caller: string;
}

/** Connections of one caller to one cluster. */
export class TcpInstruments {
  readonly opened: Counter;
  readonly open: Gauge;
  /** Bytes from clients, and to them. */
  readonly received: Counter;
  readonly sent: Counter;
  private readonly duration: Histogram;

  constructor(private registry: MetricRegistry, private readonly labels: TcpLabels) {
    this.opened = registry.counter(FAMILIES.tcpConnectionsOpened, labels);
    this.open = registry.gauge(FAMILIES.tcpConnectionsOpen, labels);
    this.received = registry.counter(FAMILIES.tcpReceivedBytes, labels);
    this.sent = registry.counter(FAMILIES.tcpSentBytes, labels);
    this.duration = registry.histogram(FAMILIES.tcpConnectionDuration, labels);
  }

  /** @param reason undefined when both sides have ended it in order */
  closed(reason: ReasonCode | undefined, seconds: number): void {
    this.registry.counter(FAMILIES.tcpConnectionsClosed, { ...this.labels, reason: reason ?? NOT_APPLICABLE }).value += 1;
    this.duration.record(seconds);
  }

  /** Its series are gone: connections that still end are recorded where nobody looks. */
  retire(): void {
    this.registry = UNREPORTED;
  }
}

/** All connections of one listener. */
export class ListenerTcp {
  /** By cluster, then by caller. */
  private readonly byCluster = new Map<string, Map<string, TcpInstruments>>();
  /** Clusters that are gone from the configuration, while connections to them last. */
  private readonly retired = new Set<string>();
  private readonly callers: BoundedLabel;

  constructor(
    private readonly registry: MetricRegistry, private readonly listener: string, private readonly direction: 'inbound' | 'outbound',
    onLimit: (limit: 'metricCallers') => void,
  ) {
    this.callers = new BoundedLabel(LABEL_LIMITS.metricCallers, () => onLimit('metricCallers'));
  }

  /**
   * @param cluster undefined for connections that never got to one
   * @param caller  who opened them, if that was proven
   */
  of(cluster: string = NOT_APPLICABLE, caller = this.direction === 'inbound' ? UNKNOWN : NOT_APPLICABLE): TcpInstruments {
    const label = this.callers.of(caller, OTHER);
    let byCaller = this.byCluster.get(cluster);
    if (!byCaller) this.byCluster.set(cluster, byCaller = new Map());
    let found = byCaller.get(label);
    if (!found) {
      const { listener, direction } = this;
      found = new TcpInstruments(this.retired.has(cluster) ? UNREPORTED : this.registry, { listener, direction, cluster, caller: label });
      byCaller.set(label, found);
    }
    return found;
  }

  /** The cluster is gone: connections to it that still end are recorded where nobody looks. */
  retire(cluster: string): void {
    this.retired.add(cluster);
    for (const edge of this.byCluster.get(cluster)?.values() ?? []) edge.retire();
    this.byCluster.delete(cluster);
  }

  /** The listener is gone. */
  retireAll(): void {
    for (const cluster of [...this.byCluster.keys()]) this.retire(cluster);
  }

  /** A cluster of this name is there, perhaps again. */
  revive(cluster: string): void {
    if (this.retired.delete(cluster)) this.byCluster.delete(cluster);
  }
}
