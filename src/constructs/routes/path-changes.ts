/** Changes of paths and hosts by rewrites and redirects, and what can be wrong with them. */
import { isAuthority, PathChange } from '../../contract';
import { normalizePath, PathFault } from '../../routing';
import { isText } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { Match } from './match';
import { RouteSpec } from './route-spec';

const CHANGE = {
  // #region generated texts of PathChange
  value: { form: /^(\/[!"$->@-[\]-~]*)?$/, longest: 1_024 },
  // #endregion
};
const REWRITE = {
  // #region generated texts of RewriteConfig
  host: { form: /^[-.:[\]A-Za-z0-9_]+$/, longest: 255 },
  // #endregion
};

/** What servers may resolve in their own way. */
const UNSETTLED = /\/\.{1,2}(?=\/|$)|\/\/|%2e|%2f|%5c|%00|%(?![0-9a-f]{2})/i;

/** Checks what a route rewrites. */
export function checkPathChanges(
  errors: ValidationErrors, prop: string, { rewritePath, rewriteHost, alternatives }: RouteSpec, areMatchesSound: boolean,
): void {
  if (rewritePath) {
    const at = `${prop}.${rewritePath.type === 'full' ? 'rewritePath' : 'rewritePathPrefix'}`;
    checkPathChange(errors, at, rewritePath, areMatchesSound ? alternatives : undefined);
  }
  if (rewriteHost !== undefined && !(isText(REWRITE.host, rewriteHost) && isAuthority(rewriteHost))) {
    errors.add(`${prop}.rewriteHost`, rewriteHost, 'use a host name, with a port if need be, such as search.example.com or search:8080');
  }
}

/** Checks a new path, or a new prefix, which takes that all alternatives of the route have one prefix in common. */
export function checkPathChange(
  errors: ValidationErrors, at: string, { type, value }: PathChange, alternatives: readonly (readonly Match[])[] | undefined,
): void {
  if (!isText(CHANGE.value, value) || (type === 'full' && value === '')) {
    errors.add(at, value, `use a path that begins with / and has no query, up to ${CHANGE.value.longest} characters, such as /v2`);
  } else if (UNSETTLED.test(value)) {
    errors.add(at, value, 'servers may take it for another path; leave out . and .., empty elements and encoded slashes');
  } else if (value !== '') {
    checkForm(errors, at, value);
  }
  if (type === 'prefix' && alternatives) {
    const prefixes = alternatives.map(prefixOf);
    if (prefixes.some((prefix) => prefix === undefined)) {
      errors.add(at, value, 'there is no prefix to replace; give the route a Match.pathPrefix(), also in each orWhen(), or replace the whole path');
    } else if (new Set(prefixes).size > 1) {
      errors.add(at, value, `the route has the prefixes ${[...new Set(prefixes)].join(' and ')}, and can replace one only; make a route of each`);
    }
  }
}

/** Whether it is as all paths are sent on. */
function checkForm(errors: ValidationErrors, at: string, value: string): void {
  const normal = normalizePath(value);
  if (normal instanceof PathFault) {
    errors.add(at, value, normal.message);
  } else if (normal !== value) {
    errors.add(at, value, `paths are sent on in another form; write ${normal}`);
  }
}

/** The prefix of an alternative, without the final slash; undefined when it has none. */
function prefixOf(matches: readonly Match[]): string | undefined {
  const paths = matches.flatMap(({ _condition }) => (_condition.kind === 'path' || _condition.kind === 'grpc' ? [_condition.path] : []));
  const [path] = paths;
  return path?.type === 'prefix' ? path.value.replace(/(?<=.)\/$/, '') : undefined;
}
