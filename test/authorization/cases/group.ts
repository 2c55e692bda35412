/** A part of the table: some rules, and requests for them. */
import type { PathConfig, RouteMatch } from '../../../src/contract';

/** Accounts of the namespace `shop`, whole identities, `*` for any with an identity, `plain` for those without; then its matches. */
export type ShortRule = readonly [callers: string, ...matches: RouteMatch[]];

export interface AuthorizationGroup {
  readonly name: string;
  /** By name, in the order of declaration. */
  readonly rules: Readonly<Record<string, ShortRule>>;
  readonly path?: PathConfig;
  /** Request and the rule that lets it in, or the cause of the denial; `!code`: its target is refused before anybody is asked. */
  readonly requests: readonly (readonly [request: string, expected: string])[];
}
