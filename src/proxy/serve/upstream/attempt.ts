/**
 * One try of a request at one endpoint: gets a connection there, sends the request, and hears of the response until its head. It knows
 * nothing of the client. It is where an endpoint learns how a try went, exactly once a try.
 *
 * An exchange keeps its attempts and uses them again for each request, so that a try allocates nothing.
 */
import { Ending, endingOf, FailureKind, FAILURES, isSilent } from '../../../balancing';
import type { Clock } from '../../runtime/clock';
import type { BodyListener, BrokenCode, OutgoingRequest, PooledCarrier, RequestCarrier, ResponseListener } from '../../cluster/carrier';
import type { Cluster } from '../../cluster/cluster';
import type { Endpoint } from '../../cluster/endpoint';
import { NO_ROOM, WAITS } from '../../cluster/endpoint-pool';
import type { UnconnectedCode, Waiter, Waiting } from '../../cluster/waiting-list';
import { outcomeOf } from '../../grpc/status';
import { isShed } from '../../http1/proxy-status';
import type { ResponseHead } from '../../http1/response-head';
import { Timeout, TimeoutQueue } from '../../runtime/timeouts';
import type { ExchangeTrace, TracedAttempt } from '../../tracing/exchange-trace';

/** Who tries. It is told what happens later; what is known at once, calls return. Buffers are valid during a call only. */
export interface AttemptOwner {
  /** There is a connection, after a wait: the request is to be sent now. */
  onConnected(attempt: Attempt): void;
  /** None could be made, and nothing of the request was sent. */
  onUnconnected(attempt: Attempt, code: UnconnectedCode, detail: string): void;
  onInterim(attempt: Attempt, buffer: Buffer, head: ResponseHead): void;
  onSwitch(attempt: Attempt, buffer: Buffer, head: ResponseHead, rest: Buffer): boolean;
  /** @returns who gets the rest; undefined when the response does not count */
  onResponseHead(attempt: Attempt, buffer: Buffer, head: ResponseHead, body: Buffer, complete: boolean): BodyListener | undefined;
  /** The connection broke before a response, or what came is not HTTP. */
  onBroken(attempt: Attempt, code: BrokenCode, detail: string, limit: string | undefined): void;
  /** More of the request can be sent. */
  onWritable(attempt: Attempt): void;
  /** The time for one attempt is over, and no response has begun. */
  onTryTimeout(attempt: Attempt): void;
}

/** Keep-alive times of servers are seconds; the shortest that they have is one. Half of it leaves room for clocks. */
const SHORTEST_IDLE_TIME_MS = 500;

/** How an attempt begins. */
export type Start = 'connected' | typeof WAITS | typeof NO_ROOM;

export class Attempt implements ResponseListener, Waiter {
  /** Where it goes; the endpoint is there until the attempt is over. */
  cluster: Cluster | undefined;
  endpoint: Endpoint | undefined;
  /** What its response asks for before another request; 0 when it doesn't. */
  retryAfterMs = 0;

  /** What is kept of it for its span; undefined while nothing is traced. */
  traced: TracedAttempt | undefined;

  /** The pool's. */
  place: Waiting | undefined = undefined;

  private connection: PooledCarrier | undefined;
  private waiting = false;
  private startedAt = 0;
  /** What its endpoint had begun to answer by then. */
  private answersBefore = 0;
  /** The response was made by the sidecar there, which turned the request away. */
  private shed = false;
  /** From its start to the head of the response; -1 before that. */
  firstByteMs = -1;
  /** It counts in the cluster's retry budget until it is over. */
  private isRetry = false;
  private readonly tryTimeout: Timeout;

  constructor(private readonly owner: AttemptOwner, private readonly clock: Clock) {
    this.tryTimeout = new Timeout(() => owner.onTryTimeout(this));
  }

  /** There is a connection that bytes can be sent on. */
  get connected(): boolean { return this.connection !== undefined; }

