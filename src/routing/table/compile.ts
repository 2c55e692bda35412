/** From the matches of routes to rows. What is wrong is told for all of them together. */
import type { ClaimMatch, PathMatch, RouteMatch, ValueMatch } from '../../contract';
import { PathFault } from '../path/fault';
import type { PathOptions } from '../path/options';
import { normalizePath } from '../path/path-normalizer';
import { StateBudget } from '../regex/automaton';
import { RegexProblem } from '../regex/problem';
import { Regex } from '../regex/regex';
import { askedClaim, claimKey, isWellFormed } from './claim-key';
import { AnyValue, ExactValue, NamedCondition } from './conditions';
import { MAX_HOST_BYTES } from './host-reader';
import { RouteRow, type RowHost, type RowPath } from './row';

/** What routing needs of a route. Without matches, it takes every request. */
export interface RoutableRoute {
  readonly matches?: readonly RouteMatch[] | undefined;
}

/** Rows of one table: so many matches, counted for each of their hosts. */
export const MAX_ROWS = 65_536;

/** A part of a match that can't be used. */
export class RouteProblem {
  /**
   * @param route index of the route
   * @param match index of the match
   * @param field as in `path/value` or `headers/0/regex`
   * @param message what is wrong, the value got, and what to do
   */
  constructor(readonly route: number, readonly match: number, readonly field: string, readonly message: string) {}
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HOST = /^(\*\.)?([a-z0-9_]([a-z0-9_.-]*[a-z0-9])?)$/;
const ANY_VALUE = new AnyValue();
const SLASH = 0x2f;

/** What no value of a kind has, for it ends before. */
const NEVER_IN = { headers: /^[ \t]|[ \t]$/, query: undefined, cookies: /;|[ \t]$/ } as const;

export class RowCompiler {
  readonly rows: RouteRow[] = [];
  readonly problems: RouteProblem[] = [];
  /** Routes that have the same expression share its automaton. */
  private readonly regexes = new Map<string, Regex | RegexProblem>();
  private readonly budget = new StateBudget();
  private route = 0;
  private match = 0;

  constructor(private readonly options: PathOptions) {}

  add(route: number, matches: readonly RouteMatch[]): void {
    this.route = route;
    (matches.length === 0 ? [{}] : matches).forEach((match, index) => {
      this.match = index;
      this.addMatch(match);
    });
  }

  private addMatch(match: RouteMatch): void {
    const path = this.compilePath(match.path);
    const conditions = {
      method: match.method,
      headers: this.compileConditions('headers', match.headers ?? []),
      query: this.compileConditions('query', match.query ?? []),
      cookies: this.compileConditions('cookies', match.cookies ?? []),
      claims: this.compileClaims(match.claims ?? []),
    };
    const hosts = [...new Set(match.hosts)].map((host, index) => this.compileHost(host, index));
    for (const host of hosts.length === 0 ? [undefined] : hosts) {
      if (this.rows.length === MAX_ROWS) return this.fail('', `there are more than ${MAX_ROWS} matches, counted for each of their hosts; use fewer`);
      this.rows.push(new RouteRow(this.route, this.match, host, path, conditions));
    }
  }

  private compilePath(path: PathMatch | undefined): RowPath {
    if (!path) return { type: 'any' };
    const { type, value } = path;
    if (type === 'regex') {
      const regex = this.compileRegex('path/value', value);
      if (!regex) return { type: 'any' };
      if (!regex.mayBeginWith(SLASH)) this.fail('path/value', `the regular expression '${value}' takes no path, as every path begins with \`/\`; begin it so`);
      return { type, value, regex };
    }
    if (!value.startsWith('/')) this.fail('path/value', `the path '${value}' does not begin with \`/\`; use '${pathIn(value)}'`);
    else if (value.includes('?')) this.fail('path/value', `the path '${value}' holds \`?\`; use 'query' for what is behind it, or write %3F`);
    else {
      const normal = normalizePath(value, this.options);
      if (normal instanceof PathFault) this.fail('path/value', `the path '${value}' is in no request that is let through: ${normal.message}`);
      else return { type, value: type === 'prefix' && normal.endsWith('/') ? normal.slice(0, -1) : normal };
    }
    return { type: 'any' };
  }

