/**
 * One request and its response, on their way between a client connection and a connection to an endpoint. Each client
 * connection has one Exchange and uses it again for each request.
 *
 * What may be tried again, and why it is safe:
 *   - a connection could not be made: nothing was sent, so any request goes to another endpoint;
 *   - a connection that was used before closed without a single octet of an answer: its endpoint closed it while it was
 *     idle, most likely. Only idempotent requests (RFC 9110 section 9.2.2), and only when all of it is still at hand.
 *
 * Failures are values with a reason code, never exceptions.
 */
import type { Cluster } from '../cluster/cluster';
import type { Endpoint } from '../cluster/endpoint';
import { Kind } from '../http1/fields';
import { Framing } from '../http1/framing';
import { isIdempotent, Method, RequestHead } from '../http1/request-head';
import type { ResponseHead } from '../http1/response-head';
import { retryAfterMs } from '../http1/retry-after';
import { isOfferable, protocolsOf } from '../http1/upgrade';
import { frameChunk, lastChunk, Persistence, serializeRequest, serializeResponse } from '../http1/serialize';
import type { ListenerInstruments } from '../telemetry/instruments';
import type { Session } from '../session/session-persistence';
import { owned } from '../shared-read';
import { ReasonCode, REASONS } from '../telemetry/reasons';
import { Timeout } from '../timeouts';
import { Attempt, AttemptOwner } from './attempt';
import type { ClientConnection } from './client-connection';
import type { ServeContext } from './context';
import { Content, finalContent } from './final-recipient';
import { askForLoad, InboundLoad, ReportsSent } from './load-fields';
import type { Route } from './route';
import { Tunnel } from './tunnel';

/** Most endpoints tried for one request. */
export const MAX_ATTEMPTS = 3;

/** A body up to this size leaves in one write with its head, which costs a copy; a larger one is not copied. */
const COPY_BYTES = 4_096;

const EMPTY = Buffer.alloc(0);
const NO_PROTOCOLS: readonly string[] = [];

export class Exchange implements AttemptOwner {
  /** A request is under way. */
  active = false;
  /** Status sent to the client, 0 before that. */
  status = 0;
  /** Why the proxy answered or broke off by itself; undefined when the response is the backend's. */
  reason: ReasonCode | undefined;
  /** Words for the log about `reason`. */
  detail = '';
  /** Where the last attempt went. */
  cluster: Cluster | undefined;
  endpoint: Endpoint | undefined;
  attempts = 0;
  /** Octets of the bodies. */
  requestBytes = 0;
  responseBytes = 0;
  startedAt = 0;
  /** From the request's head to the end of the response, once it is over. */
  durationMs = 0;
  /** Method and target, when somebody wants them. */
  description = '';

  /** The listener's, as they were when the request began. */
  private instruments: ListenerInstruments;
  private route: Route | undefined;
  /** What policies may know of the request. */
  private readonly pickRequest: { hash: number | undefined; attempt: number } = { hash: undefined, attempt: 0 };
  private readonly attempt: Attempt;
  /** What keeps the request with an endpoint; undefined on routes that keep no sessions. */
  private session: Session | undefined;
  /** Cookies that the client gets for what it is hashed by. */
  private setCookie: Buffer = EMPTY;
  private method: Method = Method.OTHER;
  private isHttp10 = false;
  private clientPersistent = false;
  private acceptsTrailers = false;
  private chunkedRequest = false;
  private requestComplete = false;
  /** The head, and as much of the body as came with it. */
  private message: Buffer = EMPTY;
  /** Octets of the body that came before there was a connection. */
  private held: Buffer[] = [];
  /** `message` is the whole request. */
  private replayable = false;
  /** An attempt before this one may have reached an application. */
  private maybeReached = false;
  /** The final response's head was sent to the client. */
  private headSent = false;
  private chunkedResponse = false;
  private closesClient = false;
  /** Protocols that were offered to the backend. */
  private offered = NO_PROTOCOLS;
  private tunnel: Tunnel | undefined;
  /** From the request's head to the switch of protocols. */
  private switchedAfterMs = 0;

