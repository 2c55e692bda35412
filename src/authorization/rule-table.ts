/** The rules that are for the same callers, as a table of routing: what a decision costs does not grow with the number of rules. */
import type { AuthorizationRule } from '../contract';
import { type PathOptions, type RequestView, RouteTable } from '../routing';
import { type Allowed, allowedBy } from './decision';

/** A rule and its index among all rules of the listener. */
export interface NumberedRule {
  readonly index: number;
  readonly rule: AuthorizationRule;
}

export class RuleTable {
  private readonly decisions: readonly Allowed[];
  /** Undefined when each rule takes every request. */
  private readonly table: RouteTable | undefined;

  /** @param rules which have no problems */
  constructor(rules: readonly NumberedRule[], options: PathOptions) {
    this.decisions = rules.map(({ index, rule }) => allowedBy(index, rule.name));
    if (rules.every(({ rule }) => !rule.matches)) return;
    const table = RouteTable.of(rules.map(({ rule: { matches } }) => ({ matches })), options);
    if (!(table instanceof RouteTable)) throw new Error(table.map(({ message }) => message).join('; '));
    this.table = table;
  }

  /** The rule that lets in whatever its callers ask for; undefined where rules look at requests. */
  get unconditional(): Allowed | undefined {
    return this.table ? undefined : this.decisions[0];
  }

  /** The rule that takes a request; undefined when none does. */
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
