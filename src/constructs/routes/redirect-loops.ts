/**
 * Redirects that lead back to their own route: a browser follows some twenty of them and gives up. Only what is certain is told: a redirect
 * to another scheme, host or port may lead anywhere.
 */
import { PathChange, PathMatch } from '../../contract';
import { Regex } from '../../routing';
import { Condition } from './condition';
import { RedirectOptions } from './route-options';

/** What the route would redirect for ever, as its author wrote it; undefined when it is not known to. */
export function loopOf(redirect: RedirectOptions, alternatives: readonly (readonly Condition[])[]): string | undefined {
  const { scheme, host, port, path, pathPrefix } = redirect;
  const change: PathChange | undefined = path !== undefined ? { type: 'full', value: path } : pathPrefix !== undefined ? { type: 'prefix', value: pathPrefix } : undefined;
  if (scheme !== undefined || host !== undefined || port !== undefined || change === undefined) {
    return undefined;
  }
  if (alternatives.length === 0) {
    return 'Route.always()';
  }
  for (const conditions of alternatives.filter((each) => !changesMethod(each, redirect.status))) {
    const found = conditions.find((condition) => condition.kind === 'path' || condition.kind === 'grpc') as { readonly path: PathMatch; readonly said: string } | undefined;
    if (!found) {
      return conditions.map(({ said }) => said).join(', ');
    }
    if (takesItsOwn(found.path, change)) {
      return found.said;
    }
  }
  return undefined;
}

/** Whether clients come again with another method than the one asked for: all but 307 and 308 make GET of POST (RFC 9110 section 15.4). */
function changesMethod(conditions: readonly Condition[], status: number | undefined): boolean {
  return status !== 307 && status !== 308 && conditions.some((condition) => condition.kind === 'method' && !['GET', 'HEAD'].includes(condition.method));
}

/** Whether a path that is matched is matched again after the change. */
function takesItsOwn({ type, value }: PathMatch, change: PathChange): boolean {
  if (type === 'prefix') {
    return isBelow(change.value, value);
  }
  if (change.type === 'prefix') {
    return false;
  }
  if (type === 'exact') {
    return change.value === value;
  }
  const regex = Regex.compile(value);
  return regex instanceof Regex && regex.testText(change.value);
}

function isBelow(path: string, prefix: string): boolean {
  const elements = `${path.replace(/\/$/, '')}/`;
  return elements.startsWith(`${prefix.replace(/\/$/, '')}/`);
}
