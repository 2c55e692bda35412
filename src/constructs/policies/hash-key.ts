/**
 * What a hashing policy balances by: parts of a request, as a user names them.
 */
import { Duration } from 'cdk8s';
import { CookieHashKey, HashKeyConfig } from '../../contract';
import { checkQuantity, Quantities } from '../props/quantities';
import { isText, TextRule } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';

const NAMES: Record<Exclude<HashKeyConfig['type'], 'sourceAddress'>, { readonly name: TextRule }> = {
  // The document bounds no name of a key, and never may (docs/decisions/older-and-newer.md); a longer field would never be found.
  header: {
    // #region generated texts of HeaderField: name
    name: { form: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, longest: 256 },
    // #endregion
  },
  cookie: {
    // #region generated texts of CookieHashKey
    name: { form: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, longest: Infinity },
    // #endregion
  },
  query: {
    // #region generated texts of QueryHashKey
    name: { form: /^[!$'()*+,;:@/?._~%0-9A-Za-z-]+$/, longest: Infinity },
    // #endregion
  },
};
const COOKIE: Quantities<Pick<CookieHashKeyOptions, 'ttl'>, CookieHashKey> = {
  // #region generated quantities of CookieHashKey
  ttl: { field: 'ttlMs', unit: 'time', min: 0, max: 34_560_000_000 },
  // #endregion
};

/**
 * Options of a `HashKey`.
 */
export interface HashKeyOptions {
  /**
   * Whether keys after this one are ignored when a request has this key.
   *
   * @default false
   */
  readonly terminal?: boolean;
}

/**
 * Options of `HashKey.cookie`.
 */
export interface CookieHashKeyOptions extends HashKeyOptions {
  /**
   * Makes the caller's proxy set the cookie, with a random value, for clients that don't have it. It lasts this long, up to 400 days; zero
   * makes a session cookie, which browsers delete when they close. The calling app must forward `Cookie` and `Set-Cookie` between its
   * clients and the service.
   *
   * @default - the proxy sets no cookie
   */
  readonly ttl?: Duration;
}

/**
 * A part of a request. Requests in which it is equal go to the same endpoint, as long as that endpoint exists.
 */
export class HashKey {
  /**
   * The value of a header field; the first one if the field occurs several times.
   */
  public static header(name: string, options: HashKeyOptions = {}): HashKey {
    return new HashKey({ type: 'header', name, ...terminal(options) });
  }

  /**
   * The value of a cookie. The app or its client sets it, or the proxy if there is a `ttl`.
   */
  public static cookie(name: string, options: CookieHashKeyOptions = {}): HashKey {
    return new HashKey({ type: 'cookie', name, ...terminal(options) }, options.ttl);
  }

  /**
   * The value of a query parameter, as written in the URL.
   */
  public static query(name: string, options: HashKeyOptions = {}): HashKey {
    return new HashKey({ type: 'query', name, ...terminal(options) });
  }

  /**
   * The source address of the request, which is that of the calling pod: all requests of one pod go to one endpoint, as with the session
   * affinity `ClientIP` of a Service. With few calling pods, some endpoints get nothing, and the requests of a busy pod are not spread.
   * Behind a `terminal` key it applies to requests without that key.
   */
  public static sourceAddress(options: HashKeyOptions = {}): HashKey {
    return new HashKey({ type: 'sourceAddress', ...terminal(options) });
  }

  private constructor(private readonly config: HashKeyConfig, private readonly ttl?: Duration) {}

  /** @internal */
  public _toConfig(): HashKeyConfig {
    return this.ttl ? { ...this.config, ttlMs: this.ttl.toMilliseconds() } as HashKeyConfig : this.config;
  }

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    const { config } = this;
    if (config.type === 'sourceAddress') {
      return;
    }
    const rule = NAMES[config.type].name;
    if (!isText(rule, config.name)) {
      const what = config.type === 'query' ? 'query parameter as it stands in the URL' : config.type;
      errors.add(`${prop}.name`, config.name, `name a ${what}${rule.longest < Infinity ? `, with up to ${rule.longest} characters` : ''}`);
    }
    if (this.ttl !== undefined) {
      checkQuantity(errors, `${prop}.ttl`, this.ttl, COOKIE.ttl);
    }
  }
}

mark(HashKey);

function terminal(options: HashKeyOptions): { readonly terminal?: boolean } {
  return options.terminal ? { terminal: true } : {};
}
