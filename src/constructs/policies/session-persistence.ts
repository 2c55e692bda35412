/**
 * Whether sessions stay with their pods, as a user says it. What the proxy does then is in `src/proxy/session`.
 */
import { Duration } from 'cdk8s';
import { contradictionsOfSession, DEFAULT_SESSION, SessionConfig, sessionKeyFile } from '../../contract';
import * as kplus from '../kubernetes/kplus';
import { NAME_RULES } from '../props/name-rules';
import { addContradictions, checkValues, Quantities } from '../props/quantities';
import { isText } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';
import { LoadBalancing } from './load-balancing';

/**
 * Whether browsers send a cookie with requests from other sites.
 */
export enum SameSite {
  /** Never. */
  STRICT = 'strict',
  /**
   * Only when a user follows a link.
   */
  LAX = 'lax',
  /** Always; the cookie must be `secure`. */
  NONE = 'none',
}

/**
 * Options of `SessionPersistence.cookie`.
 */
export interface SessionCookieOptions {
  /**
   * Secret with the keys that seal cookies, for example `kplus.Secret.fromSecretName(this, 'Keys', 'session-keys')`. It must exist in the
   * namespace of each caller, with the same keys: one per line, each of at least 32 bytes, as `openssl rand -base64 32` prints them; at
   * most 8. The first key seals new cookies, all keys open existing ones. Sidecars reload the Secret without a restart.
   */
  readonly keys: kplus.ISecret;

  /**
   * Key in the data of the Secret.
   *
   * @default 'keys'
   */
  readonly secretKey?: string;

  // #region generated props of SessionConfig
  /**
   * Lifetime of a session from its first response; a part of a second doesn't count. From 1 second to 400 days.
   *
   * @default - a session cookie, which browsers delete when they close
   */
  readonly ttl?: Duration;
  // #endregion

  /**
   * Path prefix of requests that clients send the cookie with.
   *
   * @default '/'
   */
  readonly path?: string;

  /**
   * Whether browsers send the cookie with requests from other sites.
   *
   * @default SameSite.LAX
   */
  readonly sameSite?: SameSite;

  /**
   * Whether clients send the cookie over TLS only.
   *
   * @default false
   */
  readonly secure?: boolean;
}

const TEXTS = {
  // #region generated texts of SessionConfig
  cookie: { form: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, longest: Infinity },
  path: { form: /^\/[!-:<-~]*$/, longest: Infinity },
  // #endregion
};
const QUANTITIES: Quantities<Pick<SessionCookieOptions, 'ttl'>, SessionConfig> = {
  // #region generated quantities of SessionConfig
  ttl: { field: 'ttlMs', unit: 'time', min: 1_000, max: 34_560_000_000 },
  // #endregion
};
const OPTIONS = {
  keys: true, secretKey: true, ttl: true, path: true, sameSite: true, secure: true,
} as const satisfies Record<keyof SessionCookieOptions, true>;

/**
 * Whether the requests of a session go to the same pod, as long as that pod exists.
 *
 * Use it for session state in a pod's memory that is expensive to rebuild. State that must not be lost does not belong there, because pods
 * come and go. If the same pod is only preferable, as for a cache, use a hashing policy: it needs no keys and balances better.
 */
export class SessionPersistence {
  /**
   * With a cookie that the caller's proxy sets. It names the pod and its version, and is encrypted. It takes precedence over weights and
   * policies: a session stays on its version even at weight 0, and on its pod while that drains. It moves when the pod is gone.
   *
   * The calling app must forward `Cookie` and `Set-Cookie` between its clients and the service.
   *
   * @param name name of the cookie
   * @param options its keys and attributes
   */
  public static cookie(name: string, options: SessionCookieOptions): SessionPersistence {
    return new SessionPersistence(name, options);
  }

  /**
   * No session persistence, for a caller that overrides the choice of the service.
   */
  public static none(): SessionPersistence {
    return new SessionPersistence();
  }

  private constructor(private readonly name?: string, private readonly options?: SessionCookieOptions) {}

  /** @internal */
  public _toConfig(): SessionConfig | undefined {
    if (!this.options) {
      return undefined;
    }
    const { ttl, path, sameSite, secure } = this.options;
    return {
      cookie: this.name!,
      keyFile: sessionKeyFile(this._secret!.name, this._secret!.key),
      ...(ttl && { ttlMs: ttl.toMilliseconds() }),
      ...(path !== undefined && path !== DEFAULT_SESSION.path && { path }),
      ...(sameSite !== undefined && sameSite as string !== DEFAULT_SESSION.sameSite && { sameSite }),
      ...(secure && { secure }),
    };
  }

  /**
   * Where the keys are; undefined when none are needed.
   *
   * @internal
   */
  public get _secret(): { readonly name: string; readonly key: string } | undefined {
    return this.options && { name: this.options.keys.name, key: this.options.secretKey ?? 'keys' };
  }

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    const { name, options } = this;
    if (name === undefined && options === undefined) {
      return;
    }
    if (!isText(TEXTS.cookie, name)) {
      errors.add(`${prop}.name`, name, 'name a cookie');
    }
    if (typeof options !== 'object' || options === null) {
      errors.add(`${prop}.keys`, undefined, KEYS_REMEDY);
      return;
    }
    const { keys, secretKey, ttl, path, sameSite, secure } = options;
    errors.unknownProps(options, OPTIONS, `${prop}.`);
    if (typeof (keys as { name?: unknown } | undefined)?.name !== 'string') {
      errors.add(`${prop}.keys`, keys, KEYS_REMEDY);
    } else {
      errors.name(`${prop}.keys`, keys.name, NAME_RULES.subdomain);
    }
    if (secretKey !== undefined) {
      errors.name(`${prop}.secretKey`, secretKey, NAME_RULES.dataKey);
    }
    checkValues(errors, prop, { ttl }, QUANTITIES);
    if (path !== undefined && !isText(TEXTS.path, path)) {
      errors.add(`${prop}.path`, path, 'use a path such as /cart, without spaces and ;');
    }
    if (sameSite !== undefined && !Object.values(SameSite).includes(sameSite)) {
      errors.add(`${prop}.sameSite`, sameSite, 'use one of SameSite.STRICT, SameSite.LAX, SameSite.NONE');
    }
    addContradictions(errors, prop, QUANTITIES, contradictionsOfSession({ cookie: name!, path, sameSite, secure }));
  }

  /**
   * What it can't go together with.
   *
   * @internal
   */
  public _checkBeside(
    errors: ValidationErrors, prop: string, loadBalancing: LoadBalancing, remedy: string = 'choose a policy without a key, or leave one of the two out',
  ): void {
    if (this.options && loadBalancing._hash().length > 0) {
      errors.add(prop, this, `it goes before the policy, so what that hashes by would never count; ${remedy}`);
    }
  }
}

mark(SessionPersistence);

const KEYS_REMEDY = 'give the Secret with the keys, such as kplus.Secret.fromSecretName(this, \'Keys\', \'session-keys\')';
