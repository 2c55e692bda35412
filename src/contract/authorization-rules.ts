/**
 * What can't be, or makes no sense, in the authorization of listeners. Paths, hosts and expressions are checked by the engine that matches
 * them.
 */
import type { AuthorizationRule } from './authorization-config';
import { isOfTheProxy } from './field-names';
import type { IdentityConfig } from './identity-config';
import { errorsOfJwt } from './jwt-config';
import type { ListenerConfig } from './listener-config';
import type { ProxyConfig } from './proxy-config';
import type { RouteMatch } from './route-match-config';

interface Fault {
  /** Below the part that has it. */
  readonly field: string;
  readonly message: string;
}

/** Whom and what a rule can meet. */
interface Surroundings {
  readonly listener: ListenerConfig;
  readonly identity: IdentityConfig | undefined;
}

/** What is wrong with the authorization of listeners, at a pointer of the document. */
export function errorsOfAuthorization({ identity, listeners }: Pick<ProxyConfig, 'identity' | 'listeners'>): { readonly path: string; readonly message: string }[] {
  return listeners.flatMap((listener, l) => faultsOfListener({ listener, identity }).map(({ field, message }) => (
    { path: `/listeners/${l}/${field}`, message })));
}

function faultsOfListener({ listener, identity }: Surroundings): Fault[] {
  const { name, direction, address, authorization, jwt } = listener;
  const ofTokens = [...errorsOfJwt(listener), ...(jwt ? [] : conditionsOfClaims(listener.routes))];
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
    const faults = faultsOfRule(rule, { listener, identity });
    if (names.has(rule.name)) faults.push({ field: 'name', message: 'there is another rule of this name; give each rule its own' });
    names.add(rule.name);
    return faults.map(({ field, message }) => ({
      field: `authorization/rules/${r}${field === '' ? '' : `/${field}`}`, message: `rule '${rule.name}': ${message}`,
    }));
  })];
}

function faultsOfRule(rule: AuthorizationRule, surroundings: Surroundings): Fault[] {
  const { callers, anyAuthenticated, plain, matches = [] } = rule;
  const faults = faultsOfCallers(rule, surroundings);
  if (!callers && !anyAuthenticated && !plain) {
    faults.push({ field: '', message: 'it is for nobody; give it \'callers\', or say \'anyAuthenticated\' or \'plain\'' });
  }
  if (!surroundings.listener.jwt) faults.push(...claimsOf(matches));
  matches.forEach((match, m) => faults.push(...faultsOfMatch(match).map(({ field, message }) => ({ field: `matches/${m}/${field}`, message }))));
  return faults;
}

/** Routes that ask for claims where there are none. */
function conditionsOfClaims(routes: ListenerConfig['routes']): Fault[] {
  return routes.flatMap(({ name, matches = [] }, r) => claimsOf(matches).map((fault) => (
    { field: `routes/${r}/${fault.field}`, message: `route '${name}': ${fault.message}` })));
}

function claimsOf(matches: readonly RouteMatch[]): Fault[] {
  return matches.flatMap(({ claims = [] }, m) => (claims.length > 0
    ? [{ field: `matches/${m}/claims`, message: 'no token is looked at, so no request could meet it; give the listener \'jwt\'' }] : []));
}

/** Callers that can't come, which would be a rule that its reader believes in. */
function faultsOfCallers({ callers, anyAuthenticated, plain }: AuthorizationRule, { listener: { mutualTls }, identity }: Surroundings): Fault[] {
  const faults: Fault[] = [];
  const named = callers ? 'callers' : 'anyAuthenticated';
  if (callers && anyAuthenticated) {
    faults.push({ field: 'callers', message: '\'anyAuthenticated\' lets in every caller, so names have no effect; use one of the two' });
  }
  if ((callers || anyAuthenticated) && !mutualTls) {
    faults.push({ field: named, message: 'no caller proves who it is, so none could meet it; give the listener \'mutualTls\', or use \'plain\'' });
  }
  if (plain && mutualTls && mutualTls.mode !== 'permissive') {
    faults.push({ field: 'plain', message: '\'mutualTls\' of the listener lets in nobody without an identity; remove it, or set its mode to \'permissive\'' });
  }
  callers?.forEach((id, c) => {
    if (!identity || id.startsWith(`spiffe://${identity.trustDomain}/`)) return;
    faults.push({
      field: `callers/${c}`, message: `'${id}' is not of the trust domain '${identity.trustDomain}' of the identity, and callers of others are refused; correct it`,
    });
  });
  return faults;
}

/** Where a match of a route is lenient, one of a rule would let in more than its reader thinks. */
function faultsOfMatch({ headers = [], query = [], cookies = [], claims = [], hosts }: RouteMatch): Fault[] {
  const faults = headers.flatMap(({ name }, h): Fault[] => (isOfTheProxy(name)
    ? [{ field: `headers/${h}/name`, message: `the field '${name}' is the proxy's own to read or write${/^host$/i.test(name) ? '; use \'hosts\'' : '; remove the condition'}` }]
    : []));
  if (hosts?.length === 0) faults.push({ field: 'hosts', message: 'the list is empty, which would stand for any host; name hosts, or leave it out' });
  return [
    ...faults, ...repeated('headers', headers, (name) => name.toLowerCase()), ...repeated('query', query, String), ...repeated('cookies', cookies, String),
    ...repeated('claims', claims.map(({ name = '', path }) => ({ name: path ? JSON.stringify(path) : name, field: path ? 'path' : 'name' })), keyOfClaim),
  ];
}

/** What a condition is of, and which of its fields says so. */
interface Named {
  readonly name: string;
  readonly field?: 'name' | 'path';
}

/** A path of one name is the claim of that name. */
function keyOfClaim(name: string, field: string): string {
  return field === 'path' ? name : JSON.stringify([name]);
}

/** Of two conditions of one name only the first would count. */
function repeated<T extends Named>(part: string, conditions: readonly T[], keyOf: (name: string, field: string) => string): Fault[] {
  const seen = new Set<string>();
  return conditions.flatMap(({ name, field = 'name' }, index) => {
    const key = keyOf(name, field);
    const known = seen.has(key);
    seen.add(key);
    return known ? [{ field: `${part}/${index}/${field}`, message: `there are two conditions of '${name}'; use one, with a regular expression if need be` }] : [];
  });
}
