/**
 * Who may call the app behind an inbound listener, and for what. There are only rules that let in, with conditions that must hold. Rules that
 * shut out and negated conditions don't exist: a difference between what a condition sees and what the app sees then ends in 403 and not in
 * a bypass (docs/decisions/allow-rules-only.md).
 */
import type { RouteMatch } from './route-match-config';
import type { SpiffeId } from './scalars';

/** Which requests are let in: those that some rule takes. */
export interface AuthorizationConfig {
  /**
   * Rules. Empty: no request is let in.
   * @maxItems 256
   */
  readonly rules: AuthorizationRule[];
  /**
   * Whether requests that no rule takes pass all the same, and are counted and logged as those that would be denied.
   * @default false
   */
  readonly dryRun?: boolean;
  /**
   * Which decisions are logged, one line each. `off`: none. `denied`: those that deny, or would without `dryRun`; at most 50 in a second.
   * `all`: every one.
   * @default 'denied'
   */
  readonly audit?: 'off' | 'denied' | 'all';
}

/** Lets requests in: of these callers, for what `matches` says. It needs `callers`, `anyAuthenticated` or `plain`. */
export interface AuthorizationRule {
  /**
   * Unique name within the listener; a label of its metric, and in the audit log.
   * @minLength 1
   * @maxLength 128
   * @pattern ^[A-Za-z0-9][A-Za-z0-9._/-]*$
   */
  readonly name: string;
  /**
   * Identities of callers. An identity is compared byte by byte in its full length; there are no patterns. Absent: no one by name.
   * @minItems 1
   * @maxItems 1000
   */
  readonly callers?: SpiffeId[];
  /** The rule is for every caller with a verified identity, in place of `callers`. Absent: it isn't. */
  readonly anyAuthenticated?: true;
  /** The rule is also for requests without a verified identity, which can come from anybody. Absent: it isn't. */
  readonly plain?: true;
  /**
   * Conditions of requests, any of which must hold. The path is the one that routes match and that the app gets. Where a header field, query
   * parameter or cookie comes several times, every one of its values must meet the condition. Absent: every request.
   * @minItems 1
   * @maxItems 64
   */
  readonly matches?: RouteMatch[];
}

/** {@link AuthorizationConfig} with nothing left open. */
export type ResolvedAuthorization = Required<AuthorizationConfig>;

/** Default of `authorization`. */
export const DEFAULT_AUTHORIZATION: Required<Omit<AuthorizationConfig, 'rules'>> = {
  // #region generated defaults of AuthorizationConfig
  dryRun: false,
  audit: 'denied',
  // #endregion
};

export function withAuthorizationDefaults(authorization: AuthorizationConfig): ResolvedAuthorization {
  return { ...DEFAULT_AUTHORIZATION, ...authorization };
}
