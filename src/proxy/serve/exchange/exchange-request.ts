/** What an exchange knows of its request: whether it is let in, where it is sent, how long it has, and what has come of its body. */
import type { RequestCarrier } from '../../cluster/carrier';
import { takeTimeout } from '../../grpc/call';
import { joined } from '../../http1/bytes';
import { MAX_DEADLINE_MS } from '../../http1/mesh-fields';
import { Method, RequestHead } from '../../http1/request-head';
import { NO_PROTOCOLS, offerOf } from '../../http1/upgrade';
import { Timeout } from '../../runtime/timeouts';
import type { ResponseFields } from './response-fields';
import { AdmissionSlot, KEPT_MS } from '../admission/admission-slot';
import type { GoodToken } from '../../jwt/token-verifier';
import type { Authorizer, Credentials } from '../authorization/authorizer';
import { isVerdict, RequestAuthority, Verdict } from '../authorization/request-authority';
import type { ServeContext } from '../context';
import { askedMethod, Cors } from '../route/cors';
import type { ExchangeRecord } from './exchange-record';
import type { InjectedFault } from '../route/faults';
import { traceContent } from './final-recipient';
import {
  APP_ENDED, BODY_TOO_LARGE, LATE, LATE_AT_START, LATE_BODY, LOOP, NO_ROUTE, OUT_OF_MEMORY, OVERLOADED, RATE_LIMITED, Refusal, ROUTE_TIMEOUT,
} from './refusal';
import { RequestFields } from '../upstream/request-fields';
import type { Downstream, Peer } from './response-sink';
import type { Route } from '../route/route';
import { MirrorRequest } from '../upstream/mirror-request';
import type { UpstreamRequest } from '../upstream/upstream-request';
import { WaitingRequest } from './waiting-request';

const EMPTY = Buffer.alloc(0);

/** The parts of the exchange that its request needs. */
export interface RequestParts {
  readonly client: Downstream;
  readonly context: ServeContext;
  readonly record: ExchangeRecord;
  readonly upstream: UpstreamRequest;
  readonly added: ResponseFields;
  /** Runs while a body is under way, in either direction. */
  readonly progress: Timeout;
}

export class ExchangeRequest implements Credentials {
  /** All of it is there. */
  complete = false;
  /** The endpoint takes no more of its body for now. */
  held = false;
  /** The caller gave the time that it has. */
  givenDeadline = false;
  /** Protocols that were offered to the backend. */
  offered = NO_PROTOCOLS;
  /** From the route's timeout, or the caller's deadline. */
  readonly timeout: Timeout;

  /** What proves who sends it, when it is good. */
  token: GoodToken | undefined;

  /** How long the caller of a gRPC call says that it waits; Infinity when it doesn't. */
  private callerMs = Infinity;
  private readonly fields: RequestFields;
  /** Made when a listener has an admission. */
  private slot: AdmissionSlot | undefined;
  private method: Method = Method.OTHER;
  /** Copies of it that wait for its body; undefined when there are none. */
  private copies: MirrorRequest[] | undefined;
  /** Holds one that is to be late. */
  private delay: Timeout | undefined;
  /** The authority is being asked about it; undefined when it isn't. */
  private waiting: WaitingRequest | undefined;
  /** Field lines that the authority has given it. */
  private granted: Buffer = EMPTY;
  /** The listener's, as it was when the request began. */
  private authorizer: Authorizer | undefined;

  constructor(private readonly parts: RequestParts) {
    const { client } = parts;
    this.fields = new RequestFields(client.listener);
    this.timeout = new Timeout(() => client.refuse(this.late));
  }

  /** Bytes that are kept of it while nothing is sent on. */
  get heldBytes(): number { return this.waiting?.heldBytes ?? 0; }

  /** When what sheds load knows better than the reason's own time. */
  get retryAfterSeconds(): number | undefined { return this.slot?.retryAfterSeconds; }

  private get late(): Refusal { return this.givenDeadline ? LATE : ROUTE_TIMEOUT; }

  /** Why it is given up. Once its time is over that is the reason, though its timer has not come yet: the caller has stopped waiting. */
  whyGivenUp(refusal: Refusal): Refusal {
    const { context, upstream } = this.parts;
    if (context.clock.now() < upstream.deadlineAt) return refusal;
    return { ...this.late, detail: `${this.late.detail} (${refusal.code}: ${refusal.detail})` };
  }

