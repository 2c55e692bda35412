/** Whether requests need a token, and what rules say then. */
import { AuthorizationRule, RouteMatch } from '../../contract';
import { Jwt } from './jwt';

/** Every good token has it. */
const ANY_TOKEN = { name: 'iss' };

/** Whether requests without a token are refused. */
export function needsToken(jwts: readonly Jwt[]): boolean {
  return jwts.length > 0 && jwts.every(({ _options: { optional } }) => !optional);
}

/** A match that asks for a token besides, unless it asks for claims already. */
export function matchWithToken(match: RouteMatch): RouteMatch {
  return match.claims ? match : { ...match, claims: [ANY_TOKEN] };
}

/** A rule for everything that a token is needed for, if one is. */
export function withToken(rule: AuthorizationRule, jwts: readonly Jwt[]): AuthorizationRule {
  return needsToken(jwts) ? { ...rule, matches: [matchWithToken({})] } : rule;
}