  /** Bytes that wait for its endpoint to take them. */
  get heldBytes(): number { return this.connection?.heldBytes ?? 0; }

  /** It waits for a connection that another request uses: limits allow no more of them. */
  get awaitsTurn(): boolean { return this.place?.timeout.queue !== undefined; }

  /**
   * The connection was open before this request, so its endpoint may have closed it while it was idle; and nothing of a
   * response came, which is how that looks.
   */
  closedWhileIdle = false;

  /**
   * It looks as if the endpoint had closed the connection for its idle time while the request was on its way, so it is not to
   * blame. Otherwise it had the request: no server's idle time is as short as {@link SHORTEST_IDLE_TIME_MS}, and a connection that
   * is ended in order says so before it is reset.
   */
  idledOut = false;

  /**
   * Begins. When it waits, `onConnected` or `onUnconnected` follows; when there is no room to wait, nothing does.
   *
   * @param safely the request can't be sent again when its connection turns out to be closed
   */
  start(cluster: Cluster, endpoint: Endpoint, isRetry: boolean, safely: boolean): Start {
    this.cluster = cluster;
    this.endpoint = endpoint;
    this.retryAfterMs = 0;
    this.startedAt = this.clock.now();
    this.answersBefore = endpoint.outlier.answers;
    this.shed = false;
    this.firstByteMs = -1;
    this.closedWhileIdle = false;
    this.idledOut = false;
    this.isRetry = isRetry;
    cluster.instruments.attempts.value += 1;
    endpoint.stats.started();
    const found = endpoint.pool.acquire(this, safely);
    this.waiting = found === WAITS;
    if (found === WAITS || found === NO_ROOM) return found;
    this.connection = found;
    return 'connected';
  }

  /** From now on it has this long to the head of its response; undefined is for ever. */
  endWithin(timeout: TimeoutQueue | undefined): void {
    if (timeout && this.endpoint && this.firstByteMs < 0) this.tryTimeout.start(timeout);
  }

  /** What its request goes to; undefined while there is no connection. */
  get carrier(): RequestCarrier | undefined { return this.connection; }

  send(request: OutgoingRequest): boolean {
    return this.connection!.send(request, this);
  }

  /** So many bytes wait for the endpoint to take them that more must wait, too. */
  get holdsBack(): boolean { return this.connection?.holdsBack === true; }

  /**
   * Its response does not count.
   *
   * @param complete all of it has been read
   */
  discard(complete: boolean): void {
    const carrier = this.commit();
    if (complete) carrier.finish();
    else carrier.cancel();
  }

  /** Its response counts: the connection is its taker's from now on. */
  commit(): RequestCarrier {
    const connection = this.connection!;
    this.connection = undefined;
    return connection;
  }

  /** It becomes part of a trace. @returns its lines, with those that continue the trace */
  traceBy(trace: ExchangeTrace, { name }: Cluster, { key }: Endpoint, isHedge: boolean, lines: Buffer): Buffer {
    this.traced = trace.attempt(name, key, this.clock.now(), isHedge);
    return trace.linesOf(this.traced, lines);
  }

  /** Time since it began. */
  get elapsedMs(): number { return this.clock.now() - this.startedAt; }

  /** Its endpoint seems to have fallen silent, by what is usual there or at another. */
  meetsSilence(other: Endpoint): boolean {
    return this.connected && isSilent(this.endpoint!, this.answersBefore, this.elapsedMs, other);
  }

  /** Breaks off, wherever it is. */
  drop(): void {
    if (this.waiting) {
      this.waiting = false;
      this.endpoint!.pool.forget(this);
    }
    const { connection } = this;
    this.connection = undefined;
    connection?.cancel();
  }

  /** Tells the endpoint that it answered, for the policies that learn. Once it was told how the attempt went, nothing happens. */
  leaveAnswered(status: number): void {
    this.judge(endingOf(status, this.shed));
  }

