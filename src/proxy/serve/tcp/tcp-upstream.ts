/**
 * A client's connection of TCP on its way to an endpoint: which are tried, and what each learns of it. Connecting is tried again at other
 * endpoints, as the table of failures says (src/balancing/retries/next-try.ts) and at most `retry.maxRetries` times; once there is a
 * connection, what the client sends may have been acted on, and nothing is tried again.
 *
 * A connection that is made says little of an endpoint whose sidecar has accepted it without knowing whether its app is there. So an endpoint
 * counts as working when it has sent something, or when the connection has lasted for {@link SETTLE_MS}; one that resets it before has failed.
 */
import type { Socket } from 'node:net';
import { Ending, FailedRequest, FailureKind, FAILURES } from '../../../balancing';
import type { Cluster } from '../../cluster/cluster';
import type { Endpoint } from '../../cluster/endpoint';
import { EndpointsWait } from '../../cluster/first-endpoints';
import type { DialListener, TcpDial } from '../../cluster/tcp/tcp-dial';
import type { Cancel } from '../../runtime/clock';
import { Timeout } from '../../runtime/timeouts';
import type { AttemptRecord } from '../../telemetry/attempt-record';
import type { ReasonCode } from '../../telemetry/reasons';
import type { ServeContext } from '../context';
import { NO_BACKEND, NO_ENDPOINT, Refusal } from '../exchange/refusal';
import type { Route } from '../route/route';
import { NextTarget, takeFree, Targets } from '../upstream/targets';

/** How long a connection has to last before it counts as a success of its endpoint. A sidecar knows within it whether its app is there. */
export const SETTLE_MS = 1_000;

const LIMIT: Refusal = Object.freeze({ code: 'tcp_connection_limit', detail: 'no endpoint may have another connection' });

/** Whose connection it is. What is known at once, calls return. */
export interface TcpUpstreamOwner {
  /** There is a connection to an endpoint. */
  onConnected(socket: Socket): void;
  /** There will be none. */
  onGivenUp(refusal: Refusal): void;
  /** The endpoint has sent these; valid during the call only. */
  onEndpointBytes(bytes: Buffer): void;
}

export class TcpUpstream implements DialListener, FailedRequest {
  /** Where it went, or was last tried. */
  cluster: Cluster | undefined;
  endpoint: Endpoint | undefined;
  attempts = 0;
  retries = 0;
  /** Those that failed. */
  readonly failed: AttemptRecord[] = [];
  /** From the beginning of the last attempt to its connection; undefined before that. */
  connectMs: number | undefined;
  readonly idempotent = false;
  readonly deadlineAt = Infinity;

  private readonly targets = new Targets();
  private dialing: TcpDial | undefined;
  private startedAt = 0;
  /** The endpoint counts the connection. */
  private counted = false;
  /** The endpoint was told how it went. */
  private settled = false;
  /** It counts as a retry in the cluster's budget. */
  private isRetry = false;
  private wait: Cancel | undefined;
  /** For the first endpoints. */
  private readonly endpointsWait = new EndpointsWait(() => this.beginLate());
  private readonly verdict = new Timeout(() => this.settle());

  /** @param hash of the client's address, where the route balances by that */
  constructor(
    private readonly owner: TcpUpstreamOwner, private readonly context: ServeContext, private readonly route: Route, hash: number | undefined,
  ) {
    this.targets.pick.hash = hash;
  }

  /** @returns why there will be no connection, when that is known at once */
  begin(): Refusal | undefined {
    const { route, targets } = this;
    const cluster = route.choose(targets.pick.hash);
    const endpoint = cluster && targets.first(cluster, undefined);
    if (endpoint) {
      this.start(cluster, endpoint);
      return undefined;
    }
    const expected = cluster ? undefined : route.expected();
    return expected && this.endpointsWait.begin(expected) ? undefined : this.whyNone(cluster);
  }

  /** Nobody wants the connection any more, before there is one. */
  drop(): void {
    this.endpointsWait.leave();
    this.wait?.();
    this.wait = undefined;
    this.dialing?.cancel();
    this.dialing = undefined;
    this.releaseRetry();
    this.leave(false);
  }

  /** The connection is over. @param broken by the endpoint, by a reset */
  closed(broken: boolean): void {
    this.verdict.stop();
    this.leave(broken);
  }

