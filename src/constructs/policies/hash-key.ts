/**
 * What a hashing policy balances by: parts of a request, as a user names them.
 */
import { Duration } from 'cdk8s';
import { HashKeyConfig } from '../../contract';
import { checkLifetime, TOKEN } from '../props/cookies';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';

const PARAMETER = /^[!$'()*+,;:@/?._~%0-9A-Za-z-]+$/;

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
    const valid = typeof config.name === 'string' && (config.type === 'query' ? PARAMETER : TOKEN).test(config.name);
    if (!valid) {
      errors.add(`${prop}.name`, config.name, config.type === 'query' ? 'name a query parameter as it stands in the URL' : `name a ${config.type}`);
    }
    checkLifetime(errors, `${prop}.ttl`, this.ttl, 0);
  }
}

mark(HashKey);

function terminal(options: HashKeyOptions): { readonly terminal?: boolean } {
  return options.terminal ? { terminal: true } : {};
}