  /** The app's load, that this request is a part of; undefined for one that leaves. */
  private load: InboundLoad | undefined;
  private asksForLoad = false;
  private readonly reportsSent = new ReportsSent();

  private readonly routeTimeout: Timeout;
  /** Runs while a body is under way, in either direction. */
  private readonly progress: Timeout;

  constructor(readonly client: ClientConnection, private readonly context: ServeContext) {
    this.instruments = client.listener.instruments;
    this.attempt = new Attempt(this, context.clock);
    this.routeTimeout = new Timeout(() => this.fail('request_timeout', 'the route\'s timeout is over'));
    this.progress = new Timeout(() => this.onNoProgress());
  }

  /**
   * Begins with a request whose head has been read.
   *
   * @param body octets of the body that came with the head; none when it is chunked
   * @param complete `body` is all of it
   */
  begin(head: RequestHead, buffer: Buffer, body: Buffer, complete: boolean): void {
    const { context, client } = this;
    this.active = true;
    this.instruments = client.listener.instruments;
    this.instruments.requestsInFlight.value += 1;
    this.status = 0;
    this.reason = undefined;
    this.detail = '';
    this.cluster = undefined;
    this.endpoint = undefined;
    this.attempts = 0;
    this.requestBytes = body.length;
    this.responseBytes = 0;
    this.startedAt = context.clock.now();
    this.method = head.method;
    this.isHttp10 = head.isHttp10;
    this.clientPersistent = head.persistent && !client.isLastRequest();
    this.acceptsTrailers = head.acceptsTrailers;
    this.chunkedRequest = head.framing === Framing.CHUNKED;
    this.requestComplete = complete;
    this.replayable = complete;
    this.maybeReached = false;
    this.headSent = false;
    this.closesClient = false;
    this.offered = head.upgradeEnd > head.upgradeStart ? this.offerOf(buffer, head) : NO_PROTOCOLS;
    const { route, load } = client.listener;
    this.route = route;
    this.load = load;
    load?.served.begin(this.startedAt);
    this.asksForLoad = load !== undefined && head.asksForLoad;
    const added = load ? EMPTY : askForLoad(head, route);
    this.message = serializeRequest(buffer, head, client.listener.hop, this.offered.length > 0, added, body);
    this.description = context.onExchange ? buffer.toString('latin1', head.methodStart, head.targetEnd) : '';

    this.pickRequest.hash = route.hashKeys?.hash(buffer, head, client.sourceHash);
    this.setCookie = route.hashKeys?.setCookie ?? EMPTY;
    this.session = route.session?.read(buffer, head);
    if (client.listener.hop.isLoop(buffer, head)) {
      this.fail('loop_detected', 'too many passes by Via');
      return;
    }
    if (head.maxForwards === 0) {
      this.fail('max_forwards', '', finalContent(buffer, head));
      return;
    }
    this.routeTimeout.start(route.timeout);
    if (!complete) this.progress.start(context.bodyTimeout);
    this.dispatch();
  }

  /** Octets of the request's body, without their framing. */
  onRequestData(data: Buffer): void {
    this.requestBytes += data.length;
    if (this.context.limits.maxBodyBytes > 0 && this.requestBytes > this.context.limits.maxBodyBytes) {
      this.context.instruments.limitReached('maxBodyBytes');
      this.fail('body_too_large', 'longer than the limit');
      return;
    }
    this.progress.start(this.context.bodyTimeout);
    if (this.chunkedRequest) this.forwardBody(frameChunk(data));
    else if (!this.attempt.connected) this.forwardBody(owned(data));
    else if (!this.attempt.sendCopy(data)) this.holdRequest();
  }

  onRequestEnd(): void {
    this.requestComplete = true;
    this.progress.stop();
    if (this.chunkedRequest) this.forwardBody(lastChunk(undefined));
  }

  /** The rest of the request can't be read. */
  failRequest(code: ReasonCode, detail: string, limit?: string): void {
    if (limit !== undefined) this.context.instruments.limitReached(limit);
    this.fail(code, detail);
  }

