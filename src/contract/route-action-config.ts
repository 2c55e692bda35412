/**
 * What a route does with a request besides choosing its endpoint: it changes header fields, path and host, sends a copy elsewhere, or
 * answers by itself. Terms and rules are those of the filters of Gateway API's HTTPRoute.
 */
import type { HeaderField } from './health-config';
import type { Integer } from './scalars';

/** Changes of header fields, in this order. Not those by which a message is framed, and none that the proxy itself writes. */
export interface HeaderChanges {
  /**
   * Names of fields that are removed.
   * @maxItems 32
   * @default []
   */
  readonly remove?: FieldName[];
  /**
   * Fields that take the place of all that have their name.
   * @maxItems 32
   * @default []
   */
  readonly set?: HeaderField[];
  /**
   * Fields that are added to those that have their name.
   * @maxItems 32
   * @default []
   */
  readonly add?: HeaderField[];
}

/**
 * Name of a header field, in any case.
 * @pattern ^[!#$%&'*+.^_`|~0-9A-Za-z-]+$
 * @maxLength 256
 */
export type FieldName = string;

/** A new path. The query stays. */
export interface PathChange {
  /** `full`: of the whole path. `prefix`: of the prefix that all matches of the route have in common, or of `/` on a route without matches. */
  readonly type: 'full' | 'prefix';
  /**
   * What takes its place: a path without query. Empty is `/`.
   * @pattern ^(/[!"$->@-[\]-~]*)?$
   * @maxLength 1024
   */
  readonly value: string;
}

/** What the endpoint gets in place of what the client sent. At least one of the two. */
export interface RewriteConfig {
  /** Its path. Absent: as it came. */
  readonly path?: PathChange;
  /**
   * Its Host. Absent: as it came.
   * @pattern ^[-.:[\]A-Za-z0-9_]+$
   * @maxLength 255
   */
  readonly host?: string;
}

/** Sends the client elsewhere, by `Location`. What is not said is as in the request. */
export interface RedirectConfig {
  /** Absent: that of the request. */
  readonly scheme?: 'http' | 'https';
  /**
   * Host name. Absent: that of the request.
   * @pattern ^[-.A-Za-z0-9_]+$
   * @maxLength 253
   */
  readonly host?: string;
  /**
   * Absent: with `scheme`, the port that belongs to it; otherwise that of the request. 80 of http and 443 of https are left out.
   * @minimum 1
   * @maximum 65535
   */
  readonly port?: Integer;
  /** Absent: that of the request. */
  readonly path?: PathChange;
  /**
   * @default 302
   */
  readonly status?: 301 | 302 | 303 | 307 | 308;
}

/** Answers by the proxy itself. */
export interface RespondConfig {
  /**
   * @minimum 200
   * @maximum 599
   */
  readonly status: Integer;
  /**
   * Sent in UTF-8. Absent: none.
   * @maxLength 4096
   */
  readonly body?: string;
  /**
   * Content-Type of the body.
   * @pattern ^[!-~][ -~]*$
   * @maxLength 256
   * @default text/plain; charset=utf-8
   */
  readonly contentType?: string;
}

/** Sends copies of requests to a cluster besides. Its responses are dropped; it neither delays nor fails the request itself. */
export interface MirrorConfig {
  /**
   * Name of a cluster.
   * @minLength 1
   */
  readonly cluster: string;
  /**
   * Part of the requests that are copied, in percent.
   * @minimum 0
   * @maximum 100
   * @default 100
   */
  readonly percent?: number;
  /**
   * Longest body that is copied. A request with a longer one is not copied.
   * @maximum 1048576
   * @default 65536
   */
  readonly maxBodyBytes?: Integer;
}
