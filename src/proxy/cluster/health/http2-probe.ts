/** Checks by HTTP/2: one request on a connection of its own. */
import type { Socket } from 'node:net';
import type { ResolvedHealthCheck } from '../../../contract';
import { ClientSession, ResponseStreamListener } from '../../http2/client-session';
import { ERROR_NAMES, ErrorCode, Http2Fault } from '../../http2/frames';
import type { SessionSettings } from '../../http2/session-limits';
import { open, Probe, Verdict } from './conversation';
import { head, headOf, judge, LIMITS } from './http-check';

/** Of one request, whose response is small. */
const SETTINGS: Omit<SessionSettings, 'now'> = {
  maxConcurrentStreams: 1, streamWindowBytes: 65_536, connectionWindowBytes: 65_536, maxHeadBytes: LIMITS.maxHeadBytes,
  maxStreamResets: 10, maxIdleFrames: 100,
};

/** What is made of a response. */
export interface Judge {
  /** Its head, in `head`, which was parsed in `text`; undefined: what follows decides. */
  onHead(text: Buffer, endsHere: boolean): Verdict | undefined;
  onData?(data: Buffer): void;
  /** All of it has come. */
  onEnd?(trailers: Buffer | undefined): Verdict;
}

export function http2Probe(check: Extract<ResolvedHealthCheck, { readonly type: 'http' }>, now: () => number): Probe {
  return askingHttp2(`GET ${check.path}`, now, (key) => Buffer.from(`${headOf(check, key)}\r\n`, 'latin1'), undefined, () => ({ onHead: (text) => judge(check, text) }));
}

/**
 * A probe that sends one request.
 *
 * @param what    the request in words
 * @param request its head, for an endpoint's key
 * @param body    all of its body
 */
export function askingHttp2(
  what: string, now: () => number, request: (key: string) => Buffer, body: Buffer | undefined, judgeOf: () => Judge,
): Probe {
  return (target, onVerdict) => open(target, 'http2', (end) => {
    const talk = new Talk(what, now, judgeOf(), end);
    return {
      onConnect: (socket) => talk.begin(socket, target.security !== undefined, request(target.key), body),
      onBytes: (bytes) => talk.session!.feed(bytes),
    };
  }, onVerdict);
}

class Talk implements ResponseStreamListener {
  session: ClientSession | undefined;

  constructor(
    private readonly what: string, private readonly now: () => number, private readonly judge: Judge,
    private readonly end: (verdict: Verdict) => void,
  ) {}

  begin(socket: Socket, isSecure: boolean, request: Buffer, body: Buffer | undefined): void {
    const fails = ({ detail }: Http2Fault): void => this.fails(`what is not HTTP/2: ${detail}`);
    this.session = new ClientSession(socket, { ...SETTINGS, now: this.now }, {
      onStreamClosed: () => {}, onLeaving: () => {}, onCapacity: () => {}, onFault: fails,
    }, isSecure);
    const stream = this.session.request(request, body === undefined, this);
    if (body) this.session.sendLast(stream, body);
  }

  onHead(text: Buffer, endsHere: boolean): string | undefined {
    const fault = head.parse(text, 0, text.length, LIMITS);
    if (fault) return fault.detail;
    if (head.interim) return undefined;
    const verdict = this.judge.onHead(text, endsHere) ?? (endsHere ? this.judge.onEnd?.(undefined) : undefined);
    if (verdict) this.end(verdict);
    return undefined;
  }

  onData(data: Buffer, isLast: boolean): void {
    this.judge.onData?.(data);
    if (isLast) this.finish(undefined);
  }

  onTrailers(lines: Buffer | undefined): void { this.finish(lines); }
  onReset(code: ErrorCode): void { this.fails(`a reset with ${ERROR_NAMES[code] ?? code}`); }
  onFault({ detail }: Http2Fault): void { this.fails(`what is not HTTP/2: ${detail}`); }
  onBroken(detail: string): void { this.end({ passed: false, why: `the connection broke: ${detail}` }); }
  onUnprocessed(detail: string): void { this.end({ passed: false, why: `the request was not taken: ${detail}` }); }
  onWritable(): void {}

  private finish(trailers: Buffer | undefined): void {
    const verdict = this.judge.onEnd?.(trailers);
    if (verdict) this.end(verdict);
  }

  private fails(by: string): void {
    this.end({ passed: false, why: `${this.what} was answered with ${by}` });
  }
}
