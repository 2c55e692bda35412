/**
 * A copy of a request that is sent to another cluster besides, for its effect there. It goes when all of the request has come, so it holds
 * nobody back; its response is read and dropped, and whatever becomes of it is told to metrics only. It is never sent a second time.
 *
 * What it costs is bounded: by `maxMirroredRequests` in number, by `maxBodyBytes` of the mirror in size, and it begins none while
 * memory is short.
 */
import type { RequestCarrier } from '../../cluster/carrier';
import { joined } from '../../http1/bytes';
import { MIRROR_FIELD } from '../../http1/mesh-fields';
import type { RequestHead } from '../../http1/request-head';
import type { ResponseHead } from '../../http1/response-head';
import type { MirrorResult } from '../../telemetry/instruments';
import { ReasonCode, REASONS } from '../../telemetry/reasons';
import { Timeout } from '../../runtime/timeouts';
import type { ServeContext } from '../context';
import { Refusal, ROUTE_TIMEOUT } from '../exchange/refusal';
import type { Mirror } from '../route/route';
import type { RequestForm } from './replay-buffer';
import type { UpstreamOwner } from './upstream-owner';
import { UpstreamRequest } from './upstream-request';

/** The request that is copied, as it is sent on. Valid during a call only. */
export interface Original {
  readonly source: Buffer;
  readonly head: RequestHead;
  /** The body's first bytes. */
  readonly body: Buffer;
  /** The body is all of it. */
  readonly complete: boolean;
  readonly form: RequestForm;
  readonly hash: number | undefined;
}

export class MirrorRequest implements UpstreamOwner {
  private readonly upstream: UpstreamRequest;
  private readonly method: RequestHead['method'];
  private carrier: RequestCarrier | undefined;
  private status = 0;
  private sent = false;
  private over = false;
  private readonly timeout: Timeout;

  private constructor(private readonly mirror: Mirror, private readonly context: ServeContext, original: Original) {
    const { source, head, body, complete, form: { via, marks, added }, hash } = original;
    this.timeout = new Timeout(() => this.onGivenUp(ROUTE_TIMEOUT));
    this.upstream = new UpstreamRequest(this, context);
    this.upstream.targets.pick.hash = hash;
    this.upstream.copy.begin(source, head, body, { via, marks, offersUpgrade: false, added: joined(added, MIRROR_FIELD) }, mirror.maxBodyBytes);
    this.upstream.copy.hold();
    context.mirroredRequests += 1;
    this.method = head.method;
    if (complete) this.send();
  }

  /**
   * Begins the copies of a request that are due.
   *
   * @returns those that wait for the rest of its body
   */
  static beginAll(mirrors: readonly Mirror[], context: ServeContext, original: Original): MirrorRequest[] {
    const waiting: MirrorRequest[] = [];
    for (const mirror of mirrors) {
      if (mirror.percent < 100 && context.random() * 100 >= mirror.percent) continue;
      const obstacle = obstacleTo(mirror, context, original);
      if (obstacle) {
        mirror.cluster.instruments.mirrored(obstacle).value += 1;
        continue;
      }
      const request = new MirrorRequest(mirror, context, original);
      if (!original.complete) waiting.push(request);
    }
    return waiting;
  }

  /** Bytes of the original's body. */
  onBody(data: Buffer, last: boolean, trailers: Buffer | undefined): void {
    if (this.over) return;
    const { upstream } = this;
    upstream.sendBody(data, last, trailers);
    if (!upstream.copy.replayable) this.end('body_too_large');
    else if (last) this.send();
  }

  /** The original ended before all of it had come. */
  abandon(): void {
    if (!this.over && !this.sent) this.end('incomplete');
  }

  onInterim(): void {}

  onSwitch(): boolean { return false; }

  onResponseHead(carrier: RequestCarrier, _buffer: Buffer, head: ResponseHead, _body: Buffer, complete: boolean): void {
    this.carrier = carrier;
    this.status = head.status;
    if (complete) this.onResponseEnd();
  }

  onResponseData(): void {}

  onResponseEnd(): void {
    const { carrier, status } = this;
    this.conclude(status, status);
    carrier!.finish();
  }

  onResponseBroken(): void {
    this.conclude('upstream_broken_body', 0);
  }

  onGivenUp({ code }: Refusal): void {
    this.upstream.drop();
    this.carrier?.cancel();
    this.conclude(code, 0);
  }

  onWritable(): void {}

  private send(): void {
    const { mirror: { route }, context, upstream, method } = this;
    this.sent = true;
    this.timeout.start(route.timeout);
    const refusal = upstream.begin(route, undefined, method, true, context.clock.now() + route.timeout.milliseconds);
    if (refusal) this.onGivenUp(refusal);
  }

  private conclude(outcome: number | ReasonCode, status: number): void {
    if (this.over) return;
    this.upstream.conclude(outcome, typeof outcome === 'number' ? undefined : REASONS[outcome].failure, status);
    this.end(typeof outcome === 'number' ? 'answered' : 'failed');
  }

  private end(result: MirrorResult): void {
    this.over = true;
    this.timeout.stop();
    this.carrier = undefined;
    this.upstream.copy.clear();
    this.context.mirroredRequests -= 1;
    this.mirror.cluster.instruments.mirrored(result).value += 1;
  }
}

/** Why a request is not copied; undefined when it is. */
function obstacleTo({ maxBodyBytes }: Mirror, context: ServeContext, { head, body, form }: Original): MirrorResult | undefined {
  // There is one other side of a tunnel only.
  if (form.offersUpgrade) return 'upgrade';
  if (Math.max(head.length, body.length) > maxBodyBytes) return 'body_too_large';
  if (context.memory.strained) return 'memory';
  if (context.mirroredRequests < context.limits.maxMirroredRequests) return undefined;
  context.instruments.limitReached('maxMirroredRequests');
  return 'limit';
}
