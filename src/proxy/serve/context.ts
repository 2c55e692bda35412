/**
 * What all client connections share. One object for the life of the proxy: a configuration reload replaces its values,
 * and every connection reads them anew for its next request.
 */
import type { LimitsConfig } from '../../contract';
import type { Clock } from '../clock';
import type { TimeoutQueue, TimeoutQueues } from '../timeouts';
import type { Exchange } from './exchange';

/** Told of what happens on the data path; must neither throw nor take long. */
export interface ServeObserver {
  /** A request is over, whatever came of it. */
  onExchange(exchange: Exchange): void;
  /** A named limit was reached. */
  onLimit(limit: keyof LimitsConfig): void;
  /** A request is tried again on another connection. */
  onRetry(exchange: Exchange, code: string): void;
}

/** How long a connection is drained of what its client still sends after the last response. */
const LINGER_MS = 1_000;

export class ServeContext {
  limits: Required<LimitsConfig>;
  idleTimeout: TimeoutQueue;
  headTimeout: TimeoutQueue;
  bodyTimeout: TimeoutQueue;
  readonly lingerTimeout: TimeoutQueue;
  /** The proxy is shutting down: every response is the last of its connection. */
  draining = false;
  /** Open client connections, over all listeners. */
  connections = 0;
  /** Called whenever a client connection is closed; the drain waits for the last one. */
  onConnectionClosed: () => void = () => {};
  /** Whether somebody will want method and path of a request: only then are strings made of them. */
  describesRequests = false;

  private dateSecond = -1;
  private dateText = '';

  constructor(
    limits: Required<LimitsConfig>,
    private readonly timeouts: TimeoutQueues,
    readonly clock: Clock,
    /** Names this proxy in `Proxy-Status` (RFC 9209). */
    readonly proxyName: string,
    readonly observer: ServeObserver,
  ) {
    this.limits = limits;
    this.idleTimeout = timeouts.of(limits.idleTimeoutMs);
    this.headTimeout = timeouts.of(limits.headTimeoutMs);
    this.bodyTimeout = timeouts.of(limits.bodyTimeoutMs);
    this.lingerTimeout = timeouts.of(LINGER_MS);
  }

  applyLimits(limits: Required<LimitsConfig>): void {
    this.limits = limits;
    this.idleTimeout = this.timeouts.of(limits.idleTimeoutMs);
    this.headTimeout = this.timeouts.of(limits.headTimeoutMs);
    this.bodyTimeout = this.timeouts.of(limits.bodyTimeoutMs);
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
