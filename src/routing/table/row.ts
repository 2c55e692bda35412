/** A row of the table: one match of a route for one of its hosts, compiled. */
import { bytesOf, equals } from '../bytes/bytes';
import type { Regex } from '../regex/regex';
import type { RequestView } from '../request/request-view';
import type { NamedCondition } from './conditions';

/** The host that a row is for. */
export interface RowHost {
  /** As it was written. */
  readonly pattern: string;
  /** It begins with `*.`, which `name` leaves out. */
  readonly isWildcard: boolean;
  readonly name: string;
}

/** The path that a row is for. `any` takes `*`, too, which has no path; otherwise it is as the prefix `/`. */
export type RowPath =
  | { readonly type: 'any' }
  | { readonly type: 'exact'; readonly value: string }
  /** Without the final slash, so empty for `/`. */
  | { readonly type: 'prefix'; readonly value: string }
  | { readonly type: 'regex'; readonly value: string; readonly regex: Regex };

/** Conditions besides host and path. */
export interface RowConditions {
  readonly method: string | undefined;
  readonly headers: readonly NamedCondition[];
  readonly query: readonly NamedCondition[];
  readonly cookies: readonly NamedCondition[];
  readonly claims: readonly NamedCondition[];
}

export class RouteRow implements RowConditions {
  readonly method: string | undefined;
  readonly headers: readonly NamedCondition[];
  readonly query: readonly NamedCondition[];
  readonly cookies: readonly NamedCondition[];
  readonly claims: readonly NamedCondition[];
  private readonly methodBytes: Uint8Array | undefined;

  /**
   * @param route index of the route
   * @param match index of the match among those of its route
   * @param host undefined: any
   */
  constructor(
    readonly route: number, readonly match: number, readonly host: RowHost | undefined, readonly path: RowPath, conditions: RowConditions,
  ) {
    this.method = conditions.method;
    this.headers = conditions.headers;
    this.query = conditions.query;
    this.cookies = conditions.cookies;
    this.claims = conditions.claims;
    this.methodBytes = conditions.method === undefined ? undefined : bytesOf(conditions.method);
  }

  /** Whether all conditions besides host and path hold. */
  holds(request: RequestView): boolean {
    const { methodBytes, headers, query, cookies, claims } = this;
    if (methodBytes && !equals(request.method.bytes, request.method.start, request.method.end, methodBytes)) return false;
    for (let at = 0; at < headers.length; at++) if (!request.anyHeader(headers[at]!.bytes, headers[at]!.value)) return false;
    for (let at = 0; at < query.length; at++) if (!request.firstQuery(query[at]!.bytes, query[at]!.value)) return false;
    for (let at = 0; at < cookies.length; at++) if (!request.anyCookie(cookies[at]!.bytes, cookies[at]!.value)) return false;
    for (let at = 0; at < claims.length; at++) if (!request.anyClaim(claims[at]!.name, claims[at]!.value)) return false;
    return true;
  }
}
