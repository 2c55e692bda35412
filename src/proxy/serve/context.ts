/**
 * What all client connections share. One object for the life of the proxy: a configuration reload replaces its values,
 * and every connection reads them anew for its next request.
 */
import { hashText } from '../../balancing';
import { DEFAULT_VIA, LimitsConfig } from '../../contract';
import type { Clock } from '../runtime/clock';
import { ContainerCpu } from '../load-reports/container-cpu';
import type { AuditRecord } from '../telemetry/audit-log';
import type { ConnectionListener } from '../telemetry/connection-record';
import type { Instruments } from '../telemetry/instruments';
import type { TimeoutQueue, TimeoutQueues } from '../runtime/timeouts';
import { KnownSidecars } from './downstream/bypass/known-sidecars';
import type { FinishedExchange } from './exchange/exchange-record';
import { InboundLoad } from './exchange/load-fields';
import type { MemoryGuard } from './memory/memory-guard';
import type { Tracer } from '../tracing/tracer';

/** Wants to know of every request that is over; must neither throw nor take long. */
export type ExchangeListener = (exchange: FinishedExchange) => void;

/** How long a connection is drained of what its client still sends after the last response. */
const LINGER_MS = 1_000;

export class ServeContext {
  limits: Required<LimitsConfig>;
  idleTimeout: TimeoutQueue;
  headTimeout: TimeoutQueue;
  bodyTimeout: TimeoutQueue;
  tunnelIdleTimeout: TimeoutQueue;
  pingInterval: TimeoutQueue;
  pingTimeout: TimeoutQueue;
  readonly lingerTimeout: TimeoutQueue;
  /** Requests that are passed on get a Via. */
  via = DEFAULT_VIA;
  /** The proxy is shutting down: every response is the last of its connection. */
  draining = false;
  /** The pod is being terminated: responses to other pods are the last of their connections. */
  leaving = false;
  /** The app has had its time to end: it gets no new requests of other pods. */
  refusing = false;
  /** Open client connections, over all listeners. */
  connections = 0;
  /** Copies of requests under way. */
  mirroredRequests = 0;
  /** Called whenever a client connection is closed; the drain waits for the last one. */
  onConnectionClosed: () => void = () => {};
  /** The access log, and who looks at the last requests; undefined while there is neither, and then no text is made of a request. */
  onExchange: ExchangeListener | undefined;
  /** The access log of connections of TCP; undefined while there is none. */
  onTcpClosed: ConnectionListener | undefined;

  /** The audit log; undefined while there is none, and then no text is made of a request. */
  onAudit: ((record: AuditRecord) => void) | undefined;
  /** Undefined while nothing is traced. */
  tracer: Tracer | undefined;

  /** Hash of the pod's own address: the source of what comes to an outbound listener. */
  readonly podHash: number;

  /** Where requests of sidecars come from. */
  readonly knownSidecars: KnownSidecars;
  /** Hears of an address whose requests have begun to pass its sidecar by. */
  onBypass: (address: string) => void = () => {};

  /** Of all inbound listeners: they lead to one app. */
  readonly inboundLoad: InboundLoad;

  private dateSecond = -1;
  private dateText = '';

  /** The source of connections that an app beside the proxy opens to endpoints, as those see it. */
  readonly podAddress: string;

  constructor(
    limits: Required<LimitsConfig>,
    private readonly timeouts: TimeoutQueues,
    readonly clock: Clock,
    readonly random: () => number,
    /** Names this proxy in `Proxy-Status` (RFC 9209). */
    readonly proxyName: string,
    readonly instruments: Instruments,
    /** The pod's own address, which callees see as the source of what its app sends. */
    podAddress: string,
    readonly memory: MemoryGuard,
  ) {
    this.podAddress = podAddress;
    this.podHash = hashText(podAddress);
    this.limits = limits;
    this.idleTimeout = timeouts.of(limits.idleTimeoutMs);
    this.headTimeout = timeouts.of(limits.headTimeoutMs);
    this.bodyTimeout = timeouts.of(limits.bodyTimeoutMs);
    this.tunnelIdleTimeout = timeouts.of(limits.tunnelIdleTimeoutMs);
    this.pingInterval = timeouts.of(limits.pingIntervalMs);
    this.pingTimeout = timeouts.of(limits.pingTimeoutMs);
    this.lingerTimeout = timeouts.of(LINGER_MS);
    this.knownSidecars = new KnownSidecars((address) => this.onBypass(address), (limit) => instruments.limitReached(limit));
    this.inboundLoad = new InboundLoad(new ContainerCpu(), clock.now());
  }

  applyLimits(limits: Required<LimitsConfig>): void {
    this.limits = limits;
    this.idleTimeout = this.timeouts.of(limits.idleTimeoutMs);
    this.headTimeout = this.timeouts.of(limits.headTimeoutMs);
    this.bodyTimeout = this.timeouts.of(limits.bodyTimeoutMs);
    this.tunnelIdleTimeout = this.timeouts.of(limits.tunnelIdleTimeoutMs);
    this.pingInterval = this.timeouts.of(limits.pingIntervalMs);
    this.pingTimeout = this.timeouts.of(limits.pingTimeoutMs);
  }

  /** A queue for a time that the configuration says. */
  exactly(milliseconds: number): TimeoutQueue {
    return this.timeouts.of(milliseconds);
  }

  /** A queue for a time that varies from request to request. */
  deadline(milliseconds: number): TimeoutQueue {
    return this.timeouts.near(milliseconds);
  }

  /** Now as an HTTP date, made once a second. */
  date(): string {
    const second = Math.floor(this.clock.wallTime() / 1_000);
    if (second !== this.dateSecond) {
      this.dateSecond = second;
      this.dateText = new Date(second * 1_000).toUTCString();
    }
    return this.dateText;
  }
}
