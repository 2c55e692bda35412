/**
 * The rules of listeners whose clients have no identity, and prove who they are by a token: those of gateways, and of services without an
 * identity.
 */
import { AuthorizationConfig } from '../../contract';
import { Allow } from './allow';
import { Authorization } from './authorization';
import { allowedMatches, DeclaredCall, healthMatches, inChunks } from './caller-rules';
import { Jwt } from './jwt';
import { matchWithToken, needsToken } from './token-needs';

/** Name of the rule for clients. */
const CLIENTS = 'clients';

/** What clients of a gateway may ask for. @param allow absent: everything */
export function clientRules(authorization: Authorization, jwts: readonly Jwt[], allow?: readonly Allow[]): AuthorizationConfig {
  const allowed = allow && allowedMatches(allow);
  const matches = needsToken(jwts) ? (allowed ?? [{}]).map(matchWithToken) : allowed;
  const rule = { name: CLIENTS, plain: true as const };
  return { rules: matches ? inChunks(rule, matches) : [rule], ...authorization._toConfig() };
}

/** What may be asked of a service that can't tell callers apart: anything with a token, and health checks. */
export function tokenRules(calls: readonly DeclaredCall[], authorization: Authorization, jwts: readonly Jwt[]): AuthorizationConfig {
  const config = clientRules(authorization, jwts);
  const health = needsToken(jwts) ? healthMatches(calls) : [];
  return health.length === 0 ? config : { ...config, rules: [...config.rules, { name: 'health', plain: true, matches: health }] };
}
