/**
 * One request and its response on the client's side: what is read of the request goes to an {@link UpstreamRequest}, what comes
 * back is written to the client. Each client connection has one Exchange and uses it again for each request.
 *
 * Failures are values with a reason code, never exceptions.
 */
import { isEventStream } from '../http1/event-stream';
import { Kind } from '../http1/fields';
import { Framing } from '../http1/framing';
import { deadlineField, MAX_DEADLINE_MS } from '../http1/mesh-fields';
import { Method, RequestHead } from '../http1/request-head';
import type { ResponseHead } from '../http1/response-head';
import { frameChunk, lastChunk, Marks, Persistence, serializeRequest, serializeResponse } from '../http1/serialize';
import { isOfferable, protocolsOf } from '../http1/upgrade';
import type { ListenerInstruments } from '../telemetry/instruments';
import { ReasonCode, REASONS } from '../telemetry/reasons';
import { Timeout, TimeoutQueue } from '../timeouts';
import { AddedFields, joined } from './added-fields';
import { KEPT_MS, Pass } from './admission/pass';
import type { ClientConnection } from './client-connection';
import type { ServeContext } from './context';
import type { Fault } from './faults';
import { Content, finalContent } from './final-recipient';
import { askForLoad, InboundLoad } from './load-fields';
import { MUCH_BYTES } from './memory-guard';
import { NO_CONTENT } from './local-response';
import type { Route } from './route';
import { Tunnel } from './tunnel';
import { UpstreamOwner, UpstreamRequest } from './upstream-request';

/** A body up to this size leaves in one write with its head, which costs a copy; a larger one is not copied. */
const COPY_BYTES = 4_096;

const EMPTY = Buffer.alloc(0);
const NO_PROTOCOLS: readonly string[] = [];

export class Exchange implements UpstreamOwner {
  /** A request is under way. */
  active = false;
  /** Status sent to the client, 0 before that. */
  status = 0;
  /** Why the proxy answered or broke off by itself; undefined when the response is the backend's. */
  reason: ReasonCode | undefined;
  /** Words for the log about `reason`. */
  detail = '';
  readonly upstream: UpstreamRequest;
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
  private method: Method = Method.OTHER;
  private isHttp10 = false;
  private clientPersistent = false;
  private acceptsTrailers = false;
  private chunkedRequest = false;
  private requestComplete = false;
  /** The endpoint takes no more of the request's body for now. */
  private uploadHeld = false;
  /** Of a request with a Content-Length. */
  private requestLength = 0;
  /** The caller gave the time that this request has. */
  private givenDeadline = false;
  /** The final response's head was sent to the client. */
  private headSent = false;
  private chunkedResponse = false;
  /** The response has no end of its own. */
  private streams = false;
  private closesClient = false;
  /** Protocols that were offered to the backend. */
  private offered = NO_PROTOCOLS;
  private tunnel: Tunnel | undefined;
  /** Holds a request that is to be late. */
  private delay: Timeout | undefined;
  /** Made when a listener has an admission. */
  private pass: Pass | undefined;
  /** From the request's head to the switch of protocols. */
  private switchedAfterMs = 0;

  private readonly added: AddedFields;
  /** The app's load, that this request is a part of; undefined for one that leaves. */
  private load: InboundLoad | undefined;

  private readonly routeTimeout: Timeout;
  /** Runs while a body is under way, in either direction. */
  private readonly progress: Timeout;

  constructor(readonly client: ClientConnection, private readonly context: ServeContext) {
    this.instruments = client.listener.instruments;
    this.upstream = new UpstreamRequest(this, context);
    this.added = new AddedFields(this.upstream);
    this.routeTimeout = new Timeout(() => this.onRouteTimeout());
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
    this.upstream.reset();
    this.status = 0;
    this.reason = undefined;
    this.detail = '';
    this.requestBytes = body.length;
    this.responseBytes = 0;
    this.startedAt = context.clock.now();
    this.method = head.method;
    this.isHttp10 = head.isHttp10;
    // Asked for each request: it also looks at where the connection comes from.
    const last = client.isLastRequest(buffer, head, this.startedAt);
    this.clientPersistent = head.persistent && !last;
    this.acceptsTrailers = head.acceptsTrailers;
    this.chunkedRequest = head.framing === Framing.CHUNKED;
    this.requestComplete = complete;
    this.uploadHeld = false;
    this.requestLength = head.length;
    this.headSent = false;
    this.streams = false;
    this.closesClient = false;
    this.description = context.onExchange ? buffer.toString('latin1', head.methodStart, head.targetEnd) : '';
    this.added.begin(head, client.listener);
    if (this.added.explains || context.onExchange) this.upstream.trail = [];

    this.load = client.listener.load;
    this.load?.served.begin(this.startedAt);

    if (client.listener.hop.isLoop(buffer, head)) this.fail('loop_detected', 'too many passes');
    else if (head.maxForwards === 0) this.fail('max_forwards', '', finalContent(buffer, head));
    else if (context.memory.critical) this.refuseForMemory();
    else if (context.refusing && this.load) this.fail('terminating', 'the app had its time to end');
    else if (head.deadlineMs === 0) this.fail('deadline_exceeded', 'it was over when the request came');
    else if (this.isLetIn(head, buffer)) this.send(client.listener.route, head, buffer, body);
  }

