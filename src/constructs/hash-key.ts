/**
 * What a hashing policy balances by: parts of a request, as a user names them.
 */
import { HashKeyConfig } from '../contract';
import { Mistakes } from './mistakes';

/** Names of header fields and cookies: `token` of RFC 9110. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
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
   * The value of a cookie that the app or its client sets.
   */
  public static cookie(name: string, options: HashKeyOptions = {}): HashKey {
    return new HashKey({ type: 'cookie', name, ...terminal(options) });
  }

  /**
   * The value of a query parameter, as it stands in the URL.
   */
  public static query(name: string, options: HashKeyOptions = {}): HashKey {
    return new HashKey({ type: 'query', name, ...terminal(options) });
  }

  private constructor(private readonly config: HashKeyConfig) {}

  /** @internal */
  public _toConfig(): HashKeyConfig {
    return this.config;
  }

  /** @internal */
  public _check(mistakes: Mistakes, prop: string): void {
    const { config } = this;
    if (config.type === 'sourceAddress') {
      return;
    }
    const valid = typeof config.name === 'string' && (config.type === 'query' ? PARAMETER : TOKEN).test(config.name);
    if (!valid) {
      mistakes.add(prop, config.name, config.type === 'query' ? 'name a query parameter as it stands in the URL' : `name a ${config.type}`);
    }
  }
}

function terminal(options: HashKeyOptions): { readonly terminal?: boolean } {
  return options.terminal ? { terminal: true } : {};
}
