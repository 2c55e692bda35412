/** What the table of reason codes says of each: reasons.ts. */
import type { FailureKind } from '../../balancing';

/** Error types of RFC 9209 section 2.3 that the proxy uses. */
export type ProxyStatusError =
  | 'destination_not_found'
  | 'destination_unavailable'
  | 'connection_refused'
  | 'connection_terminated'
  | 'connection_timeout'
  | 'connection_read_timeout'
  | 'connection_limit_reached'
  | 'http_request_error'
  | 'http_request_denied'
  | 'http_response_incomplete'
  | 'http_response_timeout'
  | 'http_protocol_error'
  | 'proxy_internal_response'
  | 'tls_alert_received'
  | 'tls_certificate_error'
  | 'tls_protocol_error'
  | 'proxy_loop_detected';

/** What becomes of the client's request. */
export type Outcome =
  /** It is answered with the reason's status. */
  | 'answered'
  /** The head of the endpoint's response had been sent, so the connection is cut and the client sees a broken body. */
  | 'cut'
  /** There is nobody left to answer; the status is for logs and metrics only. */
  | 'gone';

export interface Reason {
  readonly outcome: Outcome;
  /** Status of the response; 0 when `outcome` is `cut`, where the endpoint's own status counts. */
  readonly status: number;
  /** Its reason phrase. */
  readonly phrase: string;
  /** The error type in `Proxy-Status`. */
  readonly proxyStatus: ProxyStatusError;
  /** Whether an application may have seen the request. */
  readonly reached: 'no' | 'maybe';
  /** The kind of failure of an attempt that ends for this reason: who is to blame, and whether the request is sent again. */
  readonly failure: FailureKind;
  /** Whether the caller still waits for the response. An app that takes longer than that is too slow, to adaptive concurrency. */
  readonly caller: 'waits' | 'left';
  /** `gone`: it looks as if the app took no more requests. While the pod is being terminated, the reason is `terminating` then. */
  readonly app: 'there' | 'gone';
  /** The request was shed: after so many seconds it may be sent again, which the response says in `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** What happened. */
  readonly meaning: string;
  /** What an operator can do. A field of the document is followed by the prop of the constructs that sets it. */
  readonly remedy: string;
}