  /** Whether the listener's admission lets the request in; it was answered when not. */
  private isLetIn(head: RequestHead, buffer: Buffer): boolean {
    const { admission } = this.client.listener;
    if (!admission) return true;
    this.pass ??= new Pass(this.context.clock);
    const refusal = this.pass.ask(admission, buffer, head, this.startedAt);
    if (refusal) this.fail(refusal, 'it was not let in');
    else if (this.requestComplete) this.pass.completed(this.startedAt);
    else this.pass.keep(this.context.deadline(KEPT_MS));
    return refusal === undefined;
  }

  /** Whether the app may have the end of the request's body; the request was answered when not. */
  private isLetInWhole(): boolean {
    if (this.pass?.completed(this.context.clock.now()) !== false) return true;
    this.fail('late_body', 'its place was another\'s when its body was complete');
    return false;
  }

  private send(route: Route, head: RequestHead, buffer: Buffer, body: Buffer): void {
    const { context, client, upstream, requestComplete } = this;
    const { deadlineMs } = head;
    const routeMs = route.timeout.milliseconds;
    this.givenDeadline = deadlineMs > 0 && deadlineMs <= MAX_DEADLINE_MS && (routeMs === 0 || deadlineMs < routeMs);
    const timeoutMs = this.givenDeadline ? deadlineMs : routeMs;
    const deadline = this.givenDeadline && route.meshFields ? Buffer.from(deadlineField(deadlineMs), 'latin1') : route.wholeDeadline;
    const added = joined(this.load ? EMPTY : askForLoad(head, route), deadline);
    this.offered = head.upgradeEnd > head.upgradeStart ? this.offerOf(buffer, head) : NO_PROTOCOLS;
    const marks = (route.meshFields ? Marks.MESH_VIA : Marks.NONE) | (context.via ? Marks.VIA : Marks.NONE);
    const message = serializeRequest(buffer, head, client.listener.hop, marks, this.offered.length > 0, added, body);
    const maxReplayBytes = route.retry.maxRetries > 0 || requestComplete ? route.maxReplayBytes : 0;
    upstream.copy.begin(message, deadline.length, body.length, head.length, maxReplayBytes);
    upstream.offersUpgrade = this.offered.length > 0;
    upstream.pick.hash = route.hashKeys?.hash(buffer, head, client.sourceHash);
    this.added.setCookie = route.hashKeys?.setCookie ?? EMPTY;
    this.added.session = route.session?.read(buffer, head);
    this.routeTimeout.start(this.givenDeadline ? context.deadline(deadlineMs) : route.timeout);
    if (!requestComplete) this.progress.start(context.bodyTimeout);
    const deadlineAt = timeoutMs === 0 ? Infinity : this.startedAt + timeoutMs;
    const fault = route.faults?.decide(buffer, head);
    if (fault) this.inject(fault, route, deadlineAt);
    else this.dispatch(route, deadlineAt);
  }

  private dispatch(route: Route, deadlineAt: number): void {
    this.upstream.begin(route, this.added.session, this.method, this.requestComplete, deadlineAt);
    if (!this.requestComplete && this.active && !this.upstream.connected) this.client.pauseReading();
  }

