/** What can be wrong with a route that responds by itself. */
import { isAuthority, PathChange } from '../../contract';
import { isText } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { checkPathChange } from './path-changes';
import { loopOf } from './redirect-loops';
import { RedirectOptions, RedirectScheme, RespondOptions } from './route-options';
import { RouteSpec } from './route-spec';

const REDIRECT = {
  // #region generated texts of RedirectConfig
  host: { form: /^[-.A-Za-z0-9_]+$/, longest: 253 },
  // #endregion
};
const RESPOND = {
  // #region generated texts of RespondConfig
  contentType: { form: /^[!-~][ -~]*$/, longest: 256 },
  // #endregion
};
const REDIRECT_OPTIONS = {
  scheme: true, host: true, port: true, path: true, pathPrefix: true, status: true,
} as const satisfies Record<keyof RedirectOptions, true>;
const RESPOND_OPTIONS = { body: true, contentType: true } as const satisfies Record<keyof RespondOptions, true>;

const REDIRECT_STATUSES = [301, 302, 303, 307, 308];
/** Statuses whose responses have no body (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5). */
const BODILESS = [204, 205, 304];
/** Longest body, in characters. */
const LONGEST_BODY = 4_096;

/** Checks what a route says of its own response. */
export function checkAnswer(errors: ValidationErrors, prop: string, spec: RouteSpec, areMatchesSound: boolean): void {
  if (spec.redirect !== undefined) {
    checkRedirect(errors, `${prop}.redirect`, spec.redirect, spec, areMatchesSound);
  }
  if (spec.respond) {
    checkRespond(errors, `${prop}.respond`, spec.respond.status, spec.respond.options);
  }
}

function checkRedirect(
  errors: ValidationErrors, prop: string, options: RedirectOptions, { alternatives }: RouteSpec, areMatchesSound: boolean,
): void {
  if (typeof options !== 'object' || options === null) {
    errors.add(prop, options, 'say where to, such as { path: \'/new\' }');
    return;
  }
  const known = errors.messages.length;
  errors.unknownProps(options, REDIRECT_OPTIONS, `${prop}.`);
  const isMisnamed = errors.messages.length > known;
  const { scheme, host, port, path, pathPrefix, status } = options;
  if (scheme !== undefined && !Object.values(RedirectScheme).includes(scheme)) {
    errors.add(`${prop}.scheme`, scheme, 'use RedirectScheme.HTTP or RedirectScheme.HTTPS');
  }
  if (host !== undefined && !(isText(REDIRECT.host, host) && isAuthority(host))) {
    errors.add(`${prop}.host`, host, 'use a host name without a port, such as www.example.com; the port is \'port\'');
  }
  if (port !== undefined) {
    errors.port(`${prop}.port`, port);
  }
  if (status !== undefined && !REDIRECT_STATUSES.includes(status)) {
    errors.add(`${prop}.status`, status, `use one of ${REDIRECT_STATUSES.join(', ')}`);
  }
  const before = errors.messages.length;
  const changes: readonly (readonly [string, PathChange['type'], string | undefined])[] = [['path', 'full', path], ['pathPrefix', 'prefix', pathPrefix]];
  for (const [name, type, value] of changes) {
    if (value !== undefined) {
      checkPathChange(errors, `${prop}.${name}`, { type, value }, areMatchesSound ? alternatives : undefined);
    }
  }
  if (path !== undefined && pathPrefix !== undefined) {
    errors.add(`${prop}.pathPrefix`, pathPrefix, '\'path\' replaces the whole path, so nothing is left to it; use one of them');
  }
  if ([scheme, host, port, path, pathPrefix].every((part) => part === undefined)) {
    if (isMisnamed) {
      return;
    }
    errors.add(prop, options, 'it leads to where the request came from; give it \'scheme\', \'host\', \'port\', \'path\' or \'pathPrefix\'');
  } else if (areMatchesSound && errors.messages.length === before) {
    const loop = loopOf(options, alternatives.map((matches) => matches.map(({ _condition }) => _condition)));
    if (loop !== undefined) {
      errors.add(prop, path ?? pathPrefix, `clients would go round in a circle, as the route itself takes the new path by ${loop}; redirect to a path that it does not take`);
    }
  }
}

function checkRespond(errors: ValidationErrors, prop: string, status: number, options: RespondOptions): void {
  if (typeof options !== 'object' || options === null) {
    errors.add(prop, options, 'use an object, such as { body: \'ok\' }');
    return;
  }
  errors.unknownProps(options, RESPOND_OPTIONS, `${prop}.`);
  errors.wholeNumber(`${prop}.status`, status, 200, 599);
  const { body, contentType } = options;
  if (body !== undefined && (typeof body !== 'string' || body.length > LONGEST_BODY)) {
    errors.add(`${prop}.body`, typeof body === 'string' ? `${body.length} characters` : body, `use a text of up to ${LONGEST_BODY} characters`);
  } else if (body !== undefined && BODILESS.includes(status)) {
    errors.add(`${prop}.body`, body, `a response of status ${status} has no body; leave it out, or use another status`);
  }
  if (contentType !== undefined && !isText(RESPOND.contentType, contentType)) {
    errors.add(`${prop}.contentType`, contentType, 'use a media type, such as application/json');
  } else if (contentType !== undefined && body === undefined) {
    errors.add(`${prop}.contentType`, contentType, 'there is no body that it would be the type of; give one, or leave it out');
  }
}