  /**
   * @param fault what is wrong with its target
   * @returns why there will be no response of an endpoint, when that is known at once
   */
  begin(source: Buffer, head: RequestHead, body: Buffer, complete: boolean, fault: Refusal | undefined): Refusal | undefined {
    this.method = head.method;
    this.complete = complete;
    this.held = false;
    this.givenDeadline = false;
    this.offered = NO_PROTOCOLS;
    this.token = undefined;
    this.granted = EMPTY;
    this.authorizer = this.parts.client.listener.authorizer;
    this.callerMs = this.parts.record.isCall ? takeTimeout(source, head) : Infinity;
    const refusal = this.whyRefused(source, head, fault);
    if (refusal) return refusal;
    const { record: { startedAt }, client: { listener: { externalAuthorizer } } } = this.parts;
    return externalAuthorizer ? this.askAuthority(externalAuthorizer, source, head, body)
      : this.whyNotAdmitted(head, startedAt) ?? this.follow(source, head, body);
  }

  /**
   * Bytes of the body.
   *
   * @param last     the body is complete with them
   * @param trailers what follows the last ones
   * @param carrier  what they go to once a response counts
   */
  onData(data: Buffer, last: boolean, trailers: Buffer | undefined, carrier: RequestCarrier | undefined): Refusal | undefined {
    const { record, context, client } = this.parts;
    record.requestBytes += data.length;
    if (context.limits.maxBodyBytes > 0 && record.requestBytes > context.limits.maxBodyBytes) return BODY_TOO_LARGE;
    if (!this.waiting) return this.pass(data, last, trailers, carrier);
    this.waiting.hold(data, last, trailers);
    if (!last) client.pauseRequest();
    return undefined;
  }

  private pass(data: Buffer, last: boolean, trailers: Buffer | undefined, carrier: RequestCarrier | undefined): Refusal | undefined {
    const { record, context, progress, upstream } = this.parts;
    if (last && !record.isCall && this.slot?.completed(context.clock.now()) === false) return LATE_BODY;
    this.complete = last;
    const passed = trailers && this.fields.trailersOf(trailers);
    if (this.copies) for (const copy of this.copies) copy.onBody(data, last, passed);
    if (last) progress.stop();
    // What the proxy itself holds does not stall.
    else if (!this.delay?.queue) this.watch();
    if (!(carrier ? sendOn(carrier, data, last, passed) : upstream.sendBody(data, last, passed))) this.hold(carrier ?? upstream.carrier);
    return undefined;
  }

  /** More of the body can be taken. */
  onWritable(): void {
    if (this.complete) return;
    this.held = false;
    this.watch();
    this.parts.client.resumeRequest();
  }

  /** A response has begun. */
  onAnswered(now: number): void {
    this.slot?.answered(now);
  }

  /** The exchange is over. */
  finish(now: number): void {
    this.timeout.stop();
    this.waiting?.pending!.cancel();
    this.waiting = undefined;
    this.delay?.stop();
    this.endCopies();
    this.slot?.leave(this.parts.record.reason, now);
  }

  private whyRefused(source: Buffer, head: RequestHead, fault: Refusal | undefined): Refusal | undefined {
    const { context, client: { listener, peer } } = this.parts;
    listener.externalAuthorizer?.clean(source, head);
    const cors = listener.edge?.browsers?.cors;
    if (cors) this.parts.added.allow(cors, source, head);
    const local = listener.edge && peer.edge!.begin(listener.edge, source, head, this.parts.record.startedAt, listener.via.defaultHost);
    if (local ?? fault) return local ?? fault;
    const preflight = head.method === Method.OPTIONS ? this.answerPreflight(source, head, cors) : undefined;
    if (preflight) return preflight;
    const denied = this.authorizer?.ask(peer, source, head, this);
    if (denied) return denied;
    if (listener.via.isLoop(source, head)) return LOOP;
    if (head.maxForwards === 0) return { code: 'max_forwards', detail: '', content: traceContent(source, head) };
    if (context.memory.critical) {
      context.memory.count('refuse_request');
      return OUT_OF_MEMORY;
    }
    if (context.refusing && listener.load) return APP_ENDED;
    return head.deadlineMs === 0 ? LATE_AT_START : undefined;
  }