  /** Octets of the request's body, without their framing. */
  onRequestData(data: Buffer): void {
    this.requestBytes += data.length;
    if (this.context.limits.maxBodyBytes > 0 && this.requestBytes > this.context.limits.maxBodyBytes) {
      this.context.instruments.limitReached('maxBodyBytes');
      this.fail('body_too_large', 'longer than the limit');
      return;
    }
    if (!this.chunkedRequest && this.requestBytes === this.requestLength && !this.isLetInWhole()) return;
    // What the proxy itself holds does not stall.
    if (!this.delay?.queue) this.progress.start(this.context.bodyTimeout);
    this.forwardBody(this.chunkedRequest ? frameChunk(data) : data, this.chunkedRequest);
    this.checkMemory();
  }

  onRequestEnd(): void {
    if (this.chunkedRequest && !this.isLetInWhole()) return;
    this.requestComplete = true;
    this.progress.stop();
    if (this.chunkedRequest) this.forwardBody(lastChunk(undefined), true);
    this.upstream.completeBody();
  }

  /** The rest of the request can't be read. */
  failRequest(code: ReasonCode, detail: string, limit?: string): void {
    if (limit !== undefined) this.context.instruments.limitReached(limit);
    this.fail(code, detail);
  }

  /**
   * Answers bytes that never became a request.
   *
   * @param toHead they would have been a HEAD request, whose answer has no content; undefined when that can't be told, and then it has none either
   */
  refuse(code: ReasonCode, detail: string, toHead: boolean | undefined): void {
    this.active = true;
    this.instruments = this.client.listener.instruments;
    this.instruments.requestsInFlight.value += 1;
    this.upstream.reset();
    this.load = undefined;
    this.requestBytes = 0;
    this.responseBytes = 0;
    this.startedAt = this.context.clock.now();
    this.description = '';
    this.reason = code;
    this.detail = detail;
    this.status = this.client.respond(code, detail, { toHead: toHead === true, close: true, content: toHead === undefined ? NO_CONTENT : undefined });
    this.finish();
  }

  /** The client takes octets again. */
  onClientDrain(): void {
    if (this.headSent) this.progress.start(this.responseIdle);
    this.upstream.resumeReading();
  }

  /** The client went away. A tunnel ends by itself, when both of its sides have. */
  abort(): void {
    if (this.tunnel) return;
    this.reason = 'client_abort';
    if (this.status === 0) this.status = 499;
    this.upstream.drop();
    this.finish();
  }

  /** The proxy has no more time: ends what is under way, so that its client learns of it while it can be told. */
  stop(): void { this.endBy('shutting_down', 'the time to drain is over', (tunnel) => tunnel.end()); }

  /** What it holds is needed: ends it, with a response while that is possible. */
  breakOff(): void { this.endBy('memory_shed', 'it held more than others', (tunnel) => tunnel.breakOff()); }

  /** Octets that are kept of the request, or on their way to the endpoint. */
  get heldOctets(): number { return this.tunnel?.heldOctets ?? this.upstream.heldOctets; }

  onInterim(buffer: Buffer, head: ResponseHead): void {
    if (this.isHttp10) return;
    const open = this.client.write(serializeResponse(buffer, head, false, false, Persistence.DEFAULT, '', EMPTY, EMPTY));
    if (!open) this.holdResponse();
  }

  onSwitch(buffer: Buffer, head: ResponseHead, rest: Buffer): boolean {
    const { client, context, instruments, offered } = this;
    const chosen = head.upgradeEnd > head.upgradeStart ? protocolsOf(buffer, head.upgradeStart, head.upgradeEnd) : NO_PROTOCOLS;
    if (head.isHttp10 || !head.fields.upgrade || chosen.length === 0 || !chosen.every((protocol) => offered.includes(protocol))) return false;
    this.routeTimeout.stop();
    this.pass?.answered(context.clock.now());
    this.status = head.status;
    this.switchedAfterMs = context.clock.now() - this.startedAt;
    // A tunnel lasts as long as somebody keeps it open, which says nothing of the app's load.
    this.load?.served.end(context.clock.now(), false);
    this.load = undefined;
    client.write(serializeResponse(buffer, head, false, false, Persistence.DEFAULT, '', this.added.cookies(), EMPTY));
    const backend = this.upstream.detach((octets) => {
      context.memory.took(octets.length);
      this.tunnel!.onBackendOctets(octets);
      this.checkMemory();
    });
    const { socket, backlog } = client.handOver((octets) => {
      this.tunnel!.onClientOctets(octets);
      this.checkMemory();
    });
    instruments.tunnels.value += 1;
    instruments.tunnelsOpen.value += 1;
    this.tunnel = new Tunnel(socket, backend, {
      idleTimeout: context.tunnelIdleTimeout,
      received: instruments.receivedBytes,
      sent: instruments.sentBytes,
      onClosed: (tunnel) => this.onTunnelClosed(tunnel),
    });
    this.tunnel.start(backlog, rest.length > 0 ? rest : undefined);
    return true;
  }

