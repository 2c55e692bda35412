/**
 * The rules of a service's inbound listener, compiled from who declared to call it. There is one rule for each caller, so that metrics and the
 * audit log say by name who came; a service with very many callers has some of them in one.
 *
 * What a caller says of its calls goes before what follows from other declarations: a caller that may only read a service may not write to it
 * by a fallback that leads there. That fails closed, and in the hands of who wrote both.
 */
import { AuthorizationConfig, AuthorizationRule, RouteMatch } from '../../contract';
import { ValidationErrors } from '../props/validation-errors';
import { toRouteMatch } from '../routes/condition';
import { Allow } from './allow';
import { Authorization } from './authorization';
import { Jwt } from './jwt';
import { MutualTls } from './mutual-tls';
import { matchWithToken, needsToken, withToken } from './token-needs';

const LISTS = {
  // #region generated lists of AuthorizationConfig: rules
  rules: { least: 0, most: 256 },
  // #endregion
};
const RULE_LISTS = {
  // #region generated lists of AuthorizationRule: callers, matches
  callers: { least: 1, most: 1_000 },
  matches: { least: 1, most: 64 },
  // #endregion
};

/** Name of the rule for requests without an identity. */
const PLAIN = 'plain';
/** Begin of the names of rules with several callers. */
const OTHERS = 'callers';

/** That somebody declared to call a service. */
export interface DeclaredCall {
  /** Who; undefined without an identity. */
  readonly identity?: { readonly id: string; readonly namespace: string; readonly account: string };
  /** The pods of who calls, and how they are selected. */
  pods(): { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
  /** Whether it is a call of its own, and not what a route, fallback or mirror leads to. */
  readonly explicit: boolean;
  /** What it may ask for; absent for everything. */
  readonly allow?: readonly Allow[];
  /** What it sends to know the health of the service. */
  readonly healthCheck?: { readonly method: 'GET' | 'POST'; readonly path: string };
}

/** Who may call a service, and what for. */
export function authorizationConfig(
  calls: readonly DeclaredCall[], authorization: Authorization, mutualTls: MutualTls, jwts: readonly Jwt[] = [],
): AuthorizationConfig {
  const { callers: foreign = [] } = authorization._options;
  const narrowed = rulesOf(calls, needsToken(jwts));
  const taken = new Set(narrowed.flatMap(({ callers = [] }) => callers));
  const others = [...new Set(foreign)].sort().filter((id) => !taken.has(id));
  const plain: AuthorizationRule[] = mutualTls._takesPlain ? [withToken({ name: PLAIN, plain: true }, jwts)] : [];
  const ofOthers = grouped('foreign', others).map((rule) => withToken(rule, jwts));
  const rules = [...withinLimit(narrowed, LISTS.rules.most - plain.length - ofOthers.length), ...ofOthers, ...plain];
  return { rules, ...authorization._toConfig() };
}

/** Notes that more callers are narrowed than a listener takes rules: what each may ask for can't be told in one rule with others. */
export function checkRules(errors: ValidationErrors, { rules }: Pick<AuthorizationConfig, 'rules'> = { rules: [] }): void {
  const { most } = LISTS.rules;
  if (rules.length > most) {
    const narrowed = rules.filter(({ matches }) => matches).length;
    errors.add('authorization', `${rules.length} rules`, `the proxy takes ${most}, and ${narrowed} of these are of calls with 'allow'; leave 'allow' out of some of them, or split the service`);
  }
}

/** Rules of the callers in the order of their names. @param tokens they need a token besides */
function rulesOf(calls: readonly DeclaredCall[], tokens: boolean): AuthorizationRule[] {
  const byId = new Map<string, DeclaredCall[]>();
  for (const call of calls.filter(({ identity }) => identity)) {
    const { id } = call.identity!;
    byId.set(id, [...byId.get(id) ?? [], call]);
  }
  return [...byId].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([id, its]): AuthorizationRule[] => {
    const { namespace, account } = its[0].identity!;
    const rule = { name: `${namespace}/${account}`, callers: [id] };
    const said = its.filter(({ explicit }) => explicit);
    const narrowings = (said.length > 0 ? said : its).map(({ allow }) => allow);
    const everything = narrowings.some((allow) => allow === undefined);
    if (everything && !tokens) {
      return [rule];
    }
    const allowed = everything ? [{}] : narrowings.flatMap((allow) => allowedMatches(allow!));
    return inChunks(rule, distinct([...tokens ? allowed.map(matchWithToken) : allowed, ...healthMatches(its)]));
  });
}

/** What is allowed, as a document says it. */
export function allowedMatches(allow: readonly Allow[]): RouteMatch[] {
  return allow.map(({ _matches }) => toRouteMatch(_matches.map(({ _condition }) => _condition)));
}

/** A rule for each part of a long list of matches. */
export function inChunks(rule: AuthorizationRule, matches: readonly RouteMatch[]): AuthorizationRule[] {
  return chunksOf(matches, RULE_LISTS.matches.most).map((part, index) => ({ ...rule, name: index === 0 ? rule.name : `${rule.name}.${index + 1}`, matches: part }));
}

/** A caller that checks the health of what it may call must get its answer. Its checks carry no token. */
export function healthMatches(calls: readonly DeclaredCall[]): RouteMatch[] {
  return distinct(calls.flatMap(({ healthCheck }) => (
    healthCheck ? [{ path: { type: 'exact' as const, value: healthCheck.path }, method: healthCheck.method }] : [])));
}

function distinct(matches: readonly RouteMatch[]): RouteMatch[] {
  const seen = new Set<string>();
  return matches.filter((match) => {
    const key = JSON.stringify(match);
    return !seen.has(key) && seen.add(key);
  });
}

/** Callers that may do everything share rules when there would be too many. */
function withinLimit(rules: readonly AuthorizationRule[], most: number): AuthorizationRule[] {
  if (rules.length <= most) {
    return [...rules];
  }
  const everything = rules.filter(({ matches }) => !matches);
  return [...grouped(OTHERS, everything.flatMap(({ callers }) => callers!)), ...rules.filter(({ matches }) => matches)];
}

function grouped(name: string, callers: readonly string[]): AuthorizationRule[] {
  return chunksOf(callers, RULE_LISTS.callers.most).map((part, index) => ({ name: `${name}-${index + 1}`, callers: [...part] }));
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}