  onConnected(socket: Socket): void {
    this.dialing = undefined;
    this.releaseRetry();
    this.connectMs = this.context.clock.now() - this.startedAt;
    this.verdict.start(this.context.exactly(SETTLE_MS));
    this.owner.onConnected(socket);
  }

  onUnconnected(code: ReasonCode, failure: FailureKind, detail: string): void {
    const { context, route, targets } = this;
    const cluster = this.cluster!;
    const endpoint = this.endpoint!;
    this.dialing = undefined;
    this.releaseRetry();
    if (context.onTcpClosed) this.failed.push({ endpoint: endpoint.key, outcome: code, milliseconds: context.clock.now() - this.startedAt });
    this.leave(FAILURES[failure].blames === 'endpoint');
    // After a refusal another process will answer there: its reports begin a new series.
    if (code === 'connect_failed') endpoint.stats.reconnected();
    const next = targets.afterFailure(route, cluster, failure, this, 0);
    if (next) this.startAgain(next, code);
    else this.owner.onGivenUp({ code, detail });
  }

  onBytes(bytes: Buffer): void {
    if (!this.settled) this.settle();
    this.owner.onEndpointBytes(bytes);
  }

  private startAgain({ cluster, endpoint, waitMs }: NextTarget, cause: ReasonCode): void {
    this.retries += 1;
    this.isRetry = true;
    this.cluster = cluster;
    cluster.instruments.retries(cause).value += 1;
    if (waitMs === 0) {
      this.start(cluster, endpoint);
      return;
    }
    this.wait = this.context.clock.after(waitMs, () => {
      this.wait = undefined;
      this.startLate(cluster, endpoint);
    });
  }

  /** While it waited, the endpoint may have gone, or may have reached its limit of connections. */
  private startLate(cluster: Cluster, chosen: Endpoint): void {
    if (chosen.available && cluster.takes(chosen)) {
      this.start(cluster, chosen);
      return;
    }
    this.releaseRetry();
    const target = this.targets.next(this.route, cluster, true, false);
    if (target && takeFree(target.cluster)) {
      this.isRetry = true;
      this.start(target.cluster, target.endpoint);
    } else {
      this.owner.onGivenUp(this.whyNone(cluster));
    }
  }

  private start(cluster: Cluster, endpoint: Endpoint): void {
    this.attempts += 1;
    this.cluster = cluster;
    this.endpoint = endpoint;
    this.targets.try(endpoint);
    this.startedAt = this.context.clock.now();
    cluster.instruments.attempts.value += 1;
    endpoint.stats.started();
    this.counted = true;
    this.dialing = cluster.dial(endpoint, this);
  }

  /** The endpoint works. */
  private settle(): void {
    this.verdict.stop();
    this.settled = true;
    const endpoint = this.endpoint!;
    endpoint.outlier.answers += 1;
    endpoint.stats.settled(this.connectMs!, this.context.clock.now());
    this.cluster!.watch.ended(endpoint, Ending.ANSWERED, this.startedAt);
  }

  /** The endpoint no longer counts the connection. Once it doesn't, nothing happens. */
  private leave(failed: boolean): void {
    const { endpoint } = this;
    if (!this.counted || !endpoint) return;
    this.counted = false;
    if (this.settled) {
      endpoint.stats.abandoned();
    } else if (failed) {
      const now = this.context.clock.now();
      endpoint.stats.finished(now - this.startedAt, 'failure', now);
      this.cluster!.watch.ended(endpoint, Ending.GATEWAY_ERROR, this.startedAt);
    } else {
      endpoint.stats.abandoned();
      this.cluster!.watch.abandoned(endpoint, this.startedAt);
    }
  }

  private releaseRetry(): void {
    if (this.isRetry) this.cluster!.retryBudget.release();
    this.isRetry = false;
  }

  private beginLate(): void {
    const refusal = this.begin();
    if (refusal) this.owner.onGivenUp(refusal);
  }

  private whyNone(cluster: Cluster | undefined): Refusal {
    if (this.route.leadsNowhere) return NO_BACKEND;
    if (!cluster || cluster.whyNone() === 'no_endpoints') return NO_ENDPOINT;
    this.cluster = cluster;
    return LIMIT;
  }
}
