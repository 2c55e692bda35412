/**
 * What can be wrong with the conditions of one route. Forms and lengths come from the contract; what a path or an expression may be, the
 * engine that the proxy routes by says.
 */
import { isOfTheProxy, PathMatch } from '../../contract';
import { PathOptions, RouteProblem, RouteTable } from '../../routing';
import { isList, isText } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { isA, refusalOfCopy } from '../synthesis/copies';
import { checkClaim } from './claim-checks';
import { Condition, toRouteMatch } from './condition';
import { Match } from './match';
import { shortened } from './route-names';
import { GrpcMatchOptions } from './route-options';

const MATCHES = {
  // #region generated lists of RouteConfig: matches
  matches: { least: 1, most: 64 },
  // #endregion
};
const PARTS = {
  // #region generated lists of RouteMatch
  headers: { least: 0, most: 16 },
  query: { least: 0, most: 16 },
  cookies: { least: 0, most: 16 },
  claims: { least: 0, most: 16 },
  hosts: { least: 0, most: 16 },
  // #endregion
};
const METHOD = {
  // #region generated texts of RouteMatch: method
  method: { form: /^[A-Z]+(-[A-Z]+)*$/, longest: 32 },
  // #endregion
};
const PATH = {
  // #region generated texts of PathMatch
  value: { form: /^[ -~]+$/, longest: 1_024 },
  // #endregion
};
const VALUE = {
  // #region generated texts of ValueMatch
  name: { form: /^[!-~]+$/, longest: 256 },
  value: { form: /^[\t -~]*$/, longest: 4_096 },
  regex: { form: /^[\t -~]+$/, longest: 1_024 },
  // #endregion
};
const HOST = {
  // #region generated text of HostPattern
  form: /^(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?$/,
  longest: 253,
  // #endregion
};
const GRPC_NAME = { service: /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/, method: /^[A-Za-z_]\w*$/ };
const GRPC_OPTIONS = { service: true, method: true } as const satisfies Record<keyof GrpcMatchOptions, true>;

const FACTORIES = { headers: 'header', query: 'query', cookies: 'cookie' } as const;

/** Checks the conditions of one route. True when they are sound. @param hasTokens whether tokens are looked at where they are asked */
export function checkMatches(
  errors: ValidationErrors, prop: string, alternatives: readonly (readonly Match[])[], options: PathOptions, hasTokens: boolean,
): boolean {
  const found = new ValidationErrors();
  if (alternatives.length > 1 && alternatives[0].length === 0) {
    found.add(`${prop}.orWhen`, alternatives.slice(1).flat().map((match) => match?._condition?.said).join(', '),
      'the route takes every request without it; use Route.when(...) for the first conditions');
  } else if (alternatives.length > MATCHES.matches.most) {
    found.add(`${prop}.orWhen`, alternatives.length, `a route has at most ${MATCHES.matches.most} alternatives; use a regular expression, or several routes`);
  } else {
    alternatives.forEach((matches, index) => checkAlternative(found, `${prop}.${index === 0 ? 'when' : 'orWhen'}`, matches, hasTokens));
    if (found.messages.length === 0) {
      checkByEngine(found, prop, alternatives, options);
    }
  }
  errors.take(found);
  return found.messages.length === 0;
}

function checkAlternative(errors: ValidationErrors, prop: string, matches: readonly Match[], hasTokens: boolean): void {
  const wrong = matches.find((match) => !isA(Match, match));
  if (matches.length === 0) {
    errors.add(prop, [], 'name at least one condition, such as Match.pathPrefix(\'/search\'); for all requests use Route.always()');
    return;
  }
  if (matches.some((match) => !isA(Match, match))) {
    errors.add(prop, wrong, refusalOfCopy(Match, wrong) ?? 'give conditions, such as Match.pathPrefix(\'/search\')');
    return;
  }
  const conditions = matches.map(({ _condition }) => _condition);
  conditions.forEach((condition) => checkCondition(errors, prop, condition));
  const claim = conditions.find(({ kind }) => kind === 'claims');
  if (claim && !hasTokens) {
    errors.add(prop, claim.said, 'no token is looked at here, so no request has claims; use it at a Gateway with \'jwt\', or in \'allow\' of a call to a service with \'jwt\'');
  }
  checkTogether(errors, prop, conditions);
}

function checkCondition(errors: ValidationErrors, prop: string, condition: Condition): void {
  const { kind, said } = condition;
  switch (kind) {
    case 'path': {
      const { type, value } = condition.path;
      const literal = wildcardRemedy(condition.path);
      if (literal !== undefined) {
        errors.add(prop, said, literal);
      } else if (typeof value !== 'string' || value === '') {
        errors.add(prop, said, type === 'regex' ? 'use a text with a regular expression, such as \'/items/[0-9]+\'' : 'use a path that begins with /, such as /search');
      } else if (type !== 'regex' && value.includes('#')) {
        errors.add(prop, said, 'clients never send what is behind #; leave it out');
      } else if (!isText(PATH.value, value)) {
        errors.add(prop, shortened(said), `use printable ASCII, up to ${PATH.value.longest} characters; percent-encode all else, as it is in a URL`);
      }
      break;
    }
    case 'grpc': {
      const { options } = condition;
      if (typeof options !== 'object' || options === null || (options.service === undefined && options.method === undefined)) {
        errors.add(prop, said, 'name a service, a method or both, such as { service: \'shop.v1.Catalog\' }');
        return;
      }
      errors.unknownProps(options, GRPC_OPTIONS, `${prop}.Match.grpc.`);
      for (const name of ['service', 'method'] as const) {
        if (options[name] !== undefined && !GRPC_NAME[name].test(options[name])) {
          errors.add(prop, said, `'${name}' is a name such as ${name === 'service' ? 'shop.v1.Catalog' : 'GetItem'}, without /`);
        }
      }
      break;
    }
    case 'method':
      if (!isText(METHOD.method, condition.method)) {
        errors.add(prop, said, 'methods are in upper case, such as GET, and their case counts; write it so');
      }
      break;
    case 'hosts':
      checkHosts(errors, prop, said, condition.hosts);
      break;
    case 'callers':
      checkCallers(errors, prop, condition);
      break;
    case 'claims':
      checkClaim(errors, prop, condition);
      break;
    default:
      checkValue(errors, prop, condition);
  }
}

/** Paths are taken literally: `*` and `:id` are characters of them, and almost never meant so. */
function wildcardRemedy({ type, value }: PathMatch): string | undefined {
  if (type === 'regex' || typeof value !== 'string') {
    return undefined;
  }
  const below = /^(.*?)\/\*{1,2}$/.exec(value)?.[1];
  if (below !== undefined && !/[*]|\/:/.test(below)) {
    return `\`*\` is no wildcard in a path; use Match.pathPrefix('${below || '/'}'), which takes everything below it`;
  }
  const pattern = value.replace(/(?<=\/)(?:\*|:[A-Za-z]\w*|\{[A-Za-z]\w*\})(?=\/|$)/g, '[^/]+').replace(/(?<=\/)\*\*(?=\/|$)|\*$/g, '.*');
  return pattern === value ? undefined : `a path has no wildcards and parameters; use Match.pathRegex('${pattern}')`;
}

function checkHosts(errors: ValidationErrors, prop: string, said: string, hosts: readonly string[]): void {
  if (hosts.length === 0) {
    errors.add(prop, said, 'name at least one host, such as Match.host(\'shop.example.com\')');
  }
  if (!isList(PARTS.hosts, hosts)) {
    errors.add(prop, hosts.length, `use at most ${PARTS.hosts.most} hosts; give the others an orWhen() of their own`);
  }
  const wrong = hosts.find((host) => !isText(HOST, host));
  if (wrong !== undefined) {
    errors.add(prop, said, `'${String(wrong)}' is no host name in lower case without a port; use one such as shop.example.com or *.example.com`);
  }
}

function checkCallers(errors: ValidationErrors, prop: string, { said, callers }: Extract<Condition, { kind: 'callers' }>): void {
  if (callers.length === 0) {
    errors.add(prop, said, 'name at least one caller, such as Match.caller(web)');
  }
  // Whatever calls others has a `calls`: a service, a version, a sidecar; what is exposed belongs to a sidecar.
  for (const caller of callers) {
    if (typeof (caller as { calls?: unknown } | undefined)?.calls !== 'function' && !isOfSidecar(caller)) {
      errors.add(prop, said, `${caller?.node ? `'${caller.node.path}' calls nothing` : 'this is no construct'}; give a MeshService, one of its versions, or a MeshSidecar`);
    }
  }
}

function isOfSidecar(caller: { readonly node?: { readonly scope?: unknown } } | undefined): boolean {
  return typeof (caller?.node?.scope as { expose?: unknown } | undefined)?.expose === 'function';
}

function checkValue(errors: ValidationErrors, prop: string, { kind, said, value: { name, value, regex } }: Extract<Condition, { kind: 'headers' | 'query' | 'cookies' }>): void {
  const what = { headers: 'header field', query: 'query parameter', cookies: 'cookie' }[kind];
  if (!isText(VALUE.name, name) || name === '') {
    errors.add(prop, shortened(said), `name a ${what}, with up to ${VALUE.name.longest} characters`);
  } else if (kind === 'headers' && isOfTheProxy(name)) {
    errors.add(prop, said, name.toLowerCase() === 'host' ? 'a Host may have a port; use Match.host(), which leaves it out'
      : `the proxy removes or writes '${name}' by itself, so no condition can rely on it; use another field`);
  }
  if (kind === 'headers' && value !== undefined && String(name).toLowerCase() === 'cookie') {
    errors.add(prop, said, 'the field holds all cookies of a request; use Match.cookie() for one of them');
  }
  if (value !== undefined && typeof value !== 'string') {
    errors.add(prop, said, 'the value is no text; put it in quotes');
  } else if (value !== undefined && !isText(VALUE.value, value)) {
    errors.add(prop, shortened(said), `use printable ASCII, up to ${VALUE.value.longest} characters`);
  }
  if (regex !== undefined ? !isText(VALUE.regex, regex) || regex === '' : said.startsWith(`Match.${FACTORIES[kind]}Regex`)) {
    errors.add(prop, shortened(said), `use a regular expression of printable ASCII, up to ${VALUE.regex.longest} characters`);
  }
}

/** What one request can't meet at once, or what would count only once. */
function checkTogether(errors: ValidationErrors, prop: string, conditions: readonly Condition[]): void {
  const seen = new Map<string, string>();
  for (const condition of conditions) {
    const key = keyOf(condition);
    const before = seen.get(key);
    if (before !== undefined) {
      errors.add(prop, condition.said, `${before} asks for the same part of a request; all conditions of one when() must hold, so use one of them, or orWhen() for either`);
    }
    seen.set(key, before ?? condition.said);
  }
  for (const part of ['headers', 'query', 'cookies', 'claims'] as const) {
    const count = conditions.filter(({ kind }) => kind === part).length;
    if (count > PARTS[part].most) {
      errors.add(prop, count, `use at most ${PARTS[part].most} conditions of ${part === 'headers' ? 'header fields' : part === 'query' ? 'query parameters' : part}`);
    }
  }
}

function keyOf(condition: Condition): string {
  switch (condition.kind) {
    case 'path': case 'grpc': return 'path';
    case 'headers': return `headers ${String(condition.value.name).toLowerCase()}`;
    case 'query': case 'cookies': return `${condition.kind} ${String(condition.value.name)}`;
    case 'claims': return `claims ${JSON.stringify(condition.claim.path ?? [condition.claim.name])}`;
    default: return condition.kind;
  }
}

/** What the proxy's own engine says of them. */
function checkByEngine(errors: ValidationErrors, prop: string, alternatives: readonly (readonly Match[])[], options: PathOptions): void {
  const conditions = alternatives.map((matches) => matches.map(({ _condition }) => _condition));
  const told = new Set<string>();
  for (const problem of RouteTable.problemsOf([{ matches: conditions.map(toRouteMatch) }], options)) {
    const said = saidOf(problem, conditions[problem.match]);
    const at = `${prop}.${problem.match === 0 ? 'when' : 'orWhen'}`;
    if (!told.has(`${at} ${said}`)) {
      errors.add(at, said, problem.message);
    }
    told.add(`${at} ${said}`);
  }
}

/** The condition that a problem of the engine is about. */
function saidOf({ field }: RouteProblem, conditions: readonly Condition[]): string {
  const [part, index] = field.split('/');
  const kinds = part === 'path' ? ['path', 'grpc'] : [part];
  const found = conditions.filter(({ kind }) => kinds.includes(kind));
  return (found[part === 'path' || part === 'hosts' ? 0 : Number(index)] ?? conditions[0]).said;
}