  onResponseHead(buffer: Buffer, head: ResponseHead, body: Buffer, complete: boolean): void {
    const { client, context } = this;
    this.pass?.answered(context.clock.now());
    this.status = head.status;
    this.headSent = true;
    this.responseBytes = body.length;
    context.memory.took(body.length);
    const unknownLength = !complete && head.framing !== Framing.LENGTH;
    this.chunkedResponse = unknownLength && !this.isHttp10;
    if (unknownLength && isEventStream(buffer, head.fields)) this.stream();
    this.closesClient = !this.clientPersistent || !this.requestComplete || client.listener.ending || client.last || (unknownLength && this.isHttp10);
    const persistence = this.closesClient ? Persistence.CLOSE : this.isHttp10 ? Persistence.KEEP_ALIVE : Persistence.DEFAULT;
    const trailers = this.chunkedResponse && this.acceptsTrailers;
    const small = body.length <= COPY_BYTES;
    const added = this.added.of(head, this.startedAt, context.clock.now());
    if (head.hasLoadMetrics && !this.load) head.fields.remove(Kind.LOAD_METRICS);
    const message = serializeResponse(buffer, head, this.chunkedResponse, trailers, persistence, context.date(), added, small ? body : EMPTY);
    if (unknownLength) client.writeTogether(message);
    else if (!(small ? client.write(message) : client.writeCopy(message, body)) && !complete) this.holdResponse();
    if (complete) this.endResponse();
    else this.progress.start(this.responseIdle);
  }

  /**
   * The response lasts as long as somebody listens: it may be silent as long as a tunnel may, and has all the time but for what the app
   * beside this proxy asked for itself. A deadline that comes from another pod is the route's there, whose proxy sees the same head.
   */
  private stream(): void {
    this.streams = true;
    if (!this.givenDeadline || this.client.listener.direction === 'inbound') this.routeTimeout.stop();
  }

  private get responseIdle(): TimeoutQueue {
    return this.streams ? this.context.tunnelIdleTimeout : this.context.bodyTimeout;
  }

  onResponseData(data: Buffer): void {
    this.responseBytes += data.length;
    this.context.memory.took(data.length);
    this.progress.start(this.responseIdle);
    const open = this.chunkedResponse ? this.client.write(frameChunk(data)) : this.client.writeCopy(EMPTY, data);
    if (!open) this.holdResponse();
    this.checkMemory();
  }

  onResponseEnd(trailers: Buffer | undefined): void {
    if (this.chunkedResponse) this.client.write(lastChunk(this.acceptsTrailers ? trailers : undefined));
    this.endResponse();
  }

  onResponseBroken(detail: string): void {
    this.fail('upstream_broken_body', detail);
  }

  onGivenUp(code: ReasonCode, detail: string): void {
    this.fail(REASONS[code].app === 'gone' && this.client.listener.leaving ? 'terminating' : code, detail);
  }

  onWritable(): void {
    this.uploadHeld = false;
    this.progress.start(this.context.bodyTimeout);
    this.client.resumeReading();
  }

  /** Holds the request, or answers it, as its route's faults say. */
  private inject(fault: Fault, route: Route, deadlineAt: number): void {
    if (!fault.delay) {
      this.endFault(fault, route, deadlineAt);
      return;
    }
    this.instruments.faultInjected('delay');
    // What is held is not sent on: nobody has stalled.
    this.progress.stop();
    if (!this.requestComplete) this.client.pauseReading();
    this.delay = new Timeout(() => {
      if (!this.requestComplete) this.progress.start(this.context.bodyTimeout);
      if (route.meshFields && deadlineAt !== Infinity) this.upstream.copy.rehead(deadlineField(deadlineAt - this.context.clock.now()));
      this.endFault(fault, route, deadlineAt);
    });
    this.delay.start(fault.delay);
  }

  private endFault({ abortStatus }: Fault, route: Route, deadlineAt: number): void {
    if (abortStatus === 0) {
      this.dispatch(route, deadlineAt);
      return;
    }
    this.instruments.faultInjected('abort');
    this.fail('fault_injected', 'the route\'s faults say so', undefined, abortStatus);
  }