  /** Answers bytes that never became a request. */
  refuse(code: ReasonCode, detail: string): void {
    this.active = true;
    this.instruments = this.client.listener.instruments;
    this.instruments.requestsInFlight.value += 1;
    this.cluster = undefined;
    this.attempts = 0;
    this.requestBytes = 0;
    this.responseBytes = 0;
    this.startedAt = this.context.clock.now();
    this.load = undefined;
    this.description = '';
    this.reason = code;
    this.detail = detail;
    this.status = this.client.respond(code, detail, false, true);
    this.finish();
  }

  /** The client takes octets again. */
  onClientDrain(): void {
    if (this.headSent) this.progress.start(this.context.bodyTimeout);
    this.attempt.resumeReading();
  }

  /** The client went away. A tunnel ends by itself, when both of its sides have. */
  abort(): void {
    if (this.tunnel) return;
    this.reason = 'client_abort';
    if (this.status === 0) this.status = 499;
    this.attempt.drop();
    this.finish();
  }

  onConnected(attempt: Attempt): void {
    let open = attempt.send(this.message, this.method === Method.HEAD);
    for (const data of this.held) open = attempt.sendBody(data);
    if (this.held.length > 0) this.held = [];
    if (this.replayable) return;
    this.message = EMPTY;
    if (open) this.client.resumeReading();
  }

  onUnconnected(_attempt: Attempt, code: 'connect_failed' | 'connect_timeout', detail: string): void {
    this.session?.onUnreachable();
    this.tryAnother(code, detail);
  }

  onInterim(_attempt: Attempt, buffer: Buffer, head: ResponseHead): void {
    if (this.isHttp10) return;
    const open = this.client.write(serializeResponse(buffer, head, false, false, Persistence.DEFAULT, '', EMPTY, EMPTY));
    if (!open) this.holdResponse();
  }

  onSwitch(attempt: Attempt, buffer: Buffer, head: ResponseHead, rest: Buffer): boolean {
    const { client, context, instruments, offered } = this;
    const chosen = head.upgradeEnd > head.upgradeStart ? protocolsOf(buffer, head.upgradeStart, head.upgradeEnd) : NO_PROTOCOLS;
    if (head.isHttp10 || !head.fields.upgrade || chosen.length === 0 || !chosen.every((protocol) => offered.includes(protocol))) return false;
    this.routeTimeout.stop();
    this.status = head.status;
    this.switchedAfterMs = context.clock.now() - this.startedAt;
    // A tunnel lasts as long as somebody keeps it open, which says nothing of the app's load.
    this.load?.served.end(context.clock.now(), false);
    this.load = undefined;
    this.message = EMPTY;
    client.write(serializeResponse(buffer, head, false, false, Persistence.DEFAULT, '', this.fieldsFor(attempt), EMPTY));
    const backend = attempt.detach((octets) => this.tunnel!.onBackendOctets(octets));
    const { socket, backlog, ended } = client.handOver((octets) => this.tunnel!.onClientOctets(octets));
    instruments.tunnels.value += 1;
    instruments.tunnelsOpen.value += 1;
    this.tunnel = new Tunnel(socket, backend, {
      idleTimeout: context.tunnelIdleTimeout,
      received: instruments.receivedBytes,
      sent: instruments.sentBytes,
      onClosed: (tunnel) => this.onTunnelClosed(tunnel),
    });
    this.tunnel.start(backlog, rest.length > 0 ? rest : undefined, ended);
    return true;
  }

