/** Tokens (JWT) that requests carry, and whose claims rules of authorization can ask for. */
import { isOfForwarded, isOfTheProxy } from './field-names';
import type { FieldName } from './route-action-config';
import type { Integer } from './scalars';

/**
 * An issuer of tokens. Its tokens are signed by RS256, ES256 or EdDSA with a key that `kid` names. A token that is not good refuses the
 * request (401); a request without one has no claims.
 */
export interface JwtConfig {
  /**
   * The claim `iss` of its tokens, compared whole.
   * @minLength 1
   * @maxLength 1024
   * @pattern ^[!-~]+$
   */
  readonly issuer: string;
  /**
   * Whom its tokens must be for: one of these in their claim `aud`.
   * @minItems 1
   * @maxItems 16
   */
  readonly audiences: JwtAudience[];
  /**
   * File with its public keys, a JSON Web Key Set. Read again when it changes; while it can't be used, the keys before stay.
   * @minLength 1
   */
  readonly jwksFile: string;
  /**
   * How far the clocks of issuer and proxy may be apart: so much later than `exp` and earlier than `nbf` a token is good.
   * @maximum 300000
   * @default 30000
   */
  readonly clockSkewMs?: Integer;
  /**
   * Longest token. Longer ones are refused before anything is read of them.
   * @minimum 64
   * @maximum 65536
   * @default 8192
   */
  readonly maxTokenBytes?: Integer;
  /** Header field whose whole value is the token. Not together with `cookie`. Absent: `Authorization`, behind `Bearer`. */
  readonly header?: FieldName;
  /** Cookie whose value is the token. Not together with `header`. Absent: none. */
  readonly cookie?: CookieName;
  /**
   * Whether requests go on with their token. Otherwise it ends here, so that no app can lose it.
   * @default false
   */
  readonly forward?: boolean;
  /**
   * Claims that become header fields of the request.
   * @maxItems 16
   * @default []
   */
  readonly claimHeaders?: ClaimHeader[];
}

/**
 * An audience of a token.
 * @minLength 1
 * @maxLength 1024
 * @pattern ^[!-~]+$
 */
export type JwtAudience = string;

/**
 * Name of a cookie.
 * @minLength 1
 * @maxLength 256
 * @pattern ^[!#$%&'*+.^_`|~0-9A-Za-z-]+$
 */
export type CookieName = string;

/** A claim that becomes a header field of the request, so that the app need not read the token. */
export interface ClaimHeader {
  /**
   * Name of the claim, with its case.
   * @minLength 1
   * @maxLength 256
   * @pattern ^[!-~]+$
   */
  readonly claim: string;
  /**
   * Name of the field. Fields of this name that come with requests are dropped, with or without a token; with `_` for `-`, too. Its value is the
   * text, or the texts of a list with `,` between them; what is no printable ASCII, and `%` and `,` in a text, is percent-encoded as UTF-8. A
   * claim that is neither makes no field.
   */
  readonly header: FieldName;
}

type Optional = 'header' | 'cookie';

/** {@link JwtConfig} with nothing left open. */
export type ResolvedJwt = Required<Omit<JwtConfig, Optional>> & Pick<JwtConfig, Optional>;

/** Default of each `jwt`. */
export const DEFAULT_JWT: Required<Pick<JwtConfig, 'clockSkewMs' | 'maxTokenBytes' | 'forward' | 'claimHeaders'>> = {
  // #region generated defaults of JwtConfig
  clockSkewMs: 30_000,
  maxTokenBytes: 8_192,
  forward: false,
  claimHeaders: [],
  // #endregion
};

interface Fault {
  readonly field: string;
  readonly message: string;
}

/** What of a listener its issuers have to fit. */
interface OfListener {
  readonly jwt?: readonly JwtConfig[];
  readonly authorization?: object;
  readonly forwarded?: object;
}

/** What is wrong with the issuers of a listener, by its field. */
export function errorsOfJwt({ jwt = [], authorization, forwarded }: OfListener): Fault[] {
  const seen = new Set<string>();
  const errors = jwt.flatMap((each, index): Fault[] => {
    const known = seen.has(each.issuer);
    seen.add(each.issuer);
    return [
      ...(known ? [{ field: 'issuer', message: `the issuer '${each.issuer}' is there twice; give it once, with all its audiences` }] : []),
      ...errorsOfFields(each, forwarded !== undefined),
    ].map(({ field, message }) => ({ field: `jwt/${index}/${field}`, message }));
  });
  // A token alone lets nobody in: without rules, requests that have none would pass.
  if (jwt.length > 0 && !authorization) errors.push({ field: 'jwt', message: 'tokens would be asked of nobody; give the listener an authorization with rules that have claims' });
  return errors;
}

/** Fields that others write or read. */
function errorsOfFields({ header, cookie, claimHeaders = [] }: JwtConfig, forwarded: boolean): Fault[] {
  const faults: Fault[] = [];
  if (header !== undefined && cookie !== undefined) faults.push({ field: 'cookie', message: 'a token is in a field or in a cookie; leave out \'header\' or \'cookie\'' });
  if (header !== undefined && (isOfTheProxy(header) || isCredential(header))) {
    faults.push({ field: 'header', message: `the field '${header}' has no token as its whole value; ${isCredential(header) ? 'leave it out for Authorization, or use \'cookie\'' : 'use another field'}` });
  }
  const names = new Set<string>();
  claimHeaders.forEach((each, index) => {
    const field = `claimHeaders/${index}/header`;
    const name = each.header.toLowerCase().replaceAll('_', '-');
    if (isOfTheProxy(each.header) || isCredential(each.header) || (forwarded && isOfForwarded(each.header))) {
      faults.push({ field, message: `the field '${each.header}' has another meaning; use one of your own, such as 'x-user'` });
    } else if (name === header?.toLowerCase()) {
      faults.push({ field, message: `the field '${each.header}' has the token; use another one` });
    } else if (names.has(name)) {
      faults.push({ field, message: `the field '${each.header}' is that of another claim already; use another one` });
    }
    names.add(name);
  });
  return faults;
}

function isCredential(name: string): boolean {
  return /^(authorization|cookie|set-cookie|proxy-authorization)$/i.test(name);
}
