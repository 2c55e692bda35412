/**
 * One question to an authority, on its way by the endpoints of a cluster as any request. What it says is told once, and as soon as it is known:
 * whether a request passes, with the head of the answer; a denial when its content is there, or the time is over. The rest of an answer is read
 * and dropped, so that its connection can be used again.
 */
import type { RequestCarrier } from '../../cluster/carrier';
import { Method } from '../../http1/request-head';
import type { ResponseHead } from '../../http1/response-head';
import { Timeout, TimeoutQueue } from '../../runtime/timeouts';
import { ReasonCode, REASONS } from '../../telemetry/reasons';
import type { ServeContext } from '../context';
import { Refusal, ROUTE_TIMEOUT } from '../exchange/refusal';
import type { Route } from '../route/route';
import type { RequestForm } from '../upstream/replay-buffer';
import type { UpstreamOwner } from '../upstream/upstream-owner';
import { UpstreamRequest } from '../upstream/upstream-request';
import { Answer, AnswerReader, withContent } from './answer';
import type { WrittenQuestion } from './question';

/** A denial has its content by then, or none. */
export type Decision = Exclude<Answer, { readonly kind: 'denied' }> | { readonly kind: 'denied'; readonly refusal: Refusal };

/** How a question is sent, and its answer read. */
export interface Asking {
  readonly context: ServeContext;
  readonly route: Route;
  readonly timeout: TimeoutQueue;
  readonly reader: AnswerReader;
  readonly maxResponseBytes: number;
}

export class AuthorityCall implements UpstreamOwner {
  private readonly upstream: UpstreamRequest;
  private readonly timeout: Timeout;
  private carrier: RequestCarrier | undefined;
  private status = 0;
  /** Its content is waited for. */
  private denial: (Answer & { readonly kind: 'denied' }) | undefined;
  private readonly content: Buffer[] = [];
  private contentBytes = 0;
  private tooLong = false;
  private decided = false;
  private over = false;

  /** @param onDecision is called once, and not within a call of `begin` */
  constructor(private readonly asking: Asking, private readonly onDecision: (decision: Decision) => void) {
    this.upstream = new UpstreamRequest(this, asking.context);
    this.timeout = new Timeout(() => this.onTimeout());
  }

  /** Bytes that are kept for it. */
  get heldBytes(): number { return this.upstream.heldBytes + this.contentBytes; }

  /** @returns why it can't be asked, when that is known at once */
  begin({ source, head }: WrittenQuestion, form: RequestForm): Decision | undefined {
    const { upstream, asking: { route, timeout, context } } = this;
    upstream.copy.begin(source, head, Buffer.alloc(0), form, route.maxReplayBytes);
    this.timeout.start(timeout);
    // A question does nothing, whatever the method of the request that it is about, so it can be sent twice.
    const refusal = upstream.begin(route, undefined, Method.GET, true, context.clock.now() + timeout.milliseconds);
    if (!refusal) {
      upstream.copy.hold();
      return undefined;
    }
    this.decided = true;
    this.fail(refusal.code);
    return failureOf(refusal);
  }

  /** Nobody waits for the answer any more. */
  cancel(): void {
    this.decided = true;
    if (!this.over) this.fail('client_abort');
  }

  onInterim(): void {}

  onSwitch(): boolean { return false; }

  onResponseHead(carrier: RequestCarrier, buffer: Buffer, head: ResponseHead, body: Buffer, complete: boolean): void {
    this.carrier = carrier;
    this.status = head.status;
    const answer = this.asking.reader.read(buffer, head);
    if (answer.kind === 'denied') this.denial = answer;
    else this.decide(answer);
    if (body.length > 0) this.onResponseData(body);
    if (complete && !this.over) this.onResponseEnd();
  }

  onResponseData(data: Buffer): void {
    const { asking: { context, maxResponseBytes } } = this;
    this.contentBytes += data.length;
    context.memory.took(data.length);
    if (this.contentBytes <= maxResponseBytes) {
      if (this.denial) this.content.push(Buffer.from(data));
      return;
    }
    if (this.tooLong) return;
    this.tooLong = true;
    this.content.length = 0;
    if (this.denial) context.instruments.limitReached('externalAuthorization.maxResponseBytes');
    this.deny();
    this.contentBytes = 0;
    this.fail('body_too_large');
  }

  onResponseEnd(): void {
    const { carrier, status } = this;
    this.conclude(status);
    carrier!.finish();
    this.deny();
  }

  onResponseBroken(): void {
    this.conclude('upstream_broken_body');
    this.content.length = 0;
    this.deny();
  }

  onGivenUp(refusal: Refusal): void {
    this.fail(refusal.code);
    this.decide(failureOf(refusal));
  }

  onWritable(): void {}

  private onTimeout(): void {
    const { denial } = this;
    this.fail(ROUTE_TIMEOUT.code);
    this.content.length = 0;
    if (denial) this.deny();
    else this.decide({ kind: 'failed', cause: 'timeout', detail: 'the authority did not answer in time' });
  }

  /** What came of its content is there. */
  private deny(): void {
    if (this.denial) this.decide({ kind: 'denied', refusal: withContent(this.denial, Buffer.concat(this.content)) });
  }

  private decide(decision: Decision): void {
    if (this.decided) return;
    this.decided = true;
    this.onDecision(decision);
  }

  private fail(code: ReasonCode): void {
    if (this.over) return;
    this.upstream.drop();
    this.carrier?.cancel();
    this.conclude(code);
  }

  private conclude(outcome: number | ReasonCode): void {
    if (this.over) return;
    this.over = true;
    this.timeout.stop();
    this.carrier = undefined;
    if (typeof outcome === 'number') this.upstream.conclude(outcome, undefined, outcome);
    else this.upstream.conclude(outcome, REASONS[outcome].failure, this.status);
  }
}

function failureOf({ code, detail }: Refusal): Decision {
  return { kind: 'failed', cause: code, detail: `the authority can't be asked: ${code}: ${detail}` };
}