  onResponseHead(attempt: Attempt, buffer: Buffer, head: ResponseHead, body: Buffer, complete: boolean): void {
    const { client, context } = this;
    this.status = head.status;
    this.headSent = true;
    if (head.status >= 429) attempt.retryAfterMs = retryAfterMs(buffer, head.fields);
    this.responseBytes = body.length;
    const unknownLength = !complete && head.framing !== Framing.LENGTH;
    this.chunkedResponse = unknownLength && !this.isHttp10;
    this.closesClient = !this.clientPersistent || !this.requestComplete || context.draining || client.listener.closing
      || (unknownLength && this.isHttp10);
    const persistence = this.closesClient ? Persistence.CLOSE : this.isHttp10 ? Persistence.KEEP_ALIVE : Persistence.DEFAULT;
    const trailers = this.chunkedResponse && this.acceptsTrailers;
    const small = body.length <= COPY_BYTES;
    const report = this.asksForLoad && !head.hasLoadMetrics ? this.reportsSent.next(this.load!, context.clock.now()) : EMPTY;
    if (head.hasLoadMetrics && !this.load) head.fields.remove(Kind.LOAD_METRICS);
    const own = this.fieldsFor(attempt);
    const added = own.length === 0 ? report : report.length === 0 ? own : Buffer.concat([report, own]);
    const message = serializeResponse(buffer, head, this.chunkedResponse, trailers, persistence, context.date(), added, small ? body : EMPTY);
    if (unknownLength) client.writeTogether(message);
    else if (!(small ? client.write(message) : client.writeCopy(message, body)) && !complete) this.holdResponse();
    if (complete) this.endResponse();
    else this.progress.start(context.bodyTimeout);
  }

  onResponseData(_attempt: Attempt, data: Buffer): void {
    this.responseBytes += data.length;
    this.progress.start(this.context.bodyTimeout);
    const open = this.chunkedResponse ? this.client.write(frameChunk(data)) : this.client.writeCopy(EMPTY, data);
    if (!open) this.holdResponse();
  }

  onResponseEnd(_attempt: Attempt, trailers: Buffer | undefined): void {
    if (this.chunkedResponse) this.client.write(lastChunk(this.acceptsTrailers ? trailers : undefined));
    this.endResponse();
  }

  onBroken(attempt: Attempt, code: 'upstream_closed' | 'upstream_protocol_error', detail: string, limit: string | undefined): void {
    if (limit !== undefined) this.context.instruments.limitReached(limit);
    if (this.headSent) this.fail('upstream_broken_body', detail);
    else if (attempt.closedWhileIdle && this.replayable && isIdempotent(this.method)) this.tryAgain(code, detail);
    else this.fail(code, detail);
  }

  onBackendDrain(_attempt: Attempt): void {
    if (this.requestComplete) return;
    this.progress.start(this.context.bodyTimeout);
    this.client.resumeReading();
  }

  /** Chooses a cluster and an endpoint of it. */
  private dispatch(): void {
    const { session } = this;
    const cluster = session?.cluster ?? this.route!.choose();
    this.pickRequest.attempt = this.attempts;
    const endpoint = session?.endpoint ?? cluster?.pick(this.pickRequest);
    if (!cluster || !endpoint) {
      this.fail('no_endpoints', 'no endpoint is available');
      return;
    }
    this.try(cluster, endpoint);
  }

  /** Tries an endpoint. */
  private try(cluster: Cluster, endpoint: Endpoint): void {
    this.attempts += 1;
    this.cluster = cluster;
    this.endpoint = endpoint;
    if (!this.attempt.start(cluster, endpoint)) {
      cluster.instruments.pendingOverflow.value += 1;
      this.fail('pending_overflow', 'too many requests wait for a connection');
    } else if (this.active && !this.requestComplete && !this.attempt.connected) {
      this.client.pauseReading();
    }
  }

  /** Nothing was sent: the request goes to another endpoint, while there is one. */
  private tryAnother(code: ReasonCode, detail: string): void {
    const cluster = this.cluster!;
    this.pickRequest.attempt = this.attempts;
    const other = this.attempts < MAX_ATTEMPTS ? cluster.pickOther(this.endpoint!, this.pickRequest) : undefined;
    if (!other) {
      this.fail(code, detail);
      return;
    }
    this.attempt.leave(0, code);
    cluster.instruments.retries(code).value += 1;
    this.try(cluster, other);
  }