  private compileConditions(part: keyof typeof NEVER_IN, matches: readonly ValueMatch[]): NamedCondition[] {
    const byName = new Map<string, NamedCondition>();
    matches.forEach((match, index) => {
      const name = part === 'headers' ? match.name.toLowerCase() : match.name;
      if ((part === 'headers' || part === 'cookies') && !TOKEN.test(name)) {
        this.fail(`${part}/${index}/name`, `'${match.name}' can't be the name of a ${part === 'headers' ? 'header field' : 'cookie'}; use letters, digits and hyphens`);
      }
      const value = this.compileValue(`${part}/${index}`, match);
      if (match.value !== undefined && NEVER_IN[part]?.test(match.value)) {
        this.fail(`${part}/${index}/value`, part === 'headers' ? `the value '${match.value}' of '${match.name}' has blanks around it, which no field has; leave them out`
          : `the value '${match.value}' of the cookie '${match.name}' has \`;\` or ends in a blank, which no cookie does; write it as it is sent`);
      }
      // Of several conditions of a name the first counts, as the Gateway API has it.
      if (!byName.has(name)) byName.set(name, new NamedCondition(name, value));
    });
    return [...byName.values()];
  }

  private compileClaims(matches: readonly ClaimMatch[]): NamedCondition[] {
    const byKey = new Map<string, NamedCondition>();
    matches.forEach((match, index) => {
      const field = `claims/${index}`;
      const key = claimKey(askedClaim(match));
      const { name, path, value, number, boolean, regex } = match;
      if ((name === undefined) === (path === undefined)) this.fail(field, 'a condition of a claim says by \'name\' or by \'path\' which it is about; give one of them');
      const said = Object.entries({ value, number, boolean, regex }).filter(([, its]) => its !== undefined).map(([its]) => `'${its}'`);
      if (said.length > 1) this.fail(field, `the claim ${key} has both ${said.slice(0, 2).join(' and ')}; use one of them`);
      if (number !== undefined && !Number.isSafeInteger(number)) {
        this.fail(`${field}/number`, `${number} is no whole number from -(2^53 - 1) to 2^53 - 1, and others are rounded by those who read tokens; use one`);
      }
      if (![value ?? '', ...path ?? []].every(isWellFormed)) this.fail(field, `the claim ${key} is asked for with half of a surrogate pair, which no token can have; leave it out`);
      const scalar = number ?? boolean;
      const test = regex !== undefined ? this.compileRegex(`${field}/regex`, regex) ?? ANY_VALUE
        : scalar !== undefined ? new ExactValue(String(scalar)) : value !== undefined ? new ExactValue(value) : ANY_VALUE;
      if (!byKey.has(key)) byKey.set(key, new NamedCondition(key, test));
    });
    return [...byKey.values()];
  }

  private compileValue(field: string, { name, value, regex }: ValueMatch): NamedCondition['value'] {
    if (value !== undefined && regex !== undefined) this.fail(field, `'${name}' has both 'value' and 'regex'; use one of them`);
    if (regex !== undefined) return this.compileRegex(`${field}/regex`, regex) ?? ANY_VALUE;
    return value === undefined ? ANY_VALUE : new ExactValue(value);
  }

  private compileRegex(field: string, pattern: string): Regex | undefined {
    let regex = this.regexes.get(pattern);
    if (!regex) this.regexes.set(pattern, regex = Regex.compile(pattern, this.budget));
    if (regex instanceof Regex) return regex;
    this.fail(field, `the regular expression '${pattern}' is not taken, at character ${regex.at + 1}: ${regex.message}`);
    return undefined;
  }

  private compileHost(pattern: string, index: number): RowHost | undefined {
    const name = HOST.exec(pattern)?.[2];
    if (name === undefined || pattern.length > MAX_HOST_BYTES) {
      this.fail(`hosts/${index}`, `'${pattern}' is no host name in lower case such as 'shop.example.com' or '*.example.com'; write it so, without a port`);
      return undefined;
    }
    return { pattern, isWildcard: pattern.startsWith('*.'), name };
  }

  private fail(field: string, message: string): void {
    this.problems.push(new RouteProblem(this.route, this.match, field, message));
  }
}

/** The path that was meant: of a URL what is behind its host. */
function pathIn(value: string): string {
  return `/${value.replace(/^https?:\/\/[^/]*\/?/, '')}`;
}
