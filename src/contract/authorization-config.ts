/**
 * Who may call the app behind an inbound listener, and for what. There are only rules that let in, with conditions that must hold. Rules that
 * shut out and negated conditions don't exist: a difference between what a condition sees and what the app sees then ends in 403 and not in
 * a bypass (docs/decisions/allow-rules-only.md).
 */
import { isOfTheProxy } from './field-names';
import { ClaimMatch, errorsOfJwt, JwtConfig } from './jwt-config';
import type { RouteMatch, ValueMatch } from './route-match-config';
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
  /**
   * Claims that the request's token (`jwt` of the listener) must have, all of them. Absent: no token is needed.
   * @minItems 1
   * @maxItems 16
   */
  readonly claims?: ClaimMatch[];
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

/** What must be known of a listener. */
interface AuthorizingListener {
  readonly name: string;
  readonly direction: 'inbound' | 'outbound';
  readonly address?: string;
  readonly authorization?: AuthorizationConfig;
  readonly jwt?: JwtConfig[];
}

interface Fault {
  /** Below the listener. */
  readonly field: string;
  readonly message: string;
}

/** What is wrong with the authorization of a listener. Its paths, hosts and expressions are checked by the engine that matches them. */
export function errorsOfAuthorization({ name, direction, address, authorization, jwt }: AuthorizingListener): Fault[] {
  const ofTokens = jwt ? errorsOfJwt(jwt, authorization !== undefined) : [];
  if (!authorization) return ofTokens;
  // One at the pod's own addresses is a gateway's, whose clients are outside.
  if (direction === 'outbound' && address !== undefined) {
    return [...ofTokens, {
      field: 'authorization',
      message: `listener '${name}' is outbound, and an app can always get past its own sidecar; remove it, and let the callee's inbound listener authorize`,
    }];
  }
  const names = new Set<string>();
  return [...ofTokens, ...authorization.rules.flatMap((rule, r) => {
    const faults = faultsOfRule(rule, jwt !== undefined);
    if (names.has(rule.name)) faults.push({ field: 'name', message: 'there is another rule of this name; give each rule its own' });
    names.add(rule.name);
    return faults.map(({ field, message }) => ({
      field: `authorization/rules/${r}${field === '' ? '' : `/${field}`}`, message: `rule '${rule.name}': ${message}`,
    }));
  })];
}

function faultsOfRule({ callers, anyAuthenticated, plain, matches = [], claims }: AuthorizationRule, hasTokens: boolean): Fault[] {
  const faults: Fault[] = [];
  if (!callers && !anyAuthenticated && !plain) {
    faults.push({ field: '', message: 'it is for nobody; give it \'callers\', or say \'anyAuthenticated\' or \'plain\'' });
  }
  if (callers && anyAuthenticated) {
    faults.push({ field: 'callers', message: '\'anyAuthenticated\' lets in every caller, so names have no effect; use one of the two' });
  }
  if (claims && !hasTokens) faults.push({ field: 'claims', message: 'no token is looked at, so no request could meet it; give the listener \'jwt\'' });
  matches.forEach((match, m) => faults.push(...faultsOfMatch(match).map(({ field, message }) => ({ field: `matches/${m}/${field}`, message }))));
  return faults;
}

/** Where a match of a route is lenient, one of a rule would let in more than its reader thinks. */
function faultsOfMatch({ headers = [], query = [], cookies = [], hosts }: RouteMatch): Fault[] {
  const faults = headers.flatMap(({ name }, h): Fault[] => (isOfTheProxy(name)
    ? [{ field: `headers/${h}/name`, message: `the field '${name}' is the proxy's own to read or write${/^host$/i.test(name) ? '; use \'hosts\'' : '; remove the condition'}` }]
    : []));
  if (hosts?.length === 0) faults.push({ field: 'hosts', message: 'the list is empty, which would stand for any host; name hosts, or leave it out' });
  return [
    ...faults, ...repeated('headers', headers, (name) => name.toLowerCase()), ...repeated('query', query, String), ...repeated('cookies', cookies, String),
  ];
}

/** Of two conditions of one name only the first would count. */
function repeated(part: string, conditions: readonly ValueMatch[], keyOf: (name: string) => string): Fault[] {
  const seen = new Set<string>();
  return conditions.flatMap(({ name }, index) => {
    const known = seen.has(keyOf(name));
    seen.add(keyOf(name));
    return known ? [{ field: `${part}/${index}/name`, message: `there are two conditions of '${name}'; use one, with a regular expression if need be` }] : [];
  });
}