  /** The connection had been closed before the request was sent: it goes on another, to whichever endpoint. */
  private tryAgain(code: ReasonCode, detail: string): void {
    if (this.attempts >= MAX_ATTEMPTS) {
      this.fail(code, detail);
      return;
    }
    this.maybeReached = true;
    // That a connection was closed while it was idle says nothing of the endpoint.
    this.attempt.leaveUnjudged();
    this.cluster!.instruments.retries(code).value += 1;
    this.dispatch();
  }

  /** Fields of the proxy's own for the client. */
  private fieldsFor(attempt: Attempt): Buffer {
    return this.session?.fieldsFor(attempt.cluster!, attempt.endpoint!) ?? this.setCookie;
  }

  private forwardBody(data: Buffer): void {
    if (!this.attempt.connected) {
      this.held.push(data);
      this.client.pauseReading();
    } else if (!this.attempt.sendBody(data)) {
      this.holdRequest();
    }
  }

  /** The backend takes no more for now. */
  private holdRequest(): void {
    this.context.instruments.limitReached('maxBufferedBytes');
    this.client.pauseReading();
  }

  /** The client takes no more for now. */
  private holdResponse(): void {
    this.context.instruments.limitReached('maxBufferedBytes');
    this.attempt.pauseReading();
  }

  private onNoProgress(): void {
    this.context.instruments.limitReached('bodyTimeoutMs');
    if (this.headSent) this.fail('body_timeout', 'the response stalled');
    else this.fail('client_timeout', 'the request\'s body stalled');
  }

  /** Ends the exchange by the proxy's own doing: with a response while that is possible, else by breaking off. */
  private fail(cause: ReasonCode, detail: string, content?: Content): void {
    // A reason that says `no application has seen it` must hold for every attempt.
    const code = this.maybeReached && REASONS[cause].reached === 'no' ? 'upstream_closed' : cause;
    this.reason = code;
    this.detail = detail;
    this.attempt.drop();
    if (this.headSent) {
      this.client.destroy();
      this.finish();
      return;
    }
    const close = !this.requestComplete || !this.clientPersistent || this.context.draining;
    this.status = this.client.respond(code, detail, this.method === Method.HEAD, close || this.isHttp10, content);
    this.finish();
    if (close || this.isHttp10) this.client.endGracefully();
    else this.client.nextRequest();
  }

  private endResponse(): void {
    this.finish();
    this.attempt.release(this.requestComplete);
    if (this.closesClient) this.client.endGracefully();
    else this.client.nextRequest();
  }

  /** What the client offers, when it can be passed on: not from HTTP/1.0 and not with a body, which would have to come first. */
  private offerOf(buffer: Buffer, head: RequestHead): readonly string[] {
    if (head.isHttp10 || !head.fields.upgrade || head.framing !== Framing.NONE) return NO_PROTOCOLS;
    const protocols = protocolsOf(buffer, head.upgradeStart, head.upgradeEnd);
    return isOfferable(protocols) ? protocols : NO_PROTOCOLS;
  }

  private onTunnelClosed(tunnel: Tunnel): void {
    if (tunnel.timedOut) {
      this.reason = 'tunnel_timeout';
      this.detail = 'nothing passed';
      this.context.instruments.limitReached('tunnelIdleTimeoutMs');
    }
    this.instruments.tunnelsOpen.value -= 1;
    this.requestBytes = tunnel.received;
    this.responseBytes = tunnel.sent;
    this.finish();
  }

  private finish(): void {
    this.routeTimeout.stop();
    this.progress.stop();
    this.active = false;
    this.message = EMPTY;
    if (this.held.length > 0) this.held = [];
    const { instruments } = this;
    instruments.requestsInFlight.value -= 1;
    const now = this.context.clock.now();
    this.durationMs = now - this.startedAt;
    this.load?.served.end(now, this.status >= 500);
    if (!this.tunnel) {
      instruments.receivedBytes.value += this.requestBytes;
      instruments.sentBytes.value += this.responseBytes;
    }
    const measuredMs = this.tunnel ? this.switchedAfterMs : this.durationMs;
    instruments.requests(this.cluster?.name).record(this.status, this.reason, measuredMs / 1_000);
    this.context.onExchange?.(this);
    this.attempt.leave(this.status, this.reason);
  }
}
