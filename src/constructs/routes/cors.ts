/** What can be wrong with CORS of a route or gateway, and how a document says it. */
import { CorsConfig, DEFAULT_CORS } from '../../contract';
import { checkSeconds } from '../props/quantities';
import { isList, isText, TextRule } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { CorsOptions } from './cors-options';

const CORS = {
  allowOrigins: true, allowCredentials: true, allowMethods: true, allowHeaders: true, exposeHeaders: true, maxAge: true,
} as const satisfies Record<keyof CorsOptions, true>;

const CORS_LISTS = {
  // #region generated lists of CorsConfig
  allowOrigins: { least: 1, most: 64 },
  allowMethods: { least: 0, most: 16 },
  allowHeaders: { least: 0, most: 64 },
  exposeHeaders: { least: 0, most: 64 },
  // #endregion
};

const CORS_ORIGIN = {
  // #region generated text of CorsOrigin
  form: /^(\*|[a-z][a-z0-9+.-]*:\/\/(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?(:[0-9]{1,5})?)$/,
  longest: 253,
  // #endregion
};

const CORS_TOKEN = {
  // #region generated text of CorsToken
  form: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/,
  longest: 128,
  // #endregion
};

/** The longest time that browsers may remember an answer to a preflight request. */
const LONGEST_SECONDS = 86_400;

/** Checks what is said of CORS. */
export function checkCors(errors: ValidationErrors, prop: string, cors: CorsOptions): void {
  if (typeof cors !== 'object' || cors === null) {
    errors.add(prop, cors, 'use an object, such as { allowOrigins: [\'https://shop.example.com\'] }');
    return;
  }
  errors.unknownProps(cors, CORS, `${prop}.`);
  errors.booleans(cors, ['allowCredentials'], `${prop}.`);
  const lists: readonly [keyof typeof CORS_LISTS, TextRule, string][] = [
    ['allowOrigins', CORS_ORIGIN, 'use * or an origin without a path, such as https://shop.example.com'],
    ['allowMethods', CORS_TOKEN, 'use a method, such as PUT, or *'],
    ['allowHeaders', CORS_TOKEN, 'use the name of a header field, such as x-tenant, or *'],
    ['exposeHeaders', CORS_TOKEN, 'use the name of a header field, such as x-request-id, or *'],
  ];
  for (const [name, rule, remedy] of lists) {
    const list = cors[name];
    const bounds = CORS_LISTS[name];
    if ((list !== undefined || bounds.least > 0) && !isList(bounds, list)) {
      errors.add(`${prop}.${name}`, list, `list ${bounds.least} to ${bounds.most}`);
    } else {
      list?.forEach((text, index) => {
        if (!isText(rule, text)) {
          errors.add(`${prop}.${name}[${index}]`, text, remedy);
        }
      });
    }
  }
  checkSeconds(errors, `${prop}.maxAge`, cors.maxAge, LONGEST_SECONDS);
}

/** As a document says it. What a default says already is left out. */
export function corsConfig(
  { allowOrigins, allowCredentials, allowMethods = [], allowHeaders = [], exposeHeaders = [], maxAge }: CorsOptions,
): CorsConfig {
  const maxAgeSeconds = maxAge?.toSeconds() ?? DEFAULT_CORS.maxAgeSeconds;
  return {
    allowOrigins: [...allowOrigins],
    ...(allowCredentials && { allowCredentials }),
    ...(allowMethods.length > 0 && { allowMethods: [...allowMethods] }),
    ...(allowHeaders.length > 0 && { allowHeaders: [...allowHeaders] }),
    ...(exposeHeaders.length > 0 && { exposeHeaders: [...exposeHeaders] }),
    ...(maxAgeSeconds !== DEFAULT_CORS.maxAgeSeconds && { maxAgeSeconds }),
  };
}