  /**
   * The authority is asked when all that is known here lets the request pass, and before it takes a place at the app: how long an answer
   * takes is not the app's doing. The route stays the one that was asked about, whatever a reload says meanwhile.
   */
  private askAuthority(authorizer: RequestAuthority, source: Buffer, head: RequestHead, body: Buffer): Refusal | undefined {
    const { complete, token, parts: { client, client: { listener, peer }, record, upstream } } = this;
    const route = listener.routes.of(source, head, token?.claims);
    if (!route) return NO_ROUTE;
    const { startedAt } = record;
    if (!route.asksAuthority || authorizer.exempts(head)) return this.whyNotAdmitted(head, startedAt) ?? this.followTo(route, source, head, body);
    record.follow(route);
    if (route.cors) this.parts.added.allow(route.cors, source, head);
    const claims = token?.lines.toString('latin1') ?? '';
    const forwarded = peer.edge?.lines.toString('latin1') ?? '';
    const asked = { source, head, forwarded, claims, caller: peer.caller, defaultHost: listener.via.defaultHost };
    const known = authorizer.ask(asked, listener.via, (verdict) => {
      const refusal = this.onVerdict(verdict);
      if (refusal) client.refuse(refusal);
    });
    if (isVerdict(known)) return this.refusalOf(known) ?? this.whyNotAdmitted(head, startedAt) ?? this.followTo(route, source, head, body);
    this.waiting = new WaitingRequest(route, source, head, body, complete);
    this.waiting.pending = known;
    // Its first bytes on the new protocol must be there when it is let in.
    upstream.offersUpgrade = head.upgradeEnd > head.upgradeStart;
    this.limitTime(route, head);
    if (!complete) client.pauseRequest();
    return undefined;
  }

  /** @returns why it goes nowhere, when that is so */
  private onVerdict(verdict: Verdict): Refusal | undefined {
    const { kept: { source, head }, body, pieces, complete, route } = this.waiting!;
    this.waiting = undefined;
    const refused = this.refusalOf(verdict);
    if (refused) return refused;
    this.complete = complete;
    const refusal = this.whyNotAdmitted(head, this.parts.context.clock.now()) ?? this.followTo(route, source, head, body);
    if (refusal) return refusal;
    for (const { data, last, trailers } of pieces) {
      const broken = this.pass(data, last, trailers, undefined);
      if (broken) return broken;
    }
    if (!this.held && this.parts.upstream.carrier) this.onWritable();
    return undefined;
  }

  /** Undefined when it passes, with what the authority has given it. A call that is sent elsewhere, as to log in, would take that for an accident. */
  private refusalOf(verdict: Verdict): Refusal | undefined {
    if (!verdict.refusal) {
      this.granted = verdict.lines;
      return undefined;
    }
    const { refusal } = verdict;
    return this.parts.record.isCall && refusal.status! < 400 ? { ...refusal, status: 401 } : refusal;
  }

  /**
   * The answer to a preflight request; undefined when it is the app's to give. Browsers send it without credentials, so it is not asked who
   * may send what.
   */
  private answerPreflight(source: Buffer, head: RequestHead, ofListener: Cors | undefined): Refusal | undefined {
    const { added, record, client: { listener } } = this.parts;
    const asked = askedMethod(source, head);
    if (asked < 0) return undefined;
    const route = listener.routes.askedBy(source, head, asked);
    if (route) record.follow(route);
    const cors = route?.cors ?? ofListener;
    return cors?.answer(source, head, asked, added.allow(cors, source, head));
  }

  /** @param now from when on its time at the app counts */
  private whyNotAdmitted(head: RequestHead, now: number): Refusal | undefined {
    const { context, record: { isCall }, client: { listener: { admission } } } = this.parts;
    if (!admission) return undefined;
    const slot = this.slot ??= new AdmissionSlot(context.clock);
    const verdict = slot.ask(admission, head, now);
    if (verdict) return verdict === 'overloaded' ? OVERLOADED : RATE_LIMITED;
    // A call's messages may come as long as it lasts: the app has it from its head on.
    if (this.complete || isCall) slot.completed(now);
    else slot.keep(context.deadline(KEPT_MS));
    return undefined;
  }

  private follow(source: Buffer, head: RequestHead, body: Buffer): Refusal | undefined {
    const route = this.parts.client.listener.routes.of(source, head, this.token?.claims);
    return route ? this.followTo(route, source, head, body) : NO_ROUTE;
  }

  private followTo(route: Route, source: Buffer, head: RequestHead, body: Buffer): Refusal | undefined {
    this.parts.record.follow(route);
    if (route.cors) this.parts.added.allow(route.cors, source, head);
    const { secure, listener, peer: { edge } } = this.parts.client;
    if (!route.answer) return this.send(route, source, head, body);
    return route.answer(source, head, { secure: edge?.secure ?? secure, defaultHost: listener.via.defaultHost });
  }