  /** Tells the endpoint that it failed, unless that was not its doing. Once it was told how the attempt went, nothing happens. */
  leaveFailed(kind: FailureKind): void {
    if (FAILURES[kind].blames === 'endpoint') this.judge(Ending.GATEWAY_ERROR);
    else this.leaveUnjudged();
  }

  /** Another attempt was faster. This one took at least so long, which is all that is known of it: it has not answered. */
  lose(): void {
    const { endpoint, connected } = this;
    this.drop();
    if (!endpoint) return;
    if (!connected) {
      this.leaveUnjudged();
      return;
    }
    this.end();
    const now = this.clock.now();
    endpoint.stats.finished(now - this.startedAt, 'success', now);
    this.cluster!.watch.abandoned(endpoint, this.startedAt);
  }

  /** It ended in a way that says nothing of its endpoint. */
  leaveUnjudged(): void {
    const { endpoint } = this;
    if (!endpoint) return;
    this.end();
    this.abandon(endpoint);
  }

  private judge(ending: Ending): void {
    const { endpoint } = this;
    if (!endpoint) return;
    this.end();
    const now = this.clock.now();
    const latencyMs = this.firstByteMs >= 0 ? this.firstByteMs : now - this.startedAt;
    endpoint.stats.finished(latencyMs, ending === Ending.ANSWERED ? 'success' : 'failure', now, this.retryAfterMs);
    this.cluster!.watch.ended(endpoint, ending, this.startedAt);
  }

  private answered(): void {
    this.tryTimeout.stop();
    this.releaseRetry();
    this.firstByteMs = this.elapsedMs;
    if (this.endpoint) this.endpoint.outlier.answers += 1;
  }

  private abandon(endpoint: Endpoint): void {
    endpoint.stats.abandoned();
    this.cluster!.watch.abandoned(endpoint, this.startedAt);
  }

  private end(): void {
    this.endpoint = undefined;
    this.tryTimeout.stop();
    this.releaseRetry();
  }

  /** A retry is one until its response begins: a long stream or a tunnel after that is no load that retries add. */
  private releaseRetry(): void {
    if (!this.isRetry) return;
    this.isRetry = false;
    this.cluster!.retryBudget.release();
  }

  onConnection(connection: PooledCarrier): void {
    this.waiting = false;
    this.connection = connection;
    this.owner.onConnected(this);
  }

  onConnectionFailed(code: UnconnectedCode, detail: string): void {
    this.waiting = false;
    // After a refusal another process will answer there: its reports begin a new series.
    if (code === 'connect_failed') this.endpoint!.stats.reconnected();
    this.owner.onUnconnected(this, code, detail);
  }

  onInterim(buffer: Buffer, head: ResponseHead): void {
    this.owner.onInterim(this, buffer, head);
  }

  onSwitch(buffer: Buffer, head: ResponseHead, rest: Buffer): boolean {
    this.answered();
    return this.owner.onSwitch(this, buffer, head, rest);
  }

  onResponseHead(buffer: Buffer, head: ResponseHead, body: Buffer, complete: boolean): BodyListener | undefined {
    this.answered();
    if (head.hasLoadMetrics) this.cluster!.readReport(this.endpoint!, buffer, head);
    // The one 502 that no application has seen is a loop, which is the caller's doing.
    const status = outcomeOf(head);
    if (status === 503 || status === 429 || (status === 502 && head.unsent)) this.shed = isShed(buffer, head.fields);
    return this.owner.onResponseHead(this, buffer, head, body, complete);
  }

  onResponseFailed(code: BrokenCode, detail: string, limit: string | undefined): void {
    const { openBefore, idleSince, answered } = this.connection!;
    this.connection = undefined;
    this.closedWhileIdle = code === 'upstream_closed' && openBefore && !answered;
    this.idledOut = this.closedWhileIdle && detail !== 'ECONNRESET' && this.startedAt - idleSince >= SHORTEST_IDLE_TIME_MS;
    this.owner.onBroken(this, code, detail, limit);
  }

  onWritable(): void {
    this.owner.onWritable(this);
  }
}
