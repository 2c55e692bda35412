/**
 * One request and its response on the client's side: what is read of the request goes to an {@link UpstreamRequest}, and once a response
 * counts, to its connection, which talks straight to this. What comes back is written to the client. Each client connection has
 * one Exchange and uses it again for each request.
 *
 * Failures are values with a reason code, never exceptions. What is known at once is returned, and the connection answers in its own
 * time; what comes later is told to the connection.
 */
import type { RequestCarrier } from '../../cluster/carrier';
import { normalizeTarget } from '../../http1/normal-path';
import { isEventStream } from '../../http1/event-stream';
import { Framing } from '../../http1/framing';
import { METHOD_NAMES, RequestHead } from '../../http1/request-head';
import type { ResponseHead } from '../../http1/response-head';
import { isSwitch } from '../../http1/upgrade';
import type { ListenerInstruments } from '../../telemetry/instruments';
import { REASONS } from '../../telemetry/reasons';
import { Timeout, TimeoutQueue } from '../../runtime/timeouts';
import type { ExchangeTrace } from '../../tracing/exchange-trace';
import { ResponseFields } from './response-fields';
import type { ServeContext } from '../context';
import { ExchangeRecord } from './exchange-record';
import { ExchangeRequest } from './exchange-request';
import { beginTrace, endTrace } from './exchange-tracing';
import { InboundLoad, passedTrailers, removeReports } from './load-fields';
import { MUCH_BYTES } from '../memory/memory-guard';
import { NO_CONTENT, NO_SWITCH, Refusal, refusalOfPath, SHED_FOR_MEMORY, SHUTTING_DOWN } from './refusal';
import type { Downstream, LocalAnswer } from './response-sink';
import { Tunnel } from './tunnel';
import type { UpstreamOwner } from '../upstream/upstream-owner';
import { UpstreamRequest } from '../upstream/upstream-request';

export class Exchange implements UpstreamOwner {
  /** A request is under way. */
  active = false;
  readonly record = new ExchangeRecord();
  readonly upstream: UpstreamRequest;

  /** The listener's, as they were when the request began. */
  private instruments: ListenerInstruments;
  /** The app's load, that this request is a part of; undefined for one that leaves. */
  private load: InboundLoad | undefined;
  readonly added: ResponseFields;
  private readonly request: ExchangeRequest;
  /** Of the request under way; undefined while nothing is traced. */
  trace: ExchangeTrace | undefined;
  private keptTrace: ExchangeTrace | undefined;
  /** What carries the response that counts; it is there until that is over. */
  private carrier: RequestCarrier | undefined;
  /** The final response's head was sent to the client. */
  private headSent = false;
  /** The response has no end of its own. */
  private streams = false;
  private tunnel: Tunnel | undefined;
  /** From the request's head to the switch of protocols. */
  private switchedAfterMs = 0;

  /** Runs while a body is under way, in either direction. */
  readonly progress: Timeout;

  constructor(readonly client: Downstream, readonly context: ServeContext) {
    this.instruments = client.listener.instruments;
    this.upstream = new UpstreamRequest(this, context);
    this.added = new ResponseFields(this.upstream);
    this.progress = new Timeout(() => this.onNoProgress());
    this.request = new ExchangeRequest(this);
  }

  /**
   * Begins with a request whose head has been read.
   *
   * @param source   the bytes in which `head` was parsed
   * @param body     bytes of the body that came with the head
   * @param complete `body` is all of it
   * @param isCall   it is a gRPC call
   * @returns why there will be no response of an endpoint, when that is known at once
   */
  begin(source: Buffer, head: RequestHead, body: Buffer, complete: boolean, isCall = false): Refusal | undefined {
    const { context, client, client: { listener } } = this;
    this.reset();
    this.record.isCall = isCall;
    this.record.requestBytes = body.length;
    this.record.method = METHOD_NAMES[head.method]!;
    this.load = listener.load;
    this.added.begin(head, listener, client.peer.edge);
    const fault = normalizeTarget(listener.routes.normalizer, source, head);
    this.trace = beginTrace(this.keptTrace, context.tracer, source, head, client);
    if (this.trace) this.keptTrace = this.upstream.trace = this.trace;
    if (context.onExchange) this.record.describe(source, head);
    this.upstream.attempted.wanted = this.added.explains || context.onExchange !== undefined;
    this.load?.served.begin(this.record.startedAt);
    return this.request.begin(source, head, body, complete, fault && refusalOfPath(fault));
  }

