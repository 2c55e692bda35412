/** How a document says the response of a route that sends nothing on. */
import { DEFAULT_REDIRECT, DEFAULT_RESPOND, RedirectConfig, RouteConfig } from '../../contract';
import { RouteSpec } from './route-spec';

/** The response of a route; undefined for one that sends requests on. */
export function answerConfig({ redirect, respond }: RouteSpec): Pick<RouteConfig, 'redirect' | 'respond'> | undefined {
  if (redirect) {
    const { scheme, host, port, path, pathPrefix, status = DEFAULT_REDIRECT.status } = redirect;
    return {
      redirect: {
        ...(scheme !== undefined && { scheme: scheme as RedirectConfig['scheme'] }),
        ...(host !== undefined && { host }),
        ...(port !== undefined && { port }),
        ...(path !== undefined && { path: { type: 'full', value: path } }),
        ...(pathPrefix !== undefined && { path: { type: 'prefix', value: pathPrefix } }),
        ...(status !== DEFAULT_REDIRECT.status && { status: status as RedirectConfig['status'] }),
      },
    };
  }
  if (respond) {
    const { status, options: { body, contentType = DEFAULT_RESPOND.contentType } } = respond;
    return { respond: { status, ...(body !== undefined && { body }), ...(contentType !== DEFAULT_RESPOND.contentType && { contentType }) } };
  }
  return undefined;
}
