/**
 * Tokens (JWT) by which clients say who they are, as a user declares them. What the proxy does with one is in `src/proxy/jwt`; which requests
 * need one, in token-rules.ts.
 */
import { Duration, Size } from 'cdk8s';
import { JwtConfig, jwksFile, JwksPlace } from '../../contract';
import * as kplus from '../kubernetes/kplus';
import { Quantities, toConfig } from '../props/quantities';
import { mark } from '../synthesis/copies';

/**
 * Options of `Jwt`.
 */
export interface JwtOptions {
  /**
   * Who issues the tokens: their claim `iss`, compared whole, such as `https://login.example.com/`.
   */
  readonly issuer: string;

  /**
   * Whom the tokens must be for: one of these in their claim `aud`, 1 to 16. A token for another app of the same issuer is refused.
   */
  readonly audiences: string[];

  /**
   * Key in the data of the ConfigMap or Secret.
   *
   * @default 'jwks.json'
   */
  readonly key?: string;

  /**
   * Header field whose whole value is the token.
   *
   * @default - `Authorization`, behind `Bearer`
   */
  readonly header?: string;

  /**
   * Cookie whose value is the token. Not together with `header`.
   *
   * @default - none
   */
  readonly cookie?: string;

  /**
   * Whether the app gets the token. Without it, the token ends at the proxy, and no app can lose it; `claimHeaders` tell the app what it needs.
   *
   * @default false
   */
  readonly forward?: boolean;

  /**
   * Claims that the app gets as header fields, by the name of the claim: `{ sub: 'x-user' }`. Fields of these names that clients send are
   * dropped. What is no printable ASCII in a value is percent-encoded, and `,` parts the texts of a list. At most 16.
   *
   * @default - none
   */
  readonly claimHeaders?: { readonly [claim: string]: string };

  /**
   * Whether requests without a token are let in, too. They have no claims; `allow` can ask for some. A token that is not good is refused in any
   * case.
   *
   * @default false
   */
  readonly optional?: boolean;

  // #region generated props of JwtConfig
  /**
   * How far the clocks of issuer and proxy may be apart: so much later than `exp` and earlier than `nbf` a token is good. From 0 ms to 300
   * seconds.
   *
   * @default Duration.seconds(30)
   */
  readonly clockSkew?: Duration;

  /**
   * Longest token. Longer ones are refused before anything is read of them. From 64 bytes to 64 KiB.
   *
   * @default Size.kibibytes(8)
   */
  readonly maxTokenSize?: Size;
  // #endregion
}

export const JWT_QUANTITIES: Quantities<Pick<JwtOptions, 'clockSkew' | 'maxTokenSize'>, JwtConfig> = {
  // #region generated quantities of JwtConfig
  clockSkew: { field: 'clockSkewMs', unit: 'time', min: 0, max: 300_000 },
  maxTokenSize: { field: 'maxTokenBytes', unit: 'size', min: 64, max: 65_536 },
  // #endregion
};

/** Where keys are, besides in a file. */
interface KeyHolder {
  readonly kind: JwksPlace;
  readonly object: kplus.IConfigMap | kplus.ISecret;
}

/**
 * An issuer of tokens (JWT) that requests have to carry, and where its public keys are.
 *
 * The signature is RS256, ES256 or EdDSA, as the type of the key says; a token can't choose another. The keys are a JSON Web Key Set, each with
 * a `kid`. Proxies read it again when it changes, without a restart, so that keys can be rotated: add the new one, and take the old one away
 * when its last token has expired. The proxy fetches no keys by itself.
 */
export class Jwt {
  /**
   * With keys in a ConfigMap of the pods' namespace, for example `kplus.ConfigMap.fromConfigMapName(this, 'Keys', 'login-keys')`.
   */
  public static fromConfigMap(configMap: kplus.IConfigMap, options: JwtOptions): Jwt {
    return new Jwt(options, { kind: 'configMap', object: configMap });
  }

  /**
   * With keys in a Secret of the pods' namespace. They are public all the same: private keys are refused.
   */
  public static fromSecret(secret: kplus.ISecret, options: JwtOptions): Jwt {
    return new Jwt(options, { kind: 'secret', object: secret });
  }

  /**
   * With keys in a file of the proxy's container, which you mount there.
   *
   * @param path such as `/etc/login/jwks.json`
   */
  public static fromFile(path: string, options: JwtOptions): Jwt {
    return new Jwt(options, undefined, path);
  }

  private constructor(
    /** @internal */
    public readonly _options: JwtOptions,
    /** @internal */
    public readonly _holder: KeyHolder | undefined,
    /**
     * The file, where the user mounts it.
     *
     * @internal
     */
    public readonly _path?: string,
  ) {}

  /**
   * Name of the key in the data of what holds it.
   *
   * @internal
   */
  public get _key(): string {
    return this._options.key ?? 'jwks.json';
  }

  /** @internal */
  public get _file(): string {
    return this._holder ? jwksFile(this._holder.kind, this._holder.object.name, this._key) : this._path!;
  }

  /** @internal */
  public _toConfig(): JwtConfig {
    const { issuer, audiences, header, cookie, forward, claimHeaders = {} } = this._options;
    const headers = Object.entries(claimHeaders).map(([claim, name]) => ({ claim, header: name }));
    return {
      issuer,
      audiences: [...audiences],
      jwksFile: this._file,
      ...toConfig<Pick<JwtOptions, 'clockSkew' | 'maxTokenSize'>, JwtConfig>(this._options, JWT_QUANTITIES),
      ...(header !== undefined && { header }),
      ...(cookie !== undefined && { cookie }),
      ...(forward && { forward }),
      ...(headers.length > 0 && { claimHeaders: headers }),
    };
  }
}

mark(Jwt);