  /**
   * Bytes of the request's body, without their framing.
   *
   * @param last     the body is complete with them
   * @param trailers behind the last ones, in lines with an empty one at the end; valid during the call
   */
  onRequestData(data: Buffer, last: boolean, trailers: Buffer | undefined): Refusal | undefined {
    const refusal = this.request.onData(data, last, trailers, this.carrier);
    if (refusal) return refusal;
    return this.holdsTooMuch() ? SHED_FOR_MEMORY : undefined;
  }

  /** The client takes bytes again. */
  onClientWritable(): void {
    if (this.headSent) this.watchResponse();
    (this.carrier ?? this.upstream.carrier)?.resumeResponse();
  }

  /** The client went away. A tunnel ends by itself, when both of its sides have. */
  abort(): void {
    if (this.tunnel) return;
    this.record.abandoned();
    this.drop();
    this.finish();
  }

  /** The proxy has no more time: ends what is under way, so that its client learns of it while it can be told. */
  stop(): void {
    if (!this.tunnel) {
      this.client.refuse(SHUTTING_DOWN);
      return;
    }
    this.record.endsBy(SHUTTING_DOWN.code, SHUTTING_DOWN.detail);
    this.tunnel.end();
  }

  /** What it holds is needed: ends it, with a response while that is possible. */
  breakOff(): void {
    if (!this.tunnel) {
      this.client.refuse(SHED_FOR_MEMORY);
      return;
    }
    this.record.endsBy(SHED_FOR_MEMORY.code, SHED_FOR_MEMORY.detail);
    this.tunnel.breakOff();
  }

  /** Bytes that are kept of the request, or on their way to the endpoint. */
  get heldBytes(): number { return this.tunnel?.heldBytes ?? this.carrier?.heldBytes ?? this.upstream.heldBytes + this.request.heldBytes; }

  /**
   * Ends it without the endpoint's response, or in the middle of that.
   *
   * @returns what the client is told; undefined when the response has begun, so that it can only be cut
   */
  endBy(refusal: Refusal): LocalAnswer | undefined {
    const { record, upstream, client } = this;
    const { detail, content } = refusal;
    const cause = REASONS[refusal.code].app === 'gone' && client.listener.leaving ? 'terminating' : refusal.code;
    // A reason that says `no application has seen it` must hold for every attempt.
    const code = upstream.maybeReached && REASONS[cause].reached === 'no' ? 'upstream_closed' : cause;
    record.endsBy(code, detail);
    if (record.isCall) record.endsCall(refusal.status ?? REASONS[code].status);
    this.drop();
    if (this.headSent) {
      this.finish();
      return undefined;
    }
    record.status = refusal.status ?? REASONS[code].status;
    this.conclude();
    const answer: LocalAnswer = {
      code,
      status: record.status,
      detail: upstream.cluster ? `cluster ${upstream.cluster.name}: ${detail}` : detail,
      content: content ?? client.listener.edge?.browsers?.page(record.status),
      added: this.added.ofOwn(code) + (refusal.lines ?? ''),
      retryAfterSeconds: refusal.retryAfterSeconds ?? this.request.retryAfterSeconds,
    };
    this.finish();
    return answer;
  }

  /**
   * Answers bytes that never became a request.
   *
   * @param methodKnown whether the method could be read. Otherwise it may have been HEAD, and the answer has no content
   */
  answerBytes({ code, detail }: Refusal, methodKnown: boolean): LocalAnswer {
    const { record } = this;
    this.reset();
    this.load = undefined;
    record.endsBy(code, detail);
    record.status = REASONS[code].status;
    this.finish();
    return { code, status: record.status, detail, added: '', content: methodKnown ? this.client.listener.edge?.browsers?.page(record.status) : NO_CONTENT };
  }