  private send(route: Route, source: Buffer, head: RequestHead, body: Buffer): Refusal | undefined {
    const { complete, fields, parts: { context, upstream, record: { startedAt }, client, added } } = this;
    const timeoutMs = this.limitTime(route, head);
    if (head.upgradeEnd > head.upgradeStart) this.offered = offerOf(source, head);
    upstream.offersUpgrade = this.offered.length > 0;
    upstream.callerWaitsUntil = startedAt + this.callerMs;
    upstream.targets.pick.hash = route.hashKeys?.hash(source, head, client.peer.hash);
    added.headers = route.responseHeaders;
    added.setCookie = route.hashKeys?.setCookie ?? EMPTY;
    added.session = route.session?.read(source, head);
    route.rewrite?.apply(source, head);
    const proven = this.authorizer?.prepare(source, head, this) ?? EMPTY;
    const lines = joined(linesOf(client.peer), joined(proven, this.granted));
    fields.begin(source, head, route, context.via, upstream.offersUpgrade, lines);
    upstream.copy.begin(source, head, body, fields, route.retry.maxRetries > 0 || complete ? route.maxReplayBytes : 0);
    if (!complete) this.watch();
    const deadlineAt = timeoutMs === 0 ? Infinity : startedAt + timeoutMs;
    const fault = route.faults?.decide(source, head);
    const refusal = fault ? this.inject(fault, route, deadlineAt) : this.dispatch(route, deadlineAt);
    if (refusal) return refusal;
    upstream.copy.hold();
    if (route.mirrors && !fault?.abortStatus) {
      const original = { source, head, body, complete, form: fields, hash: upstream.targets.pick.hash };
      this.copies = MirrorRequest.beginAll(route.mirrors, context, original);
    }
    return undefined;
  }

  /** Its time runs from its head on, unless it does already. @returns how long it is; 0 without an end */
  private limitTime(route: Route, { deadlineMs }: RequestHead): number {
    const routeMs = route.timeout.milliseconds;
    this.givenDeadline = deadlineMs > 0 && deadlineMs <= MAX_DEADLINE_MS && (routeMs === 0 || deadlineMs < routeMs);
    if (!this.timeout.queue) this.timeout.start(this.givenDeadline ? this.parts.context.deadline(deadlineMs) : route.timeout);
    return this.givenDeadline ? deadlineMs : routeMs;
  }

  private dispatch(route: Route, deadlineAt: number): Refusal | undefined {
    const { complete, method, parts: { upstream, client, added } } = this;
    const refusal = upstream.begin(route, added.session, method, complete, deadlineAt);
    if (!refusal && !complete && !upstream.carrier) client.pauseRequest();
    return refusal;
  }

  /** Holds the request, or answers it, as its route's faults say. */
  private inject(fault: InjectedFault, route: Route, deadlineAt: number): Refusal | undefined {
    if (!fault.delay) return this.endFault(fault, route, deadlineAt);
    const { client, progress, upstream } = this.parts;
    client.listener.instruments.faultInjected('delay');
    // What is held is not sent on: nobody has stalled.
    progress.stop();
    if (!this.complete) client.pauseRequest();
    this.delay = new Timeout(() => {
      const refusal = this.endFault(fault, route, deadlineAt);
      if (refusal) client.refuse(refusal);
      else if (upstream.carrier) this.onWritable();
      else if (!this.complete) this.watch();
    });
    this.delay.start(fault.delay);
    return undefined;
  }

  private endFault({ abortStatus }: InjectedFault, route: Route, deadlineAt: number): Refusal | undefined {
    if (abortStatus === 0) return this.dispatch(route, deadlineAt);
    this.parts.client.listener.instruments.faultInjected('abort');
    return { code: 'fault_injected', detail: 'the route\'s faults say so', status: abortStatus };
  }

  /** Copies that wait for the rest of a body are for nothing when that does not come. */
  private endCopies(): void {
    if (!this.copies) return;
    for (const copy of this.copies) copy.abandon();
    this.copies = undefined;
  }

  /** The rest of its body is to come. That of a call may be silent as long as its connection works, which pings tell. */
  private watch(): void {
    const { context, progress, record } = this.parts;
    if (!record.isCall) progress.start(context.bodyTimeout);
  }

  /** No more of it is taken for now: by its endpoint, or because there is none yet. */
  private hold(carrier: RequestCarrier | undefined): void {
    const { client, context } = this.parts;
    this.held = carrier !== undefined;
    if (this.held) context.instruments.limitReached('maxBufferedBytes');
    client.pauseRequest();
  }
}

/** Fields of the client's: where it comes from, and who it is. */
function linesOf({ edge, callerField }: Peer): Buffer {
  return joined(edge?.lines ?? EMPTY, callerField ?? EMPTY);
}

function sendOn(carrier: RequestCarrier, data: Buffer, last: boolean, trailers: Buffer | undefined): boolean {
  const open = data.length === 0 || carrier.sendBody(data, false);
  if (last) carrier.endBody(trailers);
  return open;
}
