/** Whether a listener asks a service about a request before it goes on (`externalAuthorization`). What that says, nobody knows here. */
import type { ResolvedExternalAuthorization, ResolvedListener } from '../../contract';
import { ExemptPaths } from '../../proxy/serve/admission/exempt-paths';
import type { RoutingRequest } from '../../routing';
import { listed } from '../words/quantities';

/**
 * In words; undefined where nobody is asked about anything.
 *
 * @param route that takes the request
 */
export function questionInWords(
  { externalAuthorization: asked, path }: ResolvedListener, request: RoutingRequest,
  route: { readonly name: string; readonly externalAuthorization: boolean } | undefined,
): string | undefined {
  if (!asked) return undefined;
  const whom = authorityOf(asked);
  if (new ExemptPaths(asked.exemptPaths, path).includes(request)) return `doesn't ask ${whom}, as the path is exempt`;
  if (route && !route.externalAuthorization) return `doesn't ask ${whom}, as route '${route.name}' says`;
  return `asks ${whom} whether it passes${asked.failureModeAllow ? ', and lets it pass without an answer' : ''}`;
}

/** The clusters that answer. */
export function authorityOf({ split }: Pick<ResolvedExternalAuthorization, 'split'>): string {
  return listed(split.filter(({ weight }) => weight > 0).map(({ cluster }) => cluster));
}