  private forwardBody(data: Buffer, lasting: boolean): void {
    if (this.upstream.sendBody(data, lasting)) return;
    this.uploadHeld = this.upstream.connected;
    if (this.uploadHeld) this.context.instruments.limitReached('maxBufferedBytes');
    this.client.pauseReading();
  }

  /** While memory is critical, whoever holds much is broken off as soon as it does: a turn of the event loop can bring more than is left. */
  private checkMemory(): void {
    const { context: { memory }, client } = this;
    if (!memory.critical || !this.active || client.heldOctets < MUCH_BYTES) return;
    memory.count('break_off');
    this.breakOff();
  }

  private refuseForMemory(): void {
    this.context.memory.count('refuse_request');
    this.fail('memory_limit', 'new requests are refused');
  }

  /** The client takes no more for now. */
  private holdResponse(): void {
    this.context.instruments.limitReached('maxBufferedBytes');
    this.upstream.pauseReading();
  }

  private onRouteTimeout(): void {
    if (this.givenDeadline) this.fail('deadline_exceeded', 'the caller\'s time is over');
    else this.fail('request_timeout', 'the route\'s timeout is over');
  }

  private endBy(code: ReasonCode, detail: string, end: (tunnel: Tunnel) => void): void {
    if (!this.tunnel) {
      this.fail(code, detail);
      return;
    }
    this.reason = code;
    this.detail = detail;
    end(this.tunnel);
  }

  private onNoProgress(): void {
    this.context.instruments.limitReached(this.streams ? 'tunnelIdleTimeoutMs' : 'bodyTimeoutMs');
    if (this.headSent) this.fail('body_timeout', 'the response stalled');
    else if (this.uploadHeld) this.fail('request_timeout', 'the endpoint takes no more of the request\'s body');
    else this.fail('client_timeout', 'the request\'s body stalled');
  }

  /** Tells the endpoint, unless it was the client that let the time pass: by not sending its request, or not taking its response. */
  private conclude(status: number): void {
    const { reason, headSent, upstream } = this;
    if (reason === undefined) {
      upstream.conclude(status, undefined, status);
      return;
    }
    const excused = reason === 'request_timeout' && (headSent || (!this.requestComplete && !this.uploadHeld));
    if (excused) upstream.conclude(reason, headSent ? undefined : 'excused', status);
    else upstream.conclude(reason, REASONS[reason].failure, status);
  }

  /** Ends the exchange by the proxy's own doing: with a response while that is possible, else by breaking off. */
  private fail(cause: ReasonCode, detail: string, content?: Content, status?: number): void {
    // A reason that says `no application has seen it` must hold for every attempt.
    const code = this.upstream.maybeReached && REASONS[cause].reached === 'no' ? 'upstream_closed' : cause;
    this.reason = code;
    this.detail = detail;
    this.upstream.drop();
    if (this.headSent) {
      this.client.destroy();
      this.finish();
      return;
    }
    const close = !this.requestComplete || !this.clientPersistent || this.client.listener.ending || this.client.last;
    this.conclude(status ?? REASONS[code].status);
    this.status = this.client.respond(code, detail, {
      toHead: this.method === Method.HEAD,
      close: close || this.isHttp10,
      content,
      status,
      added: this.added.ofOwn(code),
      retryAfterSeconds: this.pass?.retryAfterSeconds,
    });
    this.finish();
    if (close || this.isHttp10) this.client.endGracefully();
    else this.client.nextRequest();
  }

  private endResponse(): void {
    this.finish();
    this.upstream.release();
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
    this.delay?.stop();
    this.progress.stop();
    this.active = false;
    const { instruments } = this;
    const now = this.context.clock.now();
    this.pass?.leave(this.reason, now);
    instruments.requestsInFlight.value -= 1;
    this.durationMs = now - this.startedAt;
    this.load?.served.end(now, this.status >= 500);
    if (!this.tunnel) {
      instruments.receivedBytes.value += this.requestBytes;
      instruments.sentBytes.value += this.responseBytes;
    }
    const measuredMs = this.tunnel ? this.switchedAfterMs : this.durationMs;
    instruments.requests(this.upstream.cluster?.name).record(this.status, this.reason, measuredMs / 1_000);
    this.conclude(this.status);
    this.context.onExchange?.(this);
  }
}
