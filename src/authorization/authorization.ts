/**
 * The authorization of a listener as a decision table: the caller's identity finds the rules that are for it, and the table of those finds
 * one that takes the request. Identities are keys of a Map: whole strings are compared, byte by byte, and nothing is made a pattern of
 * (Istio's CVE-2026-39350 took the dot of a name for any character).
 *
 * Callers that the same rules are for share a table. Deciding allocates nothing and throws nothing.
 */
import type { AuthorizationRule } from '../contract';
import { type PathOptions, type RequestView, RouteTable } from '../routing';
import { type Decision, NO_IDENTITY, NO_MATCH, UNKNOWN_CALLER } from './decision';
import { RuleProblem } from './problem';
import { type NumberedRule, rowsOf, RuleTable } from './rule-table';
import { StrictRequest } from './strict-request';

/** Most rows of all tables together: matches, counted for each of their hosts, and for each group of callers that they are for. */
export const MAX_RULE_ROWS = 65_536;

/** A decision ends in the turn in which it begins, so one is enough. */
const STRICT = new StrictRequest();

export class Authorization {
  /** What is compiled from rules, or all that is wrong with their matches. @param options as the paths of requests are normalised with */
  static of(rules: readonly AuthorizationRule[], options: PathOptions = {}): Authorization | readonly RuleProblem[] {
    const table = RouteTable.of(rules.map(({ matches }) => ({ matches })), options);
    if (!(table instanceof RouteTable)) {
      return table.map(({ route, match, field, message }) => new RuleProblem(route, `matches/${match}${field === '' ? '' : `/${field}`}`, message));
    }
    // To routing no matches are as if there were none; for a rule that would turn "none of these" into "everything".
    const empty = rules.flatMap(({ matches }, index) => (matches?.length === 0
      ? [new RuleProblem(index, 'matches', 'the list is empty, so no request could meet it; leave it out for every request')] : []));
    if (empty.length > 0) return empty;
    const groups = Groups.of(rules);
    const rows = groups.all.reduce((sum, group) => sum + rowsOf(group), 0);
    if (rows > MAX_RULE_ROWS) {
      return [new RuleProblem(0, '', `the rules have ${rows} matches, counted for each of their hosts and for each group of callers; use at most ${MAX_RULE_ROWS}`)];
    }
    return new Authorization(groups, options);
  }

  private readonly byCaller: ReadonlyMap<string, RuleTable>;
  /** For callers that no rule names; undefined when no rule is for them. */
  private readonly others: RuleTable | undefined;
  /** For requests without an identity. */
  private readonly plain: RuleTable | undefined;

  private constructor({ byCaller, others, plain }: Groups, options: PathOptions) {
    const tables = new Map<string, RuleTable>();
    const tableOf = (rules: readonly NumberedRule[]): RuleTable | undefined => {
      if (rules.length === 0) return undefined;
      const key = keyOf(rules);
      let table = tables.get(key);
      if (!table) tables.set(key, table = new RuleTable(rules, options));
      return table;
    };
    this.byCaller = new Map([...byCaller].map(([caller, rules]) => [caller, tableOf(rules)!]));
    this.others = tableOf(others);
    this.plain = tableOf(plain);
  }

  /**
   * @param caller the verified identity that the request comes from; undefined when there is none
   * @param request with the claims of its verified token
   */
  decide(caller: string | undefined, request: RequestView): Decision {
    const table = this.tableOf(caller);
    if (!table) return isNamed(caller) ? UNKNOWN_CALLER : NO_IDENTITY;
    return table.find(STRICT.of(request)) ?? NO_MATCH;
  }

  /** The same for a connection, of which nothing is known but its caller: only rules without conditions let it in. */
  decideConnection(caller: string | undefined): Decision {
    const table = this.tableOf(caller);
    if (!table) return isNamed(caller) ? UNKNOWN_CALLER : NO_IDENTITY;
    return table.unconditional ?? NO_MATCH;
  }

  private tableOf(caller: string | undefined): RuleTable | undefined {
    return isNamed(caller) ? this.byCaller.get(caller) ?? this.others : this.plain;
  }
}

/** What has no name is nobody, whatever the caller of this made of it. */
function isNamed(caller: string | undefined): caller is string {
  return caller !== undefined && caller !== '';
}

/** Which rules are for whom. */
class Groups {
  static of(rules: readonly AuthorizationRule[]): Groups {
    const numbered = rules.map((rule, index): NumberedRule => ({ index, rule }));
    const named = new Map<string, Set<NumberedRule>>();
    for (const each of numbered) {
      for (const caller of each.rule.callers ?? []) named.set(caller, (named.get(caller) ?? new Set()).add(each));
    }
    const others = numbered.filter(({ rule }) => rule.anyAuthenticated);
    const byCaller = new Map([...named].map(([caller, own]) => (
      [caller, [...own, ...others.filter((each) => !own.has(each))].sort((a, b) => a.index - b.index)] as const)));
    return new Groups(byCaller, others, numbered.filter(({ rule }) => rule.plain));
  }

  private constructor(
    readonly byCaller: ReadonlyMap<string, readonly NumberedRule[]>, readonly others: readonly NumberedRule[],
    readonly plain: readonly NumberedRule[],
  ) {}

  /** Each group once. */
  get all(): (readonly NumberedRule[])[] {
    return [...new Map([...this.byCaller.values(), this.others, this.plain].map((rules) => [keyOf(rules), rules])).values()];
  }
}

function keyOf(rules: readonly NumberedRule[]): string {
  return rules.map(({ index }) => index).join(' ');
}
