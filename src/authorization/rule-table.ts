/**
 * The rules that are for the same callers, as tables of routing: one for those that need no claims, and one for all that need the same ones. What
 * a decision costs does not grow with the number of rules, but with that of different claims.
 */
import type { AuthorizationRule } from '../contract';
import { type PathOptions, type RequestView, RouteTable } from '../routing';
import { ClaimConditions, type Claims } from './claims';
import { type Allowed, allowedBy } from './decision';

/** A rule and its index among all rules of the listener. */
export interface NumberedRule {
  readonly index: number;
  readonly rule: AuthorizationRule;
}

export class RuleTable {
  /** Those with claims first, in the order of declaration. */
  private readonly parts: readonly Part[];

  /** @param rules which have no problems */
  constructor(rules: readonly NumberedRule[], options: PathOptions) {
    const groups = new Map<string, NumberedRule[]>();
    for (const each of rules) {
      const key = JSON.stringify(each.rule.claims ?? []);
      const group = groups.get(key);
      if (group) group.push(each);
      else groups.set(key, [each]);
    }
    const parts = [...groups.values()].map((group) => new Part(group, options));
    this.parts = [...parts.filter(({ claims }) => claims), ...parts.filter(({ claims }) => !claims)];
  }

  /** The rule that takes a request; undefined when none does. */
  find(request: RequestView, claims: Claims | undefined): Allowed | undefined {
    for (let i = 0; i < this.parts.length; i++) {
      const part = this.parts[i]!;
      if (part.claims && !(claims && part.claims.hold(claims))) continue;
      const found = part.find(request);
      if (found) return found;
    }
    return undefined;
  }
}

/** Rules that need the same claims. */
class Part {
  /** Undefined: none. */
  readonly claims: ClaimConditions | undefined;
  private readonly decisions: readonly Allowed[];
  /** Undefined when no rule has other conditions. */
  private readonly table: RouteTable | undefined;

  constructor(rules: readonly NumberedRule[], options: PathOptions) {
    const { claims } = rules[0]!.rule;
    this.claims = claims && new ClaimConditions(claims);
    this.decisions = rules.map(({ index, rule }) => allowedBy(index, rule.name));
    if (rules.every(({ rule }) => !rule.matches)) return;
    const table = RouteTable.of(rules.map(({ rule: { matches } }) => ({ matches })), options);
    if (!(table instanceof RouteTable)) throw new Error(table.map(({ message }) => message).join('; '));
    this.table = table;
  }

  find(request: RequestView): Allowed | undefined {
    if (!this.table) return this.decisions[0];
    const row = this.table.lookup(request);
    return row && this.decisions[row.route];
  }
}

/** How many rows the tables of some rules have. */
export function rowsOf(rules: readonly NumberedRule[]): number {
  return rules.reduce((sum, { rule: { matches = [{}] } }) => (
    sum + matches.reduce((rows, { hosts = [] }) => rows + Math.max(1, hosts.length), 0)), 0);
}
