/**
 * What a hashing policy balances by: parts of a request, as a user names them.
 */
import { Duration } from 'cdk8s';
import { HashKeyConfig } from '../../contract';
import { checkLifetime, TOKEN } from '../props/cookies';
import { mark } from '../synthesis/copies';
import { Mistakes } from '../props/mistakes';

const PARAMETER = /^[!$'()*+,;:@/?._~%0-9A-Za-z-]+$/;

/**
 * Options of a `HashKey`.
 */
export interface HashKeyOptions {
  /**
   * Keys behind this one are not looked at when a request has it.
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
   * The caller's proxy gives a client that has no such cookie one of a random value, which lasts so long, up to 400 days; zero is until
   * the client forgets it, which browsers do when they are closed. The calling app has to hand `Cookie` and `Set-Cookie` on between its
   * clients and the service.
   *
   * @default - it makes none
   */
  readonly ttl?: Duration;
}

/**
 * A part of a request. Requests in which it is equal go to the same endpoint, for as long as that one is there.
 */
export class HashKey {
  /**
   * The value of a header field; the first one when there are several of that name.
   */
  public static header(name: string, options: HashKeyOptions = {}): HashKey {
    return new HashKey({ type: 'header', name, ...terminal(options) });
  }

  /**
   * The value of a cookie that the app or its client sets, or the proxy when there is a `ttl`.
   */
  public static cookie(name: string, options: CookieHashKeyOptions = {}): HashKey {
    return new HashKey({ type: 'cookie', name, ...terminal(options) }, options.ttl);
  }

  /**
   * The value of a query parameter, as it stands in the URL.
   */
  public static query(name: string, options: HashKeyOptions = {}): HashKey {
    return new HashKey({ type: 'query', name, ...terminal(options) });
  }

  /**
   * The address that the request comes from, which is the calling pod's: all that one pod sends goes to one endpoint, as with a
   * Service's session affinity `ClientIP`. With few calling pods some endpoints get nothing, and a busy pod's requests are not divided.
   * Behind a `terminal` key it is for the requests that don't have that.
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
  public _check(mistakes: Mistakes, prop: string): void {
    const { config } = this;
    if (config.type === 'sourceAddress') {
      return;
    }
    const valid = typeof config.name === 'string' && (config.type === 'query' ? PARAMETER : TOKEN).test(config.name);
    if (!valid) {
      mistakes.add(`${prop}.name`, config.name, config.type === 'query' ? 'name a query parameter as it stands in the URL' : `name a ${config.type}`);
    }
    checkLifetime(mistakes, `${prop}.ttl`, this.ttl, 0);
  }
}

mark(HashKey);

function terminal(options: HashKeyOptions): { readonly terminal?: boolean } {
  return options.terminal ? { terminal: true } : {};
}
