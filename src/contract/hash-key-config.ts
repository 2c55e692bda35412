/**
 * What of a request keeps it with one endpoint.
 */
import type { Integer } from './scalars';

/** A part of a request that keeps it with one endpoint. */
export type HashKeyConfig = HeaderHashKey | CookieHashKey | QueryHashKey | SourceAddressHashKey;

/** The value of a header field: the first of that name. */
export interface HeaderHashKey {
  readonly type: 'header';
  /**
   * Name of the field, in any case.
   * @pattern ^[!#$%&'*+.^_`|~0-9A-Za-z-]+$
   */
  readonly name: string;
  /** Keys behind this one are not looked at when it is found. */
  readonly terminal?: boolean;
}

/** The value of a cookie. */
export interface CookieHashKey {
  readonly type: 'cookie';
  /**
   * Name of the cookie.
   * @pattern ^[!#$%&'*+.^_`|~0-9A-Za-z-]+$
   */
  readonly name: string;
  /**
   * The proxy gives a client that has none a cookie of a random value, which lasts so long (a part of a second counts as one); 0: until
   * the client forgets it. Absent: it makes none.
   * @maximum 34560000000
   */
  readonly ttlMs?: Integer;
  /** Keys behind this one are not looked at when it is found. */
  readonly terminal?: boolean;
}

/** The value of a query parameter, as it stands in the target. */
export interface QueryHashKey {
  readonly type: 'query';
  /**
   * Name of the parameter, as it stands in the target.
   * @pattern ^[!$'()*+,;:@/?._~%0-9A-Za-z-]+$
   */
  readonly name: string;
  /** Keys behind this one are not looked at when it is found. */
  readonly terminal?: boolean;
}

/**
 * The address that the client connects from. On outbound listeners that is the app beside the proxy, and counts as the pod's own
 * address (the first of environment `POD_IPS`): what one pod sends stays together.
 */
export interface SourceAddressHashKey {
  readonly type: 'sourceAddress';
  /** Keys behind this one are not looked at. */
  readonly terminal?: boolean;
}
