/**
 * What the edge makes of a request: a redirect to HTTPS before any route is looked at, and CORS, of the listener or of a route. Found by the
 * proxy's own code.
 */
import type { ResolvedListener, ResolvedRoute } from '../../contract';
import { askedMethod, Cors } from '../../proxy/serve/route/cors';
import { ForwardedFields } from '../../proxy/serve/edge/forwarded-fields';
import { redirectTo } from '../../proxy/serve/route/route-answer';
import type { Answer } from './actions';
import type { AskedRequest, ParsedRequest } from './asked-request';

/** Who answers: the listener, whatever the route, or a route. */
export type By = 'listener' | 'route';

/** What a response says of CORS. */
export interface CorsVerdict {
  readonly by: By;
  /** Field lines; none when the origin is not allowed, or the request names none. */
  readonly fields: readonly string[];
}

/** The address that a request comes from is not known here; any will do to see which fields are trusted. */
const SOME_ADDRESS = '192.0.2.1';

/**
 * Whether a request counts as one by HTTPS: by its URL, or, where proxies in front are trusted, by their fields.
 *
 * @param parsed a head of its own: it is changed
 */
export function isSecure({ forwarded }: ResolvedListener, { scheme, authority }: AskedRequest, { source, head }: ParsedRequest): boolean {
  const secure = scheme === 'https';
  if (!forwarded) return secure;
  return new ForwardedFields(forwarded).apply(source, head, { address: SOME_ADDRESS, secure }, authority, undefined).secure;
}

/** The redirect to HTTPS; undefined when the listener serves the request. */
export function httpsRedirectOf({ httpsRedirect }: ResolvedListener, { source, head }: ParsedRequest, secure: boolean): Answer | undefined {
  if (!httpsRedirect || secure) return undefined;
  const { status, lines } = redirectTo({ scheme: 'https', ...httpsRedirect }, '', undefined)(source, head, { secure, defaultHost: '' });
  return { status: status!, location: /^location: (.*)\r\n/.exec(lines!)![1]! };
}

/** What a response says of CORS; undefined where it is the app's to say. */
export function corsOf(route: ResolvedRoute | undefined, listener: ResolvedListener, { source, head }: ParsedRequest): CorsVerdict | undefined {
  const config = route?.cors ?? listener.cors;
  return config && { by: route?.cors ? 'route' : 'listener', fields: fieldsIn(new Cors(config).linesFor(source, head)) };
}

/** Of a preflight request, the method of the request that it asks about; undefined of all other requests. */
export function methodAskedFor({ source, head }: ParsedRequest): string | undefined {
  const field = askedMethod(source, head);
  return field < 0 ? undefined : source.toString('latin1', head.fields.valueStart(field), head.fields.valueEnd(field));
}

/** The answer to a preflight request; undefined when it is the app's to give. @param route of the request that it asks about */
export function preflightAnswerOf(
  route: ResolvedRoute | undefined, listener: ResolvedListener, { source, head }: ParsedRequest,
): { readonly status: number; readonly cors: CorsVerdict } | undefined {
  const config = route?.cors ?? listener.cors;
  if (!config) return undefined;
  const cors = new Cors(config);
  const lines = cors.linesFor(source, head);
  const answer = cors.answer(source, head, askedMethod(source, head), lines);
  return { status: 200, cors: { by: route?.cors ? 'route' : 'listener', fields: fieldsIn(lines + answer.lines!) } };
}

function fieldsIn(lines: string): string[] {
  return lines.split('\r\n').filter((line) => line.startsWith('access-control-'));
}