  onInterim(buffer: Buffer, head: ResponseHead): void {
    if (!this.client.response.sendInterim(buffer, head)) this.holdResponse();
  }

  onSwitch(carrier: RequestCarrier, buffer: Buffer, head: ResponseHead, rest: Buffer): boolean {
    const { client, context, instruments, record } = this;
    if (!isSwitch(buffer, head, this.request.offered) || !client.response.takesSwitch(buffer, head)) return false;
    const now = context.clock.now();
    this.request.timeout.stop();
    this.request.onAnswered(now);
    record.status = head.status;
    this.switchedAfterMs = now - record.startedAt;
    // A tunnel lasts as long as somebody keeps it open, which says nothing of the app's load.
    this.load?.served.end(now, false);
    this.load = undefined;
    client.response.sendSwitch(buffer, head, this.added.onAny(buffer, head));
    const backend = carrier.detach((bytes) => {
      context.memory.took(bytes.length);
      this.tunnel!.onBackendBytes(bytes);
      this.checkMemory();
    });
    const { side, backlog } = client.handOver((bytes) => {
      this.tunnel!.onClientBytes(bytes);
      this.checkMemory();
    });
    instruments.tunnels.value += 1;
    instruments.tunnelsOpen.value += 1;
    this.tunnel = new Tunnel(side, backend, {
      idleTimeout: context.tunnelIdleTimeout,
      received: instruments.receivedBytes,
      sent: instruments.sentBytes,
      onClosed: (tunnel) => this.onTunnelClosed(tunnel),
    });
    this.tunnel.start(backlog, rest.length > 0 ? rest : undefined);
    return true;
  }

  onResponseHead(carrier: RequestCarrier, buffer: Buffer, head: ResponseHead, body: Buffer, complete: boolean): void {
    const { context, record } = this;
    const now = context.clock.now();
    this.carrier = carrier;
    this.request.onAnswered(now);
    if (head.status < 300 && this.client.response.mustSwitch) {
      this.client.refuse(NO_SWITCH);
      return;
    }
    record.answeredBy(head);
    record.responseBytes = body.length;
    context.memory.took(body.length);
    if (!complete && (record.isCall || (head.framing !== Framing.LENGTH && isEventStream(buffer, head.fields)))) this.stream();
    const added = this.added.of(buffer, head, record.startedAt, now);
    if (head.hasLoadMetrics && !this.load) removeReports(head);
    this.headSent = true;
    const open = this.client.response.sendHead(buffer, head, body, complete, added);
    if (complete) {
      this.endResponse(undefined);
      return;
    }
    this.watchResponse();
    if (!open) this.holdResponse();
  }

  onResponseData(data: Buffer): void {
    this.record.responseBytes += data.length;
    this.context.memory.took(data.length);
    this.watchResponse();
    if (!this.client.response.sendData(data)) this.holdResponse();
    this.checkMemory();
  }

  onResponseEnd(trailers: Buffer | undefined): void {
    this.client.response.sendEnd(trailers && passedTrailers(trailers, this.load, this.upstream, this.context.clock));
    this.endResponse(trailers);
  }

  onResponseBroken(detail: string, limit: string | undefined): void {
    this.client.refuse({ code: 'upstream_broken_body', detail, limit });
  }

  onGivenUp(refusal: Refusal): void {
    this.client.refuse(this.request.whyGivenUp(refusal));
  }

  /** The endpoint takes more of the request's body. */
  onWritable(): void {
    this.request.onWritable();
  }

  /** Forgets the request before this one. */
  private reset(): void {
    this.active = true;
    this.instruments = this.client.listener.instruments;
    this.instruments.requestsInFlight.value += 1;
    this.record.reset(this.context.clock.now());
    this.upstream.reset();
    this.trace = undefined;
    this.carrier = undefined;
    this.headSent = false;
    this.streams = false;
    this.tunnel = undefined;
  }

  /** The client takes no more for now. */
  private holdResponse(): void {
    this.context.instruments.limitReached('maxBufferedBytes');
    if (this.record.isCall && this.headSent) this.progress.start(this.responseIdle);
    (this.carrier ?? this.upstream.carrier)?.pauseResponse();
  }

