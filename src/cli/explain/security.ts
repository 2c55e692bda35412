/**
 * Who a callee takes the caller for, and whether its rules let the request in, decided by the proxy's own engine. A token (JWT) whose claims
 * are not said is not read here: what hangs on it is told as a condition.
 */
import { Authorization, type DenialCause } from '../../authorization';
import type { AuthorizationRule, ResolvedListener, ResolvedListenerMutualTls, ResolvedProxyConfig, UpstreamMutualTlsConfig } from '../../contract';
import { refusalOfDenial } from '../../proxy/serve/exchange/refusal';
import type { ReasonCode } from '../../proxy/telemetry/reasons';
import { trustDomainOf } from '../../proxy/tls/spiffe';
import { REASONS } from '../../proxy/telemetry/reasons';
import { explain, PathFault, type RoutingRequest } from '../../routing';
import { listed } from '../words/quantities';
import type { AskedRequest } from './asked-request';
import { failureInWords, tableOf } from './route-choice';

/** A connection between two sidecars, or between an app and a sidecar. */
export interface Hop {
  /** The verified id of the caller; absent: it has none. */
  readonly caller?: string;
  /** It has one, which its document doesn't say. */
  readonly unknown?: true;
  /** Why there is no connection, in words. */
  readonly fails?: string;
}

/** A rule that would be for the caller and does not take the request. */
export interface RuleMiss {
  readonly rule: string;
  /** What is missing, in words. */
  readonly failed: string;
}

export interface Security {
  readonly mutualTls?: 'strict' | 'permissive';
  /** Who the callee takes the caller for; absent: nobody. */
  readonly caller?: string;
  /** Rule that lets the request in; absent: none does, or none is asked. */
  readonly rule?: string;
  /** Why the request is denied, in words. */
  readonly denied?: string;
  /** Reason code of the denial, unless it is `not_authorized`. */
  readonly code?: ReasonCode;
  /** Rules for this caller that don't take the request, when it is denied or would be. */
  readonly nearMisses: readonly RuleMiss[];
  /** All of it in short. */
  readonly words: string;
}

/** @param to how the caller's sidecar reaches the endpoint; undefined: without TLS */
export function hopOf(
  caller: ResolvedProxyConfig, callee: ResolvedProxyConfig, { mutualTls }: ResolvedListener, to: UpstreamMutualTlsConfig | undefined,
): Hop {
  const fails = (code: keyof typeof REASONS, why: string): Hop => ({ fails: `answers ${REASONS[code].status} (${code}), as ${why}` });
  if (!to) return mutualTls?.mode === 'strict' ? fails('mutual_tls_required', 'the connection is without TLS') : {};
  const unconnected = (code: keyof typeof REASONS, why: string): Hop => ({ fails: `the caller's sidecar answers ${REASONS[code].status} (${code}), as ${why}` });
  if (!mutualTls) return unconnected('tls_failed', 'it calls by mutual TLS, and the callee takes connections without TLS only');
  const [own, other] = [caller.identity, callee.identity];
  if (other?.id !== undefined && !to.serverIds.includes(other.id)) return unconnected('server_unverified', `the endpoint is ${other.id}, and must be ${to.serverIds.join(' or ')}`);
  if (own?.id === undefined) return { unknown: true };
  if (other && trustDomainOf(own.id) !== other.trustDomain) return fails('caller_unverified', `${own.id} is not of the trust domain '${other.trustDomain}'`);
  return { caller: own.id };
}

/** @param sent the request as it arrives. @returns undefined when the listener asks for nothing */
export function securityOf(listener: ResolvedListener, { caller, unknown }: Hop, sent: AskedRequest): Security | undefined {
  const { authorization, jwt, mutualTls, path } = listener;
  if (!mutualTls && !authorization) return undefined;
  const hop = mutualTls ? [modeInWords(mutualTls)] : [];
  const about = { ...(mutualTls && { mutualTls: mutualTls.mode }), ...(caller !== undefined && { caller }) };
  const words = (...parts: readonly string[]): string => [...hop, ...parts].join(', ');
  if (unknown && authorization) return { ...about, nearMisses: [], words: words("rules decide by the caller's id, which its document doesn't say") };
  const request = sent.routed(listener);
  if (!authorization || request instanceof PathFault) return { ...about, nearMisses: [], words: words() };
  const { rules, dryRun } = authorization;
  const problem = jwt && sent.token?.problemFor(jwt);
  if (problem !== undefined && !dryRun) return { ...about, denied: problem, code: 'token_invalid', nearMisses: [], words: words(`refuses its token: ${problem}`) };
  const hasToken = jwt !== undefined && !sent.token && sent.headers.some(([name, value]) => name.toLowerCase() === 'authorization' && /^bearer /i.test(value));
  const verdict = decide(rules, path, caller, request);
  // With a token, rules that ask for claims may let it in.
  const byToken = hasToken && !verdict.allowed ? decide(rules.map(withoutClaims), path, caller, request) : verdict;
  if (byToken.allowed) {
    const condition = byToken !== verdict ? ' if its token has the claims' : hasToken ? ' if its token is good' : '';
    return { ...about, rule: byToken.name, nearMisses: [], words: words(`rule '${byToken.name}' lets it in${condition}`) };
  }
  const nearMisses = rules.filter((rule) => isFor(rule, caller)).map((rule) => ({ rule: rule.name, failed: missOf(rule, path, request) }));
  const denied = whyDenied(byToken.cause);
  if (dryRun) return { ...about, nearMisses, words: words('no rule lets it in, but they are only tried out (dryRun)') };
  return { ...about, denied, nearMisses, words: words(`denies it: ${denied}`) };
}

/** `mutual TLS only`. */
export function modeInWords({ mode, plainFrom }: ResolvedListenerMutualTls): string {
  if (mode === 'strict') return 'mutual TLS only';
  return `mutual TLS or none${plainFrom ? ` (none from ${listed(plainFrom)} only)` : ''}`;
}

type Path = ResolvedListener['path'];

function decide(rules: readonly AuthorizationRule[], path: Path, caller: string | undefined, request: RoutingRequest): ReturnType<Authorization['decide']> {
  const compiled = Authorization.of(rules, path);
  // The proxy's validator refuses such a document, which is read before.
  if (!(compiled instanceof Authorization)) throw new Error(compiled.map(({ message }) => message).join('\n'));
  return compiled.decide(caller, request);
}

/** As the proxy's answer says it. */
function whyDenied(cause: DenialCause): string {
  return refusalOfDenial(cause).detail;
}

function isFor({ callers = [], anyAuthenticated, plain }: AuthorizationRule, caller: string | undefined): boolean {
  return caller === undefined ? plain === true : anyAuthenticated === true || callers.includes(caller);
}

function withoutClaims({ matches, ...rule }: AuthorizationRule): AuthorizationRule {
  return { ...rule, ...(matches && { matches: matches.map(({ claims: _, ...match }) => match) }) };
}

/** The first condition that fails of each of its matches. */
function missOf({ name, matches }: AuthorizationRule, path: Path, request: RoutingRequest): string {
  const rows = matches ? explain(tableOf({ routes: [{ name, matches }], ...(path && { path }) }), request) : [];
  const failures = rows.flatMap(({ failed }) => (failed ? [failureInWords(failed)] : []));
  if (failures.length > 0 && failures.length === rows.length) return [...new Set(failures)].join('; or ');
  return 'a field, query parameter or cookie comes several times, and not all of its values pass';
}
