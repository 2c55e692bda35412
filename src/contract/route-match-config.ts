/**
 * Which requests a route takes. The terms and limits are those of the Gateway API (HTTPRouteMatch), and cookies and
 * claims besides.
 */

/** Conditions of a request. All of one match must hold; of several matches of a route, any. */
export interface RouteMatch {
  /** Its path, without the query and normalised. Absent: any. */
  readonly path?: PathMatch;
  /**
   * Its method, in upper case. Absent: any.
   * @maxLength 32
   * @pattern ^[A-Z]+(-[A-Z]+)*$
   */
  readonly method?: string;
  /**
   * Header fields, names in any case. Of several fields of a name, it is enough that one has the value. When a name is there twice, only the
   * first of its conditions counts.
   * @maxItems 16
   * @default []
   */
  readonly headers?: ValueMatch[];
  /**
   * Query parameters, names with their case. Of several parameters of a name, the first counts. Names and values are compared decoded:
   * `%20` and `+` are a space.
   * @maxItems 16
   * @default []
   */
  readonly query?: ValueMatch[];
  /**
   * Cookies, names with their case. Of several cookies of a name, it is enough that one has the value.
   * @maxItems 16
   * @default []
   */
  readonly cookies?: ValueMatch[];
  /**
   * Claims of the request's token, names with their case: the claim is this value, or a list that has it. A request without a good token has
   * none. They need `jwt` of the listener.
   * @maxItems 16
   * @default []
   */
  readonly claims?: ClaimMatch[];
  /**
   * Host that it is sent to, any of these. The port does not count. Absent or empty: any.
   * @maxItems 16
   * @default []
   */
  readonly hosts?: RouteHost[];
}

/** A condition of the path. */
export interface PathMatch {
  /**
   * `exact`: the whole path. `prefix`: the path begins with these elements: `/a` takes `/a`, `/a/` and `/a/b`, not `/ab`. `regex`: the whole
   * path, by a regular expression.
   */
  readonly type: 'exact' | 'prefix' | 'regex';
  /**
   * A path that begins with `/`, percent-encoded where it needs to be; for `regex`, an expression in the syntax of RE2.
   * @minLength 1
   * @maxLength 1024
   * @pattern ^[ -~]+$
   */
  readonly value: string;
}

/** A condition of something that has a name: its value, a regular expression for it, or, with neither, that it is there. */
export interface ValueMatch {
  /**
   * Its name.
   * @minLength 1
   * @maxLength 256
   * @pattern ^[!-~]+$
   */
  readonly name: string;
  /**
   * The whole value, with its case. Not together with `regex`.
   * @maxLength 4096
   * @pattern ^[\t -~]*$
   */
  readonly value?: string;
  /**
   * A regular expression in the syntax of RE2 for the whole value. Not together with `value`.
   * @minLength 1
   * @maxLength 1024
   * @pattern ^[\t -~]+$
   */
  readonly regex?: string;
}

/**
 * A condition of a claim: `name` or `path` says which, and one of `value`, `number`, `boolean` and `regex` what it must be. With none of these it
 * must be there as a text, or as a list with one. Texts, numbers and booleans are never taken for one another.
 */
export interface ClaimMatch {
  /**
   * Its name.
   * @minLength 1
   * @maxLength 256
   * @pattern ^[!-~]+$
   */
  readonly name?: string;
  /**
   * The names that lead to it, the outermost first: `["realm_access", "roles"]` is `roles` of the object that the claim `realm_access` is.
   * A dot in a name is part of it.
   * @minItems 1
   * @maxItems 8
   */
  readonly path?: ClaimName[];
  /**
   * The whole text, with its case, code point by code point. Of the claim `scope`, each word counts.
   * @maxLength 4096
   * @pattern ^.*$
   */
  readonly value?: string;
  /**
   * The number, a whole one. Fractions, and what is beyond 2^53 - 1, no condition can ask for, since readers round them.
   * @asType integer
   * @minimum -9007199254740991
   * @maximum 9007199254740991
   */
  readonly number?: number;
  /** The boolean. */
  readonly boolean?: boolean;
  /**
   * A regular expression in the syntax of RE2 for the whole text.
   * @minLength 1
   * @maxLength 1024
   * @pattern ^[\t -~]+$
   */
  readonly regex?: string;
}

/**
 * Name of a claim, or of a member of one.
 * @minLength 1
 * @maxLength 256
 * @pattern ^.+$
 */
export type ClaimName = string;

/**
 * A host name in lower case, without port and final dot. `*.example.com` stands for all names below `example.com`, with one more label or
 * several, as the Gateway API has it; not for itself.
 * @minLength 1
 * @maxLength 253
 * @pattern ^(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?$
 */
export type RouteHost = string;