  /** A call may be silent for as long as both of its connections work, which pings tell. */
  private watchResponse(): void {
    if (this.record.isCall) this.progress.stop();
    else this.progress.start(this.responseIdle);
  }

  /**
   * The response lasts as long as somebody listens: it may be silent as long as a tunnel may, and the route's timeout does not end it. Only
   * a deadline that the app beside this proxy gave itself does. One from another pod is its proxy's to keep, which sees the same head.
   */
  private stream(): void {
    this.streams = true;
    if (!this.request.givenDeadline || this.client.listener.direction === 'inbound') this.request.timeout.stop();
  }

  private get responseIdle(): TimeoutQueue {
    return this.streams ? this.context.tunnelIdleTimeout : this.context.bodyTimeout;
  }

  /** While memory is critical, an exchange is broken off as soon as it holds much: one turn of the event loop can bring more than is left. */
  private holdsTooMuch(): boolean {
    const { context: { memory }, client } = this;
    if (!memory.critical || client.heldBytes < MUCH_BYTES) return false;
    memory.count('break_off');
    return true;
  }

  private checkMemory(): void {
    if (this.holdsTooMuch()) this.breakOff();
  }

  private onNoProgress(): void {
    const { client } = this;
    const limit = this.streams ? 'tunnelIdleTimeoutMs' : 'bodyTimeoutMs';
    if (this.headSent) client.refuse({ code: 'body_timeout', detail: 'the response stalled', limit });
    else if (this.request.held) client.refuse({ code: 'request_timeout', detail: 'the endpoint takes no more of the request\'s body', limit });
    else client.refuse({ code: 'client_timeout', detail: 'the request\'s body stalled', limit });
  }

  /** Breaks off whatever is under way at endpoints. */
  private drop(): void {
    this.upstream.drop();
    this.carrier?.cancel();
  }

  private endResponse(trailers: Buffer | undefined): void {
    const { carrier } = this;
    this.record.completedBy(trailers);
    this.finish();
    carrier!.finish();
    this.client.onResponseWritten();
  }

  /** Tells the endpoint, unless it was the client that let the time pass: by not sending its request, or not taking its response. */
  private conclude(): void {
    const { record: { reason, status }, headSent, upstream, request } = this;
    if (reason === undefined) {
      upstream.conclude(status, undefined, status);
      return;
    }
    const excused = reason === 'request_timeout' && (headSent || (!request.complete && !request.held));
    if (excused) upstream.conclude(reason, headSent ? undefined : 'excused', status);
    else upstream.conclude(reason, REASONS[reason].failure, status);
  }

  private onTunnelClosed(tunnel: Tunnel): void {
    const { record } = this;
    if (tunnel.timedOut) {
      record.endsBy('tunnel_timeout', 'nothing passed');
      this.context.instruments.limitReached('tunnelIdleTimeoutMs');
    }
    this.instruments.tunnelsOpen.value -= 1;
    record.requestBytes = tunnel.received;
    record.responseBytes = tunnel.sent;
    this.finish();
    this.client.onResponseWritten();
  }

  private finish(): void {
    const { instruments, record } = this;
    // First, so that no attempt ends after its request.
    this.conclude();
    const now = this.context.clock.now();
    this.request.finish(now);
    this.progress.stop();
    this.active = false;
    this.carrier = undefined;
    instruments.requestsInFlight.value -= 1;
    record.durationMs = now - record.startedAt;
    this.load?.served.end(now, record.status >= 500);
    if (!this.tunnel) {
      instruments.receivedBytes.value += record.requestBytes;
      instruments.sentBytes.value += record.responseBytes;
    }
    const measuredMs = this.tunnel ? this.switchedAfterMs : record.durationMs;
    const edge = instruments.requests.of(this.upstream.cluster?.name, record.route, this.client.peer.caller);
    edge.record(record.method, record.status, record.countedGrpcStatus, record.reason, measuredMs / 1_000, this.trace?.exemplar);
    if (this.trace) endTrace(this.trace, this.context.tracer, record, this.client);
    this.context.onExchange?.(this);
  }
}
