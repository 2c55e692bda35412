/** What the metrics and the access log are told of a request: how much passed, how long it took, and how it ended. */
import type { AttemptRecord } from '../../telemetry/attempt-record';
import { Method, METHOD_NAMES } from '../../http1/request-head';
import type { Entry, Peer } from './response-sink';
import type { ReasonCode } from '../../telemetry/reasons';

/** An exchange that is over, as the access log sees it. */
export interface FinishedExchange {
  readonly client: { readonly listener: Pick<Entry, 'name' | 'edge'>; readonly peer: Pick<Peer, 'address' | 'caller'> };
  readonly record: ExchangeRecord;
  readonly trace: { readonly traceId: string } | undefined;
  readonly upstream: {
    readonly cluster: { readonly name: string } | undefined;
    readonly endpoint: { readonly key: string } | undefined;
    readonly attempts: number;
    readonly attemptRecords: readonly AttemptRecord[] | undefined;
  };
}

export class ExchangeRecord {
  /** Status sent to the client, 0 before that. */
  status = 0;
  /** Why the proxy answered or broke off by itself; undefined when the response is the backend's. */
  reason: ReasonCode | undefined;
  /** Words for the log about `reason`. */
  detail = '';
  /** Of the known methods, or `_OTHER`. */
  method = METHOD_NAMES[Method.OTHER]!;
  /** Bytes of the bodies. */
  requestBytes = 0;
  responseBytes = 0;
  startedAt = 0;
  /** From the request's head to the end of the response, once it is over. */
  durationMs = 0;
  /** Name of the route that took it; undefined when none did. */
  route: string | undefined;
  /** Method and target, when somebody wants them. */
  description = '';

  /** Forgets the request before this one. */
  reset(now: number): void {
    this.status = 0;
    this.reason = undefined;
    this.detail = '';
    this.method = METHOD_NAMES[Method.OTHER]!;
    this.requestBytes = 0;
    this.responseBytes = 0;
    this.startedAt = now;
    this.durationMs = 0;
    this.route = undefined;
    this.description = '';
  }

  /** The proxy itself ends it. */
  endsBy(reason: ReasonCode, detail: string): void {
    this.reason = reason;
    this.detail = detail;
  }
}
