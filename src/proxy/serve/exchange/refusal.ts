/**
 * Why a request ends without the endpoint's response, as a value. A refusal that is known at once is the return value of the call
 * that finds it; one that comes later is handed to the exchange. Refusals that say no more than their reason are made once.
 */
import type { DenialCause } from '../../../authorization';
import type { ReasonCode } from '../../telemetry/reasons';
import type { PathFault } from '../../../routing';
import type { Content } from './final-recipient';

export interface Refusal {
  readonly code: ReasonCode;
  /** What happened in particular; not from the request's own bytes. */
  readonly detail: string;
  /** The limit that was reached, when it was one. */
  readonly limit?: string | undefined;
  /** Content of the response in place of the words about the reason. */
  readonly content?: Content | undefined;
  /** Its status in place of the reason's. */
  readonly status?: number;
  /** After how long it may come again, when that is known better than the reason knows it. */
  readonly retryAfterSeconds?: number;
  /** Field lines of the response besides, each with its CRLF. */
  readonly lines?: string;
}

/** Content of an answer where the request may have been a HEAD. */
export const NO_CONTENT: Content = { type: 'text/plain; charset=utf-8', body: Buffer.alloc(0) };

const refusal = (code: ReasonCode, detail: string, limit?: string): Refusal => Object.freeze({ code, detail, ...(limit && { limit }) });

export const LOOP = refusal('loop_detected', 'too many passes');
export const OUT_OF_MEMORY = refusal('memory_limit', 'new requests are refused');
export const SHED_FOR_MEMORY = refusal('memory_shed', 'it held more than others');
export const APP_ENDED = refusal('terminating', 'the app had its time to end');
export const LATE_AT_START = refusal('deadline_exceeded', 'it was over when the request came');
export const LATE = refusal('deadline_exceeded', 'the caller\'s time is over');
export const ROUTE_TIMEOUT = refusal('request_timeout', 'the route\'s timeout is over');
export const ADDRESS_DENIED = refusal('address_denied', 'the client is not let in');
export const ADDRESS_UNKNOWN = refusal('address_denied', 'the proxy in front has put no address of the client into X-Forwarded-For');
export const MISDIRECTED = refusal('misdirected_request', 'its host has another certificate than the connection');
export const OVERLOADED = refusal('overloaded', 'it was not let in');
export const RATE_LIMITED = refusal('rate_limited', 'it was not let in');
export const LATE_BODY = refusal('late_body', 'its slot went to another request before its body was complete');
export const BODY_TOO_LARGE = refusal('body_too_large', 'longer than the limit', 'maxBodyBytes');
export const LENGTH_TOO_LARGE = refusal('body_too_large', 'Content-Length is above the limit', 'maxBodyBytes');
export const ENDED_WITHIN_HEAD = refusal('bad_request', 'the connection ended within a head');
export const ENDED_WITHIN_BODY = refusal('bad_request', 'the connection ended within a body');
export const HEAD_TIMEOUT = refusal('client_timeout', 'the head was not complete in time', 'headTimeoutMs');
export const HEAD_TOO_LARGE = refusal('head_too_large', 'its fields are longer than the limit', 'maxHeadBytes');
export const NOT_HTTP2 = refusal('wrong_protocol', 'this port takes HTTP/2 alone, and its connections begin with that version\'s preface');
export const SHUTTING_DOWN = refusal('shutting_down', 'the time to drain is over');
export const NO_ROUTE = refusal('no_route', 'no route takes such a request');
export const NO_BACKEND = refusal('no_backend', 'the weights of the route are all 0');
export const NO_ENDPOINT = refusal('no_endpoints', 'no endpoint is available');
/** By what a cluster says of it. */
export const UNAVAILABLE = {
  no_endpoints: NO_ENDPOINT,
  request_limit: refusal('request_limit', 'the service has the most requests that it may have at once'),
  endpoint_limit: refusal('endpoint_limit', 'every endpoint has the most requests that it may have at once'),
} as const;
export const TRY_TIMEOUT = refusal('try_timeout', 'the time for one attempt is over');
export const NO_SWITCH = refusal('upgrade_ignored', 'a success that does not switch protocols');
export const NO_ROOM_TO_WAIT = refusal('pending_overflow', 'too many requests wait for a connection');

const DENIALS: { readonly [Cause in DenialCause]: Refusal } = {
  no_identity: refusal('not_authorized', 'the caller has no verified identity'),
  unknown_caller: refusal('not_authorized', 'no rule is for the caller'),
  no_match: refusal('not_authorized', 'the rules for the caller don\'t cover such a request'),
};

export function refusalOfDenial(cause: DenialCause): Refusal {
  return DENIALS[cause];
}

/** What a token that is not good is answered by (RFC 6750 section 3). */
export const TOKEN_INVALID: Refusal = Object.freeze({
  code: 'token_invalid', detail: 'mesh_jwt_tokens_total tells why', lines: 'www-authenticate: Bearer error="invalid_token"\r\n',
});

const PATH_FAULTS = new Map<PathFault, Refusal>();

/** Faults are constants, and so are refusals for them. */
export function refusalOfPath(fault: PathFault): Refusal {
  let found = PATH_FAULTS.get(fault);
  if (!found) PATH_FAULTS.set(fault, found = refusal('path_refused', fault.message));
  return found;
}
